#include "app/ctl/monitoring.h"
#include "app/ctl/output.h"
#include "core/base/log.h"
#include "core/base/text.h"

namespace ctl {

namespace {

using base::Result;

/// Says what has changed since the state before: on the terminal for whoever watches, in the log
/// for later.
class Reporter
{
public:
    Reporter(const Context &context, base::Log &log)
        : m_context(context)
        , m_log(log)
    {
    }

    void report(const engine::State &state)
    {
        if (state.verdict.sentence != m_verdict) {
            m_verdict = state.verdict.sentence;
            const bool isGood = state.verdict.level == monitor::VerdictLevel::Good;
            say(isGood ? base::LogLevel::Info : base::LogLevel::Warning, "verdict", m_verdict);
        }
        if (state.mirror.problem != m_mirrorProblem) {
            m_mirrorProblem = state.mirror.problem;
            if (m_mirrorProblem.isEmpty())
                say(base::LogLevel::Info, "mirror", base::text("The mirror is kept again."));
            else
                say(base::LogLevel::Warning, "mirror", m_mirrorProblem);
        }
        if (state.backup.job && (!m_jobStarted || *m_jobStarted != state.backup.job->started)) {
            m_jobStarted = state.backup.job->started;
            say(base::LogLevel::Info, "backup", base::text("A backup has begun."));
        }
        if (state.backup.lastRun && m_lastRun != state.backup.lastRun) {
            if (m_lastRun || state.backup.lastRun->finished >= state.startedAt)
                reportRun(*state.backup.lastRun);
            m_lastRun = state.backup.lastRun;
        }
    }

private:
    void reportRun(const backup::JournalEntry &run)
    {
        using backup::RunResult;
        const QString archive = base::printable(run.archive);
        switch (run.result) {
        case RunResult::Good:
            say(base::LogLevel::Info, "backup",
                base::text("The backup %1 is verified.").arg(archive));
            return;
        case RunResult::Incomplete:
            say(base::LogLevel::Warning, "backup",
                base::text("The backup %1 is verified, but not complete: %2")
                    .arg(archive, run.reason));
            return;
        case RunResult::Stopped:
            say(base::LogLevel::Info, "backup", base::text("The backup was stopped."));
            return;
        case RunResult::Failed:
        case RunResult::Skipped: break;
        }
        say(base::LogLevel::Error, "backup", base::text("There is no backup: %1").arg(run.reason));
    }

    void say(base::LogLevel level, const char *category, const QString &sentence)
    {
        const std::string text = sentence.toStdString();
        m_log.write({level, category, text});
        m_context.err << base::isoTime(m_context.clock.now()) << ' ' << category << ": "
                      << shown(text, 2000) << std::endl;
    }

    const Context &m_context;
    base::Log &m_log;
    QString m_verdict, m_mirrorProblem;
    std::optional<engine::TimePoint> m_jobStarted;
    std::optional<backup::JournalEntry> m_lastRun;
};

class RunCommand final : public Command
{
public:
    [[nodiscard]] const char *name() const override { return "run"; }
    [[nodiscard]] const char *summary() const override
    {
        return "The monitor: keeps the mirror, takes the backups that are due, checks everything";
    }
    void addOptions(CLI::App &app) override { m_options.addTo(app); }

    [[nodiscard]] Result<int> run(const Context &context) override
    {
        auto config = m_options.config();
        if (!config)
            return config.error();
        if (!config->listen.empty())
            return base::Error{base::ErrorKind::Unsupported,
                               base::text("This program serves no /healthz and /metrics. Take "
                                          "`listen` out of the configuration; `status --json` says "
                                          "the same.")};
        auto log =
            base::Log::open({base::fromUtf8(config->log.folder.empty() ? config->dataFolder + "/log"
                                                                       : config->log.folder),
                             config->log.level, config->log.fileSize, config->log.files},
                            context.clock);
        if (!log)
            return log.error();
        (*log)->install();
        Reporter reporter(context, **log);
        auto engine = engine::Engine::open({
            .config = std::move(*config),
            .clock = context.clock,
            .findSecret = secretsOfThisMachine(),
            .changed = [&reporter](const engine::State &state) { reporter.report(state); },
        });
        if (!engine)
            return engine.error();
        (*engine)->run(context.stop);
        return exitcode::kGood; // to be stopped is how it ends
    }

private:
    MonitorOptions m_options;
};

} // namespace

std::unique_ptr<Command> makeRunCommand()
{
    return std::make_unique<RunCommand>();
}

} // namespace ctl
