#pragma once

#include "core/store/document.h"
#include "core/store/facts.h"

namespace store {

/// Adds up the Facts of a database, in any order. Writer and examine() share it, so that both mean
/// the same. One thread.
class FactsSum
{
public:
    void addDocument(std::string_view id, const RevTree &tree);
    /// A leaf's body with its number of attachments.
    void addBody(const base::Sha256 &body, std::uint64_t attachments);
    /// Takes back what addBody() was told too much.
    void removeBody(const base::Sha256 &body, std::uint64_t attachments);
    /// Once for every digest.
    void addDigest(std::string_view digest, std::uint64_t length);
    [[nodiscard]] Facts facts() const;

private:
    Facts m_facts;
    base::HashSum m_leaves;
    base::HashSum m_bodies;
    base::HashSum m_digests;
};

/// The revisions with stored bodies that are not leaves: none in a database that we write.
[[nodiscard]] std::vector<RevId> storedInnerRevisions(const Metadata &metadata);

} // namespace store
