#include "app/ctl/command.h"
#include "app/ctl/connection.h"
#include "app/ctl/databasejson.h"
#include "app/ctl/jsonwriter.h"
#include "app/ctl/output.h"
#include "app/ctl/progressline.h"
#include "app/ctl/usage.h"
#include "core/backup/run.h"
#include "core/base/text.h"

#include <QStandardPaths>

namespace ctl {

namespace {

using base::Result;

constexpr std::uint64_t kListLimitBytes = std::uint64_t{16} << 20;

class BackupCommand final : public Command
{
public:
    [[nodiscard]] const char *name() const override { return "backup"; }
    [[nodiscard]] const char *summary() const override
    {
        return "Take every database of a CouchDB server, with its history, into one verified archive";
    }

    void addOptions(CLI::App &app) override
    {
        app.add_option(
               "--from", m_from,
               "The server, e.g. https://backup@focus.example/db (a user name, never a password)")
            ->type_name("URL")
            ->required();
        app.add_option("--to", m_to, "The folder for the archive; made when it does not exist")
            ->type_name("DIR")
            ->required();
        app.add_option("--db", m_include,
                       "Only databases that match this pattern (* and ?); may stand several times")
            ->type_name("GLOB");
        app.add_option("--exclude", m_exclude,
                       "Not the databases that match this pattern; may stand several times")
            ->type_name("GLOB");
        app.add_option("--databases-from", m_listFile,
                       "A file with the names of the databases, one a line")
            ->type_name("FILE");
        app.add_option("--middleware", m_middleware,
                       "Ask this address for the databases and users (GET .../monitor/all_dbs)")
            ->type_name("URL");
        app.add_option("--middleware-password-file", m_middlewarePasswordFile,
                       "File with the password for the middleware")
            ->type_name("FILE");
        app.add_option("--verify", m_verify,
                       "sample: fetch some bodies again and compare; full: all")
            ->type_name("HOW")
            ->check(oneOf({"sample", "full"}))
            ->default_val("sample");
        app.add_flag("--full", m_full, "Fetch every database, also those that did not change");
        app.add_flag("--json", m_json, "Print one JSON object");
        m_connection.addTo(app);
    }

    [[nodiscard]] Result<int> run(const Context &context) override
    {
        std::string origin;
        auto source = connect(m_from, m_connection, origin);
        if (!source)
            return source.error();
        std::unique_ptr<couch::Transport> middleware;
        backup::RunRequest request;
        if (base::Status chosen = chooseDiscovery(request, middleware); !chosen)
            return chosen.error();
        request.source = source->get();
        request.sourceName = origin;
        request.folder.path = base::fromUtf8(m_to);
        request.folder.stateFolder = stateFolder();
        request.verifyAllBodies = m_verify == "full";
        request.full = m_full;
        backup::Progress progress;
        auto outcome = [&] {
            const ProgressLine line(progress, context.err, context.errIsTerminal);
            return backup::runBackup(request, progress, context.clock, context.stop);
        }();
        if (!outcome)
            return outcome.error();
        if (m_json)
            printJson(*outcome, context);
        else
            printText(*outcome, context);
        return outcome->manifest.isComplete() ? exitcode::kGood : exitcode::kAttention;
    }

private:
    static base::fs::path stateFolder()
    {
        const QString folder =
            QStandardPaths::writableLocation(QStandardPaths::GenericDataLocation);
        return base::fromUtf8(folder.toStdString()) / "focus-monitor";
    }

    base::Status chooseDiscovery(backup::RunRequest &request,
                                 std::unique_ptr<couch::Transport> &middleware)
    {
        request.discovery.filter = {m_include, m_exclude};
        if (!m_listFile.empty()) {
            const auto list = base::readFile(base::fromUtf8(m_listFile), kListLimitBytes);
            if (!list)
                return list.error();
            request.discovery.method = couch::DiscoveryMethod::List;
            std::istringstream lines(*list);
            for (std::string line; std::getline(lines, line);) {
                while (!line.empty() && (line.back() == '\r' || line.back() == ' '))
                    line.pop_back();
                if (!line.empty())
                    request.discovery.list.push_back(line);
            }
        }
        if (m_middleware.empty())
            return {};
        std::string origin;
        ConnectionOptions options = m_connection;
        options.passwordFile = m_middlewarePasswordFile;
        auto connected = connect(m_middleware, options, origin);
        if (!connected)
            return connected.error();
        middleware = std::move(*connected);
        request.middleware = middleware.get();
        request.discovery.method = couch::DiscoveryMethod::Middleware;
        return {};
    }

    static void printJson(const backup::RunOutcome &outcome, const Context &context)
    {
        const archive::Manifest &manifest = outcome.manifest;
        JsonWriter json;
        json.beginObject();
        json.member("archive", base::toUtf8(outcome.archive));
        json.member("started", manifest.startedAt).member("finished", manifest.finishedAt);
        json.member("verified", outcome.verification.isOk())
            .member("complete", manifest.isComplete());
        json.member("size", outcome.size).member("reused", outcome.reused());
        json.key("databases").beginArray();
        for (const archive::ManifestDatabase &entry : manifest.databases) {
            json.beginObject();
            addDatabase(json, entry);
            json.endObject();
        }
        json.endArray();
        addOmissions(json, manifest.omissions);
        const auto names = [&json](const char *key, const std::vector<std::string> &list) {
            json.key(key).beginArray();
            for (const std::string &name : list)
                json.value(name);
            json.endArray();
        };
        names("appeared", manifest.appeared);
        names("vanished", manifest.vanished);
        names("fallbacks", manifest.fallbacks);
        json.key("remarks").beginArray();
        for (const QString &remark : outcome.remarks)
            json.value(remark.toStdString());
        json.endArray();
        json.endObject();
        context.out << json.text() << '\n';
    }

    static void printText(const backup::RunOutcome &outcome, const Context &context)
    {
        const archive::Manifest &manifest = outcome.manifest;
        std::uint64_t documents = 0;
        std::uint64_t leaves = 0;
        for (const archive::ManifestDatabase &entry : manifest.databases) {
            documents += entry.documents;
            leaves += entry.leaves;
        }
        for (const std::string &leftover : outcome.removedLeftovers)
            context.err << "Removed what an interrupted run left: " << shown(leftover) << '\n';
        for (const QString &remark : outcome.remarks)
            context.err << remark.toStdString() << '\n';
        for (const std::string &name : manifest.vanished)
            context.err << "Deleted at the source meanwhile, not in this backup: " << shown(name)
                        << '\n';
        for (const std::string &name : manifest.appeared)
            context.err << "Made at the source meanwhile, will be in the next backup: "
                        << shown(name) << '\n';
        context.err << countText(manifest.databases.size(), "database");
        if (outcome.reused() > 0)
            context.err << " (" << outcome.reused() << " unchanged, not fetched again)";
        context.err << ", " << countText(documents, "document") << ", "
                    << countText(leaves, "leaf revision") << ", " << sizeText(outcome.size)
                    << ", verified.\n";
        printOmissions(manifest, true, "INCOMPLETE: this is not in the backup:", context);
        printOmissions(manifest, false,
                       "This is in the backup, but only this program can read it:", context);
        context.out << base::toUtf8(outcome.archive) << '\n';
    }

    /// Those that are a loss, or the others, below their heading.
    static void printOmissions(const archive::Manifest &manifest, bool isLoss, const char *heading,
                               const Context &context)
    {
        constexpr size_t most = 20;
        size_t total = 0;
        const auto print = [&](const std::string &database, const archive::Omission &omission) {
            if (omission.isLoss() != isLoss || ++total > most)
                return;
            if (total == 1)
                context.err << heading << '\n';
            context.err << "  " << shown(database);
            if (omission.id)
                context.err << " / " << shown(*omission.id, 80);
            if (omission.rev)
                context.err << " / " << shown(*omission.rev, 80);
            if (omission.attachment)
                context.err << " / " << shown(*omission.attachment, 80);
            context.err << ": " << shown(omission.message, 400) << '\n';
        };
        for (const archive::Omission &omission : manifest.omissions)
            print({}, omission);
        for (const archive::ManifestDatabase &entry : manifest.databases) {
            for (const archive::Omission &omission : entry.omissions)
                print(entry.name, omission);
        }
        if (total > most)
            context.err << "  ... and " << total - most << " more; the manifest names all.\n";
    }

    std::string m_from;
    std::string m_to;
    std::vector<std::string> m_include;
    std::vector<std::string> m_exclude;
    std::string m_listFile;
    std::string m_middleware;
    std::string m_middlewarePasswordFile;
    std::string m_verify;
    bool m_full = false;
    bool m_json = false;
    ConnectionOptions m_connection;
};

} // namespace

std::unique_ptr<Command> makeBackupCommand()
{
    return std::make_unique<BackupCommand>();
}

} // namespace ctl
