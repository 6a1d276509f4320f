#include "core/serve/arguments.h"

#include "core/base/json.h"

namespace serve {

namespace json = base::json;

OrRefusal<std::vector<json::Member>> bodyObject(const Request &request)
{
    std::string_view type = request.header("Content-Type");
    type = trimmed(type.substr(0, type.find(';')));
    if (!equalsIgnoringCase(type, "application/json"))
        return refusal::badContentType();
    auto members = json::members(request.body);
    if (members)
        return std::move(*members);
    return json::validate(request.body) ? refusal::badRequest("Request body must be a JSON object")
                                        : refusal::invalidJson();
}

OrRefusal<std::vector<std::string>> stringList(std::string_view text)
{
    const auto elements = json::elements(text);
    if (!elements)
        return refusal::invalidJson();
    std::vector<std::string> strings;
    for (const std::string_view element : *elements) {
        if (json::kindOf(element) != json::Kind::String)
            return refusal::badRequest("A list of strings is expected here.");
        strings.push_back(json::unescape(element));
    }
    return strings;
}

OrRefusal<std::vector<store::RevId>> revisionList(std::string_view text)
{
    const auto strings = stringList(text);
    if (const Refusal *refusal = refusalIn(strings))
        return *refusal;
    std::vector<store::RevId> revs;
    for (const std::string &one : valueIn(strings)) {
        auto rev = store::RevId::parse(one);
        if (!rev)
            return refusal::badRev();
        revs.push_back(std::move(*rev));
    }
    return revs;
}

OrRefusal<DocumentOptions> documentOptions(const Request &request)
{
    DocumentOptions options;
    const bool meta = request.flag("meta");
    options.revs = request.flag("revs");
    options.revsInfo = meta || request.flag("revs_info");
    options.conflicts = meta || request.flag("conflicts");
    options.deletedConflicts = meta || request.flag("deleted_conflicts");
    options.attachments = request.flag("attachments");
    options.attEncodingInfo = request.flag("att_encoding_info");
    options.latest = request.flag("latest");
    if (const auto since = request.parameter("atts_since")) {
        auto revs = revisionList(*since);
        if (const Refusal *refusal = refusalIn(revs))
            return *refusal;
        options.attsSince = valueIn(revs);
        options.attachments = true; // CouchDB takes the one for the other
    }
    return options;
}

std::optional<std::uint64_t> sequenceOf(std::string_view text, std::uint64_t now)
{
    std::string unquoted;
    if (text == "now")
        return now;
    if (text.starts_with('[')) { // BigCouch's form: [17,"token"]
        const auto elements = json::elements(text);
        return elements && !elements->empty() ? json::toUnsigned(elements->front()) : std::nullopt;
    }
    if (text.size() >= 2 && text.front() == '"' && text.back() == '"') {
        if (!json::validate(text))
            return std::nullopt;
        unquoted = json::unescape(text);
        text = unquoted;
    }
    return json::toUnsigned(text.substr(0, text.find('-')));
}

} // namespace serve
