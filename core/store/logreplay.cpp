#include "core/store/logreplay.h"

#include "core/base/text.h"
#include "core/store/coding.h"
#include "core/store/keyspace.h"
#include "core/store/recordlog.h"

namespace store {

using base::Result;

namespace {

constexpr std::uint64_t kMaxSequence = (std::uint64_t{1} << 56) - 1;

/// One write batch: sequence of the first entry, count, entries. False when it does not parse.
bool applyBatch(std::string_view batch, LogEntries &entries)
{
    ByteCursor cursor(batch);
    const auto first = cursor.bytes(8);
    const auto counted = cursor.bytes(4);
    if (!first || !counted)
        return false;
    std::uint64_t sequence = fixed64(first->data());
    const std::uint64_t count = fixed32(counted->data());
    if (sequence > kMaxSequence - count)
        return false;
    for (std::uint64_t i = 0; i < count; ++i, ++sequence) {
        const auto kind = cursor.bytes(1);
        const auto key = kind ? cursor.lengthPrefixed() : std::nullopt;
        if (!key || static_cast<unsigned char>(kind->front()) > static_cast<int>(EntryKind::Value))
            return false;
        LogEntry entry{sequence, std::nullopt};
        if (static_cast<EntryKind>(kind->front()) == EntryKind::Value) {
            const auto value = cursor.lengthPrefixed();
            if (!value)
                return false;
            entry.value = std::string(*value);
        }
        const auto old = entries.find(*key);
        if (old == entries.end())
            entries.emplace(std::string(*key), std::move(entry));
        else if (old->second.sequence <= sequence)
            old->second = std::move(entry);
    }
    return cursor.atEnd();
}

} // namespace

Result<bool> replayLog(std::shared_ptr<const base::RandomReader> file, const std::string &name,
                       LogEntries &entries)
{
    RecordLogReader log(std::move(file), name);
    while (true) {
        auto record = log.next();
        if (!record)
            return record.error();
        if (!*record)
            return log.isCut();
        if (!applyBatch(**record, entries))
            return base::Error{base::ErrorKind::Corrupt,
                               base::text("The file %1 is damaged.").arg(base::printable(name)),
                               QStringLiteral("a batch that does not parse")};
    }
}

} // namespace store
