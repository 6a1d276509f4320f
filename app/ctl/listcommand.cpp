#include "app/ctl/command.h"
#include "app/ctl/databasejson.h"
#include "app/ctl/jsonwriter.h"
#include "app/ctl/output.h"
#include "core/backup/archiveview.h"
#include "core/backup/stopping.h"
#include "core/base/text.h"

#include <algorithm>
#include <array>
#include <cstdio>

namespace ctl {

namespace {

using backup::ArchiveView;
using base::Error;
using base::ErrorKind;
using base::Result;
using base::Status;

/// Size and attachments of every stored body. Bodies lie in sequence order and documents in id
/// order, so one pass over each is far faster than looking every body up.
struct BodyFacts {
    std::uint64_t seq = 0;
    std::uint32_t size = 0;
    std::uint32_t attachments = 0;
};

Error cancelled()
{
    return {ErrorKind::Cancelled, base::text("The list was stopped before its end.")};
}

Result<std::vector<BodyFacts>> factsOfBodies(store::Reader &store, const std::stop_token &stop)
{
    std::vector<BodyFacts> facts;
    Status read = store.forEachBody([&](std::uint64_t seq, std::string_view text) -> Status {
        if (stop.stop_requested())
            return cancelled();
        BodyFacts body{seq, static_cast<std::uint32_t>(text.size()), 0};
        if (text.find("\"_attachments\"") != std::string_view::npos) {
            const auto info = store::inspectBody(text);
            if (!info)
                return info.error();
            body.attachments = static_cast<std::uint32_t>(info->attachments.size());
        }
        facts.push_back(body);
        return {};
    });
    if (!read)
        return read.error();
    std::sort(facts.begin(), facts.end(),
              [](const BodyFacts &a, const BodyFacts &b) { return a.seq < b.seq; });
    return facts;
}

struct DocumentRow {
    std::string id;
    std::string rev;
    bool deleted = false;
    std::uint64_t leaves = 0;
    BodyFacts body;
};

DocumentRow rowOf(const store::Metadata &metadata, const std::vector<BodyFacts> &facts)
{
    DocumentRow row;
    row.id = metadata.id;
    const store::RevId winner = metadata.winner();
    row.rev = winner.toString();
    row.deleted = metadata.isDeleted();
    row.leaves = metadata.tree.leaves().size();
    const auto seq = metadata.seqOf.find(winner);
    if (seq == metadata.seqOf.end())
        return row;
    const auto body =
        std::lower_bound(facts.begin(), facts.end(), seq->second,
                         [](const BodyFacts &it, std::uint64_t wanted) { return it.seq < wanted; });
    if (body != facts.end() && body->seq == seq->second)
        row.body = *body;
    return row;
}

class ListCommand final : public Command
{
public:
    [[nodiscard]] const char *name() const override { return "list"; }
    [[nodiscard]] const char *summary() const override
    {
        return "Show the databases of an archive, or the documents of one";
    }

    void addOptions(CLI::App &app) override
    {
        app.add_option("ARCHIVE", m_archive, "Archive, or folder of database directories")
            ->type_name("")
            ->required();
        app.add_option("DB", m_database, "Database")->type_name("");
        app.add_flag("--json", m_json, "Print one JSON object");
    }

    [[nodiscard]] Result<int> run(const Context &context) override
    {
        const auto view =
            ArchiveView::open(base::fromUtf8(m_archive), {}, backup::unlessStopped(context.stop));
        if (!view)
            return view.error();
        if (!m_database.empty())
            return listDocuments(**view, context);
        return listDatabases(**view, context);
    }

private:
    Result<int> listDatabases(const ArchiveView &view, const Context &context) const
    {
        const auto databases = view.databases(context.stop);
        if (!databases)
            return databases.error();
        bool isWhole = view.reader().origin() != archive::Origin::CutShort;
        for (const ArchiveView::Database &database : *databases)
            isWhole = isWhole && database.whole && database.problem.isEmpty();
        for (const archive::Finding &finding : view.reader().findings())
            isWhole = isWhole && !finding.fatal;
        if (m_json)
            printDatabasesJson(*databases, context);
        else
            printDatabases(view, *databases, context);
        const bool isComplete = !view.manifest() || view.manifest()->isComplete();
        return isWhole && isComplete ? exitcode::kGood : exitcode::kAttention;
    }

    static void printDatabasesJson(const std::vector<ArchiveView::Database> &databases,
                                   const Context &context)
    {
        JsonWriter json;
        json.beginObject().key("databases").beginArray();
        for (const ArchiveView::Database &database : databases) {
            json.beginObject();
            addDatabase(json, database.entry);
            json.member("whole", database.whole && database.problem.isEmpty());
            if (!database.problem.isEmpty())
                json.member("problem", database.problem);
            json.endObject();
        }
        json.endArray().endObject();
        context.out << json.text() << '\n';
    }

    static void printDatabases(const ArchiveView &view,
                               const std::vector<ArchiveView::Database> &databases,
                               const Context &context)
    {
        using Align = Table::Align;
        Table table({{"DATABASE", Align::Left},
                     {"DOCUMENTS", Align::Right},
                     {"DELETED", Align::Right},
                     {"LEAVES", Align::Right},
                     {"CONFLICTED", Align::Right},
                     {"ATTACHMENTS", Align::Right},
                     {"", Align::Left}});
        for (const ArchiveView::Database &database : databases) {
            const archive::ManifestDatabase &entry = database.entry;
            std::string note = database.problem.toStdString();
            if (note.empty() && !database.whole)
                note = "cut";
            if (note.empty() && !entry.omissions.empty())
                note = countText(entry.omissions.size(), "omission") + ": "
                    + shown(entry.omissions.front().message);
            const bool isUnread = !database.problem.isEmpty() && entry.leaves == 0;
            const auto number = [isUnread](std::uint64_t count) {
                return isUnread ? "-" : std::to_string(count);
            };
            table.addRow({shown(entry.name, entry.name.size()), number(entry.documents),
                          number(entry.deleted), number(entry.leaves), number(entry.conflicted),
                          number(entry.attachments), note});
        }
        table.print(context.out);
        for (const archive::Finding &finding : view.reader().findings())
            context.err << (finding.fatal ? "PROBLEM: " : "remark: ")
                        << finding.message.toStdString() << '\n';
    }

    Result<int> listDocuments(const ArchiveView &view, const Context &context) const
    {
        const auto store = view.openDatabase(m_database);
        if (!store)
            return store.error();
        const auto facts = factsOfBodies(**store, context.stop);
        if (!facts)
            return facts.error();
        if (m_json)
            return printDocumentsJson(**store, *facts, context);
        Status printed = printDocuments(**store, *facts, context);
        if (!printed)
            return printed.error();
        return exitcode::kGood;
    }

    /// What goes wrong in the middle becomes a member of the one object, behind what was printed
    /// already.
    static int printDocumentsJson(store::Reader &store, const std::vector<BodyFacts> &facts,
                                  const Context &context)
    {
        JsonWriter json;
        json.beginObject().key("documents").beginArray();
        Status walked = store.forEachDocument([&](const store::Metadata &metadata) -> Result<bool> {
            const DocumentRow row = rowOf(metadata, facts);
            json.beginObject()
                .member("id", row.id)
                .member("rev", row.rev)
                .member("deleted", row.deleted);
            json.member("leaves", row.leaves)
                .member("attachments", std::uint64_t{row.body.attachments});
            json.member("size", std::uint64_t{row.body.size}).endObject();
            context.out << json.takeText();
            if (context.stop.stop_requested())
                return cancelled();
            return true;
        });
        json.endArray();
        if (!walked)
            addError(json, walked.error());
        json.endObject();
        context.out << json.text() << '\n';
        return walked ? exitcode::kGood : base::exitCode(walked.error().kind);
    }

    static Status printDocuments(store::Reader &store, const std::vector<BodyFacts> &facts,
                                 const Context &context)
    {
        context.out
            << "LEAVES  ATTACHMENTS        SIZE  REVISION                            DOCUMENT\n";
        return store.forEachDocument([&](const store::Metadata &metadata) -> Result<bool> {
            const DocumentRow row = rowOf(metadata, facts);
            std::array<char, 64> numbers{};
            std::snprintf(numbers.data(), numbers.size(), "%6llu  %11u  %10s  ",
                          static_cast<unsigned long long>(row.leaves), row.body.attachments,
                          sizeText(row.body.size).c_str());
            constexpr size_t revWidth = 34; // "1-" and 32 digits
            std::string rev = shown(row.rev);
            rev.append(rev.size() < revWidth ? revWidth - rev.size() : 0, ' ');
            context.out << numbers.data() << rev << "  " << shown(row.id)
                        << (row.deleted ? "  (deleted)" : "") << '\n';
            if (context.stop.stop_requested())
                return cancelled();
            return true;
        });
    }

    std::string m_archive;
    std::string m_database;
    bool m_json = false;
};

} // namespace

std::unique_ptr<Command> makeListCommand()
{
    return std::make_unique<ListCommand>();
}

} // namespace ctl
