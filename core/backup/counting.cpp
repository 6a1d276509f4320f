#include "core/backup/counting.h"

#include "core/base/text.h"
#include "core/store/factssum.h"
#include "core/store/keyspace.h"

#include <algorithm>

namespace backup {

namespace {

using base::Error;
using base::ErrorKind;
using base::Result;
using base::Status;

class Counter
{
public:
    Counter(store::Reader &store, const std::stop_token &stop)
        : m_store(store)
        , m_stop(stop)
    {
    }

    Status countDocuments()
    {
        return m_store.forEachDocument([&](const store::Metadata &metadata) -> Result<bool> {
            std::uint64_t live = 0;
            for (const std::int32_t leaf : metadata.tree.leaves()) {
                live += metadata.tree.nodes()[static_cast<size_t>(leaf)].deleted ? 0 : 1;
                ++m_facts.leaves;
                m_facts.leafSet.add(metadata.id, metadata.tree.revOf(leaf).toString());
            }
            ++(live > 0 ? m_facts.documents : m_facts.deleted);
            m_facts.conflicted += live > 1 ? 1 : 0;
            if (metadata.seqOf.size() > 1) {
                for (const store::RevId &inner : store::storedInnerRevisions(metadata))
                    m_innerSeqs.push_back(metadata.seqOf.at(inner));
            }
            if (Status fine = check(); !fine)
                return fine.error();
            return true;
        });
    }

    Status countAttachments()
    {
        // Most databases have none; then their bodies, most of an archive, need not be read.
        bool hasAny = false;
        Status looked =
            m_store.forEachRecord(store::kAttachStore, [&](std::string_view, std::string_view) {
                hasAny = true;
                return check();
            });
        if (!looked || !hasAny)
            return looked;
        std::sort(m_innerSeqs.begin(), m_innerSeqs.end());
        return m_store.forEachBody([&](std::uint64_t seq, std::string_view text) -> Status {
            if (text.find("\"_attachments\"") == std::string_view::npos
                || std::binary_search(m_innerSeqs.begin(), m_innerSeqs.end(), seq))
                return check();
            const auto info = store::inspectBody(text);
            if (!info)
                return info.error();
            m_facts.attachments += info->attachments.size();
            return check();
        });
    }

    [[nodiscard]] const store::Facts &facts() const { return m_facts; }

private:
    [[nodiscard]] Status check() const
    {
        if (m_stop.stop_requested())
            return Error{ErrorKind::Cancelled, base::text("Stopped.")};
        return {};
    }

    store::Reader &m_store;
    const std::stop_token &m_stop;
    store::Facts m_facts;
    std::vector<std::uint64_t> m_innerSeqs; ///< of bodies that are not leaves: seldom any
};

} // namespace

Result<store::Facts> countDatabase(store::Reader &store, const std::stop_token &stop)
{
    Counter counter(store, stop);
    Status counted = counter.countDocuments();
    if (counted)
        counted = counter.countAttachments();
    if (!counted)
        return counted.error();
    return counter.facts();
}

Result<store::Facts> countDocuments(store::Reader &store, const std::stop_token &stop)
{
    Counter counter(store, stop);
    if (Status counted = counter.countDocuments(); !counted)
        return counted.error();
    return counter.facts();
}

} // namespace backup
