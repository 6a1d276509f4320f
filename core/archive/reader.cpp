#include "core/archive/reader.h"

#include "core/archive/estargzreader.h"
#include "core/archive/foreignreader.h"
#include "core/archive/streamreader.h"
#include "core/base/file.h"
#include "core/base/text.h"

#include <algorithm>

namespace archive {

namespace {

using base::Error;
using base::ErrorKind;
using base::Result;

Result<std::unique_ptr<Reader>> openGzip(const FilePtr &file, const QString &label,
                                         const Reader::Options &options)
{
    std::optional<QString> why;
    auto ours = openEstargz(file, label, options, why);
    if (!ours || *ours)
        return ours;
    return openStream(file, label, options, why);
}

} // namespace

Result<std::unique_ptr<Reader>> Reader::open(std::shared_ptr<const base::RandomReader> file,
                                             const QString &label, const Options &options)
{
    if (file->size() == 0)
        return Error{ErrorKind::Corrupt, base::text("%1 is empty.").arg(label), {}};
    std::string first(static_cast<size_t>(std::min<std::uint64_t>(kSniffBytes, file->size())),
                      '\0');
    if (base::Status read = file->readAt(0, first.data(), first.size()); !read)
        return read.error();
    switch (const Container container = containerOf(first)) {
    case Container::Gzip: return openGzip(file, label, options);
    case Container::Tar: return openTar(file, label, options);
    case Container::Xz:
    case Container::Zstd:
    case Container::Bzip2: return openCompressedTar(file, container, label, options);
    case Container::Zip: return openZip(file, label, options);
    case Container::Unknown: break;
    }
    return Error{ErrorKind::Unsupported, base::text("%1 is not a backup archive.").arg(label), {}};
}

Result<std::unique_ptr<Reader>> Reader::open(const std::filesystem::path &path,
                                             const Options &options)
{
    std::error_code code;
    if (std::filesystem::is_directory(path, code))
        return openFolder(path, options);
    auto file = base::File::openRead(path);
    if (!file)
        return file.error();
    return open(std::shared_ptr<const base::RandomReader>(*std::move(file)),
                QString::fromStdString(base::toUtf8(path)), options);
}

} // namespace archive
