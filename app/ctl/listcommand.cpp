#include "app/ctl/command.h"
#include "app/ctl/jsonwriter.h"
#include "app/ctl/output.h"
#include "core/backup/archiveview.h"
#include "core/base/text.h"

namespace ctl {

namespace {

using backup::ArchiveView;
using base::Result;
using base::Status;

/// Size and attachments of every stored body, by sequence number. Bodies lie in sequence order and documents in
/// id order, so one pass over each is far faster than looking every body up.
struct BodyFacts {
    std::uint32_t size = 0;
    std::uint32_t attachments = 0;
};

Result<std::vector<BodyFacts>> factsOfBodies(store::Reader &store)
{
    std::vector<BodyFacts> facts;
    Status read = store.forEachBody([&facts](std::uint64_t seq, std::string_view text) -> Status {
        constexpr std::uint64_t mostSequences = std::uint64_t{1} << 31;
        if (seq >= mostSequences)
            return {};
        if (facts.size() <= seq)
            facts.resize(static_cast<size_t>(seq) + 1);
        BodyFacts &body = facts[static_cast<size_t>(seq)];
        body.size = static_cast<std::uint32_t>(text.size());
        if (text.find("\"_attachments\"") != std::string_view::npos) {
            const auto info = store::inspectBody(text);
            if (!info)
                return info.error();
            body.attachments = static_cast<std::uint32_t>(info->attachments.size());
        }
        return {};
    });
    if (!read)
        return read.error();
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
    if (seq != metadata.seqOf.end() && seq->second < facts.size())
        row.body = facts[static_cast<size_t>(seq->second)];
    return row;
}

class ListCommand final : public Command
{
public:
    [[nodiscard]] const char *name() const override { return "list"; }
    [[nodiscard]] const char *summary() const override { return "Show the databases of an archive, or the documents of one"; }

    void addOptions(CLI::App &app) override
    {
        app.add_option("ARCHIVE", m_archive, "Archive, or folder of database directories")->required();
        app.add_option("DB", m_database, "Database");
        app.add_flag("--json", m_json, "Print one JSON object");
    }

    [[nodiscard]] Result<int> run(const Context &context) override
    {
        const auto view = ArchiveView::open(base::fromUtf8(m_archive), {});
        if (!view)
            return view.error();
        if (!m_database.empty())
            return listDocuments(**view, context);
        return listDatabases(**view, context);
    }

private:
    Result<int> listDatabases(const ArchiveView &view, const Context &context) const
    {
        const auto databases = view.databases();
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

    static void printDatabasesJson(const std::vector<ArchiveView::Database> &databases, const Context &context)
    {
        JsonWriter json;
        json.beginObject().key("databases").beginArray();
        for (const ArchiveView::Database &database : databases) {
            const archive::ManifestDatabase &entry = database.entry;
            json.beginObject().member("name", entry.name).member("documents", entry.documents);
            json.member("deleted", entry.deleted).member("leaves", entry.leaves);
            json.member("conflicted", entry.conflicted).member("attachments", entry.attachments);
            json.key("update_seq").raw(entry.updateSeq.empty() ? "null" : entry.updateSeq);
            json.member("reused", entry.reused);
            json.key("omissions").beginArray();
            for (const archive::Omission &omission : entry.omissions) {
                json.beginObject().member("code", omission.code);
                if (omission.id)
                    json.member("id", *omission.id);
                if (omission.rev)
                    json.member("rev", *omission.rev);
                if (omission.attachment)
                    json.member("attachment", *omission.attachment);
                json.member("message", omission.message).endObject();
            }
            json.endArray();
            json.member("whole", database.whole && database.problem.isEmpty());
            if (!database.problem.isEmpty())
                json.member("problem", database.problem);
            json.endObject();
        }
        json.endArray().endObject();
        context.out << json.text() << '\n';
    }

    static void printDatabases(const ArchiveView &view, const std::vector<ArchiveView::Database> &databases, const Context &context)
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
                note = std::to_string(entry.omissions.size()) + " omissions: " + shown(entry.omissions.front().message);
            table.addRow({shown(entry.name), std::to_string(entry.documents), std::to_string(entry.deleted), std::to_string(entry.leaves),
                          std::to_string(entry.conflicted), std::to_string(entry.attachments), note});
        }
        table.print(context.out);
        for (const archive::Finding &finding : view.reader().findings())
            context.err << (finding.fatal ? "PROBLEM: " : "remark: ") << finding.message.toStdString() << '\n';
    }

    Result<int> listDocuments(const ArchiveView &view, const Context &context) const
    {
        const auto store = view.openDatabase(m_database);
        if (!store)
            return store.error();
        const auto facts = factsOfBodies(**store);
        if (!facts)
            return facts.error();
        Status printed = m_json ? printDocumentsJson(**store, *facts, context) : printDocuments(**store, *facts, context);
        if (!printed)
            return printed.error();
        return exitcode::kGood;
    }

    static Status printDocumentsJson(store::Reader &store, const std::vector<BodyFacts> &facts, const Context &context)
    {
        JsonWriter json;
        json.beginObject().key("documents").beginArray();
        Status walked = store.forEachDocument([&](const store::Metadata &metadata) -> Result<bool> {
            const DocumentRow row = rowOf(metadata, facts);
            json.beginObject().member("id", row.id).member("rev", row.rev).member("deleted", row.deleted);
            json.member("leaves", row.leaves).member("attachments", std::uint64_t{row.body.attachments});
            json.member("size", std::uint64_t{row.body.size}).endObject();
            context.out << json.takeText();
            return !context.stop.stop_requested();
        });
        json.endArray().endObject();
        context.out << json.text() << '\n';
        return walked;
    }

    static Status printDocuments(store::Reader &store, const std::vector<BodyFacts> &facts, const Context &context)
    {
        context.out << "LEAVES  ATTACHMENTS        SIZE  DOCUMENT  REVISION\n";
        return store.forEachDocument([&](const store::Metadata &metadata) -> Result<bool> {
            const DocumentRow row = rowOf(metadata, facts);
            std::array<char, 64> numbers{};
            std::snprintf(numbers.data(), numbers.size(), "%6llu  %11u  %10s  ", static_cast<unsigned long long>(row.leaves),
                          row.body.attachments, sizeText(row.body.size).c_str());
            context.out << numbers.data() << shown(row.id) << "  " << shown(row.rev) << (row.deleted ? "  deleted" : "") << '\n';
            return !context.stop.stop_requested();
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
