#pragma once

#include "core/archive/contentreader.h"
#include "core/archive/gzipscan.h"
#include "core/archive/rawinflate.h"

#include <list>
#include <memory>
#include <mutex>
#include <unordered_map>

namespace archive {

/// Reads the uncompressed stream of a gzip file at any offset, by the index of an earlier pass.
/// Pages that were inflated last are kept, and so are a few positions to go on from: reading
/// forwards costs one pass in all. Thread-safe; one thread inflates at a time.
class GzipPages final : public ContentSource, public std::enable_shared_from_this<GzipPages>
{
public:
    GzipPages(std::shared_ptr<const base::RandomReader> file, GzipIndex index);

    /// `source` is the offset of the content in the uncompressed stream.
    [[nodiscard]] base::Result<std::shared_ptr<const base::RandomReader>>
    open(std::uint64_t source, std::uint64_t size) const override;
    [[nodiscard]] base::Status read(std::uint64_t offset, char *out, size_t length) const;

private:
    using Page = std::shared_ptr<const std::string>;
    struct Cursor {
        explicit Cursor(const base::RandomReader &file)
            : inflate(file)
        {
        }
        RawInflate inflate;
        std::uint64_t page = 0; // the next one it gives
    };
    [[nodiscard]] base::Result<Page> page(std::uint64_t number) const;
    [[nodiscard]] base::Result<std::list<std::unique_ptr<Cursor>>::iterator>
    cursorFor(std::uint64_t number) const;
    [[nodiscard]] base::Status place(Cursor &cursor, std::uint64_t number) const;
    [[nodiscard]] base::Result<Page> nextPage(Cursor &cursor) const;
    [[nodiscard]] base::Status produce(RawInflate &inflate, std::uint64_t content, char *out,
                                       size_t length) const;
    void keep(std::uint64_t number, const Page &page) const;

    std::shared_ptr<const base::RandomReader> m_file;
    GzipIndex m_index;
    mutable std::mutex m_mutex;                           // guards all below
    mutable std::list<std::unique_ptr<Cursor>> m_cursors; // last used first
    mutable std::list<std::pair<std::uint64_t, Page>> m_recent;
    mutable std::unordered_map<std::uint64_t, std::list<std::pair<std::uint64_t, Page>>::iterator>
        m_pages;
};

} // namespace archive
