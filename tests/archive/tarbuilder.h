#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace archivetesting {

/// Builds tars by hand, good ones and hostile ones.
class TarBuilder
{
public:
    TarBuilder &file(std::string_view name, std::string_view content)
    {
        return entry(name, '0', content.size(), content);
    }
    TarBuilder &folder(std::string_view name) { return entry(name, '5', 0, {}); }
    /// Header with any claim, then the content and its padding.
    TarBuilder &entry(std::string_view name, char type, std::uint64_t claimedSize,
                      std::string_view content);
    TarBuilder &link(std::string_view name, char type, std::string_view target);
    /// A pax header with these records; they are given without their length.
    TarBuilder &pax(const std::string &record, char type = 'x');
    TarBuilder &raw(std::string_view bytes);

    /// Changes a field of the next header before its checksum is made.
    TarBuilder &patchNext(size_t offset, std::string bytes);
    TarBuilder &wrongChecksumNext();

    [[nodiscard]] std::string withoutEnd() const { return m_bytes; }
    [[nodiscard]] std::string end() const { return m_bytes + std::string(1024, '\0'); }

private:
    std::string m_bytes;
    size_t m_patchOffset = 0;
    std::string m_patch;
    std::string m_linkTarget;
    bool m_wrongChecksum = false;
};

/// One gzip member by zlib, as the predecessor made it.
[[nodiscard]] std::string gzipOf(std::string_view content);

} // namespace archivetesting
