#include "ui/models/replicationrow.h"

#include <QCoreApplication>

#include <algorithm>

namespace models {

namespace {

using format::Shape;
using monitor::ReplicationState;
using monitor::Situation;

constexpr std::array<StandingLook, kStandings> kLooks{{
    {Standing::SourceGone, QT_TRANSLATE_NOOP("models", "Source gone"), Shape::Failed},
    {Standing::Failed, QT_TRANSLATE_NOOP("models", "Failed"), Shape::Failed},
    {Standing::LosingDocuments, QT_TRANSLATE_NOOP("models", "Losing documents"), Shape::Attention},
    {Standing::LoginRefused, QT_TRANSLATE_NOOP("models", "Login refused"), Shape::Failed},
    {Standing::Stalled, QT_TRANSLATE_NOOP("models", "Stalled"), Shape::Attention},
    {Standing::Retrying, QT_TRANSLATE_NOOP("models", "Retrying"), Shape::Attention},
    {Standing::DocumentGone, QT_TRANSLATE_NOOP("models", "Document gone"), Shape::Attention},
    {Standing::Unknown, QT_TRANSLATE_NOOP("models", "Unknown"), Shape::Unknown},
    {Standing::New, QT_TRANSLATE_NOOP("models", "New"), Shape::Working},
    {Standing::CatchingUp, QT_TRANSLATE_NOOP("models", "Catching up"), Shape::Working},
    {Standing::InSync, QT_TRANSLATE_NOOP("models", "In sync"), Shape::Ok},
    {Standing::Paused, QT_TRANSLATE_NOOP("models", "Paused"), Shape::Paused},
    {Standing::Kept, QT_TRANSLATE_NOOP("models", "Kept though gone"), Shape::Paused},
    {Standing::Removed, QT_TRANSLATE_NOOP("models", "Removed"), Shape::Paused},
}};

Standing standingOfJob(ReplicationState state)
{
    switch (state) {
    case ReplicationState::Running: // CouchDB has not said yet that something is left
    case ReplicationState::CaughtUp: return Standing::InSync;
    case ReplicationState::CatchingUp: return Standing::CatchingUp;
    case ReplicationState::Stalled: return Standing::Stalled;
    case ReplicationState::Retrying: return Standing::Retrying;
    case ReplicationState::Failed: return Standing::Failed;
    case ReplicationState::LosingDocuments: return Standing::LosingDocuments;
    case ReplicationState::RefusedLogin: return Standing::LoginRefused;
    case ReplicationState::SourceGone: return Standing::SourceGone;
    case ReplicationState::Paused: return Standing::Paused;
    case ReplicationState::Unknown: return Standing::Unknown;
    }
    return Standing::Unknown;
}

} // namespace

const StandingLook &lookOf(Standing standing)
{
    return kLooks[static_cast<std::size_t>(standing)];
}

QString wordOf(Standing standing)
{
    return QCoreApplication::translate("models", lookOf(standing).word);
}

Standing standingOf(const monitor::MirrorRow &row)
{
    switch (row.situation) {
    case Situation::Removed: return Standing::Removed;
    case Situation::Paused: return Standing::Paused;
    case Situation::KeptThoughGone: return Standing::Kept;
    case Situation::DeletedByOthers: return Standing::DocumentGone;
    case Situation::New: return Standing::New;
    case Situation::NotAtSource: return Standing::SourceGone;
    case Situation::Mirrored:
    case Situation::Duplicated:
    case Situation::RemovedButThere:
    case Situation::LeftOut: break;
    }
    return standingOfJob(row.replication.state);
}

std::vector<ReplicationRow> replicationRows(const monitor::MirrorView &view)
{
    std::vector<ReplicationRow> rows;
    rows.reserve(view.rows.size());
    for (const monitor::MirrorRow &from : view.rows) {
        ReplicationRow row;
        row.database = from.database;
        row.standing = standingOf(from);
        row.sentence = from.replication.sentence;
        row.remedy = from.replication.remedy;
        row.since = from.since;
        row.nextTry = from.replication.nextTry;
        row.pending = from.replication.pending;
        row.refused = from.replication.refusedDocuments;
        if (from.atSource)
            row.atSource = from.atSource->documents;
        if (from.atMirror)
            row.atMirror = from.atMirror->documents;
        row.documentId = from.documentId;
        row.source = from.source;
        row.mirror = from.mirror;
        row.rawState = from.replication.rawState;
        row.rawError = from.replication.rawError;
        row.duplicates = from.duplicates;
        row.isOurs = from.isOurs;
        rows.push_back(std::move(row));
    }
    return rows;
}

StandingCounts countStandings(const std::vector<ReplicationRow> &rows)
{
    StandingCounts counts{};
    for (const ReplicationRow &row : rows)
        ++counts[static_cast<std::size_t>(row.standing)];
    return counts;
}

} // namespace models
