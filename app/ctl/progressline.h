#pragma once

#include "core/backup/progress.h"

#include <ostream>
#include <thread>

namespace ctl {

/// One line on a terminal that says how far a run is, several times a second; removed at the end.
/// Nothing at all where err is no terminal.
class ProgressLine
{
public:
    ProgressLine(const backup::Progress &progress, std::ostream &err, bool isTerminal);
    ~ProgressLine();
    ProgressLine(const ProgressLine &) = delete;
    ProgressLine &operator=(const ProgressLine &) = delete;

private:
    void loop(const std::stop_token &stop);
    void draw(const std::string &line);

    const backup::Progress &m_progress;
    std::ostream &m_err;
    std::jthread m_thread;
};

/// The line's text; `seconds` since the run began.
[[nodiscard]] std::string progressText(const backup::Progress &progress, double seconds);

} // namespace ctl
