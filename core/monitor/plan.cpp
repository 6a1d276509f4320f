#include "core/monitor/plan.h"

#include "core/base/text.h"

#include <algorithm>
#include <array>
#include <map>
#include <tuple>

namespace monitor {

using base::text;

namespace {

/// An address of a server, made comparable with those of databases on it.
std::optional<couch::DatabaseAddress> serverAddress(const std::string &server)
{
    if (server.empty())
        return std::nullopt;
    return couch::DatabaseAddress::parse(couch::databaseUrl(server, "x"));
}

class Places
{
public:
    explicit Places(const MirrorAddresses &addresses)
        : m_sources{serverAddress(addresses.source), serverAddress(addresses.sourceFromMirror)}
        , m_mirrors{serverAddress(addresses.mirror), serverAddress(addresses.mirrorAsItself)}
    {
    }

    std::optional<DocumentPlace> of(const couch::ReplicatorDocument &document) const
    {
        const auto &source = document.source.address;
        const auto &target = document.target.address;
        if (!source || !target || !isAt(*source, m_sources))
            return std::nullopt;
        // A bare name is the mirror's own database (CouchDB 1, PouchDB Server).
        const bool isHere = target->isBareName() || isAt(*target, m_mirrors);
        if (!isHere)
            return std::nullopt;
        return DocumentPlace{source->database, source->database == target->database};
    }

private:
    using Spellings = std::array<std::optional<couch::DatabaseAddress>, 2>;
    static bool isAt(const couch::DatabaseAddress &address, const Spellings &servers)
    {
        return std::any_of(servers.begin(), servers.end(), [&](const auto &server) {
            return server && address.isAtSamePlaceAs(*server);
        });
    }

    Spellings m_sources, m_mirrors;
};

using Documents = std::vector<const couch::ReplicatorDocument *>;

/// Whether `one` is the better document of the two to watch.
bool isBetter(const couch::ReplicatorDocument &one, const couch::ReplicatorDocument &other)
{
    const auto rank = [](const couch::ReplicatorDocument &document) {
        return std::tuple(document.state == "failed", // the duplicate, in CouchDB's eyes
                          !document.continuous, document.isPartial, !document.isOurs);
    };
    return std::tuple_cat(rank(one), std::tie(one.id))
        < std::tuple_cat(rank(other), std::tie(other.id));
}

class Planner
{
public:
    explicit Planner(const PlanInput &input)
        : m_input(input)
        , m_listed(input.sourceDatabases.begin(), input.sourceDatabases.end())
    {
    }

    Plan make()
    {
        Plan plan;
        const Places places(m_input.addresses);
        for (const couch::ReplicatorDocument &document : m_input.documents) {
            const auto place = places.of(document);
            if (place && place->isSameName)
                m_documents[place->database].push_back(&document);
            else
                plan.foreign.push_back(document.id);
        }
        for (auto &[name, documents] : m_documents)
            std::sort(documents.begin(), documents.end(),
                      [](const auto *one, const auto *other) { return isBetter(*one, *other); });
        std::set<std::string> names = m_listed;
        for (const auto &[name, entry] : m_input.wishes.entries())
            names.insert(name);
        for (const auto &[name, documents] : m_documents)
            names.insert(name);
        for (const std::string &name : names) {
            if (auto row = rowOf(name))
                plan.rows.push_back(std::move(*row));
        }
        return plan;
    }

private:
    std::optional<PlanRow> rowOf(const std::string &name)
    {
        PlanRow row;
        row.database = name;
        const auto found = m_documents.find(name);
        const Documents none;
        const Documents &documents = found == m_documents.end() ? none : found->second;
        if (!documents.empty())
            row.documentId = documents.front()->id;
        for (std::size_t i = 1; i < documents.size(); ++i)
            row.duplicates.push_back(documents[i]->id);

        const WishEntry *wish = m_input.wishes.find(name);
        const bool isWanted = isWantedHere(name);
        if (wish == nullptr)
            return withoutWish(std::move(row), !documents.empty(), isWanted);
        switch (wish->wish) {
        case Wish::Sync: sync(row, !documents.empty(), isWanted); break;
        case Wish::Paused: stopped(row, documents, *wish, Situation::Paused); break;
        case Wish::Removed: stopped(row, documents, *wish, Situation::Removed); break;
        case Wish::KeptThoughGone: row.situation = Situation::KeptThoughGone; break;
        }
        return row;
    }

    // System databases are no customer's: _users and the like are never mirrored.
    bool isWantedHere(const std::string &name) const
    {
        return !name.starts_with('_') && m_input.filter.keeps(name);
    }

    std::optional<PlanRow> withoutWish(PlanRow row, bool hasDocument, bool isWanted) const
    {
        if (!hasDocument && (!isWanted || !m_listed.contains(row.database)))
            return std::nullopt;
        if (hasDocument && !isWanted) {
            row.situation = Situation::LeftOut;
            row.sentence = text("The configuration leaves it out, but there is a document that "
                                "mirrors it. It is left alone.");
        } else if (hasDocument) {
            row.action = PlanAction::Adopt;
            there(row);
        } else {
            row.situation = Situation::New;
            row.action = PlanAction::Create;
        }
        return row;
    }

    void sync(PlanRow &row, bool hasDocument, bool isWanted) const
    {
        if (hasDocument) {
            there(row);
        } else if (isWanted && m_listed.contains(row.database)
                   && m_input.recreate.contains(row.database)) {
            row.situation = Situation::New;
            row.action = PlanAction::Create;
        } else {
            row.situation = Situation::DeletedByOthers;
            row.sentence =
                text("Somebody deleted its document in _replicator, so that it is not mirrored "
                     "any more. Remove it here too, or have it mirrored again.");
        }
    }

    void there(PlanRow &row) const
    {
        row.situation = Situation::Mirrored;
        if (!row.duplicates.empty()) {
            row.situation = Situation::Duplicated;
            row.sentence = text("%1 documents in _replicator mirror it; CouchDB follows one.")
                               .arg(row.duplicates.size() + 1);
        } else if (!m_listed.contains(row.database)) {
            row.situation = Situation::NotAtSource;
            row.sentence = text("The source does not list it at the moment.");
        } else if (m_documents.at(row.database).front()->isPartial) {
            row.sentence = text("Its document copies only a part of it (a filter or a list of "
                                "documents), so that the mirror is no whole copy.");
        }
    }

    static void stopped(PlanRow &row, const Documents &documents, const WishEntry &wish,
                        Situation situation)
    {
        row.situation = situation;
        if (documents.empty())
            return;
        for (const couch::ReplicatorDocument *document : documents) {
            if (wish.document && document->id == wish.document->id
                && document->rev == wish.document->rev) {
                row.action = PlanAction::FinishRemoval;
                row.documentId = document->id;
                return;
            }
        }
        row.situation = Situation::RemovedButThere;
        row.sentence = situation == Situation::Paused
            ? text("You paused it, but somebody has written a document that mirrors it.")
            : text("You removed it, but somebody has written a document that mirrors it.");
    }

    const PlanInput &m_input;
    const std::set<std::string> m_listed;
    std::map<std::string, Documents> m_documents;
};

} // namespace

std::optional<DocumentPlace> placeOf(const couch::ReplicatorDocument &document,
                                     const MirrorAddresses &addresses)
{
    return Places(addresses).of(document);
}

const char *nameOf(Situation situation)
{
    switch (situation) {
    case Situation::New: break;
    case Situation::Mirrored: return "mirrored";
    case Situation::Duplicated: return "duplicated";
    case Situation::Paused: return "paused";
    case Situation::Removed: return "removed";
    case Situation::RemovedButThere: return "removed-but-there";
    case Situation::DeletedByOthers: return "deleted-by-others";
    case Situation::KeptThoughGone: return "kept-though-gone";
    case Situation::NotAtSource: return "not-at-source";
    case Situation::LeftOut: return "left-out";
    }
    return "new";
}

Plan makePlan(const PlanInput &input)
{
    return Planner(input).make();
}

} // namespace monitor
