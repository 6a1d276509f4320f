#include "core/backup/diffarchives.h"

#include "core/backup/counting.h"
#include "core/base/text.h"

#include <algorithm>

namespace backup {

namespace {

using base::Error;
using base::ErrorKind;
using base::Result;
using base::Status;

constexpr size_t kPageDocuments = 256;
constexpr size_t kPageRevisions = 100'000;

Error stopped()
{
    return {ErrorKind::Cancelled, base::text("The comparison was stopped before its end.")};
}

Error nothingHeld(const std::string &database)
{
    return {ErrorKind::NotFound,
            base::text("One of the backups holds nothing of database %1; `list` says why.")
                .arg(base::printable(database))};
}

Result<DatabaseState> stateOf(const ArchiveView &archive, const ArchiveView::Name &database,
                              const std::stop_token &stop)
{
    DatabaseState state;
    state.name = database.name;
    if (database.directory.empty()) {
        state.problem = nothingHeld(database.name).message;
        return state;
    }
    if (!database.whole) {
        state.problem = base::text("The archive has lost files of this database.");
        return state;
    }
    if (const archive::ManifestDatabase *entry = archive.entry(database.name)) {
        state.documents = entry->documents;
        state.deleted = entry->deleted;
        state.leaves = entry->leaves;
        state.leafSet = entry->leafSet;
        return state;
    }
    const auto store = archive.openDirectory(database.directory);
    const auto facts = store ? countDocuments(**store, stop) : Result<store::Facts>(store.error());
    if (!facts && facts.error().kind == ErrorKind::Cancelled)
        return stopped();
    if (!facts) {
        state.problem = facts.error().message;
        return state;
    }
    state.documents = facts->documents;
    state.deleted = facts->deleted;
    state.leaves = facts->leaves;
    state.leafSet = facts->leafSet.hex();
    return state;
}

Result<std::vector<DatabaseState>> statesOf(const ArchiveView &archive, const std::stop_token &stop)
{
    std::vector<DatabaseState> states;
    for (const ArchiveView::Name &database : archive.names()) {
        if (stop.stop_requested())
            return stopped();
        auto state = stateOf(archive, database, stop);
        if (!state)
            return state.error();
        states.push_back(std::move(*state));
    }
    return states;
}

/// The documents of a store one after the other, a page at a time, so that two stores can be walked
/// side by side.
class DocumentPages
{
public:
    /// `store` may be null: then there are none.
    DocumentPages(store::Reader *store, const BucketSet &buckets, const std::stop_token &stop)
        : m_store(store)
        , m_buckets(buckets)
        , m_stop(stop)
        , m_isLast(store == nullptr)
    {
    }

    /// Null at the end; valid until pop().
    Result<const store::Metadata *> front()
    {
        if (m_next == m_page.size() && !m_isLast) {
            if (Status read = readPage(); !read)
                return read.error();
        }
        return m_next == m_page.size() ? nullptr : &m_page[m_next];
    }
    void pop() { ++m_next; }

private:
    Status readPage()
    {
        m_page.clear();
        m_next = 0;
        m_isLast = true;
        size_t revisions = 0;
        const auto isWanted = [this](std::string_view id) {
            return m_buckets[store::LeafSet::bucketOf(id)];
        };
        return m_store->forEachDocument(
            [&](const store::Metadata &metadata) -> Result<bool> {
                if (m_stop.stop_requested())
                    return stopped();
                // A forged one would make us read the same page again and again.
                if (metadata.id < m_from)
                    return Error{ErrorKind::Corrupt,
                                 base::text("The document %1 is stored under another id.")
                                     .arg(base::printable(metadata.id))};
                m_from = metadata.id + '\0'; // the next possible id
                m_page.push_back(metadata);
                revisions += metadata.tree.nodes().size();
                m_isLast = m_page.size() < kPageDocuments && revisions < kPageRevisions;
                return m_isLast;
            },
            std::string(m_from), isWanted);
    }

    store::Reader *m_store;
    const BucketSet &m_buckets;
    const std::stop_token &m_stop;
    std::vector<store::Metadata> m_page;
    size_t m_next = 0;
    std::string m_from;
    bool m_isLast;
};

Status walkSideBySide(DocumentPages before, DocumentPages after, const DifferenceVisitor &visit)
{
    while (true) {
        const auto left = before.front();
        if (!left)
            return left.error();
        const auto right = after.front();
        if (!right)
            return right.error();
        if (*left == nullptr && *right == nullptr)
            return {};
        const bool takesLeft =
            *left != nullptr && (*right == nullptr || (*left)->id <= (*right)->id);
        const bool takesRight =
            *right != nullptr && (*left == nullptr || (*right)->id <= (*left)->id);
        const auto difference =
            diffDocument(takesLeft ? *left : nullptr, takesRight ? *right : nullptr);
        if (difference) {
            if (Status visited = visit(*difference); !visited)
                return visited;
        }
        if (takesLeft)
            before.pop();
        if (takesRight)
            after.pop();
    }
}

/// Null when the archive does not know the database.
Result<std::unique_ptr<store::Reader>> openIfThere(const ArchiveView &archive,
                                                   const std::string &database)
{
    const auto names = archive.names();
    const auto found = std::find_if(names.begin(), names.end(), [&](const ArchiveView::Name &it) {
        return it.name == database;
    });
    if (found == names.end())
        return std::unique_ptr<store::Reader>();
    if (found->directory.empty())
        return nothingHeld(database);
    return archive.openDatabase(database);
}

BucketSet bucketsToLookAt(const ArchiveView &before, const ArchiveView &after,
                          const std::string &database)
{
    const archive::ManifestDatabase *left = before.entry(database);
    const archive::ManifestDatabase *right = after.entry(database);
    if (left == nullptr || right == nullptr)
        return BucketSet().set();
    if (left->leafSet == right->leafSet)
        return {};
    return differingBuckets(left->leafSetBuckets, right->leafSetBuckets);
}

} // namespace

Result<std::vector<DatabaseDifference>>
diffArchives(const ArchiveView &before, const ArchiveView &after, const std::stop_token &stop)
{
    auto left = statesOf(before, stop);
    if (!left)
        return left.error();
    auto right = statesOf(after, stop);
    if (!right)
        return right.error();
    return diffDatabases(std::move(*left), std::move(*right));
}

Status diffDocuments(const ArchiveView &before, const ArchiveView &after,
                     const std::string &database, const DifferenceVisitor &visit,
                     const std::stop_token &stop)
{
    const auto left = openIfThere(before, database);
    if (!left)
        return left.error();
    const auto right = openIfThere(after, database);
    if (!right)
        return right.error();
    if (*left == nullptr && *right == nullptr)
        return Error{ErrorKind::NotFound,
                     base::text("Neither backup holds a database %1. `diff` "
                                "without a database shows what they hold.")
                         .arg(base::printable(database))};
    const BucketSet buckets = bucketsToLookAt(before, after, database);
    if (buckets.none())
        return {};
    return walkSideBySide({left->get(), buckets, stop}, {right->get(), buckets, stop}, visit);
}

} // namespace backup
