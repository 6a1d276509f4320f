#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// LevelDB's number formats: little-endian fixed widths and base-128 varints.
namespace store {

void putFixed32(std::string &out, std::uint32_t value);
void putFixed64(std::string &out, std::uint64_t value);
void putVarint(std::string &out, std::uint64_t value);
/// The length as a varint, then the bytes.
void putLengthPrefixed(std::string &out, std::string_view bytes);

/// The caller has made sure that 4 or 8 bytes are there.
[[nodiscard]] std::uint32_t fixed32(const char *bytes);
[[nodiscard]] std::uint64_t fixed64(const char *bytes);

/// Takes values off the front of some bytes, never past their end.
class ByteCursor
{
public:
    explicit ByteCursor(std::string_view bytes)
        : m_rest(bytes)
    {
    }
    [[nodiscard]] bool atEnd() const { return m_rest.empty(); }
    [[nodiscard]] std::string_view rest() const { return m_rest; }
    [[nodiscard]] std::optional<std::uint64_t> varint64();
    [[nodiscard]] std::optional<std::uint32_t> varint32();
    [[nodiscard]] std::optional<std::string_view> bytes(std::uint64_t count);
    [[nodiscard]] std::optional<std::string_view> lengthPrefixed();

private:
    [[nodiscard]] std::optional<std::uint64_t> varint(int maxBytes);
    std::string_view m_rest;
};

} // namespace store
