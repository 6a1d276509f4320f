#include "core/archive/writer.h"

#include "core/archive/compressionpool.h"
#include "core/archive/entrypath.h"
#include "core/archive/footer.h"
#include "core/archive/gzipmember.h"
#include "core/archive/tarblock.h"
#include "core/archive/tarheader.h"
#include "core/archive/toc.h"
#include "core/base/failpoint.h"
#include "core/base/text.h"

#include <QDateTime>

#include <algorithm>
#include <unordered_set>

namespace archive {

namespace {

using base::Error;
using base::ErrorKind;
using base::Result;
using base::Status;

std::int64_t secondsOf(const std::string &root, const Writer::Options &options)
{
    if (options.modified)
        return std::chrono::duration_cast<std::chrono::seconds>(
                   options.modified->time_since_epoch())
            .count();
    QString iso = QString::fromStdString(root);
    iso.replace(QLatin1Char('_'), QLatin1Char(':'));
    const QDateTime time = QDateTime::fromString(iso, Qt::ISODateWithMs);
    return time.isValid() ? time.toSecsSinceEpoch() : 0;
}

std::string rfc3339(std::int64_t seconds)
{
    return QDateTime::fromSecsSinceEpoch(seconds, Qt::UTC).toString(Qt::ISODate).toStdString();
}

base::Sha256 asDigest(const std::string &bytes)
{
    base::Sha256 digest;
    std::copy_n(bytes.begin(), digest.size(), digest.begin());
    return digest;
}

class EstargzWriter final : public Writer
{
public:
    EstargzWriter(std::unique_ptr<base::File> file, std::string root, const Options &options)
        : m_file(std::move(file))
        , m_root(std::move(root))
        , m_modified(std::max<std::int64_t>(0, secondsOf(m_root, options)))
        , m_pool(options.threads, options.level)
    {
        m_toc.modified = rfc3339(m_modified);
    }

    Status addFolder(std::string_view path) override
    {
        return guarded([&]() -> Status {
            const std::string full = path.empty() ? m_root : m_root + '/' + std::string(path);
            if (Status fine = claim(full); !fine)
                return fine;
            const Result<std::string> header = tarHeaderForFolder(full, m_modified);
            if (!header)
                return header.error();
            m_toc.entries.push_back({full + '/', true, 0, {}, {}});
            return addTarBytes(*header);
        });
    }

    Status addFile(std::string_view path, const base::RandomReader &content) override
    {
        return guarded([&] { return addContent(path, content); });
    }

    Status addBytes(std::string_view path, std::string_view bytes) override
    {
        const base::MemoryReader content{std::string(bytes)};
        return addFile(path, content);
    }

    Status addPacked(std::string_view path, const PackedFile &packed) override
    {
        return guarded([&]() -> Status {
            if (Status begun = beginFile(path, packed.size, packed.chunks.size()); !begun)
                return begun;
            m_toc.entries.back().digest = packed.digest;
            std::uint64_t offset = 0;
            for (size_t i = 0; i < packed.chunks.size(); offset += packed.chunks[i++].size) {
                if (Status copied = copyChunk(path, packed, i, offset); !copied)
                    return copied;
            }
            return addTarBytes(std::string(tarPadding(packed.size), '\0'));
        });
    }

    Result<std::uint64_t> finish() override
    {
        if (Status finished = guarded([&] { return finishFile(); }); !finished)
            return finished.error();
        m_failure = Error{
            ErrorKind::Internal, base::text("The archive is finished; nothing can be added."), {}};
        return m_offset;
    }

private:
    /// Runs one step; after a failed one nothing more is done.
    template <typename Step>
    Status guarded(const Step &step)
    {
        if (m_failure)
            return *m_failure;
        Status status = step();
        if (!status)
            m_failure = status.error();
        return status;
    }

    Status claim(const std::string &full)
    {
        if (const auto fault = pathFault(full, Limits{}))
            return Error{ErrorKind::Internal,
                         base::text("%1 cannot be put into an archive: %2.")
                             .arg(base::printable(full), *fault),
                         {}};
        if (!m_taken.insert(collisionKey(full)).second)
            return Error{ErrorKind::Conflict,
                         base::text("%1 is in the archive already.").arg(base::printable(full)),
                         {}};
        return {};
    }

    Status beginFile(std::string_view path, std::uint64_t size, size_t chunks)
    {
        const std::string full = m_root + '/' + std::string(path);
        const Result<std::string> header = tarHeaderForFile(full, size, m_modified);
        if (!header)
            return header.error();
        if (Status fine = claim(full); !fine)
            return fine;
        m_toc.entries.push_back(
            {full, false, size, base::sha256({}), std::vector<TocChunk>(chunks)});
        if (Status added = addTarBytes(*header); !added)
            return added;
        return size > 0 ? flushTarBytes() : Status{};
    }

    Status addContent(std::string_view path, const base::RandomReader &content)
    {
        const std::uint64_t size = content.size();
        if (Status begun =
                beginFile(path, size, static_cast<size_t>((size + kChunkBytes - 1) / kChunkBytes));
            !begun)
            return begun;
        base::Hasher hasher(base::Hasher::Algorithm::Sha256Digest);
        for (std::uint64_t offset = 0; offset < size; offset += kChunkBytes) {
            std::unique_ptr<MemberJob> job = m_pool.emptyJob();
            job->content.resize(
                static_cast<size_t>(std::min<std::uint64_t>(kChunkBytes, size - offset)));
            if (Status read = content.readAt(offset, job->content.data(), job->content.size());
                !read)
                return read.error().withContext(base::printable(path));
            if (size > kChunkBytes)
                hasher.add(job->content);
            job->entry = m_toc.entries.size() - 1;
            job->chunk = static_cast<size_t>(offset / kChunkBytes);
            job->chunkOffset = offset;
            if (Status submitted = submit(std::move(job)); !submitted)
                return submitted;
        }
        if (size > kChunkBytes) // else it is the digest of the only chunk
            m_toc.entries.back().digest = asDigest(hasher.finish());
        return addTarBytes(std::string(tarPadding(size), '\0'));
    }

    /// `path` is named where the other archive cannot be read; what cannot be written is this one.
    Status copyChunk(std::string_view path, const PackedFile &packed, size_t index,
                     std::uint64_t chunkOffset)
    {
        const PackedFile::Chunk &chunk = packed.chunks[index];
        std::unique_ptr<MemberJob> job = m_pool.emptyJob();
        job->member.resize(static_cast<size_t>(chunk.packedSize));
        if (Status read =
                packed.archive->readAt(chunk.offset, job->member.data(), job->member.size());
            !read)
            return read.error().withContext(base::printable(path));
        job->memberDigest = base::sha256(job->member);
        if (job->memberDigest != chunk.packedDigest)
            return Error{ErrorKind::Corrupt,
                         base::text("A part of the older archive it is copied from is damaged."),
                         {}}
                .withContext(base::printable(path));
        job->digest = chunk.digest;
        job->contentSize = chunk.size;
        job->entry = m_toc.entries.size() - 1;
        job->chunk = index;
        job->chunkOffset = chunkOffset;
        return submit(std::move(job));
    }

    /// Headers and padding of neighbours share a member.
    Status addTarBytes(std::string_view bytes)
    {
        m_tarBytes += bytes;
        constexpr size_t enough = size_t{1} << 20;
        return m_tarBytes.size() < enough ? Status{} : flushTarBytes();
    }

    Status flushTarBytes()
    {
        if (m_tarBytes.empty())
            return {};
        std::unique_ptr<MemberJob> job = m_pool.emptyJob();
        job->content.swap(m_tarBytes);
        m_tarBytes.clear();
        return submit(std::move(job));
    }

    Status submit(std::unique_ptr<MemberJob> job)
    {
        while (m_pool.isFull()) {
            if (Status written = writeOldest(); !written)
                return written;
        }
        m_pool.push(std::move(job));
        return {};
    }

    Status writeOldest()
    {
        std::unique_ptr<MemberJob> job = m_pool.takeOldest();
        m_toc.members.push_back(
            {m_offset, job->member.size(), job->contentSize, job->memberDigest});
        if (job->entry != MemberJob::kNoEntry) {
            TocEntry &entry = m_toc.entries[job->entry];
            entry.chunks[job->chunk] = {m_offset, job->chunkOffset, job->contentSize, job->digest,
                                        0};
            if (entry.chunks.size() == 1)
                entry.digest = job->digest;
        }
        Status written = append(job->member);
        m_pool.recycle(std::move(job));
        return written;
    }

    Status append(std::string_view bytes)
    {
        FM_POINT("archive.append");
        m_offset += bytes.size();
        return m_file->append(bytes);
    }

    Status finishFile()
    {
        if (Status flushed = flushTarBytes(); !flushed)
            return flushed;
        while (!m_pool.isEmpty()) {
            if (Status written = writeOldest(); !written)
                return written;
        }
        const std::uint64_t tocOffset = m_offset;
        FM_POINT("archive.toc");
        if (Status toc = append(encodeTocMember(encodeToc(m_toc))); !toc)
            return toc;
        FM_POINT("archive.footer");
        if (Status footer = append(encodeFooter(tocOffset)); !footer)
            return footer;
        FM_POINT("archive.sync");
        if (Status synced = m_file->sync(); !synced)
            return synced;
        return m_file->close();
    }

    std::unique_ptr<base::File> m_file;
    std::string m_root;
    std::int64_t m_modified;
    std::unordered_set<std::string> m_taken; // collision keys
    Toc m_toc;
    std::string m_tarBytes;
    std::uint64_t m_offset = 0;
    std::optional<Error> m_failure;
    CompressionPool m_pool; // last: its threads end before what they use
};

} // namespace

Result<std::unique_ptr<Writer>> Writer::create(std::unique_ptr<base::File> file, std::string root,
                                               Options options)
{
    if (const auto fault = pathFault(root, Limits{}); fault || root.find('/') != std::string::npos)
        return Error{
            ErrorKind::Internal,
            base::text("%1 cannot be the top folder of an archive.").arg(base::printable(root)),
            {}};
    return std::unique_ptr<Writer>(
        std::make_unique<EstargzWriter>(std::move(file), std::move(root), options));
}

} // namespace archive
