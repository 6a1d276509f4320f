#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace testsupport {

struct FakeAttachment {
    std::string name;
    std::string bytes; ///< identity
    bool gzip = false; ///< stored compressed, as CouchDB does with text
    std::string contentType = "text/plain";
    std::uint64_t revpos = 1;
    std::optional<std::string> digest = {}; ///< claimed instead of the true one
    std::optional<std::uint64_t> length = {};
    std::optional<std::string> stored = {}; ///< sent instead of the true stored bytes
};

struct FakeLeaf {
    /// {"3-c", "2-b", "1-a"} as "cba": one letter for each generation, newest first.
    std::string letters;
    std::string members = R"("n":1)"; ///< of the body, as JSON text
    bool deleted = false;
    std::vector<FakeAttachment> attachments = {};
    std::uint64_t start = 0; ///< generation of the newest; 0: as many as there are letters
    std::string raw = {};    ///< sent instead of the document

    [[nodiscard]] std::uint64_t generation() const { return start == 0 ? letters.size() : start; }
    [[nodiscard]] std::string rev() const;
    [[nodiscard]] std::vector<std::string> hashes() const;
    /// True when `otherRev` is this revision or an ancestor of it.
    [[nodiscard]] bool descendsFrom(const std::string &otherRev) const;
};

/// "2-bbbb...": what a letter stands for.
[[nodiscard]] std::string fakeRev(std::uint64_t generation, char letter);

struct FakeDocument {
    std::uint64_t seq = 0;
    std::vector<FakeLeaf> leaves;
    [[nodiscard]] bool isDeleted() const;
};

/// A database as a test writes to it. All writes move the sequence.
struct FakeDatabase {
    std::map<std::string, FakeDocument> documents;
    std::map<std::string, std::string> locals; ///< "_local/x" -> JSON
    std::uint64_t seq = 0;
    std::uint64_t purgeSeq = 0;
    std::string instance = "1700000000";
    std::string security = R"({"admins":{"roles":["_admin"]}})";
    std::uint64_t revsLimit = 1000;
    bool isForbidden = false;
    std::uint64_t externalBytes = 1000;
    std::uint64_t activeBytes = 900;

    /// Adds a leaf, in the place of those that it descends from.
    void write(const std::string &id, FakeLeaf leaf);
    void purge(const std::string &id);
    [[nodiscard]] std::uint64_t liveDocuments() const;
    [[nodiscard]] std::uint64_t deletedDocuments() const;
    /// Ids in the order of their sequences.
    [[nodiscard]] std::vector<std::string> inOrder() const;
};

[[nodiscard]] std::string gzipped(const std::string &bytes);
/// What the server stores and sends of it.
[[nodiscard]] std::string storedBytes(const FakeAttachment &attachment);

} // namespace testsupport
