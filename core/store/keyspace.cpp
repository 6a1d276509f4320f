#include "core/store/keyspace.h"

#include "core/base/bytes.h"
#include "core/store/coding.h"

#include <algorithm>

namespace store {

namespace {

constexpr std::string_view kSeparator = "\xc3\xbf";
constexpr size_t kSequenceDigits = 16;

} // namespace

std::string storeKey(std::string_view store, std::string_view key)
{
    std::string out;
    out.reserve(2 * kSeparator.size() + store.size() + key.size());
    out += kSeparator;
    out += store;
    out += kSeparator;
    out += key;
    return out;
}

std::string sequenceKey(std::uint64_t seq)
{
    const std::string digits = std::to_string(seq);
    return std::string(kSequenceDigits - std::min(kSequenceDigits, digits.size()), '0') + digits;
}

std::optional<std::uint64_t> parseSequenceKey(std::string_view key)
{
    const auto isDigit = [](char c) { return c >= '0' && c <= '9'; };
    if (key.size() != kSequenceDigits || !std::ranges::all_of(key, isDigit))
        return std::nullopt;
    std::uint64_t seq = 0;
    for (const char c : key)
        seq = seq * 10 + static_cast<std::uint64_t>(c - '0');
    return seq;
}

std::string digestOf(std::string_view md5)
{
    return "md5-" + base::toBase64(md5);
}

std::string internalKey(std::string_view userKey, std::uint64_t sequence)
{
    std::string key;
    key.reserve(userKey.size() + kInternalSuffixBytes);
    key += userKey;
    putFixed64(key, sequence << 8 | static_cast<std::uint64_t>(EntryKind::Value));
    return key;
}

std::optional<InternalKey> parseInternalKey(std::string_view key)
{
    if (key.size() < kInternalSuffixBytes)
        return std::nullopt;
    const size_t userBytes = key.size() - kInternalSuffixBytes;
    const std::uint64_t suffix = fixed64(key.data() + userBytes);
    if ((suffix & 0xff) > static_cast<std::uint64_t>(EntryKind::Value))
        return std::nullopt;
    return InternalKey{key.substr(0, userBytes), suffix >> 8,
                       static_cast<EntryKind>(suffix & 0xff)};
}

int compareInternalKeys(std::string_view a, std::string_view b)
{
    const size_t userA = a.size() - kInternalSuffixBytes;
    const size_t userB = b.size() - kInternalSuffixBytes;
    if (const int order = a.substr(0, userA).compare(b.substr(0, userB)); order != 0)
        return order;
    const std::uint64_t suffixA = fixed64(a.data() + userA);
    const std::uint64_t suffixB = fixed64(b.data() + userB);
    return suffixA == suffixB ? 0 : (suffixA > suffixB ? -1 : 1);
}

} // namespace store
