#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// The keys of a PouchDB database: six named stores share one LevelDB key space.
///   C3 BF <store> C3 BF <key>
/// LevelDB itself adds 8 bytes to each: sequence << 8 | kind.
namespace store {

inline constexpr std::string_view kDocumentStore = "document-store";
inline constexpr std::string_view kBySequenceStore = "by-sequence";
inline constexpr std::string_view kAttachStore = "attach-store";
inline constexpr std::string_view kAttachBinaryStore = "attach-binary-store";
inline constexpr std::string_view kLocalStore = "local-store";
inline constexpr std::string_view kMetaStore = "meta-store";

inline constexpr std::string_view kLastSeqKey = "_local_last_update_seq";
inline constexpr std::string_view kDocCountKey = "_local_doc_count";
inline constexpr std::string_view kUuidKey = "_local_uuid";

inline constexpr std::string_view kEmptyDigest = "md5-1B2M2Y8AsgTpgAmY7PhCfg==";
inline constexpr size_t kDigestBytes = 28; ///< "md5-" and 24 characters of base64

/// With an empty `key`: what all keys of the store begin with.
[[nodiscard]] std::string storeKey(std::string_view store, std::string_view key);
/// 16 digits.
[[nodiscard]] std::string sequenceKey(std::uint64_t seq);
/// Nothing for what sequenceKey() does not write.
[[nodiscard]] std::optional<std::uint64_t> parseSequenceKey(std::string_view key);
/// "md5-" and the base64 of raw MD5 bytes.
[[nodiscard]] std::string digestOf(std::string_view md5);

enum class EntryKind { Deletion = 0, Value = 1 };
inline constexpr size_t kInternalSuffixBytes = 8;
[[nodiscard]] std::string internalKey(std::string_view userKey, std::uint64_t sequence);

struct InternalKey {
    std::string_view user;
    std::uint64_t sequence = 0;
    EntryKind kind = EntryKind::Value;
};
[[nodiscard]] std::optional<InternalKey> parseInternalKey(std::string_view key);
/// LevelDB's order: user key ascending, then the newest first. Both keys have their suffix.
[[nodiscard]] int compareInternalKeys(std::string_view a, std::string_view b);

} // namespace store
