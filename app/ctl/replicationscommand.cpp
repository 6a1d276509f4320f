#include "app/ctl/jsonwriter.h"
#include "app/ctl/monitoring.h"
#include "app/ctl/output.h"
#include "app/ctl/usage.h"
#include "core/base/text.h"

#include <array>

namespace ctl {

namespace {

using base::Error;
using base::ErrorKind;
using base::Result;
using base::Status;
using engine::ReplicationAction;

struct ActionName {
    const char *name;
    ReplicationAction action;
    const char *done; ///< "NAME: ..."
};
constexpr std::array kActions{
    ActionName{"remove", ReplicationAction::Remove,
               "removed. The mirror's copy of the database stays; `resume` brings the replication "
               "back."},
    ActionName{"retry", ReplicationAction::Retry, "is tried again now."},
    ActionName{"pause", ReplicationAction::Pause, "paused."},
    ActionName{"resume", ReplicationAction::Resume, "goes on."},
};

class ReplicationsCommand final : public Command
{
public:
    [[nodiscard]] const char *name() const override { return "replications"; }
    [[nodiscard]] const char *summary() const override
    {
        return "Show the mirror's replications, or remove, retry, pause or resume some";
    }
    void addOptions(CLI::App &app) override
    {
        m_options.addTo(app);
        app.add_option("ACTION", m_action, "remove, retry, pause or resume; none: show them")
            ->type_name("")
            ->check(oneOf({"remove", "retry", "pause", "resume"}));
        app.add_option("NAME", m_names, "Databases, or ids of `_replicator` documents")
            ->type_name("");
        app.add_flag("--json", m_json, "Print one JSON object");
    }

    [[nodiscard]] Result<int> run(const Context &context) override
    {
        if (!m_action.empty() && m_names.empty())
            return Error{
                ErrorKind::Usage,
                base::text("Name the databases to %1.").arg(QString::fromStdString(m_action))};
        auto config = m_options.config();
        if (!config)
            return config.error();
        if (config->mirror.url.empty())
            return Error{ErrorKind::Usage,
                         base::text("The configuration names no mirror, so that there are no "
                                    "replications.")};
        auto servers = engine::openServers(*config, secretsOfThisMachine());
        if (!servers)
            return servers.error();
        engine::MirrorKeeper keeper({*config, *servers, context.clock, context.stop});
        couch::Client source(*servers->source, context.stop);
        const auto found = couch::discover(source, servers->middleware.get(),
                                           config->discovery.options(), context.stop);
        // A source that is down is no reason not to show what the mirror does.
        keeper.poll(found ? std::optional(found->databases) : std::nullopt, false);
        if (!keeper.state().problem.isEmpty())
            return Error{ErrorKind::Unreachable, keeper.state().problem};
        if (!m_action.empty())
            return act(keeper, context);
        if (m_json)
            printJson(keeper.state().view, context);
        else
            printText(keeper.state().view, context);
        return isGood(keeper.state().view) ? exitcode::kGood : exitcode::kAttention;
    }

private:
    static bool isGood(const monitor::MirrorView &view)
    {
        using monitor::ReplicationState;
        for (const monitor::MirrorRow &row : view.rows) {
            const ReplicationState state = row.replication.state;
            const bool isFine = state == ReplicationState::Running
                || state == ReplicationState::CatchingUp || state == ReplicationState::CaughtUp
                || !monitor::isExpectedToCopy(row);
            if (!isFine)
                return false;
        }
        return true;
    }

    Result<int> act(engine::MirrorKeeper &keeper, const Context &context) const
    {
        const ActionName *chosen = nullptr;
        for (const ActionName &action : kActions) {
            if (m_action == action.name)
                chosen = &action;
        }
        bool haveAllWorked = true;
        std::vector<std::pair<std::string, Status>> outcomes;
        for (const std::string &name : m_names) {
            Status done = keeper.act(chosen->action, name);
            haveAllWorked = haveAllWorked && done;
            outcomes.emplace_back(name, std::move(done));
        }
        if (m_json)
            printOutcomes(outcomes, context);
        for (const auto &[name, done] : outcomes) {
            if (m_json)
                break;
            if (done)
                context.out << shown(name) << ": " << chosen->done << '\n';
            else
                context.err << shown(name) << ": " << done.error().message.toStdString() << '\n';
        }
        return haveAllWorked ? exitcode::kGood : exitcode::kFailed;
    }

    static void printOutcomes(const std::vector<std::pair<std::string, Status>> &outcomes,
                              const Context &context)
    {
        JsonWriter json;
        json.beginObject().key("done").beginArray();
        for (const auto &[name, done] : outcomes) {
            json.beginObject().member("name", name).member("ok", static_cast<bool>(done));
            if (!done)
                json.member("message", done.error().message);
            json.endObject();
        }
        json.endArray().endObject();
        context.out << json.text() << '\n';
    }

    static void printText(const monitor::MirrorView &view, const Context &context)
    {
        Table table({{"DATABASE", Table::Align::Left},
                     {"STATE", Table::Align::Left},
                     {"PENDING", Table::Align::Right},
                     {"REFUSED", Table::Align::Right},
                     {"WHY", Table::Align::Left}});
        for (const monitor::MirrorRow &row : view.rows) {
            const monitor::Replication &replication = row.replication;
            table.addRow({shown(row.database), monitor::nameOf(replication.state),
                          replication.pending ? std::to_string(*replication.pending) : "?",
                          std::to_string(replication.refusedDocuments),
                          shown(replication.sentence.toStdString(), 1000)});
        }
        table.print(context.out);
    }

    static void printJson(const monitor::MirrorView &view, const Context &context)
    {
        JsonWriter json;
        json.beginObject().key("replications").beginArray();
        for (const monitor::MirrorRow &row : view.rows) {
            const monitor::Replication &replication = row.replication;
            json.beginObject().member("database", row.database);
            json.member("id", row.documentId);
            json.member("situation", monitor::nameOf(row.situation));
            json.member("state", monitor::nameOf(replication.state));
            json.member("since", base::isoTime(row.since));
            json.key("pending").raw(replication.pending ? std::to_string(*replication.pending)
                                                        : "null");
            json.member("refused", replication.refusedDocuments);
            json.member("message", replication.sentence).member("remedy", replication.remedy);
            json.key("next_try")
                .raw(replication.nextTry ? '"' + base::isoTime(*replication.nextTry) + '"'
                                         : "null");
            json.member("raw_state", replication.rawState);
            json.member("raw_error", replication.rawError);
            json.member("source", row.source).member("mirror", row.mirror);
            json.endObject();
        }
        json.endArray().endObject();
        context.out << json.text() << '\n';
    }

    MonitorOptions m_options;
    std::string m_action;
    std::vector<std::string> m_names;
    bool m_json = false;
};

} // namespace

std::unique_ptr<Command> makeReplicationsCommand()
{
    return std::make_unique<ReplicationsCommand>();
}

} // namespace ctl
