#pragma once

#include "core/backup/run.h"
#include "core/backup/snapshot.h"
#include "core/store/reader.h"
#include "tests/support/fakeserver.h"
#include "tests/support/stepclock.h"
#include "tests/support/temporaryfolder.h"

#include <QtTest>

/// For Result and Status: fails with the error's message.
#define VERIFY_GOOD(result)                                                                        \
    do {                                                                                           \
        const auto &evaluated = (result);                                                          \
        QVERIFY2(static_cast<bool>(evaluated),                                                     \
                 evaluated ? "" : qPrintable(evaluated.error().message));                          \
    } while (false)

namespace backuptesting {

using testsupport::FakeAttachment;
using testsupport::FakeDatabase;
using testsupport::FakeLeaf;
using testsupport::fakeRev;
using testsupport::FakeServer;

/// What the source holds and the store does not hold byte for byte, or the other way round; empty
/// when equal. What these omissions name may be missing, and nothing else.
[[nodiscard]] QString differenceBetween(const FakeDatabase &source, store::Reader &stored,
                                        const std::vector<archive::Omission> &omissions = {});
[[nodiscard]] std::unique_ptr<store::Reader> openStaged(const backup::Snapshot &snapshot);

/// "code id rev attachment" of each, sorted.
[[nodiscard]] QStringList describe(const std::vector<archive::Omission> &omissions);

/// One snapshot of one database of a fake server.
class Snapper
{
public:
    explicit Snapper(FakeServer &server, int threads = 4);
    [[nodiscard]] base::Result<backup::Snapshot> take(const std::string &database = "db");
    [[nodiscard]] base::fs::path folder() const { return m_folder.path(); }

    bool allBodies = true;
    store::WriterSizes storeSizes;
    std::stop_source stop;

private:
    testsupport::TemporaryFolder m_folder;
    QThreadPool m_pool;
    backup::Progress m_progress;
    testsupport::StepClock m_clock;
    couch::Client m_client;
    int m_taken = 0;
};

/// Backups of a fake server into a folder.
class Runner
{
public:
    explicit Runner(FakeServer &server);
    [[nodiscard]] base::Result<backup::RunOutcome> run();
    [[nodiscard]] base::fs::path folder() const { return m_folder.path("backups"); }
    /// Whether this archive verifies, and holds all that these databases hold; empty when so.
    [[nodiscard]] QString faultOf(const base::fs::path &archive,
                                  const std::map<std::string, FakeDatabase> &source) const;
    /// Names in the backup folder: archives, and whatever else lies there.
    [[nodiscard]] std::set<std::string> names() const { return testsupport::namesIn(folder()); }

    backup::RunRequest request;
    backup::Progress progress;
    testsupport::StepClock clock;
    std::stop_source stop;

private:
    testsupport::TemporaryFolder m_folder;
};

} // namespace backuptesting
