#pragma once

#include "core/store/factssum.h"
#include "core/store/largetable.h"
#include "core/store/oversize.h"
#include "core/store/sortedruns.h"
#include "core/store/tableseries.h"

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <unordered_set>

namespace store {

/// The attachments of a database that is being written: small ones and references are sorted and
/// put into tables at the end, large ones have their tables already. One thread.
class AttachmentStore
{
public:
    /// Both outlive this.
    AttachmentStore(base::StagingFolder &folder, FileNumbers &numbers);

    /// Up to kLargeAttachmentBytes. Returns the digest, which is computed when it is not known.
    [[nodiscard]] base::Result<std::string> putSmall(std::string_view bytes,
                                                     std::string digest = {});
    [[nodiscard]] base::Result<std::unique_ptr<LargeTable>> beginLarge(std::uint64_t length);
    /// Keeps the sealed table unless the digest is there already.
    [[nodiscard]] base::Status keepLarge(LargeTable &table, const std::string &digest,
                                         std::uint64_t length);
    [[nodiscard]] base::Status keepOversize(OversizeFile &file, const std::string &digest,
                                            std::uint64_t length);
    /// `id`@`rev` has an attachment with this digest and length.
    [[nodiscard]] base::Status addReference(std::string_view digest, std::uint64_t length,
                                            std::string_view id, std::string_view rev);

    /// Joins references and bytes, writes the tables and adds every digest to `facts`. Bytes that
    /// nobody refers to are dropped; a reference without its bytes is an error.
    [[nodiscard]] base::Result<std::vector<LiveTable>> finish(FactsSum &facts);

private:
    struct Large {
        std::optional<LiveTable> table;      ///< nothing where it lies in
        std::vector<std::string> besideIt{}; ///< files of its own
        std::uint64_t length = 0;
    };
    struct Digest {
        std::string name;
        std::uint64_t length = 0;
        std::string refs; ///< the text of its attach-store record
    };
    [[nodiscard]] base::Status writeTables(FactsSum &facts);
    [[nodiscard]] base::Result<Digest> takeDigest(SortedRuns::Merge &references) const;
    [[nodiscard]] base::Status writeBytes(const Digest &digest, SortedRuns::Merge &binaries);
    [[nodiscard]] base::Status dropUnusedLarge();

    base::StagingFolder &m_folder;
    FileNumbers &m_numbers;
    SortedRuns m_binaries;
    SortedRuns m_references; ///< digest, then id@rev
    TableSeries m_binaryTables;
    TableSeries m_referenceTables;
    std::map<std::string, Large> m_large;
    std::set<std::string> m_usedLarge;
    std::unordered_set<std::string> m_recent; ///< digests not worth sorting again
};

} // namespace store
