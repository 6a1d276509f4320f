#pragma once

#include <QString>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

/// One gzip member (RFC 1952) as this program writes it: the canonical 10-byte header, deflate,
/// CRC-32 and length; nothing optional. Members are at most a few MiB, so they are handled whole.
namespace archive {

/// Payload of one member at most.
inline constexpr size_t kChunkBytes = size_t{4} << 20;

/// No name, no time, unknown system: two archives of the same bytes are the same.
inline constexpr std::string_view kGzipHeader{"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff", 10};
inline constexpr size_t kGzipTrailerBytes = 8;
inline constexpr size_t kMinMemberBytes = 10 + 2 + kGzipTrailerBytes;

enum class GzipFault {
    None,
    Header,  ///< not the canonical header
    Deflate, ///< the compressed data makes no sense, or does not end where the member ends
    Length,  ///< another length than promised
    Crc      ///< content and CRC-32 differ
};
[[nodiscard]] const char *gzipFaultCode(GzipFault fault);
[[nodiscard]] QString gzipFaultText(GzipFault fault);

/// Not thread-safe; one for each thread.
class MemberCompressor
{
public:
    /// `level` as libdeflate's, 1 to 12.
    explicit MemberCompressor(int level);
    ~MemberCompressor();
    MemberCompressor(const MemberCompressor &) = delete;
    MemberCompressor &operator=(const MemberCompressor &) = delete;

    /// Replaces `member` by the member that holds `content`; large content that does not get
    /// smaller is stored.
    void compress(std::string_view content, std::string &member);

private:
    struct State;
    std::unique_ptr<State> m_state;
};

/// Not thread-safe; one for each thread.
class MemberInflater
{
public:
    MemberInflater();
    ~MemberInflater();
    MemberInflater(const MemberInflater &) = delete;
    MemberInflater &operator=(const MemberInflater &) = delete;

    /// Fills `out` with exactly `size` bytes; never writes more. `member` must be one member and no
    /// more.
    [[nodiscard]] GzipFault inflate(std::string_view member, char *out, size_t size);

private:
    struct State;
    std::unique_ptr<State> m_state;
};

/// The inflater of the calling thread.
[[nodiscard]] MemberInflater &threadInflater();

/// The member that holds `content` uncompressed, in stored blocks of 65,535 bytes: it has one form
/// only, whatever compressor is used elsewhere.
[[nodiscard]] std::string encodeStoredMember(std::string_view content);
/// The content of such a member; nothing when `member` is not exactly what encodeStoredMember()
/// makes.
[[nodiscard]] std::optional<std::string> decodeStoredMember(std::string_view member);

[[nodiscard]] std::uint32_t crc32(std::uint32_t before, std::string_view bytes);

} // namespace archive
