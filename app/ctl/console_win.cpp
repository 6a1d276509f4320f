// Windows side of console.h. Written for, not run: see README.
#include "app/ctl/console.h"

#define WIN32_LEAN_AND_MEAN
#define NOMINMAX
#include <windows.h>

#include <atomic>
#include <cstdlib>

namespace ctl {

namespace {

constexpr int kDefaultWidth = 80;
constexpr int kInterrupted = 130;
std::function<void()> theStop;
std::atomic<bool> wasAsked{false};

BOOL WINAPI onControl(DWORD /*event*/)
{
    if (wasAsked.exchange(true))
        std::_Exit(kInterrupted);
    theStop();
    return TRUE;
}

} // namespace

bool errIsTerminal()
{
    DWORD mode = 0;
    return GetConsoleMode(GetStdHandle(STD_ERROR_HANDLE), &mode) != 0;
}

int terminalWidth()
{
    CONSOLE_SCREEN_BUFFER_INFO info = {};
    if (!GetConsoleScreenBufferInfo(GetStdHandle(STD_ERROR_HANDLE), &info))
        return kDefaultWidth;
    return info.srWindow.Right - info.srWindow.Left + 1;
}

void settleProcess()
{
}

void watchForStop(std::function<void()> stop)
{
    theStop = std::move(stop);
    SetConsoleCtrlHandler(onControl, TRUE);
}

} // namespace ctl
