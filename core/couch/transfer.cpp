#include "core/couch/transfer.h"

#include "core/base/text.h"
#include "core/couch/networkerror.h"

#include <array>

namespace couch {

using base::Error;
using base::ErrorKind;
using base::text;

namespace {

constexpr qint64 kReadBufferBytes = qint64{1} << 20;
constexpr std::uint64_t kLeastBytesPerSecond = 1'024;

double seconds(std::chrono::milliseconds time)
{
    return static_cast<double>(time.count()) / 1'000.0;
}

WireHead headOf(const QNetworkReply &reply)
{
    const auto header = [&](const char *name) {
        return reply.rawHeader(name).trimmed().toStdString();
    };
    WireHead head;
    head.status = reply.attribute(QNetworkRequest::HttpStatusCodeAttribute).toInt();
    head.contentType = header("Content-Type");
    head.contentEncoding = header("Content-Encoding");
    head.contentLength = header("Content-Length");
    head.transferEncoding = header("Transfer-Encoding");
    head.server = header("Server");
    head.location = header("Location");
    head.retryAfter = header("Retry-After");
    head.date = header("Date");
    head.setCookie = header("Set-Cookie");
    return head;
}

} // namespace

Transfer::Transfer(NetworkWorker &worker, std::shared_ptr<Exchange> exchange, QNetworkReply *reply,
                   QString path)
    : QObject(&worker)
    , m_worker(worker)
    , m_exchange(std::move(exchange))
    , m_reply(reply)
    , m_path(std::move(path))
{
    m_reply->setParent(this);
    m_reply->setReadBufferSize(kReadBufferBytes);
    m_deadline.setSingleShot(true);
    connect(&m_deadline, &QTimer::timeout, this, &Transfer::deadlinePassed);
    connect(&m_rate, &QTimer::timeout, this, &Transfer::checkRate);
    connect(m_reply, &QNetworkReply::metaDataChanged, this, &Transfer::readHead);
    connect(m_reply, &QNetworkReply::readyRead, this, &Transfer::pump);
    connect(m_reply, &QNetworkReply::uploadProgress, this, &Transfer::armDeadline);
    connect(m_reply, &QNetworkReply::finished, this, &Transfer::readFinished);
    connect(m_reply, &QNetworkReply::sslErrors, this,
            [this](const QList<QSslError> &errors) { m_tlsErrors += errors; });
    armDeadline();
}

void Transfer::readHead()
{
    if (m_hasHead || m_reply->attribute(QNetworkRequest::HttpStatusCodeAttribute).isNull())
        return;
    m_hasHead = true;
    m_exchange->deliverHead(headOf(*m_reply));
    m_rate.start(m_worker.options().rateWindow);
    armDeadline();
}

void Transfer::pump()
{
    std::array<char, 65'536> buffer;
    qint64 got = 0;
    qint64 all = 0;
    m_isPaused = false;
    while (m_reply->bytesAvailable() > 0) {
        const size_t room = std::min(m_exchange->room(), buffer.size());
        m_isPaused = room == 0;
        if (m_isPaused)
            break;
        got = m_reply->read(buffer.data(), static_cast<qint64>(room));
        if (got <= 0)
            break;
        m_exchange->append(buffer.data(), static_cast<size_t>(got));
        all += got;
    }
    m_receivedInWindow += static_cast<std::uint64_t>(all);
    m_worker.countReceived(static_cast<std::uint64_t>(all));
    m_wasPausedInWindow = m_wasPausedInWindow || m_isPaused;
    if (m_isFinished && !m_isPaused)
        conclude();
    else
        armDeadline();
}

// While the caller is the slow one, no deadline runs.
void Transfer::armDeadline()
{
    if (m_isPaused || m_isFinished)
        m_deadline.stop();
    else
        m_deadline.start(m_hasHead ? m_worker.options().idleDeadline
                                   : m_worker.options().connectAndHeaderDeadline);
}

void Transfer::checkRate()
{
    const auto window = m_worker.options().rateWindow;
    const auto least = static_cast<double>(kLeastBytesPerSecond) * seconds(window);
    const bool tooSlow =
        static_cast<double>(m_receivedInWindow) < least && !m_wasPausedInWindow && !m_isFinished;
    m_receivedInWindow = 0;
    m_wasPausedInWindow = m_isPaused;
    if (tooSlow)
        abort(Error{
            ErrorKind::Timeout,
            text(
                "%1 sends %2 too slowly: less than 1 KiB a second for %3 s. Try again; if it stays so, look at the server and the network.")
                .arg(m_worker.origin(), m_path, QString::number(seconds(window)))});
}

void Transfer::deadlinePassed()
{
    abort(tooLate());
}

Error Transfer::tooLate() const
{
    if (!m_hasHead)
        return {
            ErrorKind::Timeout,
            text(
                "%1 did not answer %2 within %3 s. Try again; if it stays so, look at the server and the network.")
                .arg(m_worker.origin(), m_path,
                     QString::number(seconds(m_worker.options().connectAndHeaderDeadline)))};
    return {
        ErrorKind::Timeout,
        text(
            "%1 stopped in the middle of its answer to %2: nothing came for %3 s. Try again; if it stays so, look at the server and the network.")
            .arg(m_worker.origin(), m_path,
                 QString::number(seconds(m_worker.options().idleDeadline)))};
}

void Transfer::abort(std::optional<Error> reason)
{
    if (m_isOver)
        return;
    m_abortReason = reason ? std::move(*reason) : cancelled();
    m_reply->abort();
    conclude();
}

void Transfer::readFinished()
{
    m_isFinished = true;
    readHead();
    if (m_abortReason)
        return;
    pump();
}

void Transfer::conclude()
{
    if (m_isOver)
        return;
    m_isOver = true;
    m_deadline.stop();
    m_rate.stop();
    if (m_abortReason)
        m_exchange->finish(*m_abortReason);
    else
        m_exchange->finish(
            failureOf(*m_reply, m_tlsErrors,
                      {m_worker.origin(), m_path, !m_worker.options().proxy.empty(), m_hasHead}));
    m_worker.forget(m_exchange.get());
    deleteLater();
}

} // namespace couch
