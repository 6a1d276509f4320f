#include "core/backup/changesfeed.h"

#include "core/base/text.h"

namespace backup {

using base::Error;
using base::ErrorKind;
using base::Result;
using base::Status;

namespace {

constexpr std::uint64_t kPageRows = 5000;

} // namespace

Result<std::string> forEachChange(couch::Client &client, const std::string &database,
                                  const std::string &since, const ChangesVisitor &visit)
{
    std::string last = since;
    while (true) {
        const auto page = client.changes(database, last, kPageRows);
        if (!page)
            return page.error();
        for (const couch::ChangesRow &row : page->rows) {
            if (Status visited = visit(row); !visited)
                return visited.error();
        }
        const bool isFull = page->rows.size() >= kPageRows || page->pending.value_or(0) > 0;
        if (page->rows.empty() || !isFull)
            return page->lastSeq;
        if (page->lastSeq == last)
            return Error{
                ErrorKind::Protocol,
                base::text(
                    "The list of changes of %1 does not go on: the server gives the same page again. Does a "
                    "proxy keep copies of its answers?")
                    .arg(base::printable(database))};
        last = page->lastSeq;
    }
}

} // namespace backup
