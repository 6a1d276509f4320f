#pragma once

#include <QString>

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

/// The documents of one database as the list shows them: 64 bytes and its id for each, so that a
/// million fit. Values and pure functions.
namespace browser {

struct DocumentRow {
    std::uint64_t seq = 0; ///< of the winner's body; 0 when it is not stored
    std::uint64_t generation = 0;
    std::uint32_t idAt = 0, idBytes = 0; ///< in the batch
    std::uint32_t liveLeaves = 0;
    std::uint32_t leaves = 0;
    std::array<char, 8> hash{}; ///< how the winner's begins
    bool deleted = false;
};

/// Written once by the thread that reads, then never changed.
struct DocumentBatch {
    static constexpr size_t kRows = 16'384; ///< of every batch but the last
    std::string ids;
    std::vector<DocumentRow> rows;

    [[nodiscard]] std::string_view idOf(const DocumentRow &row) const
    {
        return std::string_view(ids).substr(row.idAt, row.idBytes);
    }
};

/// What one pass over the bodies adds: known later than the ids.
struct BodyFacts {
    std::uint64_t seq = 0;
    std::uint32_t bytes = 0;
    std::uint32_t attachments = 0;
};

/// All batches there are so far; copying it copies pointers.
class DocumentTable
{
public:
    void add(std::shared_ptr<const DocumentBatch> batch);
    void setBodies(std::shared_ptr<const std::vector<BodyFacts>> sortedBySeq)
    {
        m_bodies = std::move(sortedBySeq);
    }
    [[nodiscard]] size_t size() const { return m_size; }
    [[nodiscard]] const DocumentRow &row(size_t index) const
    {
        return batch(index).rows[index % DocumentBatch::kRows];
    }
    [[nodiscard]] std::string_view id(size_t index) const { return batch(index).idOf(row(index)); }
    [[nodiscard]] bool hasBodies() const { return m_bodies != nullptr; }
    /// Null where nothing is known of it.
    [[nodiscard]] const BodyFacts *body(size_t index) const;

private:
    [[nodiscard]] const DocumentBatch &batch(size_t index) const
    {
        return *m_batches[index / DocumentBatch::kRows];
    }
    std::vector<std::shared_ptr<const DocumentBatch>> m_batches;
    std::shared_ptr<const std::vector<BodyFacts>> m_bodies;
    size_t m_size = 0;
};

struct DocumentFilter {
    enum class Match { Contains, BeginsWith };
    std::string text; ///< of the id; empty for all
    Match match = Match::Contains;
    bool onlyDeleted = false;
    bool onlyConflicted = false;
    bool onlyWithAttachments = false; ///< nothing passes before the bodies are known
    /// Only winners with these sequences, sorted: what a search in the bodies found.
    std::shared_ptr<const std::vector<std::uint64_t>> found;

    [[nodiscard]] bool isOff() const;
};

/// The rows that pass, of those from `from` on, in their order.
[[nodiscard]] std::vector<std::uint32_t> filterRows(const DocumentTable &table,
                                                    const DocumentFilter &filter, size_t from = 0);

} // namespace browser
