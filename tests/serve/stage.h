#pragma once

#include "core/base/json.h"
#include "core/serve/rehearsal.h"
#include "tests/serve/rawclient.h"

#include <algorithm>

namespace servetesting {

/// The end of a replication in a document.
inline std::string endText(const std::string &url, const std::string &user,
                           const std::string &password)
{
    std::string text = "{\"url\":" + base::json::quoted(url);
    if (!user.empty())
        text += ",\"auth\":{\"basic\":{\"username\":" + base::json::quoted(user)
            + ",\"password\":" + base::json::quoted(password) + "}}";
    return text + '}';
}

/// A rehearsal with one user at both places, and what the tests do with it.
class Stage
{
public:
    explicit Stage(serve::RehearsalOptions options = {})
    {
        for (auto *server : {&options.source, &options.mirror}) {
            server->access.user = "admin";
            server->access.password = base::Secret(std::string("secret"));
        }
        auto started = serve::Rehearsal::start(std::move(options));
        if (started)
            m_rehearsal = std::move(*started);
    }
    serve::Rehearsal *operator->() { return m_rehearsal.get(); }
    serve::Rehearsal::Place &source() { return m_rehearsal->source(); }
    serve::Rehearsal::Place &mirror() { return m_rehearsal->mirror(); }

    RawAnswer ask(serve::Rehearsal::Place &place, const std::string &method,
                  const std::string &target, const std::string &body = {})
    {
        std::vector<std::string> headers{basic("admin", m_password)};
        if (!body.empty())
            headers.emplace_back("Content-Type: application/json");
        return RawClient(place.port()).ask(method, target, body, headers);
    }
    /// Puts a document for this database; `more` are further members.
    RawAnswer put(const std::string &id, const std::string &database,
                  const std::string &more = R"(,"create_target":true,"continuous":true)")
    {
        return putEnds(id, endText(source().url() + '/' + database, "admin", "secret"),
                       endText(mirror().url() + '/' + database, "admin", "secret"), more);
    }
    RawAnswer putEnds(const std::string &id, const std::string &from, const std::string &to,
                      const std::string &more = R"(,"create_target":true,"continuous":true)")
    {
        return ask(mirror(), "PUT", "/_replicator/" + id,
                   R"({"source":)" + from + R"(,"target":)" + to + more + '}');
    }
    /// The row of a document; empty when there is none.
    std::string row(const std::string &id)
    {
        const RawAnswer answer = ask(mirror(), "GET", "/_scheduler/docs/_replicator/" + id);
        return answer.status == 200 ? answer.body : std::string();
    }
    /// A member of the row, raw.
    std::string field(const std::string &id, const std::string &name)
    {
        const std::string text = row(id);
        const auto members = base::json::members(std::string_view(text).substr(0, text.size() - 1));
        const auto value = members ? base::json::find(*members, name) : std::nullopt;
        return std::string(value.value_or(""));
    }
    std::string info(const std::string &id, const std::string &name)
    {
        const std::string text = field(id, "info");
        const auto members = base::json::members(text);
        const auto value = members ? base::json::find(*members, name) : std::nullopt;
        return std::string(value.value_or(""));
    }
    std::string error(const std::string &id) { return base::json::unescape(info(id, "error")); }
    bool is(const std::string &id, const std::string &state)
    {
        return field(id, "state") == base::json::quoted(state);
    }
    bool becomes(const std::string &id, const std::string &state, std::chrono::seconds within)
    {
        return m_rehearsal->advanceUntil([&] { return is(id, state); }, within);
    }
    void setPassword(const std::string &password) { m_password = password; }

private:
    std::unique_ptr<serve::Rehearsal> m_rehearsal;
    std::string m_password = "secret";
};

inline QString text(const std::string &bytes)
{
    return QString::fromStdString(bytes);
}

/// All leaves of each document of a database with their bodies, sorted.
inline QStringList documentsOf(Stage &stage, serve::Rehearsal::Place &place,
                               const std::string &database)
{
    const RawAnswer changes = stage.ask(place, "GET", '/' + database + "/_changes?style=all_docs");
    const auto members = base::json::members(changes.body);
    QStringList documents;
    const auto rows = base::json::elements(members ? *base::json::find(*members, "results") : "[]");
    for (const std::string_view row : *rows) {
        const auto fields = base::json::members(row);
        const std::string id = base::json::unescape(*base::json::find(*fields, "id"));
        const RawAnswer leaves = stage.ask(
            place, "POST", '/' + database + "/_bulk_get?revs=true&attachments=true&latest=true",
            R"({"docs":[{"id":)" + base::json::quoted(id) + "}]}");
        documents += text(leaves.body);
    }
    documents.sort();
    return documents;
}

/// The same as one text that can be compared.
inline QString everything(Stage &stage, serve::Rehearsal::Place &place, const std::string &database)
{
    return documentsOf(stage, place, database).join(QLatin1Char('\n'));
}

} // namespace servetesting
