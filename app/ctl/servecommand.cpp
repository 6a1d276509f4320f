#include "app/ctl/command.h"

#include "app/ctl/output.h"
#include "app/ctl/serving.h"
#include "core/backup/archiveview.h"
#include "core/backup/stopping.h"
#include "core/base/text.h"
#include "core/serve/archivebackend.h"

namespace ctl {

namespace {

using base::Error;
using base::ErrorKind;
using base::Result;

class ServeCommand final : public Command
{
public:
    [[nodiscard]] const char *name() const override { return "serve"; }
    [[nodiscard]] const char *summary() const override
    {
        return "Offer an archive as a read-only CouchDB, to replicate out of it";
    }

    void addOptions(CLI::App &app) override
    {
        app.add_option("ARCHIVE", m_archive, "Archive, or folder of database directories")
            ->type_name("")
            ->required();
        m_listen.addTo(app);
    }

    [[nodiscard]] Result<int> run(const Context &context) override
    {
        auto options = m_listen.serverOptions();
        if (!options)
            return options.error();
        archive::Reader::Options reading;
        reading.progress = backup::unlessStopped(context.stop);
        auto reader = archive::Reader::open(base::fromUtf8(m_archive), reading);
        if (!reader)
            return reader.error();
        std::optional<archive::Manifest> manifest;
        if ((*reader)->origin() == archive::Origin::Ours) {
            auto read = backup::readManifest(**reader);
            if (!read)
                return read.error().withContext(base::printable(m_archive, 1000));
            manifest = std::move(*read);
        }
        for (const archive::Reader::Database &database : (*reader)->databases()) {
            if (!database.whole)
                context.err << shown(database.name)
                            << " is not whole in the archive and is not served.\n";
        }
        const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(
            context.clock.now().time_since_epoch());
        const auto backend = serve::makeArchiveBackend(std::move(*reader), std::move(manifest),
                                                       static_cast<std::uint64_t>(seconds.count()));
        const size_t count = backend->databases().size();
        if (count == 0)
            return Error{ErrorKind::NotFound,
                         base::text("%1 holds no database that could be served.")
                             .arg(base::printable(m_archive, 1000))};
        const bool isOpen = options->access.user.empty();
        auto server = serve::Server::start(backend, std::move(*options));
        if (!server)
            return server.error();
        context.out << (*server)->url() << std::endl;
        context.err << countText(count, "database")
                    << ", read-only; Ctrl+C ends it. Replicate with " << (*server)->url()
                    << "/DATABASE as the source.\n";
        if (isOpen)
            context.err << "Everybody on this machine can read all of it; --user and "
                           "--password-file limit that.\n";
        waitForStop(context.stop);
        return exitcode::kGood;
    }

private:
    std::string m_archive;
    ListenOptions m_listen;
};

} // namespace

std::unique_ptr<Command> makeServeCommand()
{
    return std::make_unique<ServeCommand>();
}

} // namespace ctl
