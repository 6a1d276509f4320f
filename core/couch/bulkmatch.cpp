#include "core/couch/bulkmatch.h"

#include "core/base/text.h"
#include "core/couch/decode.h"
#include "core/couch/decodetools.h"

#include <algorithm>
#include <cstdlib>
#include <unordered_map>

namespace couch {

using base::printable;
using base::Status;
using base::text;

namespace {

constexpr const char *kWhat = "_bulk_get";

struct Entry {
    std::string_view rev; // empty: all leaves
    bool isAnswered = false;
};

using Entries = std::unordered_map<std::string_view, std::vector<Entry>>;

Status unasked(const BulkRow &row)
{
    return badAnswer(kWhat,
                     text("It holds %1 of the document %2, which was not asked for.")
                         .arg(printable(row.rev), printable(row.id)));
}

std::uint64_t generationOf(std::string_view rev)
{
    return std::strtoull(std::string(rev.substr(0, rev.find('-'))).c_str(), nullptr, 10);
}

// True when `rev` is among the ancestors that came along, or may be older than the oldest of them.
bool descendsFrom(const FetchedLeaf &leaf, std::string_view rev)
{
    const std::uint64_t generation = generationOf(rev);
    if (generation == 0 || generation > leaf.revisionsStart)
        return false;
    const std::uint64_t back = leaf.revisionsStart - generation;
    if (back >= leaf.revisionsIds.size())
        return true; // stemmed away
    return rev.substr(rev.find('-') + 1) == leaf.revisionsIds[static_cast<size_t>(back)];
}

Status matchExactly(std::vector<Entry> &entries, const BulkRow &row)
{
    for (Entry &entry : entries) {
        if (!entry.isAnswered && entry.rev == row.rev) {
            entry.isAnswered = true;
            return {};
        }
    }
    return unasked(row);
}

// One leaf may answer several entries: all that it descends from.
Status matchLeaf(std::vector<Entry> &entries, const BulkRow &row)
{
    bool isWanted = false;
    for (Entry &entry : entries) {
        if (entry.rev.empty() || entry.rev == row.rev) {
            entry.isAnswered = true;
            isWanted = true;
        }
    }
    if (row.error.empty() && !std::all_of(entries.begin(), entries.end(), [](const Entry &entry) {
            return entry.isAnswered;
        })) {
        const auto leaf = dissectLeaf(row.document);
        if (!leaf)
            return leaf.error();
        for (Entry &entry : entries) {
            if (descendsFrom(*leaf, entry.rev)) {
                entry.isAnswered = true;
                isWanted = true;
            }
        }
    }
    return isWanted || row.error.empty() ? Status() : unasked(row);
}

} // namespace

Status matchRows(const std::vector<IdRev> &wanted, const std::vector<BulkRow> &rows, bool latest)
{
    Entries entries;
    for (const IdRev &one : wanted)
        entries[one.id].push_back({one.rev});
    for (const BulkRow &row : rows) {
        const auto found = entries.find(row.id);
        if (found == entries.end())
            return unasked(row);
        const bool anyLeaf = latest
            || std::any_of(found->second.begin(), found->second.end(),
                           [](const Entry &entry) { return entry.rev.empty(); });
        auto status = anyLeaf ? matchLeaf(found->second, row) : matchExactly(found->second, row);
        if (!status)
            return status;
    }
    for (const auto &[id, list] : entries) {
        for (const Entry &entry : list) {
            if (!entry.isAnswered)
                return badAnswer(kWhat,
                                 text("It lacks %1 of the document %2.")
                                     .arg(printable(entry.rev), printable(id)));
        }
    }
    return {};
}

} // namespace couch
