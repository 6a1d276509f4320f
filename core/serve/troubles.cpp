#include "core/serve/troubles.h"

#include <array>

namespace serve {

namespace {

/// What can go wrong with requests.
struct Trouble {
    const char *name;
    FaultKind kind;
    int status;
    std::uint64_t share; ///< of a hundred requests
};

constexpr std::array kTroubles{
    Trouble{"refuses the password (401)", FaultKind::Refuse, 401, 100},
    Trouble{"forbids (403)", FaultKind::Refuse, 403, 100},
    Trouble{"finds bodies too large (413)", FaultKind::Refuse, 413, 30},
    Trouble{"throttles (429)", FaultKind::Refuse, 429, 60},
    Trouble{"fails now and then (500)", FaultKind::Refuse, 500, 30},
    Trouble{"fails (500)", FaultKind::Refuse, 500, 100},
    Trouble{"is not available (503)", FaultKind::Refuse, 503, 100},
    Trouble{"stalls", FaultKind::Stall, 0, 30},
    Trouble{"stalls in the middle of answers", FaultKind::StallInBody, 0, 30},
    Trouble{"cuts answers", FaultKind::Cut, 0, 40},
    Trouble{"closes connections", FaultKind::CloseAtOnce, 0, 50},
    Trouble{"answers like a web page", FaultKind::Garbage, 0, 50},
};

/// A place that stops and a mirror that restarts come on top of these.
constexpr std::uint64_t kStops = 2;
constexpr std::uint64_t kRestarts = 1;
constexpr std::uint64_t kCutBehind = 40; // bytes

} // namespace

Troubles::Troubles(Timeline &timeline, Rehearsal::Place &source, Rehearsal::Place &mirror,
                   TroubleOptions options)
    : m_timeline(timeline)
    , m_source(source)
    , m_mirror(mirror)
    , m_options(options)
    , m_random(options.seed)
{
}

Troubles::~Troubles()
{
    end();
}

std::uint64_t Troubles::pick(std::uint64_t below)
{
    return m_random() % below;
}

std::string Troubles::now() const
{
    const std::lock_guard lock(m_mutex);
    return m_now;
}

void Troubles::begin()
{
    schedule();
}

void Troubles::schedule()
{
    const auto between = std::chrono::milliseconds(m_options.every).count();
    const auto longest = std::chrono::milliseconds(m_options.longest).count();
    const auto chance = [this](std::int64_t most) {
        return std::chrono::milliseconds(
            pick(static_cast<std::uint64_t>(std::max<std::int64_t>(most, 1))));
    };
    const auto wait = std::chrono::milliseconds(between / 2) + chance(between);
    const auto lasts = std::chrono::seconds(1) + chance(longest);
    const auto later = [this](std::chrono::milliseconds after, void (Troubles::*what)()) {
        m_timeline.after(after, [weak = weak_from_this(), what] {
            if (const auto self = weak.lock())
                (self.get()->*what)();
        });
    };
    later(wait, &Troubles::start);
    later(wait + lasts, &Troubles::end);
    later(wait + lasts, &Troubles::schedule);
}

void Troubles::start()
{
    const bool isSource = pick(2) == 0;
    Rehearsal::Place &place = isSource ? m_source : m_mirror;
    const std::uint64_t which = pick(kTroubles.size() + kStops + kRestarts);
    std::string what;
    if (which < kTroubles.size()) {
        const Trouble &trouble = kTroubles.at(which);
        what = trouble.name;
        // Requests come on many threads: which of them go wrong hangs on their number alone.
        const std::uint64_t salt = pick(100);
        auto count = std::make_shared<std::atomic<std::uint64_t>>(0);
        place.faults().setPlan([trouble, salt, count](const Request &) -> std::optional<Fault> {
            if (((*count)++ * 37 + salt) % 100 >= trouble.share)
                return std::nullopt;
            return Fault{trouble.kind, trouble.status, kCutBehind};
        });
    } else if (which < kTroubles.size() + kStops) {
        what = "is down";
        place.stop();
        m_stopped = &place;
    } else {
        what = "restarts";
        if (!place.restart())
            m_stopped = &place;
    }
    const std::lock_guard lock(m_mutex);
    m_now = std::string(isSource ? "the source " : "the mirror ") + what;
}

void Troubles::end()
{
    m_source.faults().clear();
    m_mirror.faults().clear();
    // Where the port is taken meanwhile, the next end tries again.
    if (m_stopped && m_stopped->restart())
        m_stopped = nullptr;
    const std::lock_guard lock(m_mutex);
    m_now = m_stopped ? m_now : std::string();
}

} // namespace serve
