#pragma once

#include "core/base/result.h"
#include "core/couch/types.h"

#include <map>
#include <string_view>

/// Bytes to values: pure, any thread. An answer that is not complete to its end is a Protocol
/// error, and so is one with rows missing or more than the grammar allows. Unknown members are
/// skipped.
namespace couch {

[[nodiscard]] base::Result<ServerInfo> decodeServerInfo(std::string_view body);
[[nodiscard]] base::Result<std::vector<std::string>> decodeStringList(std::string_view body);
[[nodiscard]] base::Result<DatabaseInfo> decodeDatabaseInfo(std::string_view body);
[[nodiscard]] base::Result<std::map<std::string, DatabaseInfo>>
decodeDatabaseInfos(std::string_view body);
[[nodiscard]] base::Result<ChangesPage> decodeChanges(std::string_view body);
[[nodiscard]] base::Result<std::vector<BulkRow>> decodeBulkGet(std::string_view body);
[[nodiscard]] base::Result<std::map<std::string, std::vector<std::string>>>
decodeRevsDiff(std::string_view body);

/// Takes one document of `_bulk_get` apart. `text` must outlive the result.
[[nodiscard]] base::Result<FetchedLeaf> dissectLeaf(std::string_view text);

/// The Error for an answer with status >= 300, from its status and CouchDB's {"error","reason"}
/// body.
[[nodiscard]] base::Error errorForStatus(int status, std::string_view target,
                                         std::string_view body);

} // namespace couch
