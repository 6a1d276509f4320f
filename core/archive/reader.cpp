#include "core/archive/reader.h"

#include "core/archive/estargzreader.h"
#include "core/archive/streamreader.h"
#include "core/base/file.h"
#include "core/base/text.h"

namespace archive {

namespace {

using base::Error;
using base::ErrorKind;
using base::Result;

} // namespace

Result<std::unique_ptr<Reader>> Reader::open(std::shared_ptr<const base::RandomReader> file, const QString &label, const Options &options)
{
    std::optional<QString> why;
    auto ours = openEstargz(file, label, options, why);
    if (!ours || *ours)
        return ours;
    return openStream(file, label, options, why);
}

Result<std::unique_ptr<Reader>> Reader::open(const std::filesystem::path &path, const Options &options)
{
    auto file = base::File::openRead(path);
    if (!file)
        return file.error();
    return open(std::shared_ptr<const base::RandomReader>(*std::move(file)), QString::fromStdString(base::toUtf8(path)), options);
}

} // namespace archive
