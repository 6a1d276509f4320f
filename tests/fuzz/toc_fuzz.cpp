#include "core/archive/toc.h"
#include "tests/fuzz/targets.h"

namespace {

/// What a TOC claims is inside of the archive, and adds up.
std::string checked(archive::Toc toc)
{
    std::uint64_t end = 0;
    if (!toc.members.empty())
        end = toc.members.back().offset + toc.members.back().size;
    if (!archive::checkToc(toc, end, archive::Limits{}))
        return {};
    for (const archive::TocEntry &entry : toc.entries) {
        std::uint64_t size = 0;
        for (const archive::TocChunk &chunk : entry.chunks) {
            if (chunk.member >= toc.members.size()
                || toc.members[chunk.member].offset != chunk.offset || chunk.offset >= end)
                return "a chunk is no member: " + entry.name;
            size += chunk.size;
        }
        if (size != entry.size)
            return "the chunks are not the file: " + entry.name;
    }
    return {};
}

} // namespace

std::string fuzz::toc(std::string_view input)
{
    if (const auto text = ::archive::decodeTocMember(input);
        text && ::archive::encodeTocMember(*text) != input)
        return "a TOC member has two forms";
    const auto toc = ::archive::decodeToc(input);
    if (!toc)
        return {};
    if (::archive::encodeToc(*toc) != input)
        return "a TOC has two forms";
    return checked(*toc);
}
