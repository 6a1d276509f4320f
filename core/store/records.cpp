#include "core/store/records.h"

#include "core/base/text.h"

#include <algorithm>
#include <charconv>
#include <set>

namespace store {

using base::Error;
using base::ErrorKind;
using base::Result;
using base::Status;
using base::text;

namespace {

constexpr std::uint64_t kCurrentLimitBytes = 4096;

/// "000005.ldb" -> 5, where the suffix is right.
std::optional<std::uint64_t> fileNumber(std::string_view name, std::string_view suffix)
{
    if (!name.ends_with(suffix))
        return std::nullopt;
    name.remove_suffix(suffix.size());
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
    if (name.empty() || error != std::errc() || end != name.data() + name.size())
        return std::nullopt;
    return number;
}

/// What lies in the directory, by file number.
struct Listing {
    std::map<std::uint64_t, std::string> tables;
    std::map<std::uint64_t, std::uint64_t> tableSizes;
    std::map<std::uint64_t, std::string> logs;
    std::set<std::string> names;
};

Listing listFiles(const base::FileSet &files)
{
    Listing listing;
    for (const auto &[name, size] : files.files()) {
        listing.names.insert(name);
        for (const char *suffix : {".ldb", ".sst"}) {
            if (const auto number = fileNumber(name, suffix)) {
                listing.tables[*number] = name;
                listing.tableSizes[*number] = size;
            }
        }
        if (const auto number = fileNumber(name, ".log"))
            listing.logs[*number] = name;
    }
    return listing;
}

Error corrupt(const QString &message)
{
    return {ErrorKind::Corrupt, message};
}

/// The name of the MANIFEST that CURRENT points at.
Result<std::string> currentManifest(const base::FileSet &files, const Listing &listing)
{
    if (!listing.names.contains("CURRENT"))
        return corrupt(
            text("The file CURRENT is missing, without which a database cannot be opened."));
    auto file = files.open("CURRENT");
    if (!file)
        return file.error();
    auto bytes = base::readWhole(**file, kCurrentLimitBytes);
    if (!bytes)
        return bytes.error();
    std::string name = std::move(*bytes);
    if (!name.starts_with("MANIFEST-") || name.back() != '\n')
        return corrupt(text("The file CURRENT is damaged: it does not name a MANIFEST."));
    name.pop_back();
    if (!listing.names.contains(name))
        return corrupt(
            text("The file %1 is missing, to which CURRENT points.").arg(base::printable(name)));
    return name;
}

} // namespace

Result<std::unique_ptr<Records>> Records::open(std::shared_ptr<const base::FileSet> files)
{
    std::unique_ptr<Records> records(new Records);
    if (Status loaded = records->load(files); !loaded)
        return loaded.error();
    return records;
}

Status Records::load(const std::shared_ptr<const base::FileSet> &files)
{
    const Listing listing = listFiles(*files);
    auto manifestName = currentManifest(*files, listing);
    if (!manifestName)
        return manifestName.error();
    auto manifestFile = files->open(*manifestName);
    if (!manifestFile)
        return manifestFile.error();
    auto manifest = readManifest(std::move(*manifestFile), *manifestName);
    if (!manifest)
        return manifest.error();
    m_manifest = std::move(*manifest);
    if (Status checked = checkTables(listing.tableSizes); !checked)
        return checked;
    if (Status replayed = replayLogs(*files, listing.logs); !replayed)
        return replayed;
    m_tables = std::make_unique<Tables>(files, listing.tables);
    m_finder = std::make_unique<Cursor>(*this);
    return checkNotEmpty();
}

Status Records::checkTables(const std::map<std::uint64_t, std::uint64_t> &sizes)
{
    std::set<std::uint64_t> live;
    for (const LiveTable &table : m_manifest.tables) {
        const auto found = sizes.find(table.number);
        if (found == sizes.end())
            return corrupt(
                text("The table file %1 is missing.").arg(table.number, 6, 10, QLatin1Char('0')));
        if (found->second != table.sizeBytes || !live.insert(table.number).second)
            return corrupt(text("The table file %1 has %2 bytes, but should have %3.")
                               .arg(table.number, 6, 10, QLatin1Char('0'))
                               .arg(found->second)
                               .arg(table.sizeBytes));
    }
    // Closing a database in the middle of a compaction leaves half a table, so this is no damage.
    // Were the MANIFEST the one that is behind, the log or a table that it names would be gone.
    for (const auto &[number, size] : sizes) {
        if (!live.contains(number))
            m_remarks.push_back({"stale-table",
                                 text("The table file %1 does not belong to the database; it "
                                      "was not read.")
                                     .arg(number, 6, 10, QLatin1Char('0'))});
    }
    return {};
}

Status Records::replayLogs(const base::FileSet &files,
                           const std::map<std::uint64_t, std::string> &logs)
{
    // A database that LevelDB has open always has the log that its MANIFEST names.
    if (m_manifest.logNumber != 0 && !logs.contains(m_manifest.logNumber))
        m_remarks.push_back({"log-missing",
                             text("The log %1 is missing: the newest changes may be gone.")
                                 .arg(m_manifest.logNumber, 6, 10, QLatin1Char('0'))});
    for (const auto &[number, name] : logs) {
        if (number < m_manifest.logNumber && number != m_manifest.prevLogNumber)
            continue;
        auto file = files.open(name);
        if (!file)
            return file.error();
        auto cut = replayLog(std::move(*file), name, m_log);
        if (!cut)
            return cut.error();
        if (*cut)
            m_remarks.push_back({"log-cut",
                                 text("The log %1 is cut short: the newest changes may be gone.")
                                     .arg(base::printable(name))});
    }
    return {};
}

Status Records::checkNotEmpty()
{
    if (Status found = m_finder->seek({}); !found)
        return found;
    if (m_finder->isValid())
        return {};
    // Even an empty PouchDB database has an identity.
    return corrupt(
        text("The database holds no record at all, not even the identity that PouchDB gives to "
             "every database: its files are damaged or incomplete."));
}

Result<std::optional<StoredValue>> Records::get(std::string_view userKey)
{
    if (Status found = m_finder->seek(userKey); !found)
        return found.error();
    if (!m_finder->isValid() || m_finder->key() != userKey)
        return std::optional<StoredValue>();
    return std::optional(m_finder->value());
}

namespace {

// The heap's "less": whoever comes later is below.
bool comesLater(const RecordSource *a, const RecordSource *b)
{
    const InternalKey keyA = a->key();
    const InternalKey keyB = b->key();
    if (const int order = keyA.user.compare(keyB.user); order != 0)
        return order > 0;
    return keyA.sequence < keyB.sequence;
}

} // namespace

Records::Cursor::Cursor(Records &records)
{
    if (!records.m_log.empty())
        m_sources.push_back(std::make_unique<LogSource>(records.m_log));
    std::vector<const LiveTable *> level;
    const auto flush = [&] {
        if (!level.empty())
            m_sources.push_back(std::make_unique<LevelSource>(*records.m_tables, std::move(level)));
        level.clear();
    };
    for (const LiveTable &table : records.m_manifest.tables) {
        if (!level.empty() && (table.level == 0 || table.level != level.back()->level))
            flush();
        level.push_back(&table);
    }
    flush();
}

Status Records::Cursor::seek(std::string_view userKey)
{
    m_heap.clear();
    for (const auto &source : m_sources) {
        if (Status moved = source->seek(userKey); !moved) {
            m_heap.clear();
            return moved;
        }
        if (source->isValid())
            m_heap.push_back(source.get());
    }
    std::ranges::make_heap(m_heap, comesLater);
    return settle();
}

Status Records::Cursor::next()
{
    if (Status skipped = skipKey(); !skipped)
        return skipped;
    return settle();
}

/// Moves every source past the current user key, older versions included.
Status Records::Cursor::skipKey()
{
    m_skipped = key();
    while (!m_heap.empty() && key() == m_skipped) {
        std::ranges::pop_heap(m_heap, comesLater);
        RecordSource *source = m_heap.back();
        m_heap.pop_back();
        if (Status moved = source->next(); !moved) {
            m_heap.clear();
            return moved;
        }
        if (source->isValid()) {
            m_heap.push_back(source);
            std::ranges::push_heap(m_heap, comesLater);
        }
    }
    return {};
}

Status Records::Cursor::settle()
{
    while (!m_heap.empty() && m_heap.front()->key().kind == EntryKind::Deletion) {
        if (Status skipped = skipKey(); !skipped)
            return skipped;
    }
    return {};
}

} // namespace store
