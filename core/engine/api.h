#pragma once

#include "core/engine/mirrorkeeper.h"
#include "core/engine/state.h"

#include <QFuture>
#include <QObject>

#include <memory>

namespace engine {

/// What the front end is connected to.
enum class Standing {
    Starting,
    Watching, ///< an engine of its own
    Beside,   ///< another one runs on this data folder: its state is shown, nothing is done (D19)
    NotSetUp, ///< there is no configuration yet
    Failed    ///< it could not be started, and is tried again
};

struct Presence {
    Standing standing = Standing::Starting;
    QString sentence; ///< why, where it is neither Starting nor Watching
    bool operator==(const Presence &) const = default;
};

/// What became of one replication that something was asked for.
struct ActionOutcome {
    std::string database;
    base::Status done;
};
using ActionOutcomes = std::vector<ActionOutcome>;

/// All that a front end knows of the engine: values in, values and futures out. Lives on one
/// thread, which it never makes wait; signals and futures come from there.
class Api : public QObject
{
    Q_OBJECT

public:
    /// The newest; null until there is one.
    [[nodiscard]] virtual std::shared_ptr<const State> state() const = 0;
    [[nodiscard]] virtual Presence presence() const = 0;
    /// As the engine has it; by that, ages are told.
    [[nodiscard]] virtual TimePoint now() const = 0;

    /// Looks at everything without waiting for its time.
    virtual void lookNow() = 0;
    /// An outcome for each, in this order; the state that follows shows them. Locked when another
    /// engine is at it.
    virtual QFuture<ActionOutcomes> act(ReplicationAction action,
                                        std::vector<std::string> databases) = 0;
    /// Asked for; the state shows what becomes of it. Locked as act().
    virtual base::Status backUpNow() = 0;
    virtual base::Status stopBackup() = 0;

signals:
    void stateChanged();
    void presenceChanged();
};

} // namespace engine
