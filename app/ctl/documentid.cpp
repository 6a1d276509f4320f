#include "app/ctl/documentid.h"

#include "core/base/json.h"
#include "core/base/text.h"

namespace ctl {

void DocumentIdOption::addTo(CLI::App &app)
{
    auto *positional = app.add_option("DOC", plain, "Document id");
    app.add_option("--id-json", json, "Document id as a JSON string, in place of DOC")->excludes(positional);
}

base::Result<std::string> DocumentIdOption::id() const
{
    using base::Error;
    using base::ErrorKind;
    if (json.empty()) {
        if (plain.empty())
            return Error{ErrorKind::Usage, base::text("Name a document, or give its id with --id-json.")};
        return plain;
    }
    if (base::json::kindOf(json) != base::json::Kind::String || !base::json::validate(json))
        return Error{ErrorKind::Usage, base::text("--id-json wants a JSON string in quotes, such as '\"a\\u0000b\"'.")};
    return base::json::unescape(json);
}

} // namespace ctl
