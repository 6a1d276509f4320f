// A backup of the sample server in a process of its own. FM_KILL_AT=N kills it at the N-th fail
// point.
#include "tests/backup/sampleserver.h"

#include "core/backup/run.h"

#include <QCoreApplication>

#include <cstdio>
#include <cstring>

int main(int argc, char *argv[])
{
    const QCoreApplication application(argc, argv);
    const bool full = argc == 4 && std::strcmp(argv[3], "full") == 0;
    if (argc != 3 && !full) {
        std::fprintf(stderr, "usage: killablebackup FOLDER STATE [full]\n");
        return 64;
    }
    testsupport::FakeServer server;
    backuptesting::fillSample(server);
    server.databases["org/1"].write(
        "large", {"a", "", false, {{"file", std::string(size_t(9) << 20, 'l')}}});
    backup::RunRequest request;
    request.source = &server;
    request.sourceName = server.origin();
    request.folder = {base::fromUtf8(argv[1]), base::fromUtf8(argv[2])};
    request.parallelDatabases = 1;
    request.full = full;
    backup::Progress progress;
    const auto outcome = backup::runBackup(request, progress, base::systemClock(), {});
    if (!outcome) {
        std::fprintf(stderr, "%s\n", qPrintable(outcome.error().message));
        return 2;
    }
    for (const std::string &name : outcome->removedLeftovers)
        std::printf("removed %s\n", name.c_str());
    return outcome->manifest.isComplete() ? 0 : 1;
}
