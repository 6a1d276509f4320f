#pragma once

#include "core/backup/comparison.h"
#include "core/backup/idset.h"

namespace backup {

/// Gathers what is wrong, at most kMost by name.
class ProblemList
{
public:
    static constexpr size_t kMost = 100;

    void add(store::Problem problem)
    {
        if (m_list.size() < kMost)
            m_list.push_back(std::move(problem));
        else
            ++m_more;
    }
    [[nodiscard]] bool isEmpty() const { return m_list.empty(); }
    [[nodiscard]] std::vector<store::Problem> take();

private:
    std::vector<store::Problem> m_list;
    std::uint64_t m_more = 0;
};

/// Compares the leaf revisions of a store with the source's, and remembers which documents have
/// changed at the source since the store was made: for them no difference counts. One thread.
class LeafComparer
{
public:
    LeafComparer(const ComparisonRequest &request, ProblemList &problems);

    [[nodiscard]] base::Status compare();
    /// Looks for documents that changed since this was last asked; says how many were not known.
    [[nodiscard]] base::Result<size_t> noteChanged();
    [[nodiscard]] bool hasChanged(const std::string &id) const { return m_changed.contains(id); }
    /// Whether the source has purged something since.
    [[nodiscard]] base::Result<bool> hasPurged();
    [[nodiscard]] size_t changedDocuments() const { return m_changed.size() + m_purged; }
    void countPurged() { ++m_purged; }

private:
    /// A document with other leaves there than here.
    struct Difference {
        std::string id;
        std::vector<std::string> missing; ///< there, not here
        std::vector<std::string> extra;   ///< here, not there
    };
    [[nodiscard]] base::Result<store::LeafSet> leavesAtSource();
    [[nodiscard]] base::Result<std::vector<std::string>> leavesHere(const std::string &id);
    [[nodiscard]] base::Status nameDifferences();
    [[nodiscard]] base::Result<std::vector<Difference>> findDifferences(bool &isCut);
    [[nodiscard]] base::Status report(const std::vector<Difference> &differences, bool isCut);

    const ComparisonRequest &m_request;
    ProblemList &m_problems;
    std::string m_since;
    store::LeafSet m_unchangedHere; ///< stored leaves of all documents but the changed ones
    IdSet m_changed;
    size_t m_purged = 0;
};

} // namespace backup
