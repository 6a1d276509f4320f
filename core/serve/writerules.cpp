#include "core/serve/writerules.h"

#include "core/serve/replicatordocument.h"

namespace serve {

namespace json = base::json;

void WriteRules::setRule(Rule rule)
{
    const std::lock_guard lock(m_mutex);
    m_rule = std::move(rule);
}

std::optional<Refusal> WriteRules::prepare(const std::string &database, const std::string &user,
                                           IncomingDocument &document)
{
    if (database != kReplicatorDatabase || document.deleted || document.id.starts_with("_design/"))
        return std::nullopt;
    if (auto refused = checkReplicatorDocument(document.userMembers))
        return refused;
    if (!json::find(document.userMembers, "owner")) {
        const std::lock_guard lock(m_mutex);
        const auto owner = m_owners.insert(user.empty() ? "null" : json::quoted(user)).first;
        document.userMembers.push_back({"owner", *owner});
    }
    return std::nullopt;
}

std::optional<Refusal> WriteRules::refusalOf(const std::string &database,
                                             const std::string &id) const
{
    Rule rule;
    {
        const std::lock_guard lock(m_mutex);
        rule = m_rule;
    }
    auto reason = rule ? rule(database, id) : std::nullopt;
    if (!reason)
        return std::nullopt;
    return Refusal{403, "forbidden", std::move(*reason)};
}

} // namespace serve
