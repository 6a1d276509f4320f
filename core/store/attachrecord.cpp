#include "core/store/attachrecord.h"

#include "core/base/json.h"
#include "core/base/text.h"

namespace store {

namespace json = base::json;

base::Result<std::vector<std::string>> decodeReferences(std::string_view text)
{
    const base::Error malformed{base::ErrorKind::Corrupt,
                                base::text("The references of an attachment are damaged.")};
    std::vector<std::string> references;
    const auto members = json::members(text);
    if (!members)
        return malformed;
    const auto refs = json::find(*members, "refs");
    if (!refs)
        return references;
    const auto entries = json::members(*refs);
    if (!entries)
        return malformed;
    references.reserve(entries->size());
    for (const json::Member &entry : *entries)
        references.push_back(json::unescape(entry.key));
    return references;
}

} // namespace store
