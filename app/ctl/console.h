#pragma once

#include <functional>

namespace ctl {

/// The terminal and the signals of the operating system; console_posix.cpp and console_win.cpp.

[[nodiscard]] bool errIsTerminal();
[[nodiscard]] int terminalWidth();

/// Settles what must be settled before the first thread: no core file (it would hold the password),
/// and few heaps, because every thread that asks for memory would otherwise keep a pool of its own.
void settleProcess();

/// Calls `stop` once, on a thread of its own, when the operator or the system asks to stop (Ctrl+C,
/// SIGTERM). Call it before any other thread is started. The second request ends the process at
/// once.
void watchForStop(std::function<void()> stop);

} // namespace ctl
