#pragma once

#include "core/archive/contentreader.h"
#include "core/archive/reader.h"

#include <filesystem>
#include <memory>

/// Other containers an operator may have, opened under limits and marked foreign: nothing in them
/// proves that they are complete.
namespace archive {

/// What the first bytes of a file say it is.
enum class Container { Gzip, Tar, Xz, Zstd, Bzip2, Zip, Unknown };
[[nodiscard]] Container containerOf(std::string_view firstBytes);
inline constexpr size_t kSniffBytes = 512;

using FilePtr = std::shared_ptr<const base::RandomReader>;

[[nodiscard]] base::Result<std::unique_ptr<Reader>>
openTar(const FilePtr &file, const QString &label, const Reader::Options &options);
/// Unpacks the tar into a scratch file without a name; `container` is Xz, Zstd or Bzip2.
[[nodiscard]] base::Result<std::unique_ptr<Reader>>
openCompressedTar(const FilePtr &file, Container container, const QString &label,
                  const Reader::Options &options);
/// Unpacks what belongs into a backup into a scratch file without a name.
[[nodiscard]] base::Result<std::unique_ptr<Reader>>
openZip(const FilePtr &file, const QString &label, const Reader::Options &options);
[[nodiscard]] base::Result<std::unique_ptr<Reader>> openFolder(const std::filesystem::path &path,
                                                               const Reader::Options &options);

/// A reader over any source of files; `check` is its checkIntegrity().
using ForeignCheck =
    std::function<base::Result<std::vector<Finding>>(const Reader::Progress &progress)>;
[[nodiscard]] base::Result<std::unique_ptr<Reader>>
makeForeignReader(const QString &label, std::uint64_t fileSize, Contents contents,
                  std::shared_ptr<const ContentSource> source, ForeignCheck check);

/// Files that lie one after the other in a plain file; `source` is the offset.
[[nodiscard]] std::shared_ptr<const ContentSource> flatSource(FilePtr file);

} // namespace archive
