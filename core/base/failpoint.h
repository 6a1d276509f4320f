#pragma once

/// Named places where a test may kill the process. FM_KILL_AT=N raises SIGKILL at the N-th place
/// that is passed; FM_POINT_LOG=FILE writes down the names. In release builds the macro is nothing.
#ifdef FM_FAILPOINTS
namespace base {
void passFailpoint(const char *name);
}
#define FM_POINT(name) ::base::passFailpoint(name)
#else
#define FM_POINT(name) static_cast<void>(0)
#endif
