#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace archive {

/// Where inflating a gzip file can begin anew: at every member, and inside a member at the end of a
/// deflate block, with the 32 KiB before it. Spacing doubles whenever the windows reach 16 MiB, so
/// that memory stays bounded however large the file is.
class CheckpointIndex
{
public:
    struct Checkpoint {
        std::uint64_t content = 0; ///< offset in the uncompressed stream
        std::uint64_t packed = 0;  ///< offset of the first whole byte in the file
        int bits = 0;              ///< bits of the byte before that still belong to the stream
        std::string window;        ///< empty at the beginning of a member
    };
    static constexpr std::uint64_t kFirstSpacing = std::uint64_t{4} << 20;
    static constexpr size_t kMaxWindows = 512;

    void addMember(std::uint64_t content, std::uint64_t packed);
    /// Is it time for one inside a member?
    [[nodiscard]] bool wants(std::uint64_t content) const;
    void addBlock(Checkpoint checkpoint);

    /// The last one at or before an offset of the uncompressed stream.
    [[nodiscard]] const Checkpoint &before(std::uint64_t content) const;
    /// The beginning of the member at exactly this offset that is not before `packed`.
    [[nodiscard]] const Checkpoint *memberAt(std::uint64_t content, std::uint64_t packed) const;
    [[nodiscard]] size_t windows() const { return m_windows; }
    [[nodiscard]] size_t size() const { return m_checkpoints.size(); }

private:
    void thinOut();

    std::vector<Checkpoint> m_checkpoints; // by content, then packed
    std::uint64_t m_spacing = kFirstSpacing;
    size_t m_windows = 0;
};

} // namespace archive
