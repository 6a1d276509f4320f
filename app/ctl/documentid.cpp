#include "app/ctl/documentid.h"

#include "core/base/json.h"
#include "core/base/text.h"

namespace ctl {

void DocumentIdOption::addTo(CLI::App &app, const char *what)
{
    auto *positional = app.add_option("DOC", plain, what)->type_name("");
    app.add_option("--id-json", json, "Document id as a JSON string, in place of DOC")
        ->type_name("STRING")
        ->excludes(positional);
}

base::Result<std::string> DocumentIdOption::id() const
{
    using base::Error;
    using base::ErrorKind;
    if (json.empty()) {
        if (plain.empty())
            return Error{
                ErrorKind::Usage,
                base::text(
                    "DOC is missing. Name a document, or give its id with --id-json. See `focus-monitorctl show --help`.")};
        return plain;
    }
    const std::string list = '[' + json + ']'; // white space around the string is fine
    const auto values = base::json::elements(list);
    if (!values || values->size() != 1
        || base::json::kindOf(values->front()) != base::json::Kind::String)
        return Error{
            ErrorKind::Usage,
            base::text("--id-json wants a JSON string in quotes, such as '\"a\\u0000b\"'.")};
    return base::json::unescape(values->front());
}

} // namespace ctl
