// Answers that say no.
#include "core/couch/decode.h"

#include "core/base/text.h"
#include "core/couch/decodetools.h"

namespace couch {

using base::Error;
using base::ErrorKind;
using base::printable;
using base::text;

namespace {

constexpr size_t kMaxDetailBytes = 500;

struct StatusMeaning {
    int status;
    ErrorKind kind;
    const char *sentence;
};

// %1 is what was asked, %2 the server's words.
constexpr StatusMeaning kMeanings[] = {
    {400, ErrorKind::Unsupported,
     QT_TRANSLATE_NOOP("core", "%1 does not understand the request (400%2).")},
    {401, ErrorKind::Unauthorized,
     QT_TRANSLATE_NOOP("core", "%1 wants a user name and password (401%2).")},
    {403, ErrorKind::Forbidden,
     QT_TRANSLATE_NOOP(
         "core",
         "%1 may not be read by this user (403%2). Give it the right, or use another user.")},
    {404, ErrorKind::NotFound, QT_TRANSLATE_NOOP("core", "%1 does not exist (404%2).")},
    {405, ErrorKind::Unsupported,
     QT_TRANSLATE_NOOP("core", "%1 cannot be asked this way (405%2).")},
    {406, ErrorKind::Unsupported,
     QT_TRANSLATE_NOOP("core", "%1 cannot answer in the form asked for (406%2).")},
    {408, ErrorKind::Timeout,
     QT_TRANSLATE_NOOP("core", "%1 gave up waiting for the request (408%2).")},
    {409, ErrorKind::Conflict,
     QT_TRANSLATE_NOOP("core", "%1 was changed by somebody else (409%2).")},
    {410, ErrorKind::NotFound, QT_TRANSLATE_NOOP("core", "%1 is gone (410%2).")},
    {412, ErrorKind::Conflict,
     QT_TRANSLATE_NOOP("core", "%1 exists already or was changed (412%2).")},
    {413, ErrorKind::TooLarge,
     QT_TRANSLATE_NOOP(
         "core",
         "%1 finds the request too large (413%2). Raise its limit, or that of a proxy before it.")},
    {414, ErrorKind::TooLarge,
     QT_TRANSLATE_NOOP(
         "core", "%1 finds the path too long (414%2). Raise the limit of the proxy before it.")},
    {415, ErrorKind::Unsupported,
     QT_TRANSLATE_NOOP("core", "%1 does not take this content type (415%2).")},
    {416, ErrorKind::Unsupported, QT_TRANSLATE_NOOP("core", "%1 has no such range (416%2).")},
    {429, ErrorKind::Busy,
     QT_TRANSLATE_NOOP("core", "%1 asks for fewer requests (429%2). Try again later.")},
    {501, ErrorKind::Unsupported,
     QT_TRANSLATE_NOOP("core", "%1 is not implemented there (501%2).")},
    {503, ErrorKind::Busy,
     QT_TRANSLATE_NOOP("core", "%1 is not available at the moment (503%2). Try again later.")},
};

StatusMeaning meaningOf(int status)
{
    for (const StatusMeaning &meaning : kMeanings) {
        if (meaning.status == status)
            return meaning;
    }
    if (status >= 500)
        return {status, ErrorKind::Server,
                QT_TRANSLATE_NOOP("core",
                                  "%1 failed at the server (%3%2). Look into the server's log.")};
    if (status >= 300 && status < 400)
        return {status, ErrorKind::Redirected,
                QT_TRANSLATE_NOOP("core", "%1 is said to be elsewhere (%3%2).")};
    return {status, ErrorKind::Protocol,
            QT_TRANSLATE_NOOP("core", "%1 was answered in an unexpected way (%3%2).")};
}

// What CouchDB gives as the reason; nothing for a proxy's web page.
QString wordsOf(std::string_view body)
{
    const auto object = ObjectView::parse(body);
    if (!object)
        return {};
    auto words = object->string("reason");
    if (!words || words->empty())
        words = object->string("error");
    return words && !words->empty() ? QStringLiteral(": ") + printable(*words) : QString();
}

} // namespace

Error errorForStatus(int status, std::string_view target, std::string_view body)
{
    const StatusMeaning meaning = meaningOf(status);
    QString sentence = text(meaning.sentence);
    sentence.replace(QLatin1String("%3"), QString::number(status));
    return {meaning.kind, sentence.arg(printable(target), wordsOf(body)),
            printable(body, kMaxDetailBytes)};
}

} // namespace couch
