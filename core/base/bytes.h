#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

/// Bytes: everything that comes from a server, a store or an archive is `std::string` of bytes
/// (UTF-8 where it is text) and `std::string_view`; QString begins where a person reads.
namespace base {

[[nodiscard]] std::string toHex(std::string_view bytes);
[[nodiscard]] std::optional<std::string> fromHex(std::string_view hex);
[[nodiscard]] std::string toBase64(std::string_view bytes);
/// Standard alphabet, padding required; nothing for anything else.
[[nodiscard]] std::optional<std::string> fromBase64(std::string_view text);
/// Percent-encodes everything but RFC 3986 unreserved characters.
[[nodiscard]] std::string percentEncode(std::string_view bytes);
[[nodiscard]] bool isValidUtf8(std::string_view bytes);

using Sha256 = std::array<unsigned char, 32>;
using Md5 = std::array<unsigned char, 16>;

/// Incremental digest. Not thread-safe; cheap to move.
class Hasher
{
public:
    enum class Algorithm { Sha256Digest, Md5Digest };
    explicit Hasher(Algorithm algorithm);
    ~Hasher();
    Hasher(Hasher &&) noexcept;
    Hasher &operator=(Hasher &&) noexcept;

    void add(std::string_view bytes);
    /// The digest so far as raw bytes (32 or 16); afterwards the hasher starts anew.
    [[nodiscard]] std::string finish();

private:
    struct State;
    std::unique_ptr<State> m_state;
};

[[nodiscard]] Sha256 sha256(std::string_view bytes);
[[nodiscard]] std::string sha256Hex(std::string_view bytes);
[[nodiscard]] std::string md5(std::string_view bytes);

/// A sum of SHA-256 values modulo 2^256: the order of the terms does not matter, memory is
/// constant. Two multisets are equal when their sums are (as far as SHA-256 can be trusted against
/// accidents).
class HashSum
{
public:
    void add(const Sha256 &term);
    void add(const HashSum &other);
    void subtract(const Sha256 &term);
    [[nodiscard]] std::string hex() const;
    [[nodiscard]] std::string bytes() const;
    [[nodiscard]] bool isZero() const;
    bool operator==(const HashSum &) const = default;

private:
    std::array<std::uint64_t, 4> m_words{}; // little-endian words
};

} // namespace base
