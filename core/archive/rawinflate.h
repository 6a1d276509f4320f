#pragma once

#include "core/archive/checkpointindex.h"
#include "core/base/filesource.h"

#include <cstdint>
#include <memory>
#include <string>

namespace archive {

/// Inflates one raw deflate stream out of a file, piece by piece, from its beginning or a
/// checkpoint. Not thread-safe.
class RawInflate
{
public:
    explicit RawInflate(const base::RandomReader &file);
    ~RawInflate();
    RawInflate(const RawInflate &) = delete;
    RawInflate &operator=(const RawInflate &) = delete;

    enum class State { More, BlockEnd, StreamEnd, Damaged, FileEnd };

    [[nodiscard]] base::Status begin(const CheckpointIndex::Checkpoint &from);
    /// Fills `out` as far as it goes; `got` says how far. BlockEnd only where `stopAtBlocks`.
    [[nodiscard]] base::Result<State> inflate(char *out, size_t size, size_t &got,
                                              bool stopAtBlocks = false);
    /// First byte of the file that was not used.
    [[nodiscard]] std::uint64_t packedOffset() const;
    /// At a BlockEnd: what is needed to go on from here.
    [[nodiscard]] CheckpointIndex::Checkpoint checkpoint(std::uint64_t content) const;

private:
    [[nodiscard]] base::Status refill();

    struct Zlib;
    const base::RandomReader &m_file;
    std::unique_ptr<Zlib> m_zlib;
    std::unique_ptr<char[]> m_input;
    std::uint64_t m_read = 0; // bytes of the file that went into m_input so far
};

} // namespace archive
