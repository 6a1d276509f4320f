#include "core/alert/message.h"

#include "core/base/clock.h"
#include "core/base/json.h"
#include "core/base/text.h"

#include <QByteArray>
#include <QString>

#include <algorithm>

namespace alert {

using base::text;
using monitor::Check;
using monitor::CheckState;

namespace {

constexpr std::size_t kMostInOneMessage = 20;

/// "2026-11-23 03:00 UTC"
QString timeText(TimePoint time)
{
    QString iso = QString::fromStdString(base::isoTime(time));
    iso.truncate(16);
    return iso.replace(QLatin1Char('T'), QLatin1Char(' ')) + QLatin1String(" UTC");
}

/// One line, whatever names are in it.
std::string oneLine(const QString &line)
{
    return base::printable(line.toStdString(), 900).toStdString();
}

void addProblem(std::string &body, const Check &check)
{
    body += "* " + oneLine(check.title) + ": " + oneLine(check.sentence) + '\n';
    if (!check.remedy.isEmpty())
        body += "  " + oneLine(check.remedy) + '\n';
    body += "  " + oneLine(text("Since %1.").arg(timeText(check.since))) + '\n';
}

std::string closing(const std::string &monitorName, TimePoint now)
{
    return "\n-- \n"
        + oneLine(text("focus-monitor \"%1\", %2")
                      .arg(base::printable(monitorName, 100), timeText(now)))
        + '\n';
}

std::string subjectOf(const std::string &monitorName, const QString &what)
{
    return "[focus-monitor " + base::printable(monitorName, 60).toStdString() + "] "
        + base::printable(what.toStdString(), 200).toStdString();
}

void addMember(std::string &json, const char *name, std::string_view value)
{
    json += json.size() > 1 ? "," : "";
    base::json::appendQuoted(json, name);
    json += ':';
    base::json::appendQuoted(json, value);
}

const char *nameOf(Message::Kind kind)
{
    switch (kind) {
    case Message::Kind::Problems: return "problems";
    case Message::Kind::Recovery: return "recovery";
    case Message::Kind::Test: return "test";
    }
    return "";
}

std::int64_t secondsOf(TimePoint time)
{
    return std::chrono::floor<std::chrono::seconds>(time.time_since_epoch()).count();
}

} // namespace

std::optional<Message> dueMessage(const std::vector<Check> &checks, const monitor::Verdict &verdict,
                                  const std::string &monitorName, std::chrono::seconds repeatAfter,
                                  TimePoint now, AlertMemory &memory)
{
    std::vector<const Check *> firing;
    std::vector<std::string> recovered;
    bool isDue = false;
    for (const Check &check : checks) {
        const auto said = memory.said.find(check.id);
        if (check.state == CheckState::Firing) {
            firing.push_back(&check);
            // A clock that was set back must not silence it.
            isDue = isDue || said == memory.said.end() || now - said->second.last >= repeatAfter
                || now < said->second.last;
        } else if (said != memory.said.end()
                   && (check.state == CheckState::Ok || check.state == CheckState::Muted)) {
            if (check.state == CheckState::Ok)
                recovered.push_back(oneLine(check.title) + ": " + oneLine(check.sentence));
            memory.said.erase(said);
        }
    }
    // What does not apply any more (no mirror, say) is not wrong any more either.
    std::erase_if(memory.said, [&checks](const auto &one) {
        return std::none_of(checks.begin(), checks.end(),
                            [&one](const Check &check) { return one.first == check.id; });
    });
    if (!isDue && recovered.empty())
        return std::nullopt;

    Message message;
    message.level = verdict.level;
    message.kind = firing.empty() ? Message::Kind::Recovery : Message::Kind::Problems;
    message.subject =
        subjectOf(monitorName,
                  firing.empty() ? text("Good again: %1").arg(verdict.sentence) : verdict.sentence);
    message.body = oneLine(verdict.sentence) + "\n\n";
    for (size_t i = 0; i < firing.size(); ++i) {
        message.checks.emplace_back(firing[i]->id);
        if (i < kMostInOneMessage)
            addProblem(message.body, *firing[i]);
        Said &said = memory.said[firing[i]->id];
        if (said.sentence.empty())
            said.first = now;
        said.last = now;
        said.sentence = oneLine(firing[i]->sentence);
    }
    if (!recovered.empty()) {
        message.body += firing.empty() ? "" : "\n";
        message.body += oneLine(text("Good again:")) + '\n';
        for (const std::string &line : recovered)
            message.body += "* " + line + '\n';
    }
    message.body += closing(monitorName, now);
    return message;
}

Message testMessage(const std::string &monitorName, TimePoint now)
{
    Message message;
    message.kind = Message::Kind::Test;
    message.level = monitor::VerdictLevel::Good;
    message.subject = subjectOf(monitorName, text("A test: alerts arrive here."));
    message.body = oneLine(text("This is a test. Nothing is wrong; alerts of this monitor arrive "
                                "here."))
        + '\n' + closing(monitorName, now);
    return message;
}

std::string AlertMemory::toText() const
{
    std::string json = "{";
    for (const auto &[id, one] : said) {
        json += json.size() > 1 ? "," : "";
        base::json::appendQuoted(json, id);
        json += ":{\"first\":" + std::to_string(secondsOf(one.first))
            + ",\"last\":" + std::to_string(secondsOf(one.last)) + ",\"sentence\":";
        base::json::appendQuoted(json, one.sentence);
        json += '}';
    }
    return json + "}\n";
}

AlertMemory AlertMemory::fromText(std::string_view text)
{
    AlertMemory memory;
    const auto members = base::json::members(text);
    if (!members)
        return memory;
    for (const auto &member : *members) {
        const auto fields = base::json::members(member.value);
        if (!fields)
            return {};
        const auto first = base::json::find(*fields, "first");
        const auto last = base::json::find(*fields, "last");
        const auto sentence = base::json::find(*fields, "sentence");
        const auto firstSeconds = first ? base::json::toUnsigned(*first) : std::nullopt;
        const auto lastSeconds = last ? base::json::toUnsigned(*last) : std::nullopt;
        constexpr std::uint64_t farAhead = 100'000'000'000;
        const bool isWhole = firstSeconds && lastSeconds && sentence && *firstSeconds < farAhead
            && *lastSeconds < farAhead && base::json::kindOf(*sentence) == base::json::Kind::String;
        if (!isWhole)
            return {};
        memory.said[base::json::unescape(member.key)] = {
            TimePoint(std::chrono::seconds(*firstSeconds)),
            TimePoint(std::chrono::seconds(*lastSeconds)), base::json::unescape(*sentence)};
    }
    return memory;
}

std::string asJson(const Message &message, const std::string &monitorName, TimePoint now)
{
    std::string json = "{";
    addMember(json, "monitor", base::printable(monitorName, 100).toStdString());
    addMember(json, "kind", nameOf(message.kind));
    addMember(json, "level", monitor::nameOf(message.level));
    addMember(json, "subject", message.subject);
    addMember(json, "body", message.body);
    json += ",\"checks\":[";
    for (size_t i = 0; i < message.checks.size(); ++i) {
        json += i > 0 ? "," : "";
        base::json::appendQuoted(json, message.checks[i]);
    }
    json += ']';
    addMember(json, "time", base::isoTime(now));
    addMember(json, "text", message.subject + "\n" + message.body);
    return json + '}';
}

} // namespace alert
