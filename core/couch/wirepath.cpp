#include "core/couch/wirepath.h"

#include "core/base/text.h"

namespace couch {

using base::Error;
using base::ErrorKind;
using base::printable;
using base::text;

namespace {

std::string authority(const ServerUrl &server)
{
    const bool bracketed = server.host.find(':') != std::string::npos;
    return (server.tls ? "https://" : "http://")
        + (bracketed ? "[" + server.host + "]" : server.host) + ":" + std::to_string(server.port);
}

bool isDots(std::string_view segment)
{
    std::string plain;
    for (size_t i = 0; i < segment.size(); ++i) {
        const bool escapedDot = segment.size() - i >= 3 && segment[i] == '%'
            && segment[i + 1] == '2' && (segment[i + 2] == 'E' || segment[i + 2] == 'e');
        plain += escapedDot ? '.' : segment[i];
        i += escapedDot ? 2 : 0;
    }
    return plain == "." || plain == "..";
}

} // namespace

bool hasDotSegment(std::string_view path)
{
    path = path.substr(0, path.find('?'));
    for (size_t begin = 0; begin <= path.size();) {
        const size_t end = std::min(path.find('/', begin), path.size());
        if (isDots(path.substr(begin, end - begin)))
            return true;
        begin = end + 1;
    }
    return false;
}

base::Result<QUrl> exactUrl(const ServerUrl &server, std::string_view target)
{
    const std::string asked = server.basePath + std::string(target);
    const std::string whole = authority(server) + asked;
    const QUrl url = QUrl::fromEncoded(QByteArray::fromStdString(whole), QUrl::StrictMode);
    // The same options that QHttpNetworkRequest writes its request line with.
    const QByteArray sent = url.toEncoded(QUrl::RemoveScheme | QUrl::RemoveAuthority
                                          | QUrl::RemoveFragment | QUrl::NormalizePathSegments);
    const bool exact =
        url.isValid() && !target.empty() && target.front() == '/' && sent.toStdString() == asked;
    if (exact && target.size() <= kMaxTargetBytes && !hasDotSegment(asked))
        return url;
    return Error{ErrorKind::Unsupported,
                 text("The path %1 cannot be asked for exactly as it is; nothing was sent.")
                     .arg(printable(target))};
}

} // namespace couch
