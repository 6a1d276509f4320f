#include "core/serve/multipartreader.h"

#include <algorithm>

namespace serve {

namespace {

Headers headersOf(std::string_view text)
{
    Headers headers;
    while (!text.empty()) {
        const size_t end = std::min(text.find("\r\n"), text.size());
        const std::string_view line = text.substr(0, end);
        const size_t colon = line.find(':');
        if (colon != std::string_view::npos)
            headers.add(std::string(trimmed(line.substr(0, colon))),
                        std::string(trimmed(line.substr(colon + 1))));
        text.remove_prefix(std::min(end + 2, text.size()));
    }
    return headers;
}

} // namespace

std::string boundaryOf(std::string_view contentType)
{
    while (!contentType.empty()) {
        const size_t end = std::min(contentType.find(';'), contentType.size());
        std::string_view parameter = trimmed(contentType.substr(0, end));
        contentType.remove_prefix(std::min(end + 1, contentType.size()));
        constexpr std::string_view name = "boundary=";
        if (!equalsIgnoringCase(parameter.substr(0, name.size()), name))
            continue;
        parameter.remove_prefix(name.size());
        if (parameter.size() >= 2 && parameter.front() == '"' && parameter.back() == '"')
            parameter = parameter.substr(1, parameter.size() - 2);
        return std::string(parameter);
    }
    return {};
}

std::optional<std::vector<BodyPart>> bodyParts(std::string_view body, const std::string &boundary)
{
    if (boundary.empty())
        return std::nullopt;
    const std::string first = "--" + boundary;
    const std::string next = "\r\n--" + boundary;
    size_t at = body.starts_with(first) ? first.size() : std::string_view::npos;
    if (at == std::string_view::npos) {
        at = body.find(next);
        if (at == std::string_view::npos)
            return std::nullopt;
        at += next.size();
    }
    std::vector<BodyPart> parts;
    while (!body.substr(at).starts_with("--")) {
        const size_t headersEnd = body.find("\r\n\r\n", at);
        if (headersEnd == std::string_view::npos)
            return std::nullopt;
        const size_t bytesBegin = headersEnd + 4;
        const size_t end = body.find(next, bytesBegin);
        if (end == std::string_view::npos)
            return std::nullopt;
        parts.push_back({headersOf(body.substr(at, headersEnd - at)),
                         body.substr(bytesBegin, end - bytesBegin)});
        at = end + next.size();
    }
    return parts;
}

} // namespace serve
