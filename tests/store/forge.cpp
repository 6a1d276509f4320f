#include "tests/store/forge.h"

#include "core/store/coding.h"
#include "core/store/crc32c.h"
#include "core/store/keyspace.h"
#include "core/store/manifestfile.h"
#include "core/store/recordlog.h"
#include "core/store/records.h"

#include <algorithm>

namespace teststore::forge {

std::string entry(std::uint64_t shared, std::string_view keyRest, std::string_view value)
{
    std::string out;
    store::putVarint(out, shared);
    store::putVarint(out, keyRest.size());
    store::putVarint(out, value.size());
    out += keyRest;
    out += value;
    return out;
}

std::string block(std::string_view entries, std::uint32_t restarts)
{
    std::string out(entries);
    store::putFixed32(out, 0);
    store::putFixed32(out, restarts);
    return out;
}

std::string sealed(std::string_view stored, char type)
{
    std::string out(stored);
    out += type;
    store::putFixed32(out, store::maskCrc32c(store::crc32c(out)));
    return out;
}

std::string handle(std::uint64_t offset, std::uint64_t size)
{
    std::string out;
    store::putVarint(out, offset);
    store::putVarint(out, size);
    return out;
}

std::string footer(const std::string &metaHandle, const std::string &indexHandle)
{
    std::string out = metaHandle + indexHandle;
    out.resize(40, '\0');
    store::putFixed64(out, 0xdb4775248b80fb57);
    return out;
}

std::string Table::bytes() const
{
    std::string out = sealed(dataBlock, dataType);
    const std::string meta = metaBlock.empty() ? block({}) : metaBlock;
    const std::string metaHandle = handle(out.size(), meta.size());
    out += sealed(meta);
    const std::string inIndex = dataHandle.empty() ? handle(0, dataBlock.size()) : dataHandle;
    const std::string index = indexBlock.empty() ? block(entry(0, lastKey, inIndex)) : indexBlock;
    const std::string inFooter =
        indexHandle.empty() ? handle(out.size(), index.size()) : indexHandle;
    out += sealed(index);
    return out + footer(metaHandle, inFooter);
}

Table tableOf(const std::vector<Entry> &records)
{
    std::string entries;
    for (const auto &[key, value] : records)
        entries += entry(0, key, value);
    Table table;
    table.dataBlock = block(entries);
    table.lastKey = records.back().first;
    return table;
}

MemoryFiles::Bytes directoryOf(const std::string &table, const std::string &smallest,
                               const std::string &largest)
{
    const store::ManifestState state{0, 0, 10, 1, {{5, 7, table.size(), smallest, largest}}};
    return {{"CURRENT", "MANIFEST-000002\n"},
            {"MANIFEST-000002", store::encodeManifest(state)},
            {"000007.ldb", table}};
}

MemoryFiles::Bytes directoryOfLog(const std::string &log)
{
    const store::ManifestState state{3, 0, 4, 0, {}};
    return {{"CURRENT", "MANIFEST-000002\n"},
            {"MANIFEST-000002", store::encodeManifest(state)},
            {"000003.log", log}};
}

MemoryFiles::Bytes directoryOfEdits(const std::vector<std::string> &edits)
{
    std::string manifest;
    for (const std::string &edit : edits)
        store::appendLogRecord(manifest, edit);
    return {{"CURRENT", "MANIFEST-000002\n"}, {"MANIFEST-000002", manifest}};
}

std::string batch(std::uint64_t sequence, std::uint32_t count, const std::vector<Entry> &puts)
{
    std::string out;
    store::putFixed64(out, sequence);
    store::putFixed32(out, count);
    for (const auto &[key, value] : puts) {
        out += '\1';
        store::putLengthPrefixed(out, key);
        store::putLengthPrefixed(out, value);
    }
    return out;
}

MemoryFiles::Bytes databaseOf(const std::vector<Record> &records)
{
    std::vector<Entry> puts;
    for (const auto &[store, key, value] : records)
        puts.emplace_back(store::storeKey(store, key), value);
    std::string log;
    store::appendLogRecord(log, batch(1, static_cast<std::uint32_t>(puts.size()), puts));
    return directoryOfLog(log);
}

std::vector<Record> recordsOf(const MemoryFiles::Bytes &files)
{
    std::vector<Record> found;
    auto records = store::Records::open(std::make_shared<MemoryFiles>(files));
    if (!records)
        qFatal("%s", qPrintable(records.error().message));
    store::Records::Cursor cursor(**records);
    for (base::Status moved = cursor.seek({}); moved && cursor.isValid(); moved = cursor.next()) {
        const std::string_view key = cursor.key();
        const size_t separator = key.find("\xc3\xbf", 2);
        store::StoredValue value = cursor.value();
        found.push_back({std::string(key.substr(2, separator - 2)),
                         std::string(key.substr(separator + 2)), std::string(*value.bytes())});
    }
    return found;
}

} // namespace teststore::forge
