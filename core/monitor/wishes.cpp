#include "core/monitor/wishes.h"

#include "core/base/clock.h"
#include "core/base/failpoint.h"
#include "core/base/text.h"
#include "core/monitor/ownfile.h"

#include <array>

namespace monitor {

using base::Result;
using base::Status;

namespace json = base::json;

namespace {

constexpr std::uint64_t kFormat = 1;
constexpr std::array kWishes{Wish::Sync, Wish::Paused, Wish::Removed, Wish::KeptThoughGone};

std::optional<Wish> wishOf(const std::string &name)
{
    for (const Wish wish : kWishes) {
        if (name == nameOf(wish))
            return wish;
    }
    return std::nullopt;
}

std::optional<WishEntry> readEntry(std::string_view raw)
{
    const auto fields = Fields::of(raw);
    if (!fields)
        return std::nullopt;
    const auto wish = wishOf(fields->string("wish").value_or(std::string()));
    const auto since = fields->time("since");
    if (!wish || !since)
        return std::nullopt;
    WishEntry entry{*wish, *since, std::nullopt};
    if (const auto kept = fields->raw("document")) {
        const auto document = Fields::of(*kept);
        const auto id = document ? document->string("id") : std::nullopt;
        const auto rev = document ? document->string("rev") : std::nullopt;
        const auto body = document ? document->raw("json") : std::nullopt;
        if (!id || !rev || !body || json::kindOf(*body) != json::Kind::Object)
            return std::nullopt;
        entry.document = KeptDocument{*id, *rev, std::string(*body)};
    }
    return entry;
}

std::optional<Wishes::PauseOfAll> readPause(std::string_view raw)
{
    const auto fields = Fields::of(raw);
    const auto since = fields ? fields->time("since") : std::nullopt;
    if (!since)
        return std::nullopt;
    return Wishes::PauseOfAll{*since, fields->string("max_jobs")};
}

void appendEntry(std::string &out, const WishEntry &entry)
{
    out += R"({"wish":")" + std::string(nameOf(entry.wish)) + R"(","since":")"
        + base::isoTime(entry.since) + '"';
    if (entry.document)
        out += R"(,"document":{"id":)" + json::quoted(entry.document->id) + R"(,"rev":)"
            + json::quoted(entry.document->rev) + R"(,"json":)" + entry.document->json + '}';
    out += '}';
}

} // namespace

const char *nameOf(Wish wish)
{
    switch (wish) {
    case Wish::Sync: break;
    case Wish::Paused: return "paused";
    case Wish::Removed: return "removed";
    case Wish::KeptThoughGone: return "kept-though-gone";
    }
    return "sync";
}

Result<Wishes> Wishes::load(const base::fs::path &file)
{
    const auto bytes = readOwnFile(file);
    if (!bytes)
        return bytes.error();
    Wishes wishes;
    if (bytes->empty()) {
        std::error_code code;
        if (!base::fs::exists(file, code))
            return wishes;
    }
    const auto damaged = [&] {
        return damagedFile(file, base::text("what you decided for each database"),
                           base::text("No replication is made until it can be read."));
    };
    const auto fields = Fields::of(*bytes);
    const auto databases = fields ? fields->raw("databases") : std::nullopt;
    const auto list = databases ? Fields::of(*databases) : std::nullopt;
    if (!list || fields->number("format") != kFormat)
        return damaged();
    for (const json::Member &member : list->members()) {
        auto entry = readEntry(member.value);
        if (!entry)
            return damaged();
        wishes.m_entries.emplace(json::unescape(member.key), std::move(*entry));
    }
    if (const auto raw = fields->raw("paused_all")) {
        wishes.pauseOfAll = readPause(*raw);
        if (!wishes.pauseOfAll)
            return damaged();
    }
    return wishes;
}

Status Wishes::save(const base::fs::path &file) const
{
    std::string out = R"({"format":)" + std::to_string(kFormat);
    if (pauseOfAll) {
        out += R"(,"paused_all":{"since":")" + base::isoTime(pauseOfAll->since) + '"';
        if (pauseOfAll->maxJobs)
            out += R"(,"max_jobs":)" + json::quoted(*pauseOfAll->maxJobs);
        out += '}';
    }
    out += R"(,"databases":{)";
    bool isFirst = true;
    for (const auto &[name, entry] : m_entries) {
        out += (isFirst ? "\n" : ",\n") + json::quoted(name) + ':';
        appendEntry(out, entry);
        isFirst = false;
    }
    FM_POINT("wishes-save");
    Status written = base::writeFileAtomically(file, out + "}}\n");
    FM_POINT("wishes-saved");
    return written;
}

const WishEntry *Wishes::find(const std::string &database) const
{
    const auto found = m_entries.find(database);
    return found == m_entries.end() ? nullptr : &found->second;
}

void Wishes::set(const std::string &database, Wish wish, TimePoint now,
                 std::optional<KeptDocument> document)
{
    m_entries[database] = WishEntry{wish, now, std::move(document)};
}

std::size_t Wishes::dropOldDocuments(TimePoint now)
{
    std::size_t dropped = 0;
    for (auto &[name, entry] : m_entries) {
        if (entry.wish != Wish::Removed || !entry.document || now - entry.since < kUndoFor)
            continue;
        entry.document.reset();
        ++dropped;
    }
    return dropped;
}

} // namespace monitor
