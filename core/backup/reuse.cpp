#include "core/backup/reuse.h"

#include "core/backup/sequence.h"
#include "core/base/bytes.h"

namespace backup {

namespace {

/// CouchDB 2.0 to 3.2 say "0" for every database.
bool identifies(const std::string &instanceStartTime)
{
    return !instanceStartTime.empty() && instanceStartTime != "0";
}

ReuseVerdict judgeIdentity(const archive::ManifestDatabase &earlier,
                           const couch::DatabaseInfo &info)
{
    if (!isOpaqueSequence(earlier.updateSeq) || !isOpaqueSequence(info.updateSeq))
        return ReuseVerdict::PlainSequence;
    if (earlier.instanceStartTime != info.instanceStartTime)
        return ReuseVerdict::Recreated; // or the server was replaced by a newer one
    if (!identifies(info.instanceStartTime) && !carriesShardIds(info.updateSeq))
        return ReuseVerdict::Unidentified;
    return ReuseVerdict::Unchanged;
}

ReuseVerdict judgeContent(const archive::ManifestDatabase &earlier, const couch::DatabaseInfo &info)
{
    if (earlier.updateSeq != info.updateSeq)
        return ReuseVerdict::Changed;
    if (earlier.purgeSeq.empty() || earlier.purgeSeq != info.purgeSeq)
        return ReuseVerdict::Purged;
    if (earlier.documents != info.docCount || earlier.deleted != info.docDelCount)
        return ReuseVerdict::CountsDiffer;
    return ReuseVerdict::Unchanged;
}

ReuseVerdict judgeProperties(const archive::ManifestDatabase &earlier,
                             const Present::Properties &properties)
{
    if (earlier.security.empty() || earlier.security != properties.security)
        return ReuseVerdict::SecurityChanged;
    return earlier.revsLimit != properties.revsLimit ? ReuseVerdict::RevsLimitChanged
                                                     : ReuseVerdict::Unchanged;
}

} // namespace

ReuseVerdict judgeReuse(const archive::Manifest &archive, const archive::ManifestDatabase *earlier,
                        const Present &present)
{
    if (earlier == nullptr || earlier->name != present.info.name)
        return ReuseVerdict::NoEarlierCopy;
    if (archive.server != present.server || archive.serverUuid.empty()
        || archive.serverUuid != present.serverUuid)
        return ReuseVerdict::OtherServer;
    if (earlier->directory.empty() || !earlier->isComplete())
        return ReuseVerdict::Incomplete;
    if (earlier->changedDuringRun)
        return ReuseVerdict::ChangedMeanwhile;
    ReuseVerdict verdict = judgeIdentity(*earlier, present.info);
    if (verdict == ReuseVerdict::Unchanged)
        verdict = judgeContent(*earlier, present.info);
    if (verdict == ReuseVerdict::Unchanged && present.properties)
        verdict = judgeProperties(*earlier, *present.properties);
    return verdict;
}

unsigned nextRound(std::optional<std::uint64_t> earlierRound)
{
    return earlierRound ? static_cast<unsigned>((*earlierRound % kReuseRounds + 1) % kReuseRounds)
                        : 0;
}

bool isItsTurn(const std::string &database, unsigned round)
{
    const base::Sha256 digest = base::sha256(database);
    const unsigned number = static_cast<unsigned>(digest[0]) << 8 | digest[1];
    return number % kReuseRounds == round % kReuseRounds;
}

} // namespace backup
