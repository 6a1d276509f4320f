#include "core/base/failpoint.h"

#ifdef FM_FAILPOINTS

#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>

namespace base {

void passFailpoint(const char *name)
{
    static std::atomic<unsigned long> passed{0};
    static const char *const killAt = std::getenv("FM_KILL_AT");
    static const char *const logFile = std::getenv("FM_POINT_LOG");
    const unsigned long number = ++passed;
    if (logFile != nullptr) {
        if (std::FILE *log = std::fopen(logFile, "ae"); log != nullptr) {
            std::fprintf(log, "%lu %s\n", number, name);
            std::fclose(log);
        }
    }
    if (killAt != nullptr && number == std::strtoul(killAt, nullptr, 10)) {
#ifdef SIGKILL
        std::raise(SIGKILL);
#else
        std::_Exit(137);
#endif
    }
}

} // namespace base

#endif
