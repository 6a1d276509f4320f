#include "core/backup/mirrorcontent.h"

#include "core/backup/changesfeed.h"
#include "core/backup/stopping.h"
#include "core/base/text.h"

namespace backup {

using base::Error;
using base::ErrorKind;
using base::Result;
using base::Status;

namespace {

MirrorVerdict verdictOf(const Error &error)
{
    if (error.kind == ErrorKind::NotFound)
        return {MirrorFault::Absent, base::text("The mirror has no such database yet."), false};
    return {MirrorFault::Unreachable,
            base::text("The mirror could not be read: %1").arg(error.message),
            stopsTheRun(error.kind)};
}

} // namespace

Result<MirrorVerdict> judgeMirrorContent(couch::Client &mirror, const std::string &database,
                                         const store::LeafSet &sourceLeaves,
                                         std::optional<std::uint64_t> sourceRevsLimit)
{
    const auto limit = mirror.revsLimit(database);
    if (!limit)
        return limit.error().kind == ErrorKind::Cancelled
            ? Result<MirrorVerdict>(limit.error())
            : Result<MirrorVerdict>(verdictOf(limit.error()));
    if (!*limit || !sourceRevsLimit || **limit < *sourceRevsLimit)
        return MirrorVerdict{
            MirrorFault::Stems,
            base::text("The mirror keeps shorter revision histories than the source."), false};
    store::LeafSet leaves;
    const auto last = forEachChange(mirror, database, {}, [&](const couch::ChangesRow &row) {
        for (const std::string &rev : row.revs)
            leaves.add(row.id, rev);
        return Status();
    });
    if (!last)
        return last.error().kind == ErrorKind::Cancelled
            ? Result<MirrorVerdict>(last.error())
            : Result<MirrorVerdict>(verdictOf(last.error()));
    if (leaves == sourceLeaves)
        return MirrorVerdict{};
    return MirrorVerdict{MirrorFault::Behind,
                         base::text("The mirror does not hold what the source holds yet."), false};
}

} // namespace backup
