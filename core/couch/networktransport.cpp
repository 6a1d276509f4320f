#include "core/couch/networktransport.h"

#include "core/base/clock.h"
#include "core/base/text.h"
#include "core/base/version.h"
#include "core/couch/attempt.h"
#include "core/couch/decode.h"
#include "core/couch/exchange.h"
#include "core/couch/framing.h"
#include "core/couch/networkworker.h"
#include "core/couch/retry.h"
#include "core/couch/wirepath.h"

#include <QFile>
#include <QRandomGenerator>
#include <QSslConfiguration>
#include <QSslSocket>
#include <QThread>

#include <algorithm>
#include <atomic>

namespace couch {

using base::ByteSink;
using base::Error;
using base::ErrorKind;
using base::printable;
using base::Result;
using base::Status;
using base::text;

namespace {

constexpr size_t kMaxErrorBodyBytes = size_t{64} << 10;
constexpr int kMaxUnderWay = kConnectionsPerManager * kManagers;

QString toText(std::string_view bytes)
{
    return QString::fromUtf8(bytes.data(), static_cast<qsizetype>(bytes.size()));
}

/// Leaves the gate as soon as the answer says what it thinks of the login, at the latest at the
/// end.
class LoginTicket
{
public:
    LoginTicket(LoginGate &gate, LoginGate::Pass pass)
        : m_gate(gate),
          m_pass(pass)
    {
    }
    ~LoginTicket() { decide(LoginGate::Verdict::Unknown); }
    LoginTicket(const LoginTicket &) = delete;
    LoginTicket &operator=(const LoginTicket &) = delete;

    void decide(LoginGate::Verdict verdict)
    {
        if (!std::exchange(m_isDecided, true))
            m_gate.leave(m_pass, verdict);
    }

private:
    LoginGate &m_gate;
    const LoginGate::Pass m_pass;
    bool m_isDecided = false;
};

class NetworkTransport final : public Transport
{
public:
    NetworkTransport(const ServerUrl &server, const base::Secret &password,
                     const NetworkOptions &options, const QNetworkProxy &proxy,
                     QSslConfiguration tls);
    ~NetworkTransport() override;

    Result<Response> fetch(const Request &request, std::stop_token stop) override;
    Result<ResponseHead> stream(const Request &request, const ByteSink &sink,
                                std::stop_token stop) override;
    Statistics statistics() const override;
    std::string origin() const override { return m_server.toString(); }

private:
    /// Where the body of a good answer goes. `restart` forgets what a failed try delivered; without
    /// it nothing is tried again once a byte went out.
    struct Destination {
        ByteSink sink;
        std::function<void()> restart;
    };
    Result<ResponseHead> perform(const Request &request, const Destination &to,
                                 const std::stop_token &stop);
    Attempt attempt(const Request &request, const QUrl &url, const Destination &to,
                    const std::stop_token &stop);
    Attempt converse(const Request &request, Exchange &exchange, const Destination &to,
                     LoginTicket &ticket, const std::stop_token &stop);
    Attempt readGoodBody(const Request &request, const ResponseHead &head, Exchange &exchange,
                         const Destination &to, const std::stop_token &stop);
    Attempt refusal(const Request &request, const WireHead &head, Exchange &exchange,
                    LoginTicket &ticket, const std::stop_token &stop);
    Error refusalError(const Request &request, const WireHead &head, const std::string &body) const;
    Error rejectedLogin() const;
    QNetworkRequest networkRequest(const Request &request, const QUrl &url) const;
    std::shared_ptr<Exchange> send(const Request &request, const QUrl &url);
    void abort(const std::shared_ptr<Exchange> &exchange);
    std::chrono::milliseconds pauseBefore(int nextAttempt, const Attempt &failed) const;
    bool isWithoutProgress(std::chrono::steady_clock::time_point begin) const;
    QString place(const Request &request) const;

    const ServerUrl m_server;
    const NetworkOptions m_options;
    const QSslConfiguration m_tls;
    QByteArray m_authorization;
    LoginGate m_gate;
    Limiter m_limiter;
    QThread m_thread;
    NetworkWorker *m_worker; // lives in m_thread and dies with it
    std::atomic<std::uint64_t> m_requests = 0;
    std::atomic<std::uint64_t> m_retries = 0;
    std::atomic<std::chrono::steady_clock::duration> m_lastProgress{};
};

NetworkTransport::NetworkTransport(const ServerUrl &server, const base::Secret &password,
                                   const NetworkOptions &options, const QNetworkProxy &proxy,
                                   QSslConfiguration tls)
    : m_server(server),
      m_options(options),
      m_tls(std::move(tls)),
      m_gate(!server.user.empty()),
      m_limiter(kMaxUnderWay),
      m_worker(new NetworkWorker(options, proxy, toText(server.toString())))
{
    if (!server.user.empty()) {
        const base::Secret login(server.user + ":" + std::string(password.reveal()));
        const QByteArray plain = QByteArray::fromRawData(
            login.reveal().data(), static_cast<qsizetype>(login.reveal().size()));
        m_authorization = "Basic " + plain.toBase64();
    }
    m_thread.setObjectName(QStringLiteral("couch network"));
    m_worker->moveToThread(&m_thread);
    QObject::connect(&m_thread, &QThread::finished, m_worker, &QObject::deleteLater);
    m_thread.start();
}

NetworkTransport::~NetworkTransport()
{
    m_thread.quit();
    m_thread.wait();
    m_authorization.fill('\0');
}

Result<Response> NetworkTransport::fetch(const Request &request, std::stop_token stop)
{
    Response response;
    Destination to;
    to.sink = [&](std::string_view piece) {
        response.body.append(piece);
        return Status();
    };
    to.restart = [&] { response.body.clear(); };
    auto head = perform(request, to, stop);
    if (!head)
        return head.error();
    response.head = std::move(*head);
    return response;
}

Result<ResponseHead> NetworkTransport::stream(const Request &request, const ByteSink &sink,
                                              std::stop_token stop)
{
    return perform(request, Destination{sink, {}}, stop);
}

Transport::Statistics NetworkTransport::statistics() const
{
    return {m_requests, m_retries, m_worker->bytesReceived()};
}

Result<ResponseHead> NetworkTransport::perform(const Request &request, const Destination &to,
                                               const std::stop_token &stop)
{
    const auto url = exactUrl(m_server, request.target);
    if (!url)
        return url.error();
    const auto begin = base::systemClock().steadyNow();
    for (int number = 1;;) {
        Attempt tried = attempt(request, *url, to, stop);
        if (!tried.error)
            return std::move(tried.head);
        // A first 401 in the middle of a run is asked again once, alone; that costs no attempt.
        const bool askAgain = tried.error->kind == ErrorKind::Unauthorized
                              && !m_authorization.isEmpty() && !m_gate.isRejected()
                              && request.idempotent;
        const bool mayRetry =
            askAgain || (tried.isTransient && request.idempotent && number < m_options.attempts);
        if (!mayRetry || (tried.delivered && !to.restart) || isWithoutProgress(begin))
            return *tried.error;
        ++m_retries;
        if (askAgain)
            continue;
        ++number;
        if (!waitUnlessStopped(pauseBefore(number, tried), stop))
            return cancelled();
    }
}

Attempt NetworkTransport::attempt(const Request &request, const QUrl &url, const Destination &to,
                                  const std::stop_token &stop)
{
    Attempt result;
    const LoginGate::Pass pass = m_gate.enter(stop);
    if (pass == LoginGate::Pass::Rejected || pass == LoginGate::Pass::Stopped) {
        result.error = pass == LoginGate::Pass::Rejected ? rejectedLogin() : cancelled();
        return result;
    }
    LoginTicket ticket(m_gate, pass);
    const Limiter::Permit permit = m_limiter.acquire(stop);
    if (!permit.granted) {
        result.error = cancelled();
        return result;
    }
    if (to.restart)
        to.restart();
    const std::shared_ptr<Exchange> exchange = send(request, url);
    result = converse(request, *exchange, to, ticket, stop);
    if (result.error)
        abort(exchange);
    else
        m_lastProgress = base::systemClock().steadyNow().time_since_epoch();
    m_limiter.release(permit, loadOf(result));
    return result;
}

Attempt NetworkTransport::converse(const Request &request, Exchange &exchange,
                                   const Destination &to, LoginTicket &ticket,
                                   const std::stop_token &stop)
{
    Attempt result;
    const auto wire = exchange.head(stop);
    if (!wire) {
        result.error = wire.error();
        result.isTransient = isTransientKind(wire.error().kind);
        return result;
    }
    const auto head = checkFraming(request, *wire, toText(origin()));
    if (!head) {
        result.error = head.error();
        return result;
    }
    if (wire->status < 200 || wire->status >= 300)
        return refusal(request, *wire, exchange, ticket, stop);
    ticket.decide(LoginGate::Verdict::Accepted);
    return readGoodBody(request, *head, exchange, to, stop);
}

Attempt NetworkTransport::readGoodBody(const Request &request, const ResponseHead &head,
                                       Exchange &exchange, const Destination &to,
                                       const std::stop_token &stop)
{
    Attempt result;
    result.head = head;
    const auto tooLarge = [&] {
        result.error = Error{ErrorKind::TooLarge, text("The answer to %1 is larger than %2 bytes.")
                                                      .arg(place(request))
                                                      .arg(request.maxBodyBytes)};
        return result;
    };
    if (head.contentLength && *head.contentLength > request.maxBodyBytes
        && request.method != Request::Method::Head)
        return tooLarge();
    std::uint64_t received = 0;
    for (;;) {
        const auto piece = exchange.nextPiece(stop);
        if (!piece) {
            result.error = piece.error();
            result.isTransient = isTransientKind(piece.error().kind);
            return result;
        }
        if (piece->empty())
            break;
        received += piece->size();
        m_lastProgress = base::systemClock().steadyNow().time_since_epoch();
        if (received > request.maxBodyBytes)
            return tooLarge();
        result.delivered = true;
        if (auto status = to.sink(*piece); !status) {
            result.error = status.error();
            return result;
        }
    }
    const bool hasBody = request.method != Request::Method::Head;
    if (hasBody && head.contentLength && received != *head.contentLength) {
        result.error =
            Error{ErrorKind::Unreachable, text("The answer to %1 was cut off: %2 of %3 bytes came.")
                                              .arg(place(request))
                                              .arg(received)
                                              .arg(*head.contentLength)};
        result.isTransient = true;
    }
    return result;
}

Attempt NetworkTransport::refusal(const Request &request, const WireHead &head, Exchange &exchange,
                                  LoginTicket &ticket, const std::stop_token &stop)
{
    std::string body;
    while (body.size() < kMaxErrorBodyBytes) {
        const auto piece = exchange.nextPiece(stop);
        if (!piece && piece.error().kind == ErrorKind::Cancelled)
            return {piece.error(), {}, false, false, {}};
        if (!piece || piece->empty())
            break;
        body += *piece;
    }
    ticket.decide(loginVerdict(head.status, body));
    Attempt result;
    result.error = refusalError(request, head, body);
    result.isTransient = isTransientStatus(head.status);
    if (result.isTransient)
        result.retryAfter =
            parseRetryAfter(head.retryAfter, base::systemClock().now(), m_options.retryAfterUnit);
    return result;
}

Error NetworkTransport::refusalError(const Request &request, const WireHead &head,
                                     const std::string &body) const
{
    const QString user = printable(m_server.user);
    const QString server = toText(origin());
    Error error = errorForStatus(head.status, place(request).toStdString(), body);
    if (error.kind == ErrorKind::Redirected) {
        error.message =
            text(
                "%1 redirects to %2 (%3), which is not followed. Give that address if it is yours.")
                .arg(place(request), printable(head.location))
                .arg(head.status);
    } else if (isLockout(head.status, body)) {
        error.message =
            text("%1 has locked the account of user \"%2\" after too many wrong passwords (403). "
                 "It opens again by itself; wait five minutes and check the password.")
                .arg(server, user);
    } else if (error.kind == ErrorKind::Unauthorized && !m_authorization.isEmpty()) {
        const bool lacksRight = loginVerdict(head.status, body) == LoginGate::Verdict::Accepted;
        if (!lacksRight)
            return rejectedLogin();
        error.kind = ErrorKind::Forbidden;
        error.message =
            text("The user \"%1\" may not read %2 (401). Give it the right, or use another user.")
                .arg(user, place(request));
    }
    return error;
}

Error NetworkTransport::rejectedLogin() const
{
    return {ErrorKind::Unauthorized, text("%1 refused the password of user \"%2\" (401). Set it "
                                          "again with --password-file, or in the "
                                          "keychain through the console.")
                                         .arg(toText(origin()), printable(m_server.user))};
}

QNetworkRequest NetworkTransport::networkRequest(const Request &request, const QUrl &url) const
{
    QNetworkRequest out(url);
    out.setSslConfiguration(m_tls);
    out.setAttribute(QNetworkRequest::Http2AllowedAttribute, false);
    out.setAttribute(QNetworkRequest::RedirectPolicyAttribute,
                     QNetworkRequest::ManualRedirectPolicy);
    out.setAttribute(QNetworkRequest::AuthenticationReuseAttribute, QNetworkRequest::Manual);
    out.setAttribute(QNetworkRequest::CookieLoadControlAttribute, QNetworkRequest::Manual);
    out.setAttribute(QNetworkRequest::CookieSaveControlAttribute, QNetworkRequest::Manual);
    out.setAttribute(QNetworkRequest::CacheLoadControlAttribute, QNetworkRequest::AlwaysNetwork);
    out.setAttribute(QNetworkRequest::CacheSaveControlAttribute, false);
    out.setRawHeader("Accept", QByteArray::fromStdString(request.accept));
    // Set explicitly in both cases: otherwise Qt would ask for gzip and unpack it by itself.
    out.setRawHeader("Accept-Encoding", request.acceptGzip ? "gzip" : "identity");
    out.setRawHeader("User-Agent", QByteArray("focus-monitor/") + base::versionText());
    if (!m_authorization.isEmpty())
        out.setRawHeader("Authorization", m_authorization);
    if (!request.body.empty())
        out.setRawHeader("Content-Type", "application/json");
    return out;
}

std::shared_ptr<Exchange> NetworkTransport::send(const Request &request, const QUrl &url)
{
    ++m_requests;
    auto exchange = std::make_shared<Exchange>();
    exchange->setResume([worker = m_worker, key = exchange.get()] {
        QMetaObject::invokeMethod(
            worker, [worker, key] { worker->resume(key); }, Qt::QueuedConnection);
    });
    const NetworkWorker::Order order{exchange, request.method, networkRequest(request, url),
                                     QByteArray::fromStdString(request.body), request.idempotent};
    QMetaObject::invokeMethod(
        m_worker, [worker = m_worker, order] { worker->start(order); }, Qt::QueuedConnection);
    return exchange;
}

void NetworkTransport::abort(const std::shared_ptr<Exchange> &exchange)
{
    QMetaObject::invokeMethod(
        m_worker, [worker = m_worker, exchange] { worker->abort(exchange.get()); },
        Qt::QueuedConnection);
}

std::chrono::milliseconds NetworkTransport::pauseBefore(int nextAttempt,
                                                        const Attempt &failed) const
{
    if (failed.retryAfter)
        return *failed.retryAfter;
    return backoff(nextAttempt - 1, m_options.firstBackoff, m_options.maxBackoff,
                   QRandomGenerator::global()->generateDouble());
}

bool NetworkTransport::isWithoutProgress(std::chrono::steady_clock::time_point begin) const
{
    const auto since = std::max(begin.time_since_epoch(), m_lastProgress.load());
    return base::systemClock().steadyNow().time_since_epoch() - since > m_options.noProgressLimit;
}

QString NetworkTransport::place(const Request &request) const
{
    const std::string_view path =
        std::string_view(request.target).substr(0, request.target.find('?'));
    return toText(origin()) + printable(path);
}

Result<QNetworkProxy> proxyOf(const std::string &address)
{
    if (address.empty())
        return QNetworkProxy(QNetworkProxy::NoProxy);
    const QUrl url = QUrl::fromEncoded(QByteArray::fromStdString(address), QUrl::StrictMode);
    const QString scheme = url.scheme();
    const bool socks = scheme == QLatin1String("socks5");
    const int port = url.port(-1);
    if (!url.isValid() || (!socks && scheme != QLatin1String("http")) || url.host().isEmpty()
        || port <= 0 || !url.userInfo().isEmpty())
        return Error{ErrorKind::Usage, text("The proxy's address must look like "
                                            "http://proxy.example:3128 or socks5://127.0.0.1:1080, "
                                            "without a user.")};
    return QNetworkProxy(socks ? QNetworkProxy::Socks5Proxy : QNetworkProxy::HttpProxy, url.host(),
                         static_cast<quint16>(port));
}

Result<QSslConfiguration> tlsOf(const std::string &caFile)
{
    QSslConfiguration tls = QSslConfiguration::defaultConfiguration();
    tls.setProtocol(QSsl::TlsV1_2OrLater);
    tls.setPeerVerifyMode(QSslSocket::VerifyPeer);
    if (caFile.empty())
        return tls;
    QFile file(toText(caFile));
    const bool isOpen = file.open(QIODevice::ReadOnly);
    const QList<QSslCertificate> added =
        isOpen ? QSslCertificate::fromDevice(&file, QSsl::Pem) : QList<QSslCertificate>();
    if (added.isEmpty())
        return Error{ErrorKind::Io,
                     text("The CA file %1 cannot be read, or holds no PEM certificate.")
                         .arg(printable(caFile)),
                     file.errorString()};
    tls.setCaCertificates(QSslConfiguration::systemCaCertificates() + added);
    return tls;
}

} // namespace

Result<std::unique_ptr<Transport>>
makeNetworkTransport(const ServerUrl &server, const base::Secret &password, NetworkOptions options)
{
    if (!server.tls && !server.user.empty() && !server.isLoopback() && !options.allowPlainHttp)
        return Error{ErrorKind::Usage,
                     text("%1 would get the password of user \"%2\" in clear text, readable for "
                          "everybody on the way. "
                          "Use https://, or allow plain http for this server explicitly.")
                         .arg(toText(server.toString()), printable(server.user))};
    if (server.tls && !QSslSocket::supportsSsl())
        return Error{
            ErrorKind::Tls,
            text("This machine's Qt has no TLS, so that %1 cannot be reached. Install OpenSSL.")
                .arg(toText(server.toString()))};
    const auto proxy = proxyOf(options.proxy);
    if (!proxy)
        return proxy.error();
    const auto tls = tlsOf(options.caFile);
    if (!tls)
        return tls.error();
    return std::unique_ptr<Transport>(
        std::make_unique<NetworkTransport>(server, password, options, *proxy, *tls));
}

} // namespace couch
