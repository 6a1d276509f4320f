#include "core/monitor/actions.h"

#include "core/base/failpoint.h"
#include "core/base/json.h"
#include "core/base/text.h"

#include <map>

namespace monitor {

using base::Error;
using base::ErrorKind;
using base::Result;
using base::Status;
using base::text;

namespace json = base::json;

namespace {

constexpr const char *kReplicator = "_replicator";
constexpr const char *kSection = "replicator";
constexpr const char *kMaxJobs = "max_jobs";
/// Wishes are written after so many new documents, and at the end.
constexpr std::size_t kSaveEvery = 100;

std::string memberOf(const std::string &document, std::string_view key)
{
    const auto members = json::members(document);
    const auto raw = members ? json::find(*members, key) : std::nullopt;
    return raw ? json::unescape(*raw) : std::string();
}

bool isMissing(const Status &status)
{
    return !status && status.error().kind == ErrorKind::NotFound;
}

/// No further request may follow: a fifth rejected login locks the account.
bool endsEverything(const Error &error)
{
    return error.kind == ErrorKind::Unauthorized || error.kind == ErrorKind::Cancelled;
}

} // namespace

Status MirrorActions::save()
{
    return m_setup.wishes.save(m_setup.wishesFile);
}

Result<MirrorActions::Applied> MirrorActions::apply(const Plan &plan)
{
    Applied applied;
    std::size_t unsaved = 0;
    for (const PlanRow &row : plan.rows) {
        Status done;
        switch (row.action) {
        case PlanAction::None: continue;
        case PlanAction::Create:
            done = create(row.database);
            if (done)
                applied.created.push_back(row.database);
            break;
        case PlanAction::Adopt: applied.adopted.push_back(row.database); break;
        case PlanAction::FinishRemoval:
            done = deleteIfThere(row.documentId);
            if (done)
                applied.finished.push_back(row.database);
            break;
        }
        if (!done) {
            applied.failures.push_back({row.database, done.error()});
            if (endsEverything(done.error()))
                break;
            continue;
        }
        if (row.action == PlanAction::FinishRemoval)
            continue;
        m_setup.wishes.set(row.database, Wish::Sync, m_setup.clock.now());
        if (++unsaved >= kSaveEvery) {
            if (Status saved = save(); !saved)
                return saved.error();
            unsaved = 0;
        }
    }
    if (unsaved > 0) {
        if (Status saved = save(); !saved)
            return saved.error();
    }
    return applied;
}

Status MirrorActions::create(const std::string &database)
{
    FM_POINT("mirror-create");
    const std::string id = couch::replicatorIdFor(database);
    const auto rev = m_setup.mirror.putDocument(
        kReplicator, id,
        couch::buildReplicatorDocument(database, m_setup.source, m_setup.target, m_setup.form,
                                       base::isoTime(m_setup.clock.now())));
    FM_POINT("mirror-created");
    // Somebody was quicker: the next plan looks at that document.
    if (!rev && rev.error().kind != ErrorKind::Conflict)
        return rev.error();
    return {};
}

Status MirrorActions::deleteIfThere(const std::string &id)
{
    const auto document = m_setup.mirror.document(kReplicator, id);
    if (!document)
        return document.error().kind == ErrorKind::NotFound ? Status() : Status(document.error());
    Status deleted = m_setup.mirror.deleteDocument(kReplicator, id, memberOf(*document, "_rev"));
    return isMissing(deleted) ? Status() : deleted;
}

Status MirrorActions::retryNow(const std::string &documentId)
{
    const auto document = m_setup.mirror.document(kReplicator, documentId);
    if (!document)
        return document.error();
    const auto changed = couch::nudged(*document);
    if (!changed)
        return changed.error();
    const auto rev = m_setup.mirror.putDocument(kReplicator, documentId, *changed);
    return rev ? Status() : Status(rev.error());
}

Status MirrorActions::pause(const PlanRow &row)
{
    return takeAway(row, Wish::Paused);
}

Status MirrorActions::remove(const PlanRow &row)
{
    return takeAway(row, Wish::Removed);
}

Status MirrorActions::keepThoughGone(const PlanRow &row)
{
    return takeAway(row, Wish::KeptThoughGone);
}

Status MirrorActions::takeAway(const PlanRow &row, Wish wish)
{
    std::optional<KeptDocument> kept;
    if (const WishEntry *before = m_setup.wishes.find(row.database); before != nullptr)
        kept = before->document; // paused, then removed: what was kept then
    if (!row.documentId.empty()) {
        const auto document = m_setup.mirror.document(kReplicator, row.documentId);
        if (!document && document.error().kind != ErrorKind::NotFound)
            return document.error();
        if (document) {
            const auto bare = couch::withoutHistory(*document);
            const auto stripped = bare ? couch::stripSecrets(*bare) : bare;
            if (!stripped)
                return stripped.error();
            kept = KeptDocument{row.documentId, memberOf(*document, "_rev"), *stripped};
        }
    }
    m_setup.wishes.set(row.database, wish, m_setup.clock.now(), std::move(kept));
    if (Status saved = save(); !saved)
        return saved;
    FM_POINT("mirror-take-away");
    for (const std::string &id : row.duplicates) {
        if (Status deleted = deleteIfThere(id); !deleted)
            return deleted;
    }
    return row.documentId.empty() ? Status() : deleteIfThere(row.documentId);
}

const base::Secret *MirrorActions::passwordOf(couch::ReplicationSide side,
                                              std::string_view user) const
{
    const couch::ReplicationLogin &login =
        side == couch::ReplicationSide::Source ? m_setup.source : m_setup.target;
    return login.user == user ? login.password : nullptr;
}

Status MirrorActions::resume(const std::string &database)
{
    const WishEntry *entry = m_setup.wishes.find(database);
    std::string id = couch::replicatorIdFor(database);
    std::string document;
    if (entry != nullptr && entry->document) {
        auto restored = couch::restoreSecrets(
            entry->document->json, [this](couch::ReplicationSide side, std::string_view user) {
                return passwordOf(side, user);
            });
        if (!restored)
            return restored.error();
        id = entry->document->id;
        document = std::move(*restored);
    } else {
        document = couch::buildReplicatorDocument(database, m_setup.source, m_setup.target,
                                                  m_setup.form, base::isoTime(m_setup.clock.now()));
    }
    const auto rev = m_setup.mirror.putDocument(kReplicator, id, document);
    if (!rev && rev.error().kind != ErrorKind::Conflict)
        return rev.error();
    FM_POINT("mirror-resume");
    m_setup.wishes.set(database, Wish::Sync, m_setup.clock.now());
    return save();
}

Status MirrorActions::pauseAll()
{
    if (!m_setup.wishes.pauseOfAll) {
        const auto before = m_setup.mirror.setting(kSection, kMaxJobs);
        if (!before)
            return before.error();
        // Who stopped it before us meant a number to come back, which nobody knows any more.
        const auto number = *before == "0" ? std::nullopt : *before;
        m_setup.wishes.pauseOfAll = Wishes::PauseOfAll{m_setup.clock.now(), number};
        if (Status saved = save(); !saved)
            return saved;
    }
    FM_POINT("mirror-pause-all");
    return m_setup.mirror.changeSetting(kSection, kMaxJobs, "0");
}

Status MirrorActions::resumeAll()
{
    if (!m_setup.wishes.pauseOfAll)
        return Error{ErrorKind::Usage, text("The replications are not paused as a whole.")};
    Status changed =
        m_setup.mirror.changeSetting(kSection, kMaxJobs, m_setup.wishes.pauseOfAll->maxJobs);
    if (!changed && !isMissing(changed)) // it was never set: pausing was cut off
        return changed;
    m_setup.wishes.pauseOfAll.reset();
    return save();
}

Result<MirrorActions::PasswordChange>
MirrorActions::changePassword(couch::ReplicationSide side, const std::string &user,
                              const base::Secret &password, const MirrorAddresses &addresses)
{
    PasswordChange result;
    std::map<std::string, std::string> changes; // by id
    const auto listed = m_setup.mirror.documentsSince(
        kReplicator, {}, [&](const couch::Administration::ChangedDocument &changed) -> Status {
            if (changed.deleted)
                return {};
            const auto document = couch::parseReplicatorDocument(changed.doc);
            if (!document || !placeOf(*document, addresses))
                return {};
            auto json = couch::replacePassword(changed.doc, side, user, password);
            if (!json)
                return json.error();
            if (*json != changed.doc)
                changes.insert_or_assign(document->id, std::move(*json));
            return {};
        });
    if (!listed)
        return listed.error();
    for (const auto &[id, document] : changes) {
        const auto rev = m_setup.mirror.putDocument(kReplicator, id, document);
        if (rev) {
            result.changed.push_back(id);
            continue;
        }
        result.failures.push_back({id, rev.error()});
        if (endsEverything(rev.error()))
            break;
    }
    return result;
}

} // namespace monitor
