#include "core/archive/tarblock.h"

#include <algorithm>
#include <cstring>
#include <limits>

namespace archive {

namespace {

struct Field {
    size_t offset;
    size_t length;
};
constexpr Field kName{0, 100};
constexpr Field kMode{100, 8};
constexpr Field kOwner{108, 8};
constexpr Field kGroup{116, 8};
constexpr Field kSize{124, 12};
constexpr Field kModified{136, 12};
constexpr Field kChecksum{148, 8};
constexpr size_t kType = 156;
constexpr Field kMagic{257, 8};
constexpr Field kPrefix{345, 155};

constexpr std::string_view kPosixMagic{"ustar\0", 6};
constexpr std::string_view kGnuMagic{"ustar  \0", 8};

std::string_view fieldOf(std::string_view block, Field field)
{
    return block.substr(field.offset, field.length);
}

std::string_view textOf(std::string_view block, Field field)
{
    const std::string_view bytes = fieldOf(block, field);
    return bytes.substr(0, bytes.find('\0'));
}

std::optional<std::uint64_t> base256(std::string_view bytes)
{
    if (bytes.front() != '\x80') // 0xff would be negative
        return std::nullopt;
    std::uint64_t value = 0;
    for (const char byte : bytes.substr(1)) {
        if (value > std::uint64_t(std::numeric_limits<std::int64_t>::max()) >> 8)
            return std::nullopt;
        value = value << 8 | static_cast<unsigned char>(byte);
    }
    return value;
}

/// Leading spaces, octal digits, and then nothing but spaces and NULs. An empty field is 0.
std::optional<std::uint64_t> octal(std::string_view bytes)
{
    std::uint64_t value = 0;
    size_t at = std::min(bytes.find_first_not_of(' '), bytes.size());
    for (; at < bytes.size() && bytes[at] >= '0' && bytes[at] <= '7'; ++at)
        value = value << 3 | static_cast<unsigned>(bytes[at] - '0');
    const bool onlyFillFollows =
        std::all_of(bytes.begin() + static_cast<std::ptrdiff_t>(at), bytes.end(),
                    [](char c) { return c == ' ' || c == '\0'; });
    return onlyFillFollows ? std::optional(value) : std::nullopt;
}

std::optional<std::uint64_t> numberOf(std::string_view block, Field field)
{
    const std::string_view bytes = fieldOf(block, field);
    return (bytes.front() & '\x80') != 0 ? base256(bytes) : octal(bytes);
}

/// The sum of all bytes, the checksum field itself counted as spaces.
std::uint64_t checksumOf(std::string_view block)
{
    const char *bytes = block.data();
    std::uint64_t sum = kChecksum.length * ' ';
    for (size_t i = 0; i < kTarBlockBytes; ++i) {
        if (i < kChecksum.offset || i >= kChecksum.offset + kChecksum.length)
            sum += static_cast<unsigned char>(bytes[i]);
    }
    return sum;
}

void writeOctal(char *block, Field field, size_t digits, std::uint64_t value)
{
    for (size_t i = digits; i-- > 0; value >>= 3)
        block[field.offset + i] = static_cast<char>('0' + (value & 7));
    std::memset(block + field.offset + digits, 0, field.length - digits);
}

} // namespace

const char *tarFaultCode(TarFault fault)
{
    switch (fault) {
    case TarFault::Checksum: return "tar-checksum";
    case TarFault::Magic: return "tar-magic";
    case TarFault::Number: return "tar-number";
    case TarFault::None: break;
    }
    return "";
}

TarFault decodeTarBlock(std::string_view block, TarBlock &out)
{
    const auto checksum = octal(fieldOf(block, kChecksum));
    if (!checksum || *checksum != checksumOf(block))
        return TarFault::Checksum;
    const std::string_view magic = fieldOf(block, kMagic);
    const bool posix = magic.starts_with(kPosixMagic);
    if (!posix && magic != kGnuMagic && magic.find_first_not_of('\0') != std::string_view::npos)
        return TarFault::Magic;
    const auto size = numberOf(block, kSize);
    const auto modified = numberOf(block, kModified);
    if (!size || !modified)
        return TarFault::Number;
    out.size = *size;
    out.modified = *modified;
    out.type = block[kType];
    out.name = textOf(block, kName);
    if (const std::string_view prefix = textOf(block, kPrefix); posix && !prefix.empty())
        out.name = std::string(prefix) + '/' + out.name;
    return TarFault::None;
}

bool isZeroBlock(std::string_view block)
{
    return block.find_first_not_of('\0') == std::string_view::npos;
}

std::string encodeTarBlock(std::string_view name, std::uint64_t size)
{
    std::string block(kTarBlockBytes, '\0');
    std::copy(name.begin(), name.end(), block.begin());
    writeOctal(block.data(), kMode, 7, 0600);
    writeOctal(block.data(), kSize, 11, size);
    writeOctal(block.data(), kModified, 11, 0);
    block[kType] = '0';
    constexpr std::string_view magic{"ustar\00000", 8};
    std::copy(magic.begin(), magic.end(), block.begin() + kMagic.offset);
    sealTarBlock(block.data());
    return block;
}

void sealTarBlock(char *block)
{
    writeOctal(block, kOwner, 7, 0);
    writeOctal(block, kGroup, 7, 0);
    writeOctal(block, kChecksum, 6, checksumOf({block, kTarBlockBytes}));
    block[kChecksum.offset + 7] = ' '; // six digits, NUL, space: as every tar writes it
}

} // namespace archive
