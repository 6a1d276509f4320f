#include "core/serve/life.h"

#include "core/serve/incoming.h"

#include <algorithm>
#include <array>

namespace serve {

namespace {

constexpr std::array<const char *, 8> kNames{"ashford", "brook", "castle", "dale",
                                             "elm",     "ferry", "glen",   "harbour"};
constexpr size_t kFirstDocuments = 10;

bool isOfOrganisation(const std::string &name)
{
    return name.starts_with("org_") || name.starts_with("asmt_");
}

} // namespace

std::optional<Refusal> editInPlace(Database &database, const std::string &id,
                                   const std::string &members)
{
    const auto metadata = database.document(id);
    if (!metadata)
        return refusal::fromError(metadata.error());
    const std::string text = '{' + members + '}';
    auto parsed = parseIncoming(text);
    if (auto *refused = std::get_if<Refusal>(&parsed))
        return std::move(*refused);
    IncomingDocument &document = *std::get_if<IncomingDocument>(&parsed);
    document.id = id;
    if (*metadata)
        document.rev = (*metadata)->winner();
    auto rev = database.writable()->edit(document);
    if (auto *refused = std::get_if<Refusal>(&rev))
        return std::move(*refused);
    return std::nullopt;
}

Life::Life(Timeline &timeline, Backend &backend, LifeOptions options)
    : m_timeline(timeline)
    , m_backend(backend)
    , m_options(options)
    , m_random(options.seed)
{
}

void Life::later(std::chrono::seconds every, void (Life::*what)())
{
    if (every.count() <= 0)
        return;
    // Between half the time and one and a half.
    const auto milliseconds = static_cast<std::uint64_t>(every.count()) * 1000;
    const std::chrono::milliseconds wait(milliseconds / 2 + pick(milliseconds));
    m_timeline.after(wait, [weak = weak_from_this(), what] {
        if (const auto self = weak.lock())
            (self.get()->*what)();
    });
}

void Life::begin()
{
    later(m_options.editEvery, &Life::edit);
    later(m_options.birthEvery, &Life::birth);
    later(m_options.deathEvery, &Life::death);
}

std::uint64_t Life::pick(std::uint64_t below)
{
    return m_random() % below;
}

std::vector<std::string> Life::databases() const
{
    std::vector<std::string> names = m_backend.databases();
    std::erase_if(names, [](const std::string &name) { return !isOfOrganisation(name); });
    return names;
}

std::vector<std::string> &Life::idsOf(const std::string &name, Database &database)
{
    std::vector<std::string> &ids = m_ids[name];
    auto &seen = m_seen[name];
    if (seen.get() == &database)
        return ids;
    ids.clear();
    (void)database.forEachDocument(
        {}, false,
        [&](std::uint64_t /*seq*/, const store::Metadata &metadata) -> base::Result<bool> {
            if (!metadata.isDeleted() && !metadata.id.starts_with('_'))
                ids.push_back(metadata.id);
            return true;
        });
    const auto opened = m_backend.open(name);
    seen = opened ? *opened : nullptr;
    return ids;
}

void Life::edit()
{
    later(m_options.editEvery, &Life::edit);
    const auto names = databases();
    if (names.empty())
        return;
    const std::string &name = names[pick(names.size())];
    const auto opened = m_backend.open(name);
    if (!opened || !*opened)
        return;
    std::vector<std::string> &ids = idsOf(name, **opened);
    const std::uint64_t die = pick(10);
    const std::string members = R"("type":"order","amount":)" + std::to_string(pick(10'000))
        + R"(,"at":")" + base::isoTime(m_timeline.now()) + '"';
    if (ids.empty() || die < 3) {
        const std::string id = "life-" + std::to_string(++m_made);
        if (!editInPlace(**opened, id, members))
            ids.push_back(id);
        return;
    }
    const auto which = ids.begin() + static_cast<std::ptrdiff_t>(pick(ids.size()));
    const bool dies = die == 9;
    if (!editInPlace(**opened, *which, dies ? R"("_deleted":true)" : members) && dies)
        ids.erase(which);
}

void Life::birth()
{
    later(m_options.birthEvery, &Life::birth);
    const std::string name =
        std::string(kNames.at(pick(kNames.size()))) + '_' + std::to_string(++m_made);
    for (const std::string &database : {"org_" + name, "asmt_" + name}) {
        const auto refused = m_backend.create(database);
        const auto opened = m_backend.open(database);
        if (refused || !opened || !*opened)
            continue;
        for (size_t i = 1; i <= kFirstDocuments; ++i)
            (void)editInPlace(**opened, "order-" + std::to_string(i),
                              R"("type":"order","amount":)" + std::to_string(pick(10'000)));
    }
}

void Life::death()
{
    later(m_options.deathEvery, &Life::death);
    std::vector<std::string> names = databases();
    std::erase_if(names, [](const std::string &name) { return !name.starts_with("org_"); });
    if (names.size() <= kFewest)
        return;
    const std::string name = names[pick(names.size())].substr(4);
    for (const std::string &database : {"org_" + name, "asmt_" + name}) {
        (void)m_backend.remove(database);
        m_ids.erase(database);
        m_seen.erase(database);
    }
}

} // namespace serve
