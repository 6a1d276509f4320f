#include "core/couch/framing.h"

#include "core/base/json.h"
#include "core/base/text.h"

#include <algorithm>
#include <cctype>

namespace couch {

using base::Error;
using base::ErrorKind;
using base::text;

namespace {

std::string lower(std::string text)
{
    std::transform(text.begin(), text.end(), text.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return text;
}

Error refused(const char *sentence, const QString &origin)
{
    return {ErrorKind::Protocol, text(sentence).arg(origin)};
}

// Everything else than "" (identity) and "gzip" was not asked for.
bool isWantedCoding(const Request &request, const std::string &coding)
{
    return coding.empty() || (coding == "gzip" && request.acceptGzip);
}

} // namespace

base::Result<ResponseHead> checkFraming(const Request &request, const WireHead &head,
                                        const QString &origin)
{
    ResponseHead checked;
    checked.status = head.status;
    checked.contentType = head.contentType;
    checked.server = head.server;
    checked.date = head.date;
    checked.setsSession =
        head.setCookie.starts_with("AuthSession=") && !head.setCookie.starts_with("AuthSession=;");
    checked.contentEncoding = lower(head.contentEncoding);
    if (checked.contentEncoding == "identity")
        checked.contentEncoding.clear();

    const bool chunked = lower(head.transferEncoding) == "chunked";
    if (!head.transferEncoding.empty() && (!chunked || !head.contentLength.empty()))
        return refused(QT_TRANSLATE_NOOP("core",
                                         "%1 contradicts itself about the length of its answer. "
                                         "Does a proxy change it on the way?"),
                       origin);
    if (!head.contentLength.empty()) {
        checked.contentLength = base::json::toUnsigned(head.contentLength);
        if (!checked.contentLength)
            return refused(QT_TRANSLATE_NOOP("core",
                                             "%1 gives an impossible length for its answer. "
                                             "Does a proxy change it on the way?"),
                           origin);
    }
    if (head.status < 200 || head.status >= 300)
        return checked;
    if (!isWantedCoding(request, checked.contentEncoding))
        return refused(QT_TRANSLATE_NOOP("core",
                                         "%1 sent its answer compressed although it must not. "
                                         "A proxy on the way re-encodes answers: switch that off."),
                       origin);
    if (head.status == 206)
        return refused(
            QT_TRANSLATE_NOOP("core", "%1 sent a part although the whole was asked for."), origin);
    const bool hasBody = request.method != Request::Method::Head && head.status != 204;
    if (hasBody && !chunked && !checked.contentLength)
        return refused(
            QT_TRANSLATE_NOOP("core",
                              "%1 does not say how long its answer is, so that a cut could not be "
                              "seen. Is a very old proxy on the way?"),
            origin);
    return checked;
}

} // namespace couch
