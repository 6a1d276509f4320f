#include "core/store/manifestfile.h"

#include "core/base/text.h"
#include "core/store/coding.h"
#include "core/store/keyspace.h"
#include "core/store/recordlog.h"

#include <algorithm>
#include <map>
#include <optional>
#include <tuple>

namespace store {

using base::Error;
using base::ErrorKind;
using base::Result;
using base::text;

namespace {

constexpr std::string_view kComparator = "leveldb.BytewiseComparator";
constexpr std::uint32_t kLevels = 7;

enum Tag : std::uint32_t {
    Comparator = 1,
    LogNumber = 2,
    NextFileNumber = 3,
    LastSequence = 4,
    CompactPointer = 5,
    DeletedFile = 6,
    NewFile = 7,
    PrevLogNumber = 9
};

using TableId = std::pair<int, std::uint64_t>; // level and number

struct Edit {
    std::optional<std::string> comparator;
    std::optional<std::uint64_t> logNumber, prevLogNumber, nextFileNumber, lastSequence;
    std::vector<TableId> deleted;
    std::vector<LiveTable> added;
};

std::optional<int> takeLevel(ByteCursor &cursor)
{
    const auto level = cursor.varint32();
    if (!level || *level >= kLevels)
        return std::nullopt;
    return static_cast<int>(*level);
}

std::optional<std::string> takeInternalKey(ByteCursor &cursor)
{
    const auto key = cursor.lengthPrefixed();
    if (!key || !parseInternalKey(*key))
        return std::nullopt;
    return std::string(*key);
}

bool takeTable(ByteCursor &cursor, Edit &edit)
{
    const auto level = takeLevel(cursor);
    const auto number = cursor.varint64();
    const auto size = cursor.varint64();
    auto smallest = takeInternalKey(cursor);
    auto largest = takeInternalKey(cursor);
    if (!level || !number || !size || !smallest || !largest)
        return false;
    edit.added.push_back({*level, *number, *size, std::move(*smallest), std::move(*largest)});
    return true;
}

bool takeField(ByteCursor &cursor, std::uint32_t tag, Edit &edit)
{
    const auto number = [&](std::optional<std::uint64_t> &field) {
        field = cursor.varint64();
        return field.has_value();
    };
    switch (tag) {
    case Comparator: edit.comparator = cursor.lengthPrefixed(); return edit.comparator.has_value();
    case LogNumber: return number(edit.logNumber);
    case PrevLogNumber: return number(edit.prevLogNumber);
    case NextFileNumber: return number(edit.nextFileNumber);
    case LastSequence: return number(edit.lastSequence);
    case CompactPointer: return takeLevel(cursor) && takeInternalKey(cursor);
    case DeletedFile: {
        const auto level = takeLevel(cursor);
        const auto file = cursor.varint64();
        if (!level || !file)
            return false;
        edit.deleted.emplace_back(*level, *file);
        return true;
    }
    case NewFile: return takeTable(cursor, edit);
    default: return false;
    }
}

std::optional<Edit> parseEdit(std::string_view record)
{
    Edit edit;
    ByteCursor cursor(record);
    while (!cursor.atEnd()) {
        const auto tag = cursor.varint32();
        if (!tag || !takeField(cursor, *tag, edit))
            return std::nullopt;
    }
    return edit;
}

/// What all edits come to.
struct Replay {
    std::map<TableId, LiveTable> live;
    Edit last; // the newest value of each number

    void apply(Edit &&edit)
    {
        const auto take = [](auto &to, auto &from) {
            if (from)
                to = std::move(from);
        };
        take(last.comparator, edit.comparator);
        take(last.logNumber, edit.logNumber);
        take(last.prevLogNumber, edit.prevLogNumber);
        take(last.nextFileNumber, edit.nextFileNumber);
        take(last.lastSequence, edit.lastSequence);
        for (const TableId &id : edit.deleted)
            live.erase(id);
        for (LiveTable &table : edit.added) {
            const TableId id(table.level, table.number);
            live.insert_or_assign(id, std::move(table));
        }
    }
};

Error damaged(const std::string &name, const char *what)
{
    return {ErrorKind::Corrupt, text("The file %1 is damaged.").arg(base::printable(name)),
            QString::fromLatin1(what)};
}

// Tables of one level follow each other without overlap, except on level 0.
bool isWellOrdered(const std::vector<LiveTable> &tables)
{
    for (size_t i = 0; i < tables.size(); ++i) {
        if (compareInternalKeys(tables[i].smallest, tables[i].largest) > 0)
            return false;
        if (i > 0 && tables[i].level > 0 && tables[i].level == tables[i - 1].level
            && compareInternalKeys(tables[i - 1].largest, tables[i].smallest) >= 0)
            return false;
    }
    return true;
}

void sortTables(std::vector<LiveTable> &tables)
{
    std::ranges::sort(tables, [](const LiveTable &a, const LiveTable &b) {
        if (a.level != b.level)
            return a.level < b.level;
        const int order = compareInternalKeys(a.smallest, b.smallest);
        return order != 0 ? order < 0 : a.number < b.number;
    });
}

} // namespace

Result<ManifestState> readManifest(std::shared_ptr<const base::RandomReader> file,
                                   const std::string &name)
{
    RecordLogReader log(std::move(file), name);
    Replay replay;
    while (true) {
        auto record = log.next();
        if (!record)
            return record.error();
        if (!*record)
            break;
        auto edit = parseEdit(**record);
        if (!edit)
            return damaged(name, "an edit that does not parse");
        if (edit->comparator && *edit->comparator != kComparator)
            return Error{ErrorKind::Unsupported,
                         text("The database is sorted by \"%1\", which PouchDB does not use.")
                             .arg(base::printable(*edit->comparator))};
        replay.apply(std::move(*edit));
    }
    const Edit &last = replay.last;
    if (log.isCut() || !last.logNumber || !last.nextFileNumber || !last.lastSequence)
        return Error{ErrorKind::Corrupt,
                     text("The file %1 is cut short.").arg(base::printable(name))};

    ManifestState state{*last.logNumber,
                        last.prevLogNumber.value_or(0),
                        *last.nextFileNumber,
                        *last.lastSequence,
                        {}};
    for (auto &[id, table] : replay.live)
        state.tables.push_back(std::move(table));
    sortTables(state.tables);
    if (!isWellOrdered(state.tables))
        return damaged(name, "tables that overlap");
    return state;
}

std::string encodeManifest(const ManifestState &state)
{
    std::string edit;
    putVarint(edit, Comparator);
    putLengthPrefixed(edit, kComparator);
    for (const auto &[tag, value] :
         {std::pair{LogNumber, state.logNumber}, std::pair{NextFileNumber, state.nextFileNumber},
          std::pair{LastSequence, state.lastSequence}}) {
        putVarint(edit, tag);
        putVarint(edit, value);
    }
    for (const LiveTable &table : state.tables) {
        putVarint(edit, NewFile);
        putVarint(edit, static_cast<std::uint64_t>(table.level));
        putVarint(edit, table.number);
        putVarint(edit, table.sizeBytes);
        putLengthPrefixed(edit, table.smallest);
        putLengthPrefixed(edit, table.largest);
    }
    std::string log;
    appendLogRecord(log, edit);
    return log;
}

} // namespace store
