#pragma once

#include "tests/support/fakeserver.h"

namespace backuptesting {

/// A small server with one of everything: conflicts, tombstones, attachments of all kinds, design
/// and local documents, a database with a slash, one without documents, `_users`.
void fillSample(testsupport::FakeServer &server);
/// A database of that kind, for tests that need only one.
[[nodiscard]] testsupport::FakeDatabase sampleDatabase();

} // namespace backuptesting
