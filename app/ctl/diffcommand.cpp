#include "app/ctl/cellwidth.h"
#include "app/ctl/command.h"
#include "app/ctl/jsonwriter.h"
#include "app/ctl/output.h"
#include "core/backup/diffarchives.h"
#include "core/backup/stopping.h"

#include <algorithm>

namespace ctl {

namespace {

using backup::DatabaseChange;
using backup::DatabaseDifference;
using backup::DatabaseState;
using backup::DocumentChange;
using backup::DocumentDifference;
using backup::DocumentState;
using base::Result;
using base::Status;

const char *nameOf(DatabaseChange change)
{
    switch (change) {
    case DatabaseChange::Unchanged: return "unchanged";
    case DatabaseChange::Changed: return "changed";
    case DatabaseChange::Added: return "added";
    case DatabaseChange::Removed: return "removed";
    case DatabaseChange::Unknown: return "unknown";
    }
    return "";
}

const char *nameOf(DocumentChange change)
{
    switch (change) {
    case DocumentChange::Added: return "added";
    case DocumentChange::Removed: return "removed";
    case DocumentChange::Winner: return "winner";
    case DocumentChange::Leaves: return "leaves";
    }
    return "";
}

void addState(JsonWriter &json, const char *name, const std::optional<DatabaseState> &state)
{
    json.key(name);
    if (!state || !state->problem.isEmpty()) {
        json.raw("null");
        return;
    }
    json.beginObject().member("documents", state->documents).member("deleted", state->deleted);
    json.member("leaves", state->leaves).endObject();
}

void addState(JsonWriter &json, const char *name, const std::optional<DocumentState> &state)
{
    json.key(name);
    if (!state) {
        json.raw("null");
        return;
    }
    json.beginObject().member("rev", state->rev).member("deleted", state->deleted);
    json.member("leaves", state->leaves).endObject();
}

QString problemOf(const DatabaseDifference &difference)
{
    for (const auto *state : {&difference.before, &difference.after}) {
        if (*state && !(*state)->problem.isEmpty())
            return (*state)->problem;
    }
    return {};
}

std::string padded(std::string text, size_t cells)
{
    const size_t width = cellWidth(text);
    return text.append(width < cells ? cells - width : 0, ' ');
}

class DiffCommand final : public Command
{
public:
    [[nodiscard]] const char *name() const override { return "diff"; }
    [[nodiscard]] const char *summary() const override
    {
        return "Show what changed between two archives";
    }

    void addOptions(CLI::App &app) override
    {
        app.add_option("BEFORE", m_before, "Archive, or folder of database directories")
            ->type_name("")
            ->required();
        app.add_option("AFTER", m_after, "The archive it is compared with")
            ->type_name("")
            ->required();
        app.add_option("DB", m_database, "The documents of this database that differ")
            ->type_name("");
        app.add_flag("--json", m_json, "Print one JSON object");
    }

    [[nodiscard]] Result<int> run(const Context &context) override
    {
        const auto before = backup::ArchiveView::open(base::fromUtf8(m_before), {},
                                                      backup::unlessStopped(context.stop));
        if (!before)
            return before.error();
        const auto after = backup::ArchiveView::open(base::fromUtf8(m_after), {},
                                                     backup::unlessStopped(context.stop));
        if (!after)
            return after.error();
        // A cut archive may have had more databases: it must not look as if they were removed.
        const bool isBeforeWhole = tellLosses(m_before, **before, context);
        m_isWhole = tellLosses(m_after, **after, context) && isBeforeWhole;
        if (m_database.empty())
            return diffDatabases(**before, **after, context);
        return m_json ? diffDocumentsAsJson(**before, **after, context)
                      : diffDocuments(**before, **after, context);
    }

private:
    /// True when there are none.
    [[nodiscard]] bool tellLosses(const std::string &path, const backup::ArchiveView &archive,
                                  const Context &context) const
    {
        const auto losses = archive.losses();
        for (const archive::Finding &loss : losses) {
            if (!m_json)
                context.err << "PROBLEM: " << shown(path, path.size()) << ": "
                            << loss.message.toStdString() << '\n';
        }
        return losses.empty() && archive.reader().origin() != archive::Origin::CutShort;
    }

    Result<int> diffDatabases(const backup::ArchiveView &before, const backup::ArchiveView &after,
                              const Context &context) const
    {
        const auto differences = backup::diffArchives(before, after, context.stop);
        if (!differences)
            return differences.error();
        if (m_json)
            printJson(*differences, context);
        else
            printText(*differences, context);
        const auto has = [&](const auto &test) {
            return std::any_of(differences->begin(), differences->end(), test);
        };
        if (has([](const auto &it) {
                return it.change != DatabaseChange::Unchanged
                    && it.change != DatabaseChange::Unknown;
            }))
            return exitcode::kAttention;
        const bool hasUnknown =
            has([](const auto &it) { return it.change == DatabaseChange::Unknown; });
        return hasUnknown || !m_isWhole ? exitcode::kUnknown : exitcode::kGood;
    }

    void printJson(const std::vector<DatabaseDifference> &differences, const Context &context) const
    {
        bool areEqual = m_isWhole;
        JsonWriter json;
        json.beginObject().key("databases").beginArray();
        for (const DatabaseDifference &difference : differences) {
            areEqual = areEqual && difference.change == DatabaseChange::Unchanged;
            json.beginObject().member("name", difference.name);
            json.member("change", nameOf(difference.change));
            addState(json, "before", difference.before);
            addState(json, "after", difference.after);
            if (const QString problem = problemOf(difference); !problem.isEmpty())
                json.member("problem", problem);
            json.endObject();
        }
        json.endArray().member("equal", areEqual).member("whole", m_isWhole).endObject();
        context.out << json.text() << '\n';
    }

    static void printText(const std::vector<DatabaseDifference> &differences,
                          const Context &context)
    {
        using Align = Table::Align;
        Table table({{"DATABASE", Align::Left},
                     {"CHANGE", Align::Left},
                     {"DOCUMENTS", Align::Right},
                     {"", Align::Left},
                     {"LEAVES", Align::Right},
                     {"", Align::Left},
                     {"", Align::Left}});
        std::uint64_t differing = 0;
        for (const DatabaseDifference &difference : differences) {
            if (difference.change == DatabaseChange::Unchanged)
                continue;
            ++differing;
            const auto number = [](const std::optional<DatabaseState> &state,
                                   std::uint64_t DatabaseState::*count) {
                return state && state->problem.isEmpty() ? std::to_string((*state).*count) : "-";
            };
            const auto &[name, change, before, after] = difference;
            table.addRow({shown(name, name.size()), nameOf(change),
                          number(before, &DatabaseState::documents),
                          "-> " + number(after, &DatabaseState::documents),
                          number(before, &DatabaseState::leaves),
                          "-> " + number(after, &DatabaseState::leaves),
                          problemOf(difference).toStdString()});
        }
        if (differing > 0)
            table.print(context.out);
        const std::uint64_t equal = differences.size() - differing;
        context.out << countText(differing, "database")
                    << (differing == 1 ? " differs, " : " differ, ") << equal
                    << (equal == 1 ? " is" : " are") << " equal.\n";
    }

    Result<int> diffDocuments(const backup::ArchiveView &before, const backup::ArchiveView &after,
                              const Context &context) const
    {
        constexpr size_t changeWidth = 7;
        constexpr size_t stateWidth = 34; // "1-" and 32 digits
        std::uint64_t count = 0;
        Status walked = backup::diffDocuments(
            before, after, m_database,
            [&](const DocumentDifference &difference) {
                if (count++ == 0)
                    context.out << padded("CHANGE", changeWidth) << "  "
                                << padded("BEFORE", stateWidth) << "  "
                                << padded("AFTER", stateWidth) << "  DOCUMENT\n";
                context.out << padded(nameOf(difference.change), changeWidth) << "  "
                            << padded(stateText(difference.before), stateWidth) << "  "
                            << padded(stateText(difference.after), stateWidth) << "  "
                            << shown(difference.id) << '\n';
                return Status();
            },
            context.stop);
        if (!walked)
            return walked.error();
        context.out << countText(count, "document") << (count == 1 ? " differs.\n" : " differ.\n");
        return count == 0 ? exitcode::kGood : exitcode::kAttention;
    }

    static std::string stateText(const std::optional<DocumentState> &state)
    {
        if (!state)
            return "-";
        std::string text = shown(state->rev);
        if (state->leaves > 1)
            text += " (of " + countText(state->leaves, "leaf revision") + ')';
        if (state->deleted)
            text += " (deleted)";
        return text;
    }

    /// What goes wrong in the middle becomes a member of the one object, behind what was printed
    /// already.
    Result<int> diffDocumentsAsJson(const backup::ArchiveView &before,
                                    const backup::ArchiveView &after, const Context &context) const
    {
        JsonWriter json;
        json.beginObject().member("database", m_database).key("documents").beginArray();
        std::uint64_t count = 0;
        Status walked = backup::diffDocuments(
            before, after, m_database,
            [&](const DocumentDifference &difference) {
                ++count;
                json.beginObject()
                    .member("id", difference.id)
                    .member("change", nameOf(difference.change));
                addState(json, "before", difference.before);
                addState(json, "after", difference.after);
                json.endObject();
                context.out << json.takeText();
                return Status();
            },
            context.stop);
        if (!walked && count == 0)
            return walked.error();
        json.endArray();
        if (walked)
            json.member("equal", count == 0);
        else
            addError(json, walked.error());
        json.endObject();
        context.out << json.text() << '\n';
        if (!walked)
            return base::exitCode(walked.error().kind);
        return count == 0 ? exitcode::kGood : exitcode::kAttention;
    }

    std::string m_before;
    std::string m_after;
    std::string m_database;
    bool m_json = false;
    bool m_isWhole = true; ///< both archives are
};

} // namespace

std::unique_ptr<Command> makeDiffCommand()
{
    return std::make_unique<DiffCommand>();
}

} // namespace ctl
