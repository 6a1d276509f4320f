#include "core/base/version.h"

#include <cstdio>
#include <string_view>

int main(int argc, char **argv)
{
    if (argc == 2 && std::string_view(argv[1]) == "--version") {
        std::printf("focus-monitorctl %s\n", base::versionText());
        return 0;
    }
    std::fputs("usage: focus-monitorctl --version\n", stderr);
    return 64;
}
