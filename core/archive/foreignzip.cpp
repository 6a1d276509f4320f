#include "core/archive/entrypath.h"
#include "core/archive/foreignreader.h"
#include "core/archive/gzipmember.h"
#include "core/archive/scratchfile.h"
#include "core/base/text.h"

#include <KZip>
#include <KZipFileEntry>

#include <QIODevice>

#include <algorithm>

namespace archive {

namespace {

using base::Error;
using base::ErrorKind;
using base::Result;
using base::Status;

constexpr size_t kPieceBytes = size_t{256} << 10;

/// What KArchive reads from.
class ReaderDevice final : public QIODevice
{
public:
    explicit ReaderDevice(const base::RandomReader &file)
        : m_file(file)
    {
    }
    [[nodiscard]] qint64 size() const override { return static_cast<qint64>(m_file.size()); }

protected:
    qint64 readData(char *data, qint64 maxSize) override
    {
        const qint64 count = std::min(maxSize, size() - pos());
        if (count <= 0)
            return 0;
        return m_file.readAt(static_cast<std::uint64_t>(pos()), data, static_cast<size_t>(count))
            ? count
            : -1;
    }
    qint64 writeData(const char *, qint64) override { return -1; }

private:
    const base::RandomReader &m_file;
};

/// Goes through the files of a zip; what belongs into a backup is unpacked.
class ZipWalk
{
public:
    ZipWalk(const base::RandomReader &file, ScratchFile *scratch, const Limits &limits,
            const Reader::Progress &progress)
        : m_file(file)
        , m_scratch(scratch)
        , m_limits(limits)
        , m_progress(progress)
        , m_contents(limits)
        , m_buffer(kPieceBytes, '\0')
    {
    }

    Result<Contents> run(const QString &label)
    {
        ReaderDevice device(m_file);
        KZip zip(&device);
        if (!device.open(QIODevice::ReadOnly | QIODevice::Unbuffered)
            || !zip.open(QIODevice::ReadOnly))
            return Error{ErrorKind::Corrupt, base::text("%1 is a damaged zip file.").arg(label),
                         zip.errorString()};
        if (Status walked = walk(*zip.directory(), 0); !walked)
            return walked.error();
        m_contents.arrange(std::nullopt);
        return std::move(m_contents);
    }

private:
    Status walk(const KArchiveDirectory &folder, int depth)
    {
        QStringList names = folder.entries();
        names.sort();
        for (const QString &name : std::as_const(names)) {
            const KArchiveEntry *entry = folder.entry(name);
            Status done;
            if (entry->isDirectory() && depth < m_limits.maxDepth)
                done = walk(*static_cast<const KArchiveDirectory *>(entry), depth + 1);
            else if (const auto *file = dynamic_cast<const KZipFileEntry *>(entry))
                done = takeFile(*file);
            else
                done = m_contents.refuse("refused-name", name.toStdString(),
                                         base::text("it lies too deep"));
            if (!done)
                return done;
        }
        return {};
    }

    Status takeFile(const KZipFileEntry &entry)
    {
        const std::string path = entry.path().toStdString();
        if (!entry.symLinkTarget().isEmpty())
            return m_contents.refuse("refused-link", path, base::text("it is a symbolic link"));
        const std::string_view name = nameOf(path);
        if (pathFault(trimmedPath(path), m_limits) || (!isDatabaseFile(name) && !isLooseFile(name)))
            return m_contents.addFile(path, 0, 0); // is refused or passed over there
        const std::uint64_t begin = m_size;
        bool sound = false;
        if (Status copied = copy(entry, sound); !copied)
            return copied;
        if (sound)
            return m_contents.addFile(path, m_size - begin, begin);
        m_contents.findings().add(
            "zip-data", path,
            base::text("%1 is damaged in the zip file.").arg(base::printable(path)));
        m_contents.addCutFile(path);
        return {};
    }

    Status copy(const KZipFileEntry &entry, bool &sound)
    {
        const std::unique_ptr<QIODevice> device(entry.createDevice());
        std::uint64_t size = 0;
        std::uint32_t crc = 0;
        while (device) {
            const qint64 got = device->read(m_buffer.data(), static_cast<qint64>(m_buffer.size()));
            if (got <= 0)
                break;
            const std::string_view bytes =
                std::string_view(m_buffer).substr(0, static_cast<size_t>(got));
            size += bytes.size();
            m_size += bytes.size();
            crc = crc32(crc, bytes);
            if (Status taken = take(bytes); !taken)
                return taken;
        }
        sound = device && size == static_cast<std::uint64_t>(entry.size()) && crc == entry.crc32();
        return {};
    }

    Status take(std::string_view bytes)
    {
        constexpr std::uint64_t ratioFrom = std::uint64_t{64} << 20;
        const bool tooLarge = m_size > m_limits.maxTotalBytes;
        if (tooLarge || (m_size > ratioFrom && m_size / m_limits.maxRatio > m_file.size()))
            return Error{
                ErrorKind::Hostile,
                base::text("The archive is over the limit for %1; it is not opened.")
                    .arg(tooLarge ? base::text("uncompressed bytes")
                                  : base::text("the ratio of uncompressed to compressed bytes")),
                {}};
        if (Status written = m_scratch != nullptr ? m_scratch->append(bytes) : Status{}; !written)
            return written;
        return m_progress ? m_progress(std::min(m_size, m_file.size())) : Status{};
    }

    const base::RandomReader &m_file;
    ScratchFile *m_scratch;
    const Limits &m_limits;
    const Reader::Progress &m_progress;
    Contents m_contents;
    std::string m_buffer;
    std::uint64_t m_size = 0;
};

} // namespace

Result<std::unique_ptr<Reader>> openZip(const FilePtr &file, const QString &label,
                                        const Reader::Options &options)
{
    const auto scratch = ScratchFile::create(options.scratch);
    if (!scratch)
        return scratch.error();
    Result<Contents> contents =
        ZipWalk(*file, scratch->get(), options.limits, options.progress).run(label);
    if (!contents)
        return contents.error();
    auto check = [file, label, limits = options.limits](
                     const Reader::Progress &progress) -> Result<std::vector<Finding>> {
        const Result<Contents> checked = ZipWalk(*file, nullptr, limits, progress).run(label);
        if (!checked)
            return checked.error();
        return checked->findings().list();
    };
    return makeForeignReader(label, file->size(), *std::move(contents), flatSource(*scratch),
                             check);
}

} // namespace archive
