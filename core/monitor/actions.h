#pragma once

#include "core/base/clock.h"
#include "core/couch/administration.h"
#include "core/couch/replicatordocument.h"
#include "core/couch/replicatorsecrets.h"
#include "core/monitor/plan.h"

#include <vector>

namespace monitor {

/// What the operator, or the plan, does to the mirror's replications. Every wish is on disk before
/// a document is taken away and after one was written, so that a program that dies in between finds
/// out what is left to do: what was cut off is adopted or finished by the next plan. Blocks; one
/// thread. Secrets go into documents and nowhere else.
class MirrorActions
{
public:
    struct Setup {
        couch::Administration &mirror;
        Wishes &wishes;
        base::fs::path wishesFile;
        const base::Clock &clock;
        couch::ReplicationLogin source; ///< for the mirror's CouchDB
        couch::ReplicationLogin target; ///< the mirror as it sees itself
        couch::LoginForm form = couch::LoginForm::AuthObject;
    };
    explicit MirrorActions(Setup setup)
        : m_setup(std::move(setup))
    {
    }

    struct Failure {
        std::string database;
        base::Error error;
    };
    struct Applied {
        std::vector<std::string> created, adopted, finished;
        std::vector<Failure> failures; ///< what failed is tried again by the next plan
    };
    /// Does what the plan says. Ends early when the mirror rejects the login, and with an error
    /// when the wishes cannot be written.
    [[nodiscard]] base::Result<Applied> apply(const Plan &plan);

    /// Makes CouchDB try again at once, checkpoints kept.
    [[nodiscard]] base::Status retryNow(const std::string &documentId);
    /// Takes the database's documents away, the duplicates too, and keeps the first for resume().
    [[nodiscard]] base::Status pause(const PlanRow &row);
    /// The same for good: it can be had back for kUndoFor.
    [[nodiscard]] base::Status remove(const PlanRow &row);
    /// Undoes pause() and remove(): the kept document is written again with its secrets, or a new
    /// one where none is kept any more. Usage when a secret is not known.
    [[nodiscard]] base::Status resume(const std::string &database);
    /// The source's database is gone and the copy stays: takes the documents away.
    [[nodiscard]] base::Status keepThoughGone(const PlanRow &row);

    /// All jobs stop within a minute, until resumeAll(): the mirror's setting max_jobs, which other
    /// jobs of it obey too.
    [[nodiscard]] base::Status pauseAll();
    [[nodiscard]] base::Status resumeAll();

    struct PasswordChange {
        std::vector<std::string> changed;
        std::vector<Failure> failures; ///< `database` is the document's id
    };
    /// A new password for a user at one end, in every document that mirrors from our source; the
    /// caller has proved that it is right. Checkpoints are kept, for they do not depend on it.
    [[nodiscard]] base::Result<PasswordChange> changePassword(couch::ReplicationSide side,
                                                              const std::string &user,
                                                              const base::Secret &password,
                                                              const MirrorAddresses &addresses);

private:
    [[nodiscard]] base::Status create(const std::string &database);
    [[nodiscard]] base::Status takeAway(const PlanRow &row, Wish wish);
    [[nodiscard]] base::Status deleteIfThere(const std::string &id);
    [[nodiscard]] base::Status save();
    [[nodiscard]] const base::Secret *passwordOf(couch::ReplicationSide side,
                                                 std::string_view user) const;

    Setup m_setup;
};

} // namespace monitor
