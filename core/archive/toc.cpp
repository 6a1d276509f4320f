#include "core/archive/toc.h"

#include "core/archive/gzipmember.h"
#include "core/archive/tarblock.h"
#include "core/base/json.h"
#include "core/base/text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>

namespace archive {

namespace {

using base::Error;
using base::ErrorKind;
using base::Result;
using base::Status;

constexpr std::uint64_t kMaxTocBytes = std::uint64_t{1} << 30;

void appendNumber(std::string &out, std::uint64_t value)
{
    std::array<char, 20> digits;
    const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), value);
    out.append(digits.data(), end);
}

void appendHex(std::string &out, const base::Sha256 &digest)
{
    constexpr const char *digits = "0123456789abcdef";
    std::array<char, 2 * sizeof(base::Sha256)> text;
    char *to = text.data();
    for (const unsigned char byte : digest) {
        *to++ = digits[byte >> 4];
        *to++ = digits[byte & 15];
    }
    out.append(text.data(), text.size());
}

void appendChunk(std::string &out, const TocChunk &chunk, bool first, bool last)
{
    out += R"(,"offset":)";
    appendNumber(out, chunk.offset);
    if (!first) {
        out += R"(,"chunkOffset":)";
        appendNumber(out, chunk.chunkOffset);
    }
    out += R"(,"chunkSize":)";
    appendNumber(out, last ? 0 : chunk.size); // eStargz: 0 means up to the end of the file
    out += R"(,"chunkDigest":"sha256:)";
    appendHex(out, chunk.digest);
    out += '"';
}

void appendEntry(std::string &out, const TocEntry &entry, const std::string &modified)
{
    out += R"({"name":)";
    base::json::appendQuoted(out, entry.name);
    if (entry.folder) {
        out += R"(,"type":"dir","modtime":)";
        base::json::appendQuoted(out, modified);
        out += R"(,"mode":448,"uid":0,"gid":0})";
        return;
    }
    out += R"(,"type":"reg","size":)";
    appendNumber(out, entry.size);
    out += R"(,"modtime":)";
    base::json::appendQuoted(out, modified);
    out += R"(,"mode":384,"uid":0,"gid":0,"digest":"sha256:)";
    appendHex(out, entry.digest);
    out += '"';
    for (size_t i = 0; i < entry.chunks.size(); ++i) {
        if (i > 0) {
            out += R"(},{"name":)";
            base::json::appendQuoted(out, entry.name);
            out += R"(,"type":"chunk")";
        }
        appendChunk(out, entry.chunks[i], i == 0, i + 1 == entry.chunks.size());
    }
    out += '}';
}

/// Reads the one form there is. Every reading function says whether it found what it expects.
class TocParser
{
public:
    explicit TocParser(std::string_view text)
        : m_text(text)
    {
    }

    bool parse(Toc &toc)
    {
        return literal(R"({"version":1,"entries":[)") && parseEntries(toc)
            && literal(R"(],"members":[)") && parseMembers(toc) && literal("]}\n")
            && m_at == m_text.size();
    }

    [[nodiscard]] size_t offset() const { return m_at; }

private:
    bool literal(std::string_view expected)
    {
        if (!m_text.substr(m_at).starts_with(expected))
            return false;
        m_at += expected.size();
        return true;
    }

    bool number(std::uint64_t &value)
    {
        const char *begin = m_text.data() + m_at;
        const auto [end, error] = std::from_chars(begin, m_text.data() + m_text.size(), value);
        if (error != std::errc{} || (*begin == '0' && end != begin + 1))
            return false;
        m_at += static_cast<size_t>(end - begin);
        return true;
    }

    bool quoted(std::string &value)
    {
        if (!literal("\""))
            return false;
        const size_t begin = m_at;
        while (m_at < m_text.size() && m_text[m_at] != '"')
            m_at += m_text[m_at] == '\\' ? 2 : 1;
        if (m_at >= m_text.size())
            return false;
        const std::string_view raw = m_text.substr(begin - 1, m_at - begin + 2);
        ++m_at;
        value = base::json::unescape(raw);
        return base::json::quoted(value) == raw;
    }

    bool hex(base::Sha256 &digest)
    {
        const auto nibble = [](char c) {
            return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
        };
        if (m_text.size() - m_at < 2 * digest.size())
            return false;
        const char *from = m_text.data() + m_at;
        for (unsigned char &byte : digest) {
            const int high = nibble(*from++);
            const int low = nibble(*from++);
            if (high < 0 || low < 0)
                return false;
            byte = static_cast<unsigned char>(high << 4 | low);
        }
        m_at += 2 * digest.size();
        return true;
    }

    bool digest(base::Sha256 &value) { return literal("\"sha256:") && hex(value) && literal("\""); }

    bool parseEntries(Toc &toc)
    {
        if (m_text.substr(m_at).starts_with(']'))
            return true;
        do {
            if (!parseEntry(toc))
                return false;
        } while (literal(","));
        return isWhole(toc.entries.back());
    }

    /// A file whose last chunk is there: the one that says 0.
    static bool isWhole(const TocEntry &entry)
    {
        return entry.chunks.empty()
            || entry.chunks.back().chunkOffset + entry.chunks.back().size == entry.size;
    }

    bool parseEntry(Toc &toc)
    {
        std::string name;
        if (!literal(R"({"name":)") || !quoted(name) || !literal(R"(,"type":")"))
            return false;
        if (literal(R"(chunk")"))
            return parseFurtherChunk(toc, name) && literal("}");
        if (!toc.entries.empty() && !isWhole(toc.entries.back()))
            return false;
        TocEntry entry;
        entry.name = std::move(name);
        entry.folder = literal(R"(dir")");
        const bool read = entry.folder
            ? parseModified(toc) && literal(R"(,"mode":448,"uid":0,"gid":0)")
            : parseFile(toc, entry);
        toc.entries.push_back(std::move(entry));
        return read && literal("}");
    }

    bool parseModified(Toc &toc)
    {
        std::string modified;
        if (!literal(R"(,"modtime":)") || !quoted(modified))
            return false;
        if (toc.entries.empty())
            toc.modified = modified;
        return modified == toc.modified;
    }

    bool parseFile(Toc &toc, TocEntry &entry)
    {
        if (!literal(R"(reg","size":)") || !number(entry.size) || !parseModified(toc)
            || !literal(R"(,"mode":384,"uid":0,"gid":0,"digest":)") || !digest(entry.digest))
            return false;
        return entry.size == 0 || parseChunk(entry);
    }

    bool parseFurtherChunk(Toc &toc, const std::string &name)
    {
        return !toc.entries.empty() && toc.entries.back().name == name
            && !toc.entries.back().chunks.empty() && parseChunk(toc.entries.back());
    }

    bool parseChunk(TocEntry &entry)
    {
        TocChunk chunk;
        const std::uint64_t expected =
            entry.chunks.empty() ? 0 : entry.chunks.back().chunkOffset + entry.chunks.back().size;
        if (!literal(R"(,"offset":)") || !number(chunk.offset))
            return false;
        if (!entry.chunks.empty() && (!literal(R"(,"chunkOffset":)") || !number(chunk.chunkOffset)))
            return false;
        if (chunk.chunkOffset != expected || expected >= entry.size || !literal(R"(,"chunkSize":)")
            || !number(chunk.size))
            return false;
        if (chunk.size == 0)
            chunk.size = entry.size - chunk.chunkOffset;
        else if (chunk.size >= entry.size - chunk.chunkOffset)
            return false; // the last one says 0
        if (!literal(R"(,"chunkDigest":)") || !digest(chunk.digest))
            return false;
        entry.chunks.push_back(chunk);
        return true;
    }

    bool parseMembers(Toc &toc)
    {
        if (m_text.substr(m_at).starts_with(']'))
            return true;
        do {
            TocMember member;
            if (!literal("[") || !number(member.offset) || !literal(",") || !number(member.size)
                || !literal(",") || !number(member.contentSize) || !literal(",\"")
                || !hex(member.digest) || !literal("\"]"))
                return false;
            toc.members.push_back(member);
        } while (literal(","));
        return true;
    }

    std::string_view m_text;
    size_t m_at = 0;
};

Error tocError(const QString &what)
{
    return {ErrorKind::Corrupt,
            base::text("The table of contents of the archive is damaged: %1.").arg(what),
            {}};
}

Error limitError(const QString &limit)
{
    return {ErrorKind::Hostile,
            base::text("The archive is over the limit for %1; it is not opened.").arg(limit),
            {}};
}

Status checkMembers(const Toc &toc, std::uint64_t tocOffset, const Limits &limits)
{
    std::uint64_t offset = 0;
    std::uint64_t total = 0;
    for (const TocMember &member : toc.members) {
        if (member.offset != offset || member.size < kMinMemberBytes
            || member.size > 2 * kChunkBytes || member.contentSize == 0
            || member.contentSize > kChunkBytes)
            return tocError(base::text("its members do not fit together at byte %1").arg(offset));
        offset += member.size;
        total += member.contentSize;
        if (total > limits.maxTotalBytes)
            return limitError(base::text("uncompressed bytes"));
    }
    if (offset != tocOffset)
        return tocError(base::text("its members do not fill the archive"));
    return {};
}

Status checkChunks(Toc &toc, TocEntry &entry, size_t &nextMember)
{
    std::uint64_t covered = 0;
    for (TocChunk &chunk : entry.chunks) {
        while (nextMember < toc.members.size() && toc.members[nextMember].offset < chunk.offset)
            ++nextMember;
        if (nextMember == toc.members.size() || toc.members[nextMember].offset != chunk.offset
            || toc.members[nextMember].contentSize != chunk.size)
            return tocError(
                base::text("a part of %1 is no member").arg(base::printable(entry.name)));
        chunk.member = nextMember++;
        covered += chunk.size;
    }
    if (covered != entry.size)
        return tocError(
            base::text("the parts of %1 do not add up to it").arg(base::printable(entry.name)));
    return {};
}

} // namespace

std::string encodeToc(const Toc &toc)
{
    std::string out;
    out.reserve(64 + toc.entries.size() * 420 + toc.members.size() * 100);
    out += R"({"version":1,"entries":[)";
    for (size_t i = 0; i < toc.entries.size(); ++i) {
        if (i > 0)
            out += ',';
        appendEntry(out, toc.entries[i], toc.modified);
    }
    out += R"(],"members":[)";
    for (size_t i = 0; i < toc.members.size(); ++i) {
        const TocMember &member = toc.members[i];
        out += i > 0 ? ",[" : "[";
        appendNumber(out, member.offset);
        out += ',';
        appendNumber(out, member.size);
        out += ',';
        appendNumber(out, member.contentSize);
        out += ",\"";
        appendHex(out, member.digest);
        out += "\"]";
    }
    out += "]}\n";
    return out;
}

Result<Toc> decodeToc(std::string_view text)
{
    Toc toc;
    TocParser parser(text);
    if (!parser.parse(toc))
        return tocError(base::text("it cannot be read at byte %1").arg(parser.offset()));
    return toc;
}

Status checkToc(Toc &toc, std::uint64_t tocOffset, const Limits &limits)
{
    if (toc.entries.size() > limits.maxEntries)
        return limitError(base::text("entries"));
    if (Status members = checkMembers(toc, tocOffset, limits); !members)
        return members;
    size_t nextMember = 0;
    for (TocEntry &entry : toc.entries) {
        if (entry.folder != entry.name.ends_with('/'))
            return tocError(
                base::text("%1 is neither a file nor a folder").arg(base::printable(entry.name)));
        if (Status chunks = checkChunks(toc, entry, nextMember); !chunks)
            return chunks;
    }
    return {};
}

std::string encodeTocMember(std::string json)
{
    const size_t size = json.size();
    json.insert(0, encodeTarBlock(kTocName, size)); // in place: a large one is 20 MB
    json.append(tarPadding(size) + 2 * kTarBlockBytes, '\0');
    return encodeStoredMember(json);
}

Result<std::string> decodeTocMember(std::string_view member)
{
    if (member.size() > kMaxTocBytes)
        return limitError(base::text("the size of the table of contents"));
    std::optional<std::string> content = decodeStoredMember(member);
    if (!content || content->size() < 3 * kTarBlockBytes)
        return tocError(base::text("its gzip member is not as it was written"));
    TarBlock block;
    const std::string_view header = std::string_view(*content).substr(0, kTarBlockBytes);
    if (decodeTarBlock(header, block) != TarFault::None
        || block.size > content->size() - 3 * kTarBlockBytes)
        return tocError(base::text("its tar header is not as it was written"));
    const auto size = static_cast<size_t>(block.size);
    const std::string_view end = std::string_view(*content).substr(kTarBlockBytes + size);
    if (header != encodeTarBlock(kTocName, size)
        || end.size() != tarPadding(size) + 2 * kTarBlockBytes
        || end.find_first_not_of('\0') != std::string_view::npos)
        return tocError(base::text("its tar entry is not as it was written"));
    content->resize(kTarBlockBytes + size);
    content->erase(0, kTarBlockBytes);
    return std::move(*content);
}

} // namespace archive
