#include "core/archive/foreignreader.h"

#include "core/archive/streamreader.h"
#include "core/archive/tarblock.h"
#include "core/base/text.h"

namespace archive {

namespace {

using base::Error;
using base::ErrorKind;
using base::Result;
using base::Status;

class PartOfFile final : public base::RandomReader
{
public:
    PartOfFile(FilePtr file, std::uint64_t offset, std::uint64_t size)
        : m_file(std::move(file))
        , m_offset(offset)
        , m_size(size)
    {
    }
    [[nodiscard]] std::uint64_t size() const override { return m_size; }
    [[nodiscard]] Status readAt(std::uint64_t offset, char *out, size_t length) const override
    {
        if (offset > m_size || length > m_size - offset)
            return Error{ErrorKind::Corrupt,
                         base::text("A read goes past the end of %1 bytes.").arg(m_size),
                         {}};
        return m_file->readAt(m_offset + offset, out, length);
    }

private:
    FilePtr m_file;
    std::uint64_t m_offset;
    std::uint64_t m_size;
};

class FlatSource final : public ContentSource
{
public:
    explicit FlatSource(FilePtr file)
        : m_file(std::move(file))
    {
    }
    [[nodiscard]] Result<FilePtr> open(std::uint64_t source, std::uint64_t size) const override
    {
        return FilePtr(std::make_shared<PartOfFile>(m_file, source, size));
    }

private:
    FilePtr m_file;
};

class ForeignReader final : public ContentReader
{
public:
    ForeignReader(std::uint64_t fileSize, Contents contents,
                  std::shared_ptr<const ContentSource> source, ForeignCheck check)
        : ContentReader(Origin::Foreign, fileSize, std::move(contents), std::move(source))
        , m_check(std::move(check))
    {
    }
    [[nodiscard]] Result<std::vector<Finding>>
    checkIntegrity(const Progress &progress, const IsProven & /*isProven*/) const override
    {
        return m_check(progress);
    }

private:
    ForeignCheck m_check;
};

} // namespace

Container containerOf(std::string_view firstBytes)
{
    if (firstBytes.starts_with("\x1f\x8b"))
        return Container::Gzip;
    if (firstBytes.starts_with(std::string_view("\xfd"
                                                "7zXZ\0",
                                                6)))
        return Container::Xz;
    if (firstBytes.starts_with("\x28\xb5\x2f\xfd"))
        return Container::Zstd;
    if (firstBytes.starts_with("BZh"))
        return Container::Bzip2;
    if (firstBytes.starts_with("PK\x03\x04") || firstBytes.starts_with("PK\x05\x06"))
        return Container::Zip;
    TarBlock block;
    if (firstBytes.size() >= kTarBlockBytes
        && decodeTarBlock(firstBytes.substr(0, kTarBlockBytes), block) == TarFault::None)
        return Container::Tar;
    return Container::Unknown;
}

Result<std::unique_ptr<Reader>> makeForeignReader(const QString &label, std::uint64_t fileSize,
                                                  Contents contents,
                                                  std::shared_ptr<const ContentSource> source,
                                                  ForeignCheck check)
{
    if (contents.isEmpty())
        return nothingFound(label, contents.findings().list());
    return std::unique_ptr<Reader>(std::make_unique<ForeignReader>(
        fileSize, std::move(contents), std::move(source), std::move(check)));
}

std::shared_ptr<const ContentSource> flatSource(FilePtr file)
{
    return std::make_shared<FlatSource>(std::move(file));
}

} // namespace archive
