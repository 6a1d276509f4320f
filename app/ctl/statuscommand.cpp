#include "app/ctl/monitoring.h"
#include "app/ctl/output.h"
#include "core/base/text.h"
#include "core/engine/statejson.h"

#include <algorithm>

namespace ctl {

namespace {

using base::Result;
using monitor::CheckState;
using monitor::VerdictLevel;

// A monitor says at least once in this time that it is alive.
constexpr std::chrono::minutes kOldAfter{10};

int exitCodeOf(VerdictLevel level)
{
    switch (level) {
    case VerdictLevel::Good: return exitcode::kGood;
    case VerdictLevel::Attention: return exitcode::kAttention;
    case VerdictLevel::Failed: return exitcode::kFailed;
    case VerdictLevel::Unknown: break;
    }
    return exitcode::kUnknown;
}

class StatusCommand final : public Command
{
public:
    [[nodiscard]] const char *name() const override { return "status"; }
    [[nodiscard]] const char *summary() const override
    {
        return "One verdict, then the replications, the backups and the checks";
    }
    void addOptions(CLI::App &app) override
    {
        m_options.addTo(app);
        app.add_flag("--json", m_json, "Print one JSON object");
    }

    [[nodiscard]] Result<int> run(const Context &context) override
    {
        const auto config = m_options.config();
        if (!config)
            return config.error();
        auto state = readState(*config);
        if (!state)
            return state.error();
        m_now = context.clock.now();
        const bool isRunning = engine::isEngineRunning(config->dataFolder);
        if (!isRunning || m_now - state->at > kOldAfter)
            state->verdict = {VerdictLevel::Unknown,
                              isRunning
                                  ? base::text("The monitor has not looked for %1.")
                                        .arg(QString::fromStdString(whenText(state->at, m_now)))
                                  : base::text("The monitor does not run. It last looked %1.")
                                        .arg(QString::fromStdString(whenText(state->at, m_now)))};
        if (m_json)
            context.out << engine::encodeState(*state);
        else
            print(*state, context);
        return exitCodeOf(state->verdict.level);
    }

private:
    void print(const engine::State &state, const Context &context) const
    {
        context.out << shown(state.verdict.sentence.toStdString(), 2000) << "\n\n";
        printMirror(state.mirror, context);
        printBackups(state.backup, context);
        printChecks(state.checks, context);
    }

    static void printMirror(const engine::MirrorState &mirror, const Context &context)
    {
        if (!mirror.isConfigured) {
            context.out << "Mirror: none is configured; backups are taken from the source.\n";
            return;
        }
        context.out << "Mirror: " << countText(mirror.view.totals.databases, "database");
        for (std::size_t i = 0; i < monitor::kReplicationStates; ++i) {
            if (mirror.view.totals.byState.at(i) > 0)
                context.out << ", " << mirror.view.totals.byState.at(i) << ' '
                            << monitor::nameOf(static_cast<monitor::ReplicationState>(i));
        }
        context.out << '\n';
        if (!mirror.problem.isEmpty())
            context.out << "  " << shown(mirror.problem.toStdString(), 2000) << '\n';
    }

    void printBackups(const engine::BackupState &backup, const Context &context) const
    {
        context.out << "Backups: ";
        if (backup.lastPublished)
            context.out << "the last one " << whenText(*backup.lastPublished, m_now);
        else
            context.out << "none yet";
        if (backup.job)
            context.out << "; one is under way (" << backup.job->databasesDone << " of "
                        << backup.job->databases << " databases)";
        else if (!backup.waitingFor.isEmpty())
            context.out << "; one is due. " << backup.waitingFor.toStdString();
        else if (backup.nextRun)
            context.out << "; the next one " << whenText(*backup.nextRun, m_now);
        context.out << '\n';
        if (!backup.folderProblem.isEmpty())
            context.out << "  " << shown(backup.folderProblem.toStdString(), 2000) << '\n';
        if (backup.lastRun && !backup.lastRun->reason.isEmpty())
            context.out << "  " << shown(backup.lastRun->reason.toStdString(), 2000) << '\n';
    }

    static void printChecks(const std::vector<monitor::Check> &checks, const Context &context)
    {
        const auto isNotable = [](const monitor::Check &check) {
            return check.state == CheckState::Firing || check.state == CheckState::Pending;
        };
        const auto good = std::count_if(checks.begin(), checks.end(), [](const auto &check) {
            return check.state == CheckState::Ok;
        });
        context.out << "Checks: " << good << " of " << checks.size() << " ok\n";
        for (const monitor::Check &check : checks) {
            if (!isNotable(check))
                continue;
            context.out << "  " << monitor::nameOf(check.state) << "  " << check.id << ": "
                        << shown(check.sentence.toStdString(), 2000);
            if (!check.remedy.isEmpty())
                context.out << ' ' << shown(check.remedy.toStdString(), 2000);
            context.out << '\n';
        }
    }

    MonitorOptions m_options;
    bool m_json = false;
    engine::TimePoint m_now;
};

} // namespace

std::unique_ptr<Command> makeStatusCommand()
{
    return std::make_unique<StatusCommand>();
}

} // namespace ctl
