#pragma once

#include "tests/support/fakedatabase.h"

/// What a CouchDB 3.5 answers, as text. Pure functions.
namespace testsupport {

enum class SeqStyle { Text, Number, List }; ///< 3.x, PouchDB Server, BigCouch

[[nodiscard]] std::string seqJson(std::uint64_t seq, SeqStyle style);
/// The number in whatever `since` or a sequence holds; 0 for none.
[[nodiscard]] std::uint64_t seqNumber(const std::string &text);

[[nodiscard]] std::string infoAnswer(const std::string &name, const FakeDatabase &database,
                                     SeqStyle style);
[[nodiscard]] std::string changesAnswer(const FakeDatabase &database, std::uint64_t since,
                                        std::uint64_t limit, SeqStyle style);
[[nodiscard]] std::string documentText(const std::string &id, const FakeLeaf &leaf, bool withData);

struct FakeWanted {
    std::string id;
    std::string rev; ///< empty: all leaves
};
/// The documents of the body of a `_bulk_get`.
[[nodiscard]] std::vector<FakeWanted> wantedOf(const std::string &body);
[[nodiscard]] std::string bulkAnswer(const FakeDatabase &database,
                                     const std::vector<FakeWanted> &wanted, bool latest,
                                     bool withData);
[[nodiscard]] std::string localsAnswer(const FakeDatabase &database);

} // namespace testsupport
