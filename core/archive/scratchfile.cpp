#include "core/archive/scratchfile.h"

#include "core/base/text.h"

#include <QRandomGenerator>

namespace archive {

namespace {
using base::Error;
using base::ErrorKind;
using base::Result;
using base::Status;

constexpr std::uint64_t kReserveBytes = std::uint64_t{64} << 20;
} // namespace

ScratchFile::ScratchFile(std::unique_ptr<base::File> file, std::filesystem::path path)
    : m_file(std::move(file))
    , m_path(std::move(path))
    , m_hasName(!base::removeFile(m_path))
{
}

ScratchFile::~ScratchFile()
{
    m_file.reset();
    if (m_hasName)
        static_cast<void>(base::removeFile(m_path));
}

Result<std::shared_ptr<ScratchFile>> ScratchFile::create(const std::filesystem::path &folder)
{
    std::error_code code;
    const std::filesystem::path place =
        folder.empty() ? std::filesystem::temp_directory_path(code) : folder;
    if (code)
        return Error{ErrorKind::Io, base::text("The system has no folder for temporary files."),
                     QString::fromStdString(code.message())};
    const auto number = QRandomGenerator::system()->generate64();
    const std::filesystem::path path =
        place / ("focus-monitor-" + std::to_string(number) + ".scratch");
    auto file = base::File::create(path);
    if (!file)
        return file.error();
    return std::shared_ptr<ScratchFile>(new ScratchFile(*std::move(file), path));
}

Status ScratchFile::append(std::string_view bytes)
{
    if (m_file->size() >= m_nextSpaceCheck) {
        const auto free = base::freeBytes(m_path.parent_path());
        if (free && *free < kReserveBytes + bytes.size())
            return Error{
                ErrorKind::NoSpace,
                base::text(
                    "There is not enough space in %1 to open this archive; it has to be unpacked there.")
                    .arg(QString::fromStdString(base::toUtf8(m_path.parent_path()))),
                {}};
        m_nextSpaceCheck += kReserveBytes / 2;
    }
    return m_file->append(bytes);
}

} // namespace archive
