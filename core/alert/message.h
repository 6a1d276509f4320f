#pragma once

#include "core/monitor/health.h"

#include <map>
#include <string>

/// What is told to whom, and when. Composition is pure; delivery (delivery.h) is not.
namespace alert {

using monitor::TimePoint;

/// One message, for every channel.
struct Message {
    enum class Kind { Problems, Recovery, Test };
    Kind kind = Kind::Problems;
    monitor::VerdictLevel level = monitor::VerdictLevel::Unknown;
    std::string subject;             ///< one line without control characters
    std::string body;                ///< plain text, lines end in \n
    std::vector<std::string> checks; ///< ids of what it speaks of
};

/// What was said of each check, so that nothing is said twice. Kept between runs.
struct Said {
    TimePoint first, last;
    std::string sentence;
};
struct AlertMemory {
    std::map<std::string, Said> said;

    [[nodiscard]] std::string toText() const; ///< one JSON object
    /// Empty for what is no such text: then things are said again, which is the safe side.
    [[nodiscard]] static AlertMemory fromText(std::string_view text);
};

/// The message that is due, if one is: everything that fires and was not said, or not for
/// `repeatAfter`, in one message; or that all of what was said is good again. `monitorName` is what
/// this monitor is called. `memory` is what will have been said; keep it when the message was
/// delivered somewhere, else keep the old one and ask again.
[[nodiscard]] std::optional<Message> dueMessage(const std::vector<monitor::Check> &checks,
                                                const monitor::Verdict &verdict,
                                                const std::string &monitorName,
                                                std::chrono::seconds repeatAfter, TimePoint now,
                                                AlertMemory &memory);

/// For trying a channel.
[[nodiscard]] Message testMessage(const std::string &monitorName, TimePoint now);

/// The message as an e-mail (RFC 5322, UTF-8 in base64), lines end in \r\n. The addresses are those
/// of the configuration; nothing in them or in the message can begin another header.
[[nodiscard]] std::string asMail(const Message &message, const std::string &from,
                                 const std::vector<std::string> &to, TimePoint now,
                                 std::string_view uniqueId);

/// The message as the JSON that a webhook gets: monitor, kind, level, subject, body, checks, time;
/// and `text`, which chat services show.
[[nodiscard]] std::string asJson(const Message &message, const std::string &monitorName,
                                 TimePoint now);

} // namespace alert
