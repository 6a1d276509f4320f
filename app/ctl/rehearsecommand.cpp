#include "app/ctl/command.h"
#include "app/ctl/output.h"
#include "app/ctl/serving.h"
#include "core/base/text.h"
#include "core/serve/rehearsal.h"

#include <limits>

namespace ctl {

namespace {

using base::Error;
using base::ErrorKind;
using base::Result;

class RehearseCommand final : public Command
{
public:
    [[nodiscard]] const char *name() const override { return "rehearse"; }
    [[nodiscard]] const char *summary() const override
    {
        return "A built-in source with sample organisations and a mirror with a replicator, to try "
               "everything without a CouchDB";
    }

    void addOptions(CLI::App &app) override
    {
        m_listen.addTo(app);
        app.add_option("--mirror-port", m_mirrorPort,
                       "The port of the mirror; 0 is a free one (default: the next one)")
            ->type_name("N");
        app.add_option("--speed", m_speed, "Simulated seconds in a second")
            ->type_name("N")
            ->check(CLI::Range(1, 10'000))
            ->capture_default_str();
        app.add_flag("--life", m_hasLife,
                     "The organisations are born, write and are deleted as time goes by");
        app.add_flag("--faults", m_hasFaults, "One thing after the other goes wrong for a while");
        app.add_option("--seed", m_seed, "Another course of --life and --faults")
            ->type_name("N")
            ->capture_default_str();
    }

    [[nodiscard]] Result<int> run(const Context &context) override
    {
        serve::RehearsalOptions options;
        for (serve::ServerOptions *server : {&options.source, &options.mirror}) {
            auto listen = m_listen.serverOptions();
            if (!listen)
                return listen.error();
            *server = std::move(*listen);
        }
        if (!m_mirrorPort && m_listen.port == std::numeric_limits<std::uint16_t>::max())
            return Error{ErrorKind::Usage,
                         base::text("Behind port %1 there is none for the mirror: name one with "
                                    "--mirror-port.")
                             .arg(m_listen.port)};
        const int next = m_listen.port == 0 ? 0 : m_listen.port + 1;
        options.mirror.port = m_mirrorPort.value_or(static_cast<std::uint16_t>(next));
        options.speed = m_speed;
        options.start = context.clock.now();
        if (m_hasLife)
            options.life = serve::LifeOptions{m_seed, std::chrono::seconds(20),
                                              std::chrono::hours(6), std::chrono::hours(24)};
        auto rehearsal = serve::Rehearsal::start(std::move(options));
        if (!rehearsal)
            return rehearsal.error();
        if (m_hasFaults) {
            serve::TroubleOptions troubles;
            troubles.seed = m_seed;
            (*rehearsal)->setTroubles(troubles);
        }
        context.out << (*rehearsal)->source().url() << "\n"
                    << (*rehearsal)->mirror().url() << std::endl;
        context.err << "The source, with "
                    << countText((*rehearsal)->source().backend().databases().size(), "database")
                    << ", and the mirror behind it are in memory, to be read and written; Ctrl+C "
                       "ends them and forgets everything.\n";
        waitForStop(context.stop);
        return exitcode::kGood;
    }

private:
    ListenOptions m_listen;
    std::optional<std::uint16_t> m_mirrorPort;
    int m_speed = 1;
    bool m_hasLife = false;
    bool m_hasFaults = false;
    std::uint64_t m_seed = 1;
};

} // namespace

std::unique_ptr<Command> makeRehearseCommand()
{
    return std::make_unique<RehearseCommand>();
}

} // namespace ctl
