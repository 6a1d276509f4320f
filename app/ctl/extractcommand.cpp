#include "app/ctl/command.h"
#include "app/ctl/documentid.h"
#include "app/ctl/jsonwriter.h"
#include "app/ctl/output.h"
#include "app/ctl/progressline.h"
#include "core/backup/extract.h"
#include "core/backup/stopping.h"
#include "core/base/text.h"

namespace ctl {

namespace {

using backup::ExtractProblem;
using backup::ExtractReport;
using base::Result;

class ExtractCommand final : public Command
{
public:
    [[nodiscard]] const char *name() const override { return "extract"; }
    [[nodiscard]] const char *summary() const override
    {
        return "Write bodies as JSON and attachments as files";
    }

    void addOptions(CLI::App &app) override
    {
        app.add_option("ARCHIVE", m_archive, "Archive, or folder of database directories")
            ->type_name("")
            ->required();
        app.add_option("DB", m_database, "Only this database")->type_name("");
        m_document.addTo(app, "Only this document");
        app.add_option("-o,--output", m_folder, "Folder, empty or not there yet")
            ->type_name("DIR")
            ->required();
        app.add_flag("--json", m_json, "Print one JSON object");
    }

    [[nodiscard]] Result<int> run(const Context &context) override
    {
        std::optional<std::string> id;
        if (m_document.isGiven()) {
            auto given = m_document.id();
            if (!given)
                return given.error();
            id = std::move(*given);
        }
        if (id && m_database.empty())
            return base::Error{base::ErrorKind::Usage,
                               base::text("--id-json needs a DB in front of it. See "
                                          "`focus-monitorctl extract --help`.")};
        const auto path = base::fromUtf8(m_archive);
        const auto view = backup::ArchiveView::open(path, {}, backup::unlessStopped(context.stop));
        if (!view)
            return view.error();
        backup::ExtractRequest request{**view,        base::toUtf8(path.filename()), std::nullopt,
                                       std::move(id), base::fromUtf8(m_folder),      context.stop};
        if (!m_database.empty())
            request.database = m_database;
        backup::Progress progress;
        const auto report = [&] {
            const ProgressLine line(progress, context.err, context.errIsTerminal);
            return backup::extract(request, progress);
        }();
        if (!report)
            return report.error();
        if (m_json)
            printJson(*report, context);
        else
            printText(*report, context);
        return report->problems.empty() ? exitcode::kGood : exitcode::kAttention;
    }

private:
    void printJson(const ExtractReport &report, const Context &context) const
    {
        JsonWriter json;
        json.beginObject().member("folder", m_folder).member("databases", report.databases);
        json.member("documents", report.documents).member("deleted", report.deleted);
        json.member("leaves", report.leaves);
        json.member("attachments", report.attachments).member("bytes", report.bytes);
        json.key("problems").beginArray();
        for (const ExtractProblem &problem : report.problems) {
            json.beginObject().member("code", problem.code).member("database", problem.database);
            if (!problem.id.empty())
                json.member("id", problem.id);
            if (!problem.rev.empty())
                json.member("rev", problem.rev);
            if (!problem.attachment.empty())
                json.member("attachment", problem.attachment);
            json.member("message", problem.message).endObject();
        }
        json.endArray().endObject();
        context.out << json.text() << '\n';
    }

    void printText(const ExtractReport &report, const Context &context) const
    {
        const std::uint64_t others = report.leaves - report.documents - report.deleted;
        context.out << countText(report.documents, "document") << ", "
                    << countText(report.deleted, "tombstone") << ", "
                    << countText(others, "other leaf revision") << " and "
                    << countText(report.attachments, "attachment") << " of "
                    << countText(report.databases, "database") << " (" << sizeText(report.bytes)
                    << ") are in " << shown(m_folder, m_folder.size())
                    << "; index.json there has the names.\n";
        constexpr size_t most = 50;
        for (size_t i = 0; i < report.problems.size() && i < most; ++i) {
            const ExtractProblem &problem = report.problems[i];
            context.err << "NOT EXTRACTED: " << shown(problem.database);
            for (const std::string *name : {&problem.id, &problem.attachment}) {
                if (!name->empty())
                    context.err << ": " << shown(*name);
            }
            context.err << ": " << problem.message.toStdString() << '\n';
        }
        if (report.problems.size() > most)
            context.err << "... and " << report.problems.size() - most
                        << " more; index.json and --json name them.\n";
    }

    std::string m_archive;
    std::string m_database;
    DocumentIdOption m_document;
    std::string m_folder;
    bool m_json = false;
};

} // namespace

std::unique_ptr<Command> makeExtractCommand()
{
    return std::make_unique<ExtractCommand>();
}

} // namespace ctl
