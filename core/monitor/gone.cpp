#include "core/monitor/gone.h"

#include "core/base/clock.h"
#include "core/base/failpoint.h"
#include "core/base/text.h"
#include "core/monitor/ownfile.h"

#include <QLocale>

#include <algorithm>
#include <charconv>
#include <iterator>

namespace monitor {

using base::printable;
using base::Result;
using base::Status;
using base::text;

namespace json = base::json;

namespace {

constexpr std::uint64_t kFormat = 1;
constexpr std::size_t kLeastVanishing = 3;
constexpr std::size_t kVanishingShare = 5; ///< one of so many
constexpr size_t kMostAnswerBytes = 200;

/// The number in front of an update sequence, as JSON text: "12-g1AA", 12, [12,"g1"].
std::uint64_t numberOf(std::string_view sequence)
{
    const std::size_t digit = sequence.find_first_of("0123456789");
    std::uint64_t number = 0;
    if (digit != std::string_view::npos)
        std::from_chars(sequence.data() + digit, sequence.data() + sequence.size(), number);
    return number;
}

bool saysItsStart(const std::string &instanceStartTime)
{
    return !instanceStartTime.empty() && instanceStartTime != "0";
}

QString stateText(const std::string &instanceStartTime, std::uint64_t sequence)
{
    return saysItsStart(instanceStartTime)
        ? text("started at %1, at sequence %2")
              .arg(printable(instanceStartTime), QString::number(sequence))
        : text("at sequence %1").arg(sequence);
}

} // namespace

const char *nameOf(GoneVerdict verdict)
{
    switch (verdict) {
    case GoneVerdict::Suspected: break;
    case GoneVerdict::Gone: return "gone";
    case GoneVerdict::Outage: return "outage";
    }
    return "suspected";
}

std::size_t mostVanishingTogether(std::size_t databases)
{
    return std::max(kLeastVanishing, databases / kVanishingShare);
}

std::vector<std::string> GoneMemory::missingFrom(const std::vector<std::string> &listed,
                                                 const std::vector<std::string> &mirrored)
{
    std::vector<std::string> sorted = mirrored;
    std::sort(sorted.begin(), sorted.end());
    std::vector<std::string> missing;
    std::set_difference(sorted.begin(), sorted.end(), listed.begin(), listed.end(),
                        std::back_inserter(missing));
    return missing;
}

void GoneMemory::observe(const SourceLook &look, const std::vector<std::string> &mirrored)
{
    const std::vector<std::string> missing = missingFrom(look.listed, mirrored);
    std::erase_if(m_missing, [&](const auto &one) {
        const auto answer = look.answers.find(one.first);
        const bool answersNow =
            answer != look.answers.end() && answer->second.answer == DatabaseAnswer::There;
        return answersNow || !std::binary_search(missing.begin(), missing.end(), one.first);
    });
    // Those that were found to be gone before are no news.
    const auto news = static_cast<std::size_t>(
        std::count_if(missing.begin(), missing.end(), [&](const std::string &name) {
            const auto known = m_missing.find(name);
            return known == m_missing.end() || !known->second.isConfirmed;
        }));
    const bool isImplausible = look.listed.empty() || news > mostVanishingTogether(mirrored.size());
    if (news > 0 && isImplausible) {
        if (!m_outageSince)
            m_outageSince = look.at;
        m_outageCount = news;
        std::erase_if(m_missing, [](const auto &one) { return !one.second.isConfirmed; });
        return;
    }
    m_outageSince.reset();
    for (const std::string &name : missing) {
        const auto answer = look.answers.find(name);
        if (answer == look.answers.end() || answer->second.answer != DatabaseAnswer::Missing)
            continue;
        const Look now{look.at, look.listed.size(),
                       printable(answer->second.text, kMostAnswerBytes).toStdString()};
        const auto [place, isNew] = m_missing.try_emplace(name, Missing{now, now, false});
        Missing &one = place->second;
        if (!isNew && one.first.at > look.at && !one.isConfirmed)
            one.first = now; // the clock was set back
        one.last = now;
        one.isConfirmed = one.isConfirmed || one.last.at - one.first.at >= kGoneAfter;
    }
}

std::vector<GoneDatabase> GoneMemory::verdicts() const
{
    std::vector<GoneDatabase> verdicts;
    for (const auto &[name, missing] : m_missing) {
        GoneDatabase one;
        one.database = name;
        one.since = missing.first.at;
        const auto add = [&one](const Look &look) {
            one.evidence.push_back(
                {look.at,
                 text("The source's list of %1 databases does not have it.").arg(look.listed)});
            one.evidence.push_back(
                {look.at, text("Asked for it, the source said: %1").arg(printable(look.answer))});
        };
        add(missing.first);
        if (missing.last.at != missing.first.at)
            add(missing.last);
        if (m_outageSince) {
            one.verdict = GoneVerdict::Outage;
            one.sentence = text("Too many databases are missing at the source together (%1): this "
                                "looks like an outage or a wrong address, not like deletions.")
                               .arg(m_outageCount);
        } else if (missing.isConfirmed) {
            one.verdict = GoneVerdict::Gone;
            one.sentence = text("It was deleted at the source: missing twice, at least ten minutes "
                                "apart, in the list and by its own answer.");
        } else {
            one.sentence = text(
                "It is missing at the source; whether it was deleted shows ten minutes later.");
        }
        verdicts.push_back(std::move(one));
    }
    return verdicts;
}

void GoneMemory::observeInfo(const std::string &database, const couch::DatabaseInfo &info,
                             TimePoint at)
{
    const std::uint64_t sequence = numberOf(info.updateSeq);
    const auto [place, isNew] = m_known.try_emplace(
        database, Known{info.instanceStartTime, sequence, std::nullopt, {}, {}});
    Known &known = place->second;
    if (isNew)
        return;
    const bool bothSay =
        saysItsStart(known.instanceStartTime) && saysItsStart(info.instanceStartTime);
    // Where both say when they began, a sequence that goes back by a little is only another
    // shard's.
    const bool isAnother =
        bothSay ? known.instanceStartTime != info.instanceStartTime : sequence < known.sequence;
    if (isAnother) {
        known.before = stateText(known.instanceStartTime, known.sequence).toStdString();
        known.after = stateText(info.instanceStartTime, sequence).toStdString();
        known.recreatedAt = at;
        known.sequence = sequence;
    }
    known.instanceStartTime = info.instanceStartTime;
    known.sequence = std::max(known.sequence, sequence);
}

std::vector<RecreatedDatabase> GoneMemory::recreated() const
{
    std::vector<RecreatedDatabase> list;
    for (const auto &[name, known] : m_known) {
        if (known.recreatedAt)
            list.push_back({name, *known.recreatedAt,
                            text("It was deleted at the source and made again: it was %1, and is "
                                 "now %2. The mirror may hold documents of the old one.")
                                .arg(printable(known.before), printable(known.after))});
    }
    return list;
}

void GoneMemory::acknowledgeRecreated(const std::string &database)
{
    if (const auto known = m_known.find(database); known != m_known.end())
        known->second.recreatedAt.reset();
}

void GoneMemory::forget(const std::string &database)
{
    m_missing.erase(database);
    m_known.erase(database);
}

bool GoneMemory::read(std::string_view bytes, GoneMemory &memory)
{
    const auto fields = Fields::of(bytes);
    if (!fields || fields->number("format") != kFormat)
        return false;
    const auto lookOf = [](const Fields &from, const char *key) -> std::optional<Look> {
        const auto raw = from.raw(key);
        const auto look = raw ? Fields::of(*raw) : std::nullopt;
        const auto at = look ? look->time("at") : std::nullopt;
        if (!at)
            return std::nullopt;
        return Look{*at, look->number("listed").value_or(0), look->string("answer").value_or("")};
    };
    const auto missing = Fields::of(fields->raw("missing").value_or(""));
    const auto known = Fields::of(fields->raw("known").value_or(""));
    if (!missing || !known)
        return false;
    for (const json::Member &member : missing->members()) {
        const auto entry = Fields::of(member.value);
        const auto first = entry ? lookOf(*entry, "first") : std::nullopt;
        const auto last = entry ? lookOf(*entry, "last") : std::nullopt;
        if (!first || !last)
            return false;
        memory.m_missing[json::unescape(member.key)] =
            Missing{*first, *last, entry->raw("confirmed") == "true"};
    }
    for (const json::Member &member : known->members()) {
        const auto entry = Fields::of(member.value);
        if (!entry)
            return false;
        Known one;
        one.instanceStartTime = entry->string("started").value_or("");
        one.sequence = entry->number("sequence").value_or(0);
        one.recreatedAt = entry->time("recreated");
        one.before = entry->string("before").value_or("");
        one.after = entry->string("after").value_or("");
        memory.m_known[json::unescape(member.key)] = one;
    }
    memory.m_outageSince = fields->time("outage_since");
    memory.m_outageCount = fields->number("outage_count").value_or(0);
    return true;
}

Result<GoneMemory> GoneMemory::load(const base::fs::path &file)
{
    const auto bytes = readOwnFile(file);
    if (!bytes)
        return bytes.error();
    GoneMemory memory;
    std::error_code code;
    if (bytes->empty() && !base::fs::exists(file, code))
        return memory;
    if (!read(*bytes, memory))
        return damagedFile(file, text("which databases the source lacks"),
                           text("Deletions are noticed later."));
    return memory;
}

Status GoneMemory::save(const base::fs::path &file) const
{
    const auto time = [](TimePoint at) { return json::quoted(base::isoTime(at)); };
    const auto look = [&](const Look &one) {
        return R"({"at":)" + time(one.at) + R"(,"listed":)" + std::to_string(one.listed)
            + R"(,"answer":)" + json::quoted(one.answer) + "}";
    };
    std::string out = R"({"format":)" + std::to_string(kFormat);
    if (m_outageSince)
        out += R"(,"outage_since":)" + time(*m_outageSince) + R"(,"outage_count":)"
            + std::to_string(m_outageCount);
    out += R"(,"missing":{)";
    for (const auto &[name, one] : m_missing) {
        out += (out.ends_with('{') ? "\n" : ",\n") + json::quoted(name) + R"(:{"first":)"
            + look(one.first) + R"(,"last":)" + look(one.last)
            + (one.isConfirmed ? R"(,"confirmed":true})" : "}");
    }
    out += R"(},"known":{)";
    for (const auto &[name, one] : m_known) {
        out += (out.ends_with('{') ? "\n" : ",\n") + json::quoted(name) + R"(:{"started":)"
            + json::quoted(one.instanceStartTime) + R"(,"sequence":)"
            + std::to_string(one.sequence);
        if (one.recreatedAt)
            out += R"(,"recreated":)" + time(*one.recreatedAt) + R"(,"before":)"
                + json::quoted(one.before) + R"(,"after":)" + json::quoted(one.after);
        out += "}";
    }
    FM_POINT("gone-save");
    return base::writeFileAtomically(file, out + "}}\n");
}

} // namespace monitor
