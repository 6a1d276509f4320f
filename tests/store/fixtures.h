#pragma once

#include "core/store/writer.h"
#include "tests/store/memoryfiles.h"

#include <QJsonObject>

namespace teststore {

/// A database directory that PouchDB made, with what PouchDB said was in it.
struct Fixture {
    std::string name;
    std::string madeBy; ///< "7.3.0" or "9.0.0"
    MemoryFiles::Bytes files;
    QByteArray expected; ///< JSON
    [[nodiscard]] QByteArray title() const;
};

/// Everything under tests/data/pouchdb, unpacked once.
[[nodiscard]] const std::vector<Fixture> &fixtures();
[[nodiscard]] const Fixture &fixture(const std::string &name, const std::string &madeBy = "7.3.0");

/// A dump (ours or PouchDB's) in one form: lists whose order means nothing are sorted, what only
/// one of the two knows is left out.
[[nodiscard]] QJsonObject comparable(const QByteArray &dump);
/// Where two values differ first; empty when they are equal.
[[nodiscard]] QString firstDifference(const QJsonValue &a, const QJsonValue &b,
                                      const QString &path = {});

inline constexpr const char *kUuid = "01234567-89ab-4cde-8f01-23456789abcd";

/// A database with documents of every kind that matter, as our Writer makes it.
[[nodiscard]] MemoryFiles::Bytes writeSample(store::Facts *facts = nullptr);

} // namespace teststore
