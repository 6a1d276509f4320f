#include "core/store/recordlog.h"

#include "core/base/text.h"
#include "core/store/coding.h"
#include "core/store/crc32c.h"

#include <algorithm>

namespace store {

using base::Error;
using base::ErrorKind;
using base::Result;
using base::text;

namespace {

constexpr size_t kBlockBytes = 32768;
constexpr size_t kHeaderBytes = 7; // checksum, length, type
enum FragmentType { Zero = 0, Full = 1, First = 2, Middle = 3, Last = 4 };

bool isAllZero(std::string_view bytes)
{
    return std::ranges::all_of(bytes, [](char c) { return c == '\0'; });
}

} // namespace

RecordLogReader::RecordLogReader(std::shared_ptr<const base::RandomReader> file, std::string name)
    : m_file(std::move(file))
    , m_name(std::move(name))
{
}

Error RecordLogReader::damaged(const char *what) const
{
    return {ErrorKind::Corrupt, text("The file %1 is damaged.").arg(base::printable(m_name)),
            QStringLiteral("%1 before offset %2").arg(QLatin1String(what)).arg(m_offset)};
}

Result<bool> RecordLogReader::loadBlock()
{
    const std::uint64_t left = m_file->size() - m_offset;
    const auto length = static_cast<size_t>(std::min<std::uint64_t>(kBlockBytes, left));
    m_block.resize(length);
    m_at = 0;
    if (length == 0)
        return false;
    if (auto read = m_file->readAt(m_offset, m_block.data(), length); !read)
        return read.error();
    m_offset += length;
    return true;
}

Result<std::optional<RecordLogReader::Fragment>> RecordLogReader::nextFragment()
{
    while (true) {
        const std::string_view rest = std::string_view(m_block).substr(m_at);
        const bool isLastBlock = m_block.size() < kBlockBytes;
        if (rest.size() < kHeaderBytes) {
            if (isLastBlock && !rest.empty())
                m_cut = true;
            else if (!isAllZero(rest))
                return damaged("no zeros at the end of a block");
            auto loaded = loadBlock();
            if (!loaded)
                return loaded.error();
            if (!*loaded)
                return std::optional<Fragment>();
            continue;
        }
        const size_t length = static_cast<unsigned char>(rest[4])
            | static_cast<size_t>(static_cast<unsigned char>(rest[5])) << 8;
        const int type = static_cast<unsigned char>(rest[6]);
        if (type == Zero && length == 0) {
            // A file that was made longer before it was written, and then was not.
            if (!isAllZero(rest))
                return damaged("an empty fragment");
            m_cut = true;
            m_at = m_block.size();
            continue;
        }
        if (kHeaderBytes + length > rest.size()) {
            if (!isLastBlock)
                return damaged("a fragment longer than its block");
            m_cut = true;
            m_at = m_block.size();
            return std::optional<Fragment>();
        }
        if (fixed32(rest.data()) != maskCrc32c(crc32c(rest.substr(6, 1 + length))))
            return damaged("a wrong checksum");
        m_at += kHeaderBytes + length;
        return std::optional(Fragment{type, rest.substr(kHeaderBytes, length)});
    }
}

Result<std::optional<std::string_view>> RecordLogReader::next()
{
    m_record.clear();
    bool inside = false;
    while (true) {
        auto fragment = nextFragment();
        if (!fragment)
            return fragment.error();
        if (!*fragment) {
            m_cut = m_cut || inside;
            return std::optional<std::string_view>();
        }
        const auto &[type, bytes] = **fragment;
        if (m_cut)
            return damaged("a record behind zeros");
        // Old versions of LevelDB could leave an empty first fragment before a whole record.
        if ((type == Full || type == First) && inside && !m_record.empty())
            return damaged("a record without end");
        if ((type == Middle || type == Last) && !inside)
            return damaged("a record without beginning");
        if (type == Full)
            return std::optional(bytes);
        if (type != First && type != Middle && type != Last)
            return damaged("an unknown fragment");
        m_record += bytes;
        inside = true;
        if (type == Last)
            return std::optional<std::string_view>(m_record);
    }
}

void appendLogRecord(std::string &log, std::string_view record)
{
    bool first = true;
    do {
        size_t room = kBlockBytes - log.size() % kBlockBytes;
        if (room < kHeaderBytes) {
            log.append(room, '\0');
            room = kBlockBytes;
        }
        const std::string_view part = record.substr(0, room - kHeaderBytes);
        record.remove_prefix(part.size());
        const bool last = record.empty();
        std::string checked(
            1, static_cast<char>(first ? (last ? Full : First) : (last ? Last : Middle)));
        checked += part;
        putFixed32(log, maskCrc32c(crc32c(checked)));
        log += static_cast<char>(part.size() & 0xff);
        log += static_cast<char>(part.size() >> 8);
        log += checked;
        first = false;
    } while (!record.empty());
}

} // namespace store
