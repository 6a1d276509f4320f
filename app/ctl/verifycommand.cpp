#include "app/ctl/command.h"
#include "app/ctl/connection.h"
#include "app/ctl/jsonwriter.h"
#include "app/ctl/output.h"
#include "app/ctl/progressline.h"
#include "core/backup/archiveview.h"
#include "core/backup/verify.h"
#include "core/base/text.h"

namespace ctl {

namespace {

using backup::LevelState;
using base::Result;

const char *nameOf(LevelState state)
{
    switch (state) {
    case LevelState::Passed: return "passed";
    case LevelState::Failed: return "failed";
    case LevelState::Unknown: return "unknown";
    case LevelState::NotRun: return "not run";
    }
    return "";
}

const char *nameOf(archive::Origin origin)
{
    switch (origin) {
    case archive::Origin::Ours: return "focus-monitor";
    case archive::Origin::CutShort: return "focus-monitor, cut short";
    case archive::Origin::Predecessor: return "predecessor";
    case archive::Origin::Foreign: return "foreign";
    }
    return "";
}

class VerifyCommand final : public Command
{
public:
    [[nodiscard]] const char *name() const override { return "verify"; }
    [[nodiscard]] const char *summary() const override
    {
        return "Say what is provable about archives";
    }

    void addOptions(CLI::App &app) override
    {
        app.add_option("ARCHIVE", m_archives, "Archives, or folders of database directories")
            ->type_name("")
            ->required();
        app.add_option("--against", m_against, "Compare with this server, too (level L3)")
            ->type_name("URL");
        app.add_flag("--full", m_full, "With --against: compare every body, not a sample");
        app.add_flag("--json", m_json, "Print one JSON object");
        m_connection.addTo(app);
    }

    [[nodiscard]] Result<int> run(const Context &context) override
    {
        std::unique_ptr<couch::Transport> transport;
        std::unique_ptr<couch::Client> client;
        if (!m_against.empty()) {
            std::string origin;
            auto connected = connect(m_against, m_connection, origin);
            if (!connected)
                return connected.error();
            transport = std::move(*connected);
            client = std::make_unique<couch::Client>(*transport, context.stop);
            if (const auto server = client->serverInfo(); !server)
                return server.error();
        }
        JsonWriter json;
        json.beginObject().key("archives").beginArray();
        int code = exitcode::kGood;
        for (const std::string &path : m_archives) {
            auto report = verifyOne(path, client.get(), context);
            if (!report
                && (m_archives.size() == 1 || report.error().kind == base::ErrorKind::Cancelled))
                return report.error();
            if (!report) {
                code = std::max(code, exitcode::kFailed);
                addUnreadable(json, path, report.error(), context);
                continue;
            }
            code = std::max(code, codeOf(*report));
            if (m_json)
                addJson(json, *report);
            else
                printText(*report, context);
        }
        json.endArray().endObject();
        if (m_json)
            context.out << json.text() << '\n';
        return code;
    }

private:
    Result<backup::VerifyReport> verifyOne(const std::string &path, couch::Client *against,
                                           const Context &context) const
    {
        backup::Progress progress;
        progress.phase = backup::Phase::Verifying;
        backup::VerifyOptions options;
        options.against = against;
        options.allBodies = m_full;
        const ProgressLine line(progress, context.err, context.errIsTerminal);
        return backup::verifyArchive(base::fromUtf8(path), options, progress, context.stop);
    }

    static int codeOf(const backup::VerifyReport &report)
    {
        if (report.l1 == LevelState::Failed || report.l2 == LevelState::Failed)
            return exitcode::kFailed;
        if (report.l3 == LevelState::Failed)
            return exitcode::kAttention;
        const bool oursIncomplete =
            report.origin == archive::Origin::Ours && report.l3 == LevelState::Unknown;
        return oursIncomplete ? exitcode::kAttention : exitcode::kGood;
    }

    void addUnreadable(JsonWriter &json, const std::string &path, const base::Error &error,
                       const Context &context) const
    {
        if (!m_json) {
            printError(error, false, context);
            return;
        }
        json.beginObject().member("path", path).member("ok", false);
        json.key("levels")
            .beginObject()
            .member("L1", "failed")
            .member("L2", "not run")
            .member("L3", "not run")
            .endObject();
        json.key("problems").beginArray().beginObject();
        json.member("code", base::errorCode(error.kind))
            .member("database", "")
            .member("document", "");
        json.member("message", error.message).endObject().endArray().endObject();
    }

    static void addJson(JsonWriter &json, const backup::VerifyReport &report)
    {
        json.beginObject().member("path", base::toUtf8(report.path)).member("ok", report.isOk());
        json.member("origin", nameOf(report.origin));
        json.key("levels").beginObject();
        json.member("L1", nameOf(report.l1))
            .member("L2", nameOf(report.l2))
            .member("L3", nameOf(report.l3))
            .endObject();
        json.member("note", report.l3Note);
        json.member("databases", report.databases).member("documents", report.documents);
        json.member("bodies_compared", report.bodiesCompared);
        json.key("problems").beginArray();
        for (const backup::VerifyProblem &problem : report.problems) {
            json.beginObject().member("code", problem.code).member("database", problem.database);
            json.member("document", problem.document)
                .member("message", problem.message)
                .endObject();
        }
        json.endArray().key("remarks").beginArray();
        for (const QString &remark : report.remarks)
            json.value(remark);
        json.endArray().endObject();
    }

    static void printText(const backup::VerifyReport &report, const Context &context)
    {
        context.out << base::toUtf8(report.path) << ": " << (report.isOk() ? "ok" : "NOT OK")
                    << " (" << nameOf(report.origin) << ", "
                    << countText(report.databases, "database") << ", "
                    << countText(report.documents, "document") << ")\n";
        context.out << "  L1 intact         " << nameOf(report.l1) << '\n';
        context.out << "  L2 readable       " << nameOf(report.l2) << '\n';
        context.out << "  L3 equals source  " << nameOf(report.l3);
        if (!report.l3Note.empty())
            context.out << " (" << report.l3Note << ')';
        context.out << '\n';
        constexpr size_t most = 50;
        for (size_t i = 0; i < report.problems.size() && i < most; ++i) {
            const backup::VerifyProblem &problem = report.problems[i];
            context.out << "  " << problem.code << ": ";
            for (const std::string &name : {shown(problem.database), shown(problem.document, 80)}) {
                if (!name.empty() && !problem.message.contains(QString::fromStdString(name)))
                    context.out << name << ": ";
            }
            context.out << problem.message.toStdString() << '\n';
        }
        if (report.problems.size() > most)
            context.out << "  ... and " << report.problems.size() - most
                        << " more; --json names all.\n";
        for (const QString &remark : report.remarks)
            context.out << "  remark: " << remark.toStdString() << '\n';
    }

    std::vector<std::string> m_archives;
    std::string m_against;
    bool m_full = false;
    bool m_json = false;
    ConnectionOptions m_connection;
};

} // namespace

std::unique_ptr<Command> makeVerifyCommand()
{
    return std::make_unique<VerifyCommand>();
}

} // namespace ctl
