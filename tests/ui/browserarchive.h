#pragma once

#include "tests/backup/backuptesting.h"

namespace uitesting {

/// A backup with something of everything that the browser shows: conflicts, tombstones, a long
/// history, attachments of text and image, accounts.
class BrowserArchive
{
public:
    BrowserArchive();
    [[nodiscard]] QString path() const { return m_path; }

private:
    backuptesting::FakeServer m_server;
    std::unique_ptr<backuptesting::Runner> m_runner;
    QString m_path;
};

/// The bytes of a small PNG.
[[nodiscard]] std::string pngBytes();
/// Made by the predecessor.
[[nodiscard]] QString predecessorArchive();

} // namespace uitesting
