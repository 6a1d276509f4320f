#include "core/alert/delivery.h"

#include "core/base/text.h"

#include <QUrl>

#include <curl/curl.h>

#include <algorithm>
#include <memory>

namespace alert {

using base::Error;
using base::ErrorKind;
using base::Status;
using base::text;

namespace {

struct EasyDeleter {
    void operator()(CURL *curl) const { curl_easy_cleanup(curl); }
};
struct ListDeleter {
    void operator()(curl_slist *list) const { curl_slist_free_all(list); }
};
using List = std::unique_ptr<curl_slist, ListDeleter>;

bool addTo(List &list, const std::string &line)
{
    curl_slist *longer = curl_slist_append(list.get(), line.c_str());
    if (longer == nullptr)
        return false;
    static_cast<void>(list.release());
    list.reset(longer);
    return true;
}

size_t swallow(char * /*bytes*/, size_t size, size_t count, void * /*user*/)
{
    return size * count;
}

struct Upload {
    std::string_view rest;
};

size_t readUpload(char *out, size_t size, size_t count, void *user)
{
    auto *upload = static_cast<Upload *>(user);
    const size_t length = std::min(size * count, upload->rest.size());
    std::copy_n(upload->rest.data(), length, out);
    upload->rest.remove_prefix(length);
    return length;
}

int isStopped(void *user, curl_off_t, curl_off_t, curl_off_t, curl_off_t)
{
    return static_cast<std::stop_token *>(user)->stop_requested() ? 1 : 0;
}

ErrorKind kindOf(CURLcode code)
{
    switch (code) {
    case CURLE_OPERATION_TIMEDOUT: return ErrorKind::Timeout;
    case CURLE_ABORTED_BY_CALLBACK: return ErrorKind::Cancelled;
    case CURLE_LOGIN_DENIED: return ErrorKind::Unauthorized;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_USE_SSL_FAILED: return ErrorKind::Tls;
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_CONNECT:
    case CURLE_SEND_ERROR:
    case CURLE_GOT_NOTHING:
    case CURLE_RECV_ERROR: return ErrorKind::Unreachable;
    case CURLE_OUT_OF_MEMORY:
    case CURLE_FAILED_INIT: return ErrorKind::Internal;
    default: return ErrorKind::Protocol;
    }
}

/// %1 is the server.
const char *sentenceOf(ErrorKind kind)
{
    switch (kind) {
    case ErrorKind::Timeout: return QT_TRANSLATE_NOOP("core", "%1 did not answer in time.");
    case ErrorKind::Cancelled: return QT_TRANSLATE_NOOP("core", "The delivery to %1 was stopped.");
    case ErrorKind::Unauthorized: return QT_TRANSLATE_NOOP("core", "%1 refused the password.");
    case ErrorKind::Tls:
        return QT_TRANSLATE_NOOP(
            "core", "%1 offers no encryption, or its certificate is not trusted: see ca_file.");
    case ErrorKind::Unreachable: return QT_TRANSLATE_NOOP("core", "%1 could not be reached.");
    default: return QT_TRANSLATE_NOOP("core", "%1 did not take the message.");
    }
}

/// One transfer.
class Transfer
{
public:
    Transfer(std::string server, std::stop_token stop, std::chrono::milliseconds deadline)
        : m_server(std::move(server))
        , m_stop(std::move(stop))
        , m_curl(curl_easy_init())
    {
        set(CURLOPT_NOSIGNAL, 1L);
        set(CURLOPT_TIMEOUT_MS, static_cast<long>(deadline.count()));
        set(CURLOPT_PROXY, "");
        set(CURLOPT_FOLLOWLOCATION, 0L);
        set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
        set(CURLOPT_WRITEFUNCTION, swallow);
        set(CURLOPT_ERRORBUFFER, m_reason);
        set(CURLOPT_NOPROGRESS, 0L);
        set(CURLOPT_XFERINFOFUNCTION, isStopped);
        set(CURLOPT_XFERINFODATA, static_cast<void *>(&m_stop));
    }
    Transfer(const Transfer &) = delete;
    Transfer &operator=(const Transfer &) = delete;

    template <typename Value>
    void set(CURLoption option, Value value)
    {
        m_isReady =
            m_isReady && m_curl && curl_easy_setopt(m_curl.get(), option, value) == CURLE_OK;
    }
    /// The bytes are copied by libcurl, which frees them with the transfer.
    void setSecret(CURLoption option, const base::Secret &secret)
    {
        std::string copy(secret.reveal()); // ended by a zero
        set(option, copy.c_str());
        const base::Secret wiped(std::move(copy));
    }

    Status perform()
    {
        if (!m_isReady)
            return Error{ErrorKind::Internal,
                         text("The message to %1 could not be prepared.").arg(name())};
        const CURLcode code = curl_easy_perform(m_curl.get());
        if (code == CURLE_OK)
            return {};
        // What a mail server refuses is a failure to send for libcurl.
        const bool isRefused = code == CURLE_SEND_ERROR && statusCode() >= 400;
        const ErrorKind kind = isRefused ? ErrorKind::Protocol : kindOf(code);
        const QString reason = QString::fromUtf8(
            *m_reason != 0 ? static_cast<const char *>(m_reason) : curl_easy_strerror(code));
        return Error{kind, text(sentenceOf(kind)).arg(name()), reason};
    }

    [[nodiscard]] long statusCode() const
    {
        long status = 0;
        curl_easy_getinfo(m_curl.get(), CURLINFO_RESPONSE_CODE, &status);
        return status;
    }
    [[nodiscard]] QString name() const { return base::printable(m_server); }

private:
    std::string m_server;
    std::stop_token m_stop;
    std::unique_ptr<CURL, EasyDeleter> m_curl;
    char m_reason[CURL_ERROR_SIZE] = {}; // NOLINT(modernize-avoid-c-arrays): what libcurl takes
    bool m_isReady = true;
};

/// Once in a process, before the first transfer; libcurl asks for it.
void initialise()
{
    static const CURLcode code = curl_global_init(CURL_GLOBAL_DEFAULT);
    static_cast<void>(code); // a failure shows in curl_easy_init()
}

/// Its path often is a secret.
std::string originOf(const std::string &url)
{
    const QUrl parsed(QString::fromStdString(url));
    return parsed
        .adjusted(QUrl::RemoveUserInfo | QUrl::RemovePath | QUrl::RemoveQuery
                  | QUrl::RemoveFragment)
        .toString()
        .toStdString();
}

Status request(const Hook &hook, const std::string *json, const std::stop_token &stop,
               std::chrono::milliseconds deadline)
{
    initialise();
    Transfer transfer(originOf(hook.url), stop, deadline);
    List headers;
    bool isReady = true;
    if (json != nullptr)
        isReady = addTo(headers, "Content-Type: application/json") && addTo(headers, "Expect:");
    isReady = isReady && addTo(headers, "User-Agent: focus-monitor");
    if (!hook.token.isEmpty())
        isReady =
            isReady && addTo(headers, "Authorization: Bearer " + std::string(hook.token.reveal()));
    if (!isReady)
        return Error{ErrorKind::Internal, text("There is not enough memory for a message.")};
    transfer.set(CURLOPT_URL, hook.url.c_str());
    transfer.set(CURLOPT_PROTOCOLS_STR, "http,https");
    transfer.set(CURLOPT_HTTPHEADER, headers.get());
    if (!hook.caFile.empty())
        transfer.set(CURLOPT_CAINFO, hook.caFile.c_str());
    if (json != nullptr) {
        transfer.set(CURLOPT_POSTFIELDSIZE, static_cast<long>(json->size()));
        transfer.set(CURLOPT_POSTFIELDS, json->c_str());
    }
    if (Status done = transfer.perform(); !done)
        return done;
    const long status = transfer.statusCode();
    if (status >= 200 && status < 300)
        return {};
    return Error{status == 401 || status == 403 ? ErrorKind::Unauthorized : ErrorKind::Protocol,
                 text("%1 did not take the message (HTTP status %2).")
                     .arg(transfer.name(), QString::number(status))};
}

} // namespace

Status sendMail(const MailServer &server, const std::string &mail, std::stop_token stop,
                std::chrono::milliseconds deadline)
{
    initialise();
    const std::string place = server.host + ':' + std::to_string(server.port);
    Transfer transfer(place, std::move(stop), deadline);
    List recipients;
    for (const std::string &one : server.to) {
        if (!addTo(recipients, '<' + one + '>'))
            return Error{ErrorKind::Internal, text("There is not enough memory for a message.")};
    }
    const bool isTls = server.security == MailServer::Security::Tls;
    transfer.set(CURLOPT_URL, ((isTls ? "smtps://" : "smtp://") + place).c_str());
    transfer.set(CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    if (server.security != MailServer::Security::None)
        transfer.set(CURLOPT_USE_SSL, static_cast<long>(CURLUSESSL_ALL));
    if (!server.caFile.empty())
        transfer.set(CURLOPT_CAINFO, server.caFile.c_str());
    if (!server.user.empty()) {
        transfer.set(CURLOPT_USERNAME, server.user.c_str());
        transfer.setSecret(CURLOPT_PASSWORD, server.password);
    }
    transfer.set(CURLOPT_MAIL_FROM, ('<' + server.from + '>').c_str());
    transfer.set(CURLOPT_MAIL_RCPT, recipients.get());
    Upload upload{mail};
    transfer.set(CURLOPT_UPLOAD, 1L);
    transfer.set(CURLOPT_READFUNCTION, readUpload);
    transfer.set(CURLOPT_READDATA, static_cast<void *>(&upload));
    return transfer.perform();
}

Status postHook(const Hook &hook, const std::string &json, std::stop_token stop,
                std::chrono::milliseconds deadline)
{
    return request(hook, &json, stop, deadline);
}

Status ping(const Hook &hook, std::stop_token stop, std::chrono::milliseconds deadline)
{
    return request(hook, nullptr, stop, deadline);
}

} // namespace alert
