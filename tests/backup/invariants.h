#pragma once

#include "tests/backup/backuptesting.h"

namespace backuptesting {

/// What must hold after whatever went wrong with a backup. Made before the run, asked after it;
/// an answer begins with the number of the invariant that is broken:
///
/// I1 what has a final name is verified: every new archive, also one of a run that failed
/// I2 nothing is left out in silence: what is not in the archive is named in it, and then the run
///    is not green; `_replicator` is not in it
/// I3 what is in it is what the source holds: bodies, histories, attachments byte for byte
/// I4 earlier archives are the same bytes
/// I5 nothing half done is left, and a run adds one archive or none
/// I6 secrets are in no message, file or archive
/// I7 nothing goes on being held: no file stays open, no thread goes on
/// I9 an error is one line, ends as a sentence, and says what it is about
/// I11 the source is only read
/// I12 nothing is written outside the two folders, and no link is there
///
/// I8 (the console) has no place here; I10 (few repeated requests) is asserted where there is a
/// transport that repeats them: httpfaults_test.
class Invariants
{
public:
    /// Both outlive it. `secrets` are texts that must show nowhere.
    Invariants(const Runner &runner, const FakeServer &server,
               std::vector<std::string> secrets = {});

    /// Empty when all hold. `leftovers` may lie there, until the next run: of a disk that went
    /// away, of a run that was killed.
    [[nodiscard]] QString brokenBy(const base::Result<backup::RunOutcome> &outcome,
                                   size_t leftovers = 0) const;
    /// The same for a run in a process of its own, whose words were these.
    [[nodiscard]] QString brokenInFolder(const std::string &words, size_t leftovers = 0) const;
    /// The archives that were not there before.
    [[nodiscard]] std::vector<base::fs::path> newArchives() const;

private:
    [[nodiscard]] QString archivesFault() const;
    [[nodiscard]] QString secretsFault(const std::string &words) const;
    [[nodiscard]] QString placesFault() const;
    [[nodiscard]] QString requestsFault() const;

    const Runner &m_runner;
    const FakeServer &m_server;
    std::vector<std::string> m_secrets;
    std::map<std::string, std::string> m_before;
    size_t m_requestsBefore;
    size_t m_openFilesBefore;
    size_t m_threadsBefore;
};

/// I1 to I3 of one archive: empty when it verifies, holds all that the databases hold byte for
/// byte, and names the rest.
[[nodiscard]] QString faultOfArchive(const base::fs::path &archive,
                                     const std::map<std::string, FakeDatabase> &source);

} // namespace backuptesting
