#pragma once

#include "core/serve/incoming.h"

#include <functional>
#include <mutex>
#include <set>

namespace serve {

/// What a document must pass before it is written: CouchDB's own check of `_replicator` documents,
/// and what stands for a validate_doc_update in a rehearsal. Thread-safe.
class WriteRules
{
public:
    /// The reason why a document is refused, or nothing.
    using Rule = std::function<std::optional<std::string>(const std::string &database,
                                                          const std::string &id)>;
    /// Replaces the rule before; an empty function takes it away.
    void setRule(Rule rule);

    /// Checks a document of `_replicator` and writes the user into it as its owner. A refusal is
    /// that of the whole request, however many documents it holds.
    [[nodiscard]] std::optional<Refusal>
    prepare(const std::string &database, const std::string &user, IncomingDocument &document);
    /// What the rule says of this one document.
    [[nodiscard]] std::optional<Refusal> refusalOf(const std::string &database,
                                                   const std::string &id) const;

private:
    mutable std::mutex m_mutex;
    Rule m_rule;
    std::set<std::string> m_owners; ///< as JSON; documents point at them
};

} // namespace serve
