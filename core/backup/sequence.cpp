#include "core/backup/sequence.h"

#include "core/base/bytes.h"

#include <zlib.h>

#include <algorithm>
#include <optional>
#include <string>

namespace backup {

namespace {

// Erlang's external term format.
constexpr unsigned char kVersion = 131;
constexpr unsigned char kCompressed = 80;
constexpr unsigned char kList = 108;
constexpr unsigned char kSmallTuple = 104;
constexpr unsigned char kSmallInteger = 97;
constexpr unsigned char kInteger = 98;
constexpr unsigned char kSmallBig = 110;
constexpr unsigned char kBinary = 109;

constexpr size_t kMostTermBytes = size_t{16} << 20; // a thousand shards need a tenth of one MiB
constexpr size_t kLeastIdBytes = 4;
constexpr size_t kMostIdBytes = 64;

/// What stands behind the number: nothing where it is no such sequence.
std::optional<std::string_view> opaquePart(std::string_view sequence)
{
    if (sequence.size() < 2 || sequence.front() != '"' || sequence.back() != '"')
        return std::nullopt;
    sequence = sequence.substr(1, sequence.size() - 2);
    const size_t digits = std::min(sequence.find_first_not_of("0123456789"), sequence.size());
    if (digits == 0 || digits == sequence.size() || sequence[digits] != '-')
        return std::nullopt;
    const std::string_view rest = sequence.substr(digits + 1);
    return rest.empty() ? std::nullopt : std::optional(rest);
}

std::optional<std::string> fromUrlBase64(std::string_view text)
{
    std::string standard(text);
    std::replace(standard.begin(), standard.end(), '-', '+');
    std::replace(standard.begin(), standard.end(), '_', '/');
    standard.append((4 - standard.size() % 4) % 4, '=');
    return base::fromBase64(standard);
}

unsigned char byteAt(std::string_view bytes, size_t at)
{
    return at < bytes.size() ? static_cast<unsigned char>(bytes[at]) : 0;
}

size_t numberAt(std::string_view bytes, size_t at)
{
    size_t number = 0;
    for (size_t i = 0; i < 4; ++i)
        number = number << 8 | byteAt(bytes, at + i);
    return number;
}

/// The term behind the version byte, inflated where it is compressed.
std::optional<std::string> termOf(std::string_view bytes)
{
    if (byteAt(bytes, 0) != kVersion)
        return std::nullopt;
    if (byteAt(bytes, 1) != kCompressed)
        return std::string(bytes.substr(1));
    const size_t size = numberAt(bytes, 2);
    if (bytes.size() < 7 || size > kMostTermBytes)
        return std::nullopt;
    std::string term(size, '\0');
    uLongf got = size;
    const int result =
        uncompress(reinterpret_cast<Bytef *>(term.data()), &got,
                   reinterpret_cast<const Bytef *>(bytes.data() + 6), bytes.size() - 6);
    return result == Z_OK && got == size ? std::optional(std::move(term)) : std::nullopt;
}

/// Bytes of the integer at `at`; 0 when there is none.
size_t integerBytes(std::string_view term, size_t at)
{
    switch (byteAt(term, at)) {
    case kSmallInteger: return 2;
    case kInteger: return 5;
    case kSmallBig: return size_t{3} + byteAt(term, at + 1);
    default: return 0;
    }
}

/// `{Seq, ShardId, Node}`
bool isIdentifiedAt(std::string_view term, size_t at)
{
    if (byteAt(term, at) != kSmallTuple || byteAt(term, at + 1) != 3)
        return false;
    const size_t integer = integerBytes(term, at + 2);
    const size_t binary = at + 2 + integer;
    if (integer == 0 || byteAt(term, binary) != kBinary)
        return false;
    const size_t size = numberAt(term, binary + 1);
    return size >= kLeastIdBytes && size <= kMostIdBytes && binary + 5 + size <= term.size();
}

} // namespace

bool isOpaqueSequence(std::string_view sequence)
{
    return opaquePart(sequence).has_value();
}

bool carriesShardIds(std::string_view sequence)
{
    const auto opaque = opaquePart(sequence);
    const auto bytes = opaque ? fromUrlBase64(*opaque) : std::nullopt;
    const auto term = bytes ? termOf(*bytes) : std::nullopt;
    if (!term || byteAt(*term, 0) != kList)
        return false;
    const size_t shards = numberAt(*term, 1);
    size_t identified = 0;
    for (size_t at = 5; at < term->size(); ++at)
        identified += isIdentifiedAt(*term, at) ? 1 : 0;
    return shards > 0 && identified >= shards;
}

} // namespace backup
