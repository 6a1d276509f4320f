#pragma once

#include <string>
#include <string_view>
#include <vector>

/// Where extract() puts things, so that no operating system objects and no two things meet: names
/// by archive::directoryNameFor(), the kind of a thing by its ending. Pure functions.
namespace backup {

/// Below the folder of an extraction, where `index.json` lies too.
[[nodiscard]] std::string extractedDatabase(std::string_view databaseName);

/// Below the folder of a database: `<id>.json` for the winning revision,
/// `<id>.conflicts/<rev>.json` for every other leaf.
[[nodiscard]] std::string extractedBody(std::string_view id, std::string_view rev, bool isWinner);

/// The folder beside the body, `<id>.attachments` or `<id>.conflicts/<rev>.attachments`.
[[nodiscard]] std::string extractedAttachments(std::string_view id, std::string_view rev,
                                               bool isWinner);

/// File names for the attachments of one revision, in their order. Capitals stay where no other
/// name is the same without them, and endings stay, so that pictures open.
[[nodiscard]] std::vector<std::string>
extractedAttachmentNames(const std::vector<std::string> &names);

} // namespace backup
