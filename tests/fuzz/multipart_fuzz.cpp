#include "core/serve/multipartreader.h"
#include "tests/fuzz/targets.h"

namespace {

std::string composed(const std::vector<serve::BodyPart> &parts, const std::string &boundary)
{
    std::string body = "--" + boundary;
    for (const serve::BodyPart &part : parts) {
        for (const auto &[name, value] : part.headers.fields())
            body.append("\r\n").append(name).append(": ").append(value);
        body.append("\r\n\r\n").append(part.bytes).append("\r\n--").append(boundary);
    }
    return body + "--";
}

} // namespace

/// The first line is the Content-Type, the rest the body.
std::string fuzz::multipart(std::string_view input)
{
    const size_t line = std::min(input.find('\n'), input.size());
    const std::string boundary = serve::boundaryOf(input.substr(0, line));
    const std::string_view body = input.substr(std::min(line + 1, input.size()));
    const auto parts = serve::bodyParts(body, boundary);
    if (!parts)
        return {};
    for (const serve::BodyPart &part : *parts) {
        if (part.bytes.data() < body.data()
            || part.bytes.data() + part.bytes.size() > body.data() + body.size())
            return "a part lies outside of the body";
        if (part.bytes.find("\r\n--" + boundary) != std::string_view::npos)
            return "a part holds its own end";
    }
    if (!parts->empty()) {
        const auto end = static_cast<size_t>(parts->back().bytes.data() + parts->back().bytes.size()
                                             - body.data());
        for (size_t cut = end; cut < end + boundary.size() + 6; ++cut) {
            if (serve::bodyParts(body.substr(0, cut), boundary))
                return "cut before its end it is taken as well";
        }
    }
    const std::string text = composed(*parts, boundary);
    const auto again = serve::bodyParts(text, boundary);
    if (!again || again->size() != parts->size())
        return "put together again it has other parts";
    for (size_t i = 0; i < parts->size(); ++i) {
        if ((*again)[i].bytes != (*parts)[i].bytes)
            return "put together again a part has other bytes";
    }
    return {};
}
