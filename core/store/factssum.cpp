#include "core/store/factssum.h"

#include <algorithm>

namespace store {

namespace {

/// id 0 rev 0 deleted 0 ancestors
std::string leafText(std::string_view id, const RevTree &tree, std::int32_t leaf)
{
    const RevPath path = tree.pathOf(leaf);
    std::string text(id);
    text += '\0';
    text += path.leaf().toString();
    text += '\0';
    text += tree.nodes()[static_cast<size_t>(leaf)].deleted ? '1' : '0';
    text += '\0';
    for (size_t i = 1; i < path.hashes.size(); ++i) {
        if (i > 1)
            text += ',';
        text += path.hashes[i];
    }
    return text;
}

} // namespace

void FactsSum::addDocument(std::string_view id, const RevTree &tree)
{
    std::uint64_t live = 0;
    for (const std::int32_t leaf : tree.leaves()) {
        const bool deleted = tree.nodes()[static_cast<size_t>(leaf)].deleted;
        live += deleted ? 0 : 1;
        ++m_facts.leaves;
        m_facts.leafSet.add(id, tree.revOf(leaf).toString());
        m_leaves.add(base::sha256(leafText(id, tree, leaf)));
    }
    ++(live > 0 ? m_facts.documents : m_facts.deleted);
    m_facts.conflicted += live > 1 ? 1 : 0;
}

void FactsSum::addBody(const base::Sha256 &body, std::uint64_t attachments)
{
    m_bodies.add(body);
    m_facts.attachments += attachments;
}

void FactsSum::removeBody(const base::Sha256 &body, std::uint64_t attachments)
{
    m_bodies.subtract(body);
    m_facts.attachments -= attachments; // may pass below zero before the body itself is added
}

void FactsSum::addDigest(std::string_view digest, std::uint64_t length)
{
    std::string term(digest);
    term += '\0';
    term += std::to_string(length);
    m_digests.add(base::sha256(term));
    m_facts.attachmentBytes += length;
}

Facts FactsSum::facts() const
{
    Facts facts = m_facts;
    facts.contentHash = base::sha256Hex(m_leaves.bytes() + m_bodies.bytes() + m_digests.bytes());
    return facts;
}

std::vector<RevId> storedInnerRevisions(const Metadata &metadata)
{
    std::vector<RevId> leaves;
    for (const std::int32_t leaf : metadata.tree.leaves())
        leaves.push_back(metadata.tree.revOf(leaf));
    std::ranges::sort(leaves);
    std::vector<RevId> inner;
    for (const auto &[rev, seq] : metadata.seqOf) {
        if (!std::ranges::binary_search(leaves, rev))
            inner.push_back(rev);
    }
    return inner;
}

} // namespace store
