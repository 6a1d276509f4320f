#include "app/ctl/progressline.h"

#include "app/ctl/cellwidth.h"
#include "app/ctl/console.h"
#include "app/ctl/output.h"

#include <chrono>
#include <condition_variable>

namespace ctl {

namespace {

constexpr std::chrono::milliseconds kInterval{200};

std::string fraction(std::uint64_t done, std::uint64_t all)
{
    return std::to_string(done) + '/' + std::to_string(all);
}

std::string timeLeft(double share, double seconds)
{
    constexpr double enoughToTell = 0.02;
    if (share < enoughToTell || share >= 1)
        return {};
    return ", " + durationText(static_cast<std::uint64_t>(seconds / share * (1 - share)) + 1)
        + " left";
}

} // namespace

std::string progressText(const backup::Progress &progress, double seconds)
{
    const std::uint64_t bytes = progress.bytesDone;
    const std::string rate = seconds >= 1
        ? ", " + sizeText(static_cast<std::uint64_t>(static_cast<double>(bytes) / seconds)) + "/s"
        : "";
    switch (progress.phase.load()) {
    case backup::Phase::Preparing: return "looking at the server";
    case backup::Phase::Fetching: {
        const std::uint64_t done = progress.documentsDone;
        const std::uint64_t all = std::max<std::uint64_t>(done, progress.documents);
        const double share = all == 0 ? 0 : static_cast<double>(done) / static_cast<double>(all);
        return "databases " + fraction(progress.databasesDone, progress.databases) + ", documents "
            + fraction(done, all) + ", " + sizeText(bytes) + rate + timeLeft(share, seconds) + "  "
            + shown(progress.current(), 60);
    }
    case backup::Phase::Verifying: {
        const std::uint64_t all = progress.bytes;
        if (bytes < all)
            return "verifying, " + sizeText(bytes) + " of " + sizeText(all);
        return "verifying, databases " + fraction(progress.databasesDone, progress.databases);
    }
    case backup::Phase::Publishing:
    case backup::Phase::Done: return "publishing";
    }
    return {};
}

ProgressLine::ProgressLine(const backup::Progress &progress, std::ostream &err, bool isTerminal)
    : m_progress(progress)
    , m_err(err)
{
    if (isTerminal)
        m_thread = std::jthread([this](const std::stop_token &stop) { loop(stop); });
}

ProgressLine::~ProgressLine()
{
    if (!m_thread.joinable())
        return;
    m_thread.request_stop();
    m_thread.join();
    draw({});
}

void ProgressLine::loop(const std::stop_token &stop)
{
    const auto start = std::chrono::steady_clock::now();
    std::mutex mutex;
    std::condition_variable_any wake;
    while (!stop.stop_requested()) {
        const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
        draw(progressText(m_progress, elapsed.count()));
        std::unique_lock lock(mutex);
        wake.wait_for(lock, stop, kInterval, [] { return false; });
    }
}

void ProgressLine::draw(const std::string &line)
{
    const auto width = static_cast<size_t>(terminalWidth()) - 1;
    m_err << "\r\x1b[K" << elided(line, width) << std::flush;
}

} // namespace ctl
