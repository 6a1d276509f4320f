#include "core/backup/leaflist.h"

#include <algorithm>
#include <cstring>

namespace backup {

namespace {

using base::Result;
using base::Status;

constexpr const char *kFileName = "leaves";
constexpr size_t kPieceBytes = size_t{64} << 10;

void appendNumber(std::string &out, size_t number)
{
    const auto value = static_cast<std::uint32_t>(number);
    out.append(reinterpret_cast<const char *>(&value), sizeof value);
}

void appendText(std::string &out, std::string_view text)
{
    appendNumber(out, text.size());
    out += text;
}

} // namespace

Status LeafList::begin()
{
    auto file = m_folder.create(kFileName);
    if (!file)
        return file.error();
    m_file = std::move(*file);
    m_documents = 0;
    m_ids = {};
    m_repeats.clear();
    return {};
}

Status LeafList::add(const couch::ChangesRow &row)
{
    if (!m_ids.insert(row.id)) {
        m_repeats[row.id].insert(row.revs.begin(), row.revs.end());
        return {};
    }
    std::string record;
    appendText(record, row.id);
    appendNumber(record, row.revs.size());
    for (const std::string &rev : row.revs)
        appendText(record, rev);
    ++m_documents;
    return m_file->append(record);
}

Status LeafList::seal()
{
    return m_file->close();
}

Result<LeafList::Cursor> LeafList::open() const
{
    auto reader = m_folder.open(kFileName);
    if (!reader)
        return reader.error();
    return Cursor(std::move(*reader), m_repeats);
}

Status LeafList::Cursor::fill(size_t wanted)
{
    if (m_buffer.size() - m_at >= wanted)
        return {};
    m_buffer.erase(0, m_at);
    m_at = 0;
    const auto left = static_cast<size_t>(m_reader->size() - m_offset);
    const size_t piece = std::min(left, std::max(kPieceBytes, wanted));
    const size_t had = m_buffer.size();
    m_buffer.resize(had + piece);
    if (Status read = m_reader->readAt(m_offset, m_buffer.data() + had, piece); !read)
        return read;
    m_offset += piece;
    if (m_buffer.size() < wanted)
        return base::Error{base::ErrorKind::Internal,
                           QStringLiteral("The spooled list of leaves ends early.")};
    return {};
}

Result<std::uint32_t> LeafList::Cursor::readNumber()
{
    std::uint32_t number = 0;
    if (Status filled = fill(sizeof number); !filled)
        return filled.error();
    std::memcpy(&number, m_buffer.data() + m_at, sizeof number);
    m_at += sizeof number;
    return number;
}

Result<std::string> LeafList::Cursor::readText()
{
    const auto length = readNumber();
    if (!length)
        return length.error();
    if (Status filled = fill(*length); !filled)
        return filled.error();
    std::string text = m_buffer.substr(m_at, *length);
    m_at += *length;
    return text;
}

Result<std::optional<LeafList::Document>> LeafList::Cursor::next()
{
    Document document;
    std::set<std::string> more;
    if (m_at < m_buffer.size() || m_offset < m_reader->size()) {
        auto read = readDocument();
        if (!read)
            return read.error();
        document = std::move(*read);
        if (auto repeat = m_repeats.extract(document.id))
            more = std::move(repeat.mapped());
    } else if (!m_repeats.empty()) { // its id was taken for another one's
        auto repeat = m_repeats.extract(m_repeats.begin());
        document.id = repeat.key();
        more = std::move(repeat.mapped());
    } else {
        return std::optional<Document>();
    }
    for (const std::string &rev : document.revs)
        more.erase(rev);
    document.revs.insert(document.revs.end(), more.begin(), more.end());
    return std::optional<Document>(std::move(document));
}

Result<LeafList::Document> LeafList::Cursor::readDocument()
{
    Document document;
    auto id = readText();
    if (!id)
        return id.error();
    document.id = std::move(*id);
    const auto count = readNumber();
    if (!count)
        return count.error();
    for (std::uint32_t i = 0; i < *count; ++i) {
        auto rev = readText();
        if (!rev)
            return rev.error();
        document.revs.push_back(std::move(*rev));
    }
    return document;
}

} // namespace backup
