#pragma once

#include "core/archive/chunkcache.h"
#include "core/archive/contentreader.h"
#include "core/archive/toc.h"

namespace archive {

/// An archive of ours that is open: the file, what its TOC says, and the chunks that were read
/// last.
class Estargz final : public ContentSource, public std::enable_shared_from_this<Estargz>
{
public:
    Estargz(std::shared_ptr<const base::RandomReader> file, Toc toc, std::uint64_t tocOffset);

    /// `source` is the index of an entry of the TOC.
    [[nodiscard]] base::Result<std::shared_ptr<const base::RandomReader>>
    open(std::uint64_t source, std::uint64_t size) const override;
    [[nodiscard]] base::Status readEntry(size_t entry, std::uint64_t offset, char *out,
                                         size_t length) const;
    [[nodiscard]] PackedFile packed(size_t entry) const;

    [[nodiscard]] const base::RandomReader &file() const { return *m_file; }
    [[nodiscard]] const Toc &toc() const { return m_toc; }
    [[nodiscard]] std::uint64_t tocOffset() const { return m_tocOffset; }

private:
    [[nodiscard]] base::Result<ChunkCache::Chunk> chunk(const TocEntry &entry,
                                                        const TocChunk &chunk) const;

    std::shared_ptr<const base::RandomReader> m_file;
    Toc m_toc;
    std::uint64_t m_tocOffset;
    mutable ChunkCache m_cache;
};

/// Level L1 of an archive of ours: every byte of the file, from disk.
[[nodiscard]] base::Result<std::vector<Finding>> checkEstargz(const Estargz &archive,
                                                              const Reader::Progress &progress,
                                                              const Reader::IsProven &isProven);

} // namespace archive
