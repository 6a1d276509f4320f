#include "tests/archive/tarbuilder.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <utility>

namespace archivetesting {

namespace {
std::string octal(std::uint64_t value, int digits)
{
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%0*llo", digits,
                  static_cast<unsigned long long>(value));
    return text.data();
}
} // namespace

TarBuilder &TarBuilder::entry(std::string_view name, char type, std::uint64_t claimedSize,
                              std::string_view content)
{
    std::string block(512, '\0');
    const auto put = [&block](size_t at, std::string_view bytes) {
        std::copy(bytes.begin(), bytes.end(), block.begin() + static_cast<std::ptrdiff_t>(at));
    };
    put(0, name.substr(0, 100));
    put(100, "0000644");
    put(108, "0001750");
    put(116, "0001750");
    put(124, octal(claimedSize, 11));
    put(136, octal(1795536232, 11));
    put(148, "        ");
    block[156] = type;
    put(157, std::exchange(m_linkTarget, {}));
    put(257, {"ustar\00000", 8});
    put(m_patchOffset, std::exchange(m_patch, {}));
    unsigned sum = 0;
    for (const char c : block)
        sum += static_cast<unsigned char>(c);
    if (std::exchange(m_wrongChecksum, false))
        ++sum;
    put(148, octal(sum, 6) + '\0' + ' ');
    m_bytes += block;
    m_bytes += content;
    m_bytes.append((512 - content.size() % 512) % 512, '\0');
    return *this;
}

TarBuilder &TarBuilder::link(std::string_view name, char type, std::string_view target)
{
    m_linkTarget = target;
    return entry(name, type, 0, {});
}

TarBuilder &TarBuilder::pax(const std::string &record, char type)
{
    std::string line;
    for (size_t length = record.size() + 3;; ++length) {
        line = std::to_string(length) + ' ' + record + '\n';
        if (line.size() == length)
            break;
    }
    return entry("PaxHeader/x", type, line.size(), line);
}

TarBuilder &TarBuilder::raw(std::string_view bytes)
{
    m_bytes += bytes;
    return *this;
}

TarBuilder &TarBuilder::patchNext(size_t offset, std::string bytes)
{
    m_patchOffset = offset;
    m_patch = std::move(bytes);
    return *this;
}

TarBuilder &TarBuilder::wrongChecksumNext()
{
    m_wrongChecksum = true;
    return *this;
}

std::string gzipOf(std::string_view content)
{
    z_stream stream{};
    deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
    std::string out(deflateBound(&stream, content.size()) + 64, '\0');
    std::string in(content);
    stream.next_in = reinterpret_cast<unsigned char *>(in.data());
    stream.avail_in = static_cast<uInt>(in.size());
    stream.next_out = reinterpret_cast<unsigned char *>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    deflate(&stream, Z_FINISH);
    out.resize(stream.total_out);
    deflateEnd(&stream);
    return out;
}

} // namespace archivetesting
