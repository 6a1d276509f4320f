#pragma once

#include "core/base/result.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

/// `<timestamp>/manifest.json` and `<timestamp>/format.json`; docs/archive-format.md is their
/// contract.
namespace archive {

inline constexpr int kFormatVersion = 1;
inline constexpr const char *kFormatName = "focus-monitor-backup";

/// Something that is not in the backup although it was at the source.
struct Omission {
    std::string code; ///< stable, e.g. "forbidden", "attachment-unreadable", "pouch-unreadable"
    std::optional<std::string> id;
    std::optional<std::string> rev;
    std::optional<std::string> attachment;
    std::string message; ///< one sentence, no secret
    /// False for what is in the archive, only not where PouchDB finds it.
    [[nodiscard]] bool isLoss() const { return code != "pouch-unreadable"; }
    bool operator==(const Omission &) const = default;
};

struct ManifestDatabase {
    std::string name;
    std::string directory; ///< empty when nothing of it is in the archive
    /// "source", or the file name of the archive whose run read it there (later: "mirror").
    std::string contentFrom;
    std::string instanceStartTime;
    std::string updateSeq; ///< as JSON text, when the list of leaves was frozen
    std::string purgeSeq;  ///< as JSON text
    std::string security;  ///< JSON text of `_security`, empty when not readable
    std::optional<std::uint64_t> revsLimit;
    std::string props; ///< JSON text of `props` of the database info, empty when absent
    std::uint64_t documents = 0;
    std::uint64_t deleted = 0;
    std::uint64_t leaves = 0;
    std::uint64_t conflicted = 0;
    std::uint64_t attachments = 0;
    std::uint64_t attachmentBytes = 0;
    std::string leafSet; ///< 64 hex digits
    std::map<int, std::string>
        leafSetBuckets; ///< 0 to 255; only for databases of 1,000 leaves and more
    std::string contentHash;
    std::string startedAt, finishedAt; ///< ISO time
    std::string comparedAt;            ///< when its leaf set was last compared with the source
    std::uint64_t bodiesCompared = 0;  ///< documents fetched a second time and found equal
    bool changedDuringRun = false;
    bool reused = false;
    std::vector<Omission> omissions;
    [[nodiscard]] bool isComplete() const; ///< no omission is a loss
    bool operator==(const ManifestDatabase &) const = default;
};

struct Manifest {
    std::string tool;  ///< "focus-monitor 0.1.0"
    std::string runId; ///< UUID
    std::string startedAt, finishedAt;
    std::string server; ///< origin without credentials
    std::string serverUuid, serverVersion, serverVendor;
    /// Which fourteenth of the unchanged databases was fetched afresh; nothing in older archives.
    std::optional<std::uint64_t> reuseRound;
    std::vector<std::string> fallbacks; ///< what this server lacks and how it was done instead
    std::vector<std::string> appeared, vanished; ///< databases that came or went during the run
    std::vector<Omission> omissions;         ///< of the run as a whole, e.g. `_users` not readable
    std::vector<ManifestDatabase> databases; ///< sorted by name
    /// Everything that was to be read is in the archive.
    [[nodiscard]] bool isComplete() const;
    bool operator==(const Manifest &) const = default;
};

/// `updateSeq`, `purgeSeq`, `security` and `props` must be valid JSON text or empty; they go in as
/// they are.
[[nodiscard]] std::string encodeManifest(const Manifest &manifest);
/// Strict: unknown fields are kept out but allowed, wrong types and missing fields are Corrupt by
/// name.
[[nodiscard]] base::Result<Manifest> decodeManifest(std::string_view text);

/// `format.json`, the first file of an archive: what it is, so that a cut one is known for what it
/// was.
struct Format {
    int version = kFormatVersion;
    std::string runId;
    std::string startedAt;
    std::string tool;
    bool operator==(const Format &) const = default;
};
[[nodiscard]] std::string encodeFormat(std::string_view runId, std::string_view startedAt,
                                       std::string_view tool);
/// Corrupt when it is not such a file; a version from the future is not an error here.
[[nodiscard]] base::Result<Format> decodeFormat(std::string_view text);

} // namespace archive
