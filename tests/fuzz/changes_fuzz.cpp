#include "core/couch/decode.h"
#include "core/couch/decodetools.h"
#include "tests/fuzz/targets.h"

std::string fuzz::changes(std::string_view input)
{
    const auto page = couch::decodeChanges(input);
    if (!page)
        return page.error().message.isEmpty() ? "an error without a sentence" : std::string();
    if (!base::json::validate(input) || !base::json::validate(page->lastSeq))
        return "what is no JSON was taken";
    for (const couch::ChangesRow &row : page->rows) {
        if (row.id.empty() || row.revs.empty())
            return "a row without an id or a revision was taken";
    }
    const std::string_view trimmed = couch::trimmed(input);
    for (const size_t cut : {size_t{1}, size_t{2}, trimmed.size() / 2, trimmed.size()}) {
        if (couch::decodeChanges(trimmed.substr(0, trimmed.size() - cut)))
            return "cut by " + std::to_string(cut) + " bytes it is taken as well";
    }
    return {};
}
