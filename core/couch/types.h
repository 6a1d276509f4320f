#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

/// What the endpoints say, decoded. Values; sequences and other opaque things are raw JSON text.
namespace couch {

struct ServerInfo {
    std::string version; ///< "3.5.0"; empty when the server does not say
    std::string uuid;
    std::string vendor;
    bool isPouchDbServer = false;
};

struct DatabaseInfo {
    std::string name;
    std::uint64_t docCount = 0;
    std::uint64_t docDelCount = 0;
    std::string updateSeq;         ///< raw JSON
    std::string purgeSeq;          ///< raw JSON, empty when absent
    std::string instanceStartTime; ///< "0" in 2.x and 3.x before 3.3
    std::uint64_t externalBytes = 0;
    std::uint64_t activeBytes = 0;
    std::string props; ///< raw JSON, empty when absent
};

struct ChangesRow {
    std::string id;
    std::vector<std::string> revs; ///< leaves, as the server lists them
    bool deleted = false;          ///< of the winner
};

struct ChangesPage {
    std::vector<ChangesRow> rows;
    std::string lastSeq; ///< raw JSON
    std::optional<std::uint64_t> pending;
};

struct IdRev {
    std::string id;
    std::string rev;
};

/// One row of a `_bulk_get` answer: a document's text, or the error the server gave for it.
struct BulkRow {
    std::string id;       ///< as asked
    std::string rev;      ///< of the document, or as asked when `error` is set
    std::string document; ///< raw JSON object with `_id`, `_rev`, `_revisions`, validated strictly
    std::string error, reason; ///< "not_found", ...
};

/// `_attachments` entry of a document fetched with att_encoding_info=true.
struct AttachmentStub {
    std::string nameJson;        ///< quoted, as sent
    std::string contentTypeJson; ///< quoted, as sent
    std::uint64_t revpos = 0;
    std::uint64_t length = 0;
    std::string digest;   ///< over the stored bytes
    std::string encoding; ///< "" or "gzip"
    std::uint64_t encodedLength = 0;
    std::string dataBase64; ///< when asked with attachments=true
};

/// A fetched leaf taken apart; views point into the text that was given.
struct FetchedLeaf {
    std::string id;
    std::string_view idJson;
    std::string rev;
    bool deleted = false;
    std::uint64_t revisionsStart = 0;
    std::vector<std::string> revisionsIds; ///< newest first
    std::vector<AttachmentStub> attachments;
    std::vector<std::pair<std::string_view, std::string_view>> userMembers; ///< raw key, raw value
};

} // namespace couch
