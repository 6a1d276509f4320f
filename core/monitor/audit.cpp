#include "core/monitor/audit.h"

#include "core/backup/changesfeed.h"
#include "core/backup/diff.h"
#include "core/backup/idset.h"
#include "core/base/bytes.h"
#include "core/base/text.h"

#include <algorithm>
#include <cstring>
#include <iterator>
#include <map>
#include <set>
#include <unordered_map>

namespace monitor {

using base::Error;
using base::ErrorKind;
using base::Result;
using base::Status;

namespace {

using Revs = std::vector<std::string>;

class ServerLeaves final : public LeafPlace
{
public:
    ServerLeaves(couch::Client &server, std::string database)
        : m_server(server)
        , m_database(std::move(database))
    {
    }
    Status forEach(const Visitor &visit) override
    {
        const auto last =
            backup::forEachChange(m_server, m_database, {}, [&](const couch::ChangesRow &row) {
                return visit(row.id, row.revs);
            });
        return last ? Status() : Status(last.error());
    }

private:
    couch::Client &m_server;
    const std::string m_database;
};

class StoredLeaves final : public LeafPlace
{
public:
    explicit StoredLeaves(store::Reader &stored)
        : m_stored(stored)
    {
    }
    Status forEach(const Visitor &visit) override
    {
        return m_stored.forEachDocument([&](const store::Metadata &metadata) -> Result<bool> {
            Revs revs;
            for (const std::int32_t leaf : metadata.tree.leaves())
                revs.push_back(metadata.tree.revOf(leaf).toString());
            if (Status visited = visit(metadata.id, revs); !visited)
                return visited.error();
            return true;
        });
    }

private:
    store::Reader &m_stored;
};

std::uint64_t hash64(std::string_view text)
{
    const base::Sha256 digest = base::sha256(text);
    std::uint64_t value = 0;
    std::memcpy(&value, digest.data(), sizeof value);
    return value;
}

Revs sorted(Revs revs)
{
    std::sort(revs.begin(), revs.end());
    return revs;
}

std::uint64_t hashOf(const Revs &revs)
{
    std::string all;
    for (const std::string &rev : sorted(revs))
        all += rev + ' ';
    return hash64(all);
}

Revs without(const Revs &one, const Revs &other)
{
    Revs left;
    std::set_difference(one.begin(), one.end(), other.begin(), other.end(),
                        std::back_inserter(left));
    return left;
}

class Auditor
{
public:
    Auditor(LeafPlace &source, LeafPlace &other, const AuditOptions &options)
        : m_source(source)
        , m_other(other)
        , m_options(options)
    {
    }

    Result<AuditResult> run()
    {
        const auto here = sumOf(m_source);
        if (!here)
            return here.error();
        const auto there = sumOf(m_other);
        if (!there)
            return there.error();
        m_result.leavesAtSource = here->leaves();
        m_result.leavesThere = there->leaves();
        if (*here == *there)
            return std::move(m_result);
        for (std::size_t i = 0; i < m_buckets.size(); ++i)
            m_buckets[i] = !(here->buckets().at(i) == there->buckets().at(i));
        if (Status found = findSuspects(); !found)
            return found.error();
        if (m_suspects.empty())
            return std::move(m_result);
        const auto first = look();
        if (!first)
            return first.error();
        if (m_options.beforeSecondLook) {
            if (Status ready = m_options.beforeSecondLook(); !ready)
                return ready.error();
        }
        const auto second = look();
        if (!second)
            return second.error();
        judge(*first, *second);
        return std::move(m_result);
    }

private:
    struct Pair {
        Revs source, other; ///< sorted
    };
    using Look = std::map<std::string, Pair>;

    Status walk(LeafPlace &place, const LeafPlace::Visitor &visit) const
    {
        return place.forEach([&](const std::string &id, const Revs &revs) -> Status {
            if (m_options.stop.stop_requested())
                return Error{ErrorKind::Cancelled, base::text("Stopped.")};
            return visit(id, revs);
        });
    }

    Result<store::LeafSet> sumOf(LeafPlace &place) const
    {
        store::LeafSet leaves;
        Status walked = walk(place, [&](const std::string &id, const Revs &revs) {
            for (const std::string &rev : revs)
                leaves.add(id, rev);
            return Status();
        });
        return walked ? Result<store::LeafSet>(std::move(leaves))
                      : Result<store::LeafSet>(walked.error());
    }

    bool isInQuestion(const std::string &id) const
    {
        return m_buckets[store::LeafSet::bucketOf(id)];
    }

    void suspect(const std::string &id)
    {
        if (m_suspects.contains(id) || (m_options.isExplained && m_options.isExplained(id)))
            return;
        if (m_suspects.size() < m_options.mostListed)
            m_suspects.insert(id);
        else
            ++m_result.moreDifferences;
    }

    Status findSuspects()
    {
        std::unordered_map<std::uint64_t, std::uint64_t> atSource; // id to leaves, as hashes
        Status walked = walk(m_source, [&](const std::string &id, const Revs &revs) {
            if (isInQuestion(id))
                atSource[hash64(id)] = hashOf(revs);
            return Status();
        });
        if (!walked)
            return walked;
        walked = walk(m_other, [&](const std::string &id, const Revs &revs) {
            if (!isInQuestion(id))
                return Status();
            const auto found = atSource.find(hash64(id));
            if (found == atSource.end() || found->second != hashOf(revs))
                suspect(id);
            if (found != atSource.end())
                found->second = 0; // was there
            return Status();
        });
        if (!walked)
            return walked;
        return walk(m_source, [&](const std::string &id, const Revs &) {
            const auto found = isInQuestion(id) ? atSource.find(hash64(id)) : atSource.end();
            if (found != atSource.end() && found->second != 0)
                suspect(id);
            return Status();
        });
    }

    Result<Look> look() const
    {
        Look found;
        for (const std::string &id : m_suspects)
            found[id];
        const auto read = [&](LeafPlace &place, Revs Pair::*revsOf) {
            return walk(place, [&](const std::string &id, const Revs &revs) {
                if (const auto one = found.find(id); one != found.end())
                    one->second.*revsOf = sorted(revs);
                return Status();
            });
        };
        if (Status walked = read(m_source, &Pair::source); !walked)
            return walked.error();
        if (Status walked = read(m_other, &Pair::other); !walked)
            return walked.error();
        return found;
    }

    void judge(const Look &first, const Look &second)
    {
        for (const auto &[id, now] : second) {
            if (now.source == now.other)
                continue;
            if (first.at(id).source != now.source) {
                ++m_result.changedMeanwhile;
                continue;
            }
            m_result.differences.push_back(
                {id, without(now.source, now.other), without(now.other, now.source)});
        }
    }

    LeafPlace &m_source;
    LeafPlace &m_other;
    const AuditOptions &m_options;
    AuditResult m_result;
    backup::BucketSet m_buckets;
    std::set<std::string> m_suspects;
};

} // namespace

std::unique_ptr<LeafPlace> leavesOf(couch::Client &server, std::string database)
{
    return std::make_unique<ServerLeaves>(server, std::move(database));
}

std::unique_ptr<LeafPlace> leavesOf(store::Reader &stored)
{
    return std::make_unique<StoredLeaves>(stored);
}

Result<AuditResult> auditLeaves(LeafPlace &source, LeafPlace &other, const AuditOptions &options)
{
    return Auditor(source, other, options).run();
}

Result<std::function<bool(const std::string &)>>
changedSince(couch::Client &source, const std::string &database, const std::string &since)
{
    const auto changed = std::make_shared<backup::IdSet>();
    const auto last =
        backup::forEachChange(source, database, since, [&](const couch::ChangesRow &row) -> Status {
            changed->insert(row.id);
            return {};
        });
    if (!last)
        return last.error();
    return std::function<bool(const std::string &)>(
        [changed](const std::string &id) { return changed->contains(id); });
}

} // namespace monitor
