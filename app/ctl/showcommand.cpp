#include "app/ctl/command.h"
#include "app/ctl/documentid.h"
#include "app/ctl/jsonwriter.h"
#include "app/ctl/output.h"
#include "app/ctl/treetext.h"
#include "core/backup/archiveview.h"
#include "core/backup/stopping.h"
#include "core/base/indentjson.h"
#include "core/base/text.h"

namespace ctl {

namespace {

using base::Error;
using base::ErrorKind;
using base::Result;

/// The stored text with `_revisions` behind its last member.
std::string withRevisions(std::string body, const store::RevPath &path)
{
    std::string revisions =
        R"("_revisions":{"start":)" + std::to_string(path.start) + R"(,"ids":[)";
    for (size_t i = 0; i < path.hashes.size(); ++i) {
        if (i > 0)
            revisions += ',';
        base::json::appendQuoted(revisions, path.hashes[i]);
    }
    revisions += "]}";
    const size_t brace = body.rfind('}');
    const size_t lastText = body.find_last_not_of(" \t\r\n", brace - 1);
    const bool isEmpty = body[lastText] == '{';
    body.insert(brace, (isEmpty ? "" : ",") + revisions);
    return body;
}

class ShowCommand final : public Command
{
public:
    [[nodiscard]] const char *name() const override { return "show"; }
    [[nodiscard]] const char *summary() const override
    {
        return "Show a document's body, or its revision tree";
    }

    void addOptions(CLI::App &app) override
    {
        app.add_option("ARCHIVE", m_archive, "Archive, or folder of database directories")
            ->type_name("")
            ->required();
        app.add_option("DB", m_database, "Database")->type_name("")->required();
        m_document.addTo(app);
        auto *rev = app.add_option("--rev", m_rev, "This revision instead of the winning one")
                        ->type_name("REV");
        app.add_flag("--tree", m_tree, "The revision tree")->excludes(rev);
        app.add_flag("--json", m_json, "Print one JSON object");
    }

    [[nodiscard]] Result<int> run(const Context &context) override
    {
        const auto id = m_document.id();
        if (!id)
            return id.error();
        const auto view = backup::ArchiveView::open(base::fromUtf8(m_archive), {},
                                                    backup::unlessStopped(context.stop));
        if (!view)
            return view.error();
        const auto store = (*view)->openDatabase(m_database);
        if (!store)
            return store.error();
        const auto document = (*store)->document(*id);
        if (!document)
            return document.error();
        if (!document->has_value())
            return Error{ErrorKind::NotFound,
                         base::text("Database %1 has no document %2 in this archive.")
                             .arg(base::printable(m_database), base::printable(*id))};
        if (m_tree) {
            printTree(**document, context);
            return exitcode::kGood;
        }
        return printBody(**store, **document, context);
    }

private:
    void printTree(const store::Metadata &metadata, const Context &context) const
    {
        if (!m_json) {
            context.out << shown(metadata.id, metadata.id.size()) << '\n'
                        << treeText(metadata.tree);
            return;
        }
        JsonWriter json;
        json.beginObject().member("id", metadata.id).member("winner", metadata.winner().toString());
        json.key("roots").raw(treeJson(metadata.tree)).endObject();
        context.out << json.text() << '\n';
    }

    Result<int> printBody(store::Reader &store, const store::Metadata &metadata,
                          const Context &context) const
    {
        auto rev = metadata.winner();
        if (!m_rev.empty()) {
            const auto wanted = store::RevId::parse(m_rev);
            if (!wanted)
                return Error{ErrorKind::Usage,
                             base::text("%1 is not a revision; one looks like 3-0f1e2d3c.")
                                 .arg(base::printable(m_rev))};
            rev = *wanted;
        }
        const std::int32_t node = metadata.tree.find(rev);
        if (node < 0)
            return Error{
                ErrorKind::NotFound,
                base::text(
                    "Document %1 has no revision %2 in this archive. --tree shows those it has.")
                    .arg(base::printable(metadata.id), base::printable(rev.toString()))};
        const auto seq = metadata.seqOf.find(rev);
        if (seq == metadata.seqOf.end())
            return Error{
                ErrorKind::NotFound,
                base::text(
                    "Revision %1 of document %2 is known, but its body was not kept; only leaf "
                    "revisions have bodies.")
                    .arg(base::printable(rev.toString()), base::printable(metadata.id))};
        const auto body = store.body(seq->second);
        if (!body)
            return body.error();
        if (const auto members = base::json::members(*body); !members)
            return Error{ErrorKind::Corrupt,
                         base::text("The body of revision %1 of document %2 is damaged. %3")
                             .arg(base::printable(rev.toString()), base::printable(metadata.id),
                                  members.error().message)};
        const std::string text = withRevisions(*body, metadata.tree.pathOf(node));
        context.out << (m_json ? text : base::indentJson(*body)) << '\n';
        return exitcode::kGood;
    }

    std::string m_archive;
    std::string m_database;
    DocumentIdOption m_document;
    std::string m_rev;
    bool m_tree = false;
    bool m_json = false;
};

} // namespace

std::unique_ptr<Command> makeShowCommand()
{
    return std::make_unique<ShowCommand>();
}

} // namespace ctl
