#include "core/backup/keeper.h"

#include "core/archive/reader.h"
#include "core/base/failpoint.h"
#include "core/base/text.h"

#include <algorithm>
#include <system_error>

namespace backup {

namespace {

using base::Error;
using base::ErrorKind;
using base::Result;
using base::Status;
namespace fs = base::fs;

/// The catalogue may be old; the file itself has the last word.
bool isStillTheSame(const fs::path &path, const CatalogueEntry &entry)
{
    std::error_code code;
    if (!fs::is_regular_file(fs::symlink_status(path, code)) || code)
        return false;
    const std::uint64_t size = fs::file_size(path, code);
    if (code || size != entry.size)
        return false;
    const auto modified = fs::last_write_time(path, code);
    if (code || modified.time_since_epoch().count() != entry.modified)
        return false;
    const auto reader = archive::Reader::open(path, {});
    return reader && (*reader)->origin() == archive::Origin::Ours;
}

} // namespace

std::vector<RetentionDecision> previewRetention(const Catalogue &catalogue,
                                                const RetentionRules &rules, TimePoint now,
                                                const QTimeZone &zone, bool holdAll)
{
    std::vector<RetentionItem> items;
    for (const CatalogueEntry &entry : catalogue.entries())
        items.push_back(entry.retentionItem());
    return applyRetention(std::move(items), rules, now, zone, holdAll);
}

Result<RetentionOutcome> removeByRetention(const fs::path &folder, const Catalogue &catalogue,
                                           const RetentionRules &rules, TimePoint now,
                                           const QTimeZone &zone, bool holdAll)
{
    RetentionOutcome outcome;
    outcome.decisions = previewRetention(catalogue, rules, now, zone, holdAll);
    for (auto decision = outcome.decisions.rbegin(); decision != outcome.decisions.rend();
         ++decision) {
        const CatalogueEntry *entry = catalogue.find(decision->name);
        if (decision->keep || entry == nullptr)
            continue;
        const fs::path path = folder / base::fromUtf8(decision->name);
        if (!isStillTheSame(path, *entry)) {
            decision->keep = true;
            decision->reasons = {"changed"};
            continue;
        }
        FM_POINT("retention.before-remove");
        if (Status removed = base::removeFile(path); !removed)
            return removed.error();
        FM_POINT("retention.removed");
        outcome.removed.push_back(decision->name);
        outcome.freedBytes += entry->size;
    }
    if (outcome.removed.empty())
        return outcome;
    if (Status synced = base::syncFolder(folder); !synced)
        return synced.error();
    return outcome;
}

} // namespace backup
