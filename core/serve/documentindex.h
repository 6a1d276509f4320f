#pragma once

#include "core/store/reader.h"

namespace serve {

/// Where every 256th document of a database stands, so that a reader can begin near any of them: a
/// backup is served in the order of its ids, and the number of a document in that order is its
/// sequence. (The stored sequences would lead from one end of the archive to the other.) Made by
/// one walk over the metadata, constant afterwards; a million documents need about 200 KB.
class DocumentIndex
{
public:
    [[nodiscard]] static base::Result<DocumentIndex> build(store::Reader &reader);

    [[nodiscard]] std::uint64_t documents() const { return m_documents; } ///< with deleted ones
    [[nodiscard]] std::uint64_t live() const { return m_live; }

    struct Mark {
        std::string id;
        std::uint64_t before = 0; ///< documents with a smaller id
        std::uint64_t liveBefore = 0;
    };
    /// The last mark at or in front of this place (id); the first one when there is none.
    [[nodiscard]] const Mark &markFor(std::string_view id) const;
    /// The mark whose stretch holds the document with so many in front of it.
    [[nodiscard]] const Mark &markAt(std::uint64_t before) const;

    /// Visits documents with their number (1 for the first) in id order, from the one with `first`
    /// in front of it.
    using Visitor =
        std::function<base::Result<bool>(std::uint64_t number, const store::Metadata &)>;
    [[nodiscard]] base::Status forward(store::Reader &reader, std::uint64_t first,
                                       const Visitor &visit) const;
    /// The same down from the one with `last` in front of it.
    [[nodiscard]] base::Status backward(store::Reader &reader, std::uint64_t last,
                                        const Visitor &visit) const;
    /// How many documents, and how many live ones, have a smaller id.
    struct Position {
        std::uint64_t before = 0;
        std::uint64_t liveBefore = 0;
    };
    [[nodiscard]] base::Result<Position> positionOf(store::Reader &reader,
                                                    std::string_view id) const;

private:
    std::vector<Mark> m_marks; ///< never empty
    std::uint64_t m_documents = 0;
    std::uint64_t m_live = 0;
};

} // namespace serve
