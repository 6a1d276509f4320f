#include "app/ctl/command.h"
#include "app/ctl/output.h"
#include "app/ctl/serving.h"
#include "core/serve/memorybackend.h"

namespace ctl {

namespace {

using base::Result;

class RehearseCommand final : public Command
{
public:
    [[nodiscard]] const char *name() const override { return "rehearse"; }
    [[nodiscard]] const char *summary() const override
    {
        return "A built-in server with sample organisations, to try everything without a CouchDB";
    }

    void addOptions(CLI::App &app) override { m_listen.addTo(app); }

    [[nodiscard]] Result<int> run(const Context &context) override
    {
        auto options = m_listen.serverOptions();
        if (!options)
            return options.error();
        const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(
            context.clock.now().time_since_epoch());
        const auto backend = serve::makeMemoryBackend(static_cast<std::uint64_t>(seconds.count()));
        if (base::Status filled = serve::addSampleOrganisations(*backend); !filled)
            return filled.error();
        auto server = serve::Server::start(backend, std::move(*options));
        if (!server)
            return server.error();
        context.out << (*server)->url() << std::endl;
        context.err << countText(backend->databases().size(), "database")
                    << " in memory, to be read and written; Ctrl+C ends it and forgets them.\n";
        waitForStop(context.stop);
        return exitcode::kGood;
    }

private:
    ListenOptions m_listen;
};

} // namespace

std::unique_ptr<Command> makeRehearseCommand()
{
    return std::make_unique<RehearseCommand>();
}

} // namespace ctl
