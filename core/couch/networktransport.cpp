#include "core/couch/networktransport.h"

#include "core/base/clock.h"
#include "core/base/text.h"
#include "core/couch/attempt.h"
#include "core/couch/connectionsetup.h"
#include "core/couch/exchange.h"
#include "core/couch/framing.h"
#include "core/couch/networkworker.h"
#include "core/couch/refusal.h"
#include "core/couch/retry.h"
#include "core/couch/wirepath.h"

#include <QRandomGenerator>
#include <QSslSocket>
#include <QThread>

#include <algorithm>
#include <atomic>
#include <functional>

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

class NetworkTransport final : public Transport
{
public:
    NetworkTransport(const ServerUrl &server, const base::Secret &password,
                     const NetworkOptions &options, const QNetworkProxy &proxy,
                     const QSslConfiguration &tls);
    ~NetworkTransport() override;

    Result<Response> fetch(const Request &request, std::stop_token stop) override;
    Result<ResponseHead> stream(const Request &request, const ByteSink &sink,
                                std::stop_token stop) override;
    Statistics statistics() const override;
    std::string origin() const override { return m_server.toString(); }

private:
    /// Where the body of a good answer goes. `begin` prepares for a body of perhaps that many bytes
    /// and forgets what a failed try delivered; without it nothing is tried again once a byte went
    /// out.
    struct Destination {
        ByteSink sink;
        std::function<void(std::uint64_t expectedBytes)> begin;
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
    Asked asked(const Request &request) const;
    std::shared_ptr<Exchange> send(const Request &request, const QUrl &url);
    void abort(const std::shared_ptr<Exchange> &exchange);
    std::chrono::milliseconds pauseBefore(int nextAttempt, const Attempt &failed) const;
    bool isWithoutProgress(std::chrono::steady_clock::time_point begin) const;

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
                                   const QSslConfiguration &tls)
    : m_server(server)
    , m_options(options)
    , m_tls(tls)
    , m_authorization(basicAuthorization(server.user, password))
    , m_gate(!server.user.empty())
    , m_limiter(kMaxUnderWay)
    , m_worker(new NetworkWorker(options, proxy, toText(server.toString())))
{
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
    to.begin = [&](std::uint64_t expectedBytes) {
        response.body.clear();
        response.body.reserve(expectedBytes);
    };
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
    int own = 0;
    int &number = request.attempts ? *request.attempts : own;
    for (++number;;) {
        Attempt tried = attempt(request, *url, to, stop);
        if (!tried.error)
            return std::move(tried.head);
        // A first 401 in the middle of a run is asked again once, alone; that costs no attempt.
        const bool askAgain = tried.error->kind == ErrorKind::Unauthorized
            && !m_authorization.isEmpty() && !m_gate.isRejected() && request.idempotent;
        const bool mayRetry =
            askAgain || (tried.isTransient && request.idempotent && number < m_options.attempts);
        if (!mayRetry || (tried.delivered && !to.begin) || isWithoutProgress(begin))
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
        result.error =
            pass == LoginGate::Pass::Rejected ? rejectedLogin(asked(request)) : cancelled();
        return result;
    }
    LoginTicket ticket(m_gate, pass);
    const Limiter::Permit permit = m_limiter.acquire(stop);
    if (!permit.granted) {
        result.error = cancelled();
        return result;
    }
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
        result.error = Error{ErrorKind::TooLarge,
                             text("The answer to %1 is larger than %2 bytes.")
                                 .arg(printable(asked(request).place))
                                 .arg(request.maxBodyBytes)};
        return result;
    };
    if (head.contentLength && *head.contentLength > request.maxBodyBytes
        && request.method != Request::Method::Head)
        return tooLarge();
    if (to.begin)
        to.begin(head.contentLength.value_or(0));
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
        result.error = Error{ErrorKind::Unreachable,
                             text("The answer to %1 was cut off: %2 of %3 bytes came.")
                                 .arg(printable(asked(request).place), QString::number(received),
                                      QString::number(*head.contentLength))};
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
    WireHead shown = head;
    if (!m_authorization.isEmpty()) {
        body = withoutCredential(std::move(body), m_authorization.toStdString());
        shown.location =
            withoutCredential(std::move(shown.location), m_authorization.toStdString());
    }
    ticket.decide(loginVerdict(head.status, body));
    Attempt result;
    result.error = refusalError(asked(request), shown, body);
    result.isTransient = isTransientStatus(head.status);
    if (result.isTransient)
        result.retryAfter =
            parseRetryAfter(head.retryAfter, base::systemClock().now(), m_options.retryAfterUnit);
    return result;
}

std::shared_ptr<Exchange> NetworkTransport::send(const Request &request, const QUrl &url)
{
    ++m_requests;
    auto exchange = std::make_shared<Exchange>();
    exchange->setResume([worker = m_worker, key = exchange.get()] {
        QMetaObject::invokeMethod(
            worker, [worker, key] { worker->resume(key); }, Qt::QueuedConnection);
    });
    const NetworkWorker::Order order{exchange, request.method,
                                     networkRequest(request, url, m_authorization, m_tls),
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

Asked NetworkTransport::asked(const Request &request) const
{
    const std::string path = request.target.substr(0, request.target.find('?'));
    return {origin(), m_server.user, origin() + path};
}

} // namespace

Result<std::unique_ptr<Transport>> makeNetworkTransport(const ServerUrl &server,
                                                        const base::Secret &password,
                                                        const NetworkOptions &options)
{
    if (auto safe = checkPasswordIsSafe(server, options); !safe)
        return safe.error();
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
