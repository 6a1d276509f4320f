#include "tests/couch/scriptedserver.h"

#include <QFile>
#include <QSslSocket>
#include <QTcpServer>
#include <QTcpSocket>
#include <QTimer>

namespace {

constexpr qint64 kEnoughUnsent = 1 << 20;
constexpr int kLaterMs = 30;

QByteArray statusLine(int status)
{
    return "HTTP/1.1 " + QByteArray::number(status) + " X\r\n";
}

} // namespace

/// One accepted connection; a child of the listener.
class Connection : public QObject
{
public:
    Connection(ScriptedServer &server, QTcpSocket *socket, int number)
        : QObject(socket)
        , m_server(server)
        , m_socket(socket)
        , m_number(number)
    {
        connect(socket, &QTcpSocket::readyRead, this, &Connection::read);
        connect(socket, &QTcpSocket::disconnected, socket, &QObject::deleteLater);
        connect(socket, &QTcpSocket::bytesWritten, this, &Connection::repeat);
        m_drip.callOnTimeout(this, [this] { dripOne(); });
        read();
    }

private:
    void read()
    {
        m_in += m_socket->readAll();
        const qsizetype headEnd = m_in.indexOf("\r\n\r\n");
        if (headEnd < 0)
            return;
        ScriptedServer::Received request = parseHead(m_in.left(headEnd));
        const qsizetype length = request.headers.value("content-length", "0").toLongLong();
        if (m_in.size() < headEnd + 4 + length)
            return;
        request.body = m_in.mid(headEnd + 4, length);
        m_in.remove(0, headEnd + 4 + length);
        request.connection = m_number;
        {
            const std::lock_guard lock(m_server.m_mutex);
            request.number = static_cast<int>(m_server.m_received.size());
            m_server.m_received.push_back(request);
        }
        const ScriptedServer::Reply reply = m_server.m_script(request);
        if (reply.delayMs == 0)
            send(reply);
        else
            QTimer::singleShot(reply.delayMs, this, [this, reply] { send(reply); });
    }

    static ScriptedServer::Received parseHead(const QByteArray &head)
    {
        ScriptedServer::Received request;
        const QList<QByteArray> lines = head.split('\n');
        const QList<QByteArray> first = lines.first().trimmed().split(' ');
        request.method = first.value(0);
        request.target = first.value(1);
        for (const QByteArray &line : lines.mid(1)) {
            const qsizetype colon = line.indexOf(':');
            request.headers[line.left(colon).toLower()] = line.mid(colon + 1).trimmed();
        }
        return request;
    }

    void send(const ScriptedServer::Reply &reply)
    {
        m_flood = reply.flood;
        if (reply.dripMs > 0) {
            m_socket->write(reply.bytes.left(reply.atOnce));
            m_toDrip = reply.bytes.mid(reply.atOnce);
            m_drip.start(reply.dripMs);
            return;
        }
        m_socket->write(reply.bytes);
        repeat();
        if (reply.then == ScriptedServer::Then::Close) {
            m_socket->disconnectFromHost();
        } else if (reply.then == ScriptedServer::Then::CloseOnCue) {
            m_watch.callOnTimeout(this, [this] {
                if (m_server.m_isCued)
                    m_socket->disconnectFromHost();
            });
            m_watch.start(1);
        } else if (reply.then == ScriptedServer::Then::CloseLater) {
            QTimer::singleShot(kLaterMs, this, [this] { m_socket->disconnectFromHost(); });
        } else if (reply.then == ScriptedServer::Then::Reset) {
            m_socket->setSocketOption(QAbstractSocket::LowDelayOption, 1);
            m_socket->flush();
            m_socket->abort();
        }
    }

    void repeat()
    {
        while (!m_flood.isEmpty() && m_socket->bytesToWrite() < kEnoughUnsent
               && m_socket->state() == QAbstractSocket::ConnectedState)
            m_socket->write(m_flood);
    }

    void dripOne()
    {
        m_socket->write(m_toDrip.left(1));
        m_toDrip.remove(0, 1);
        if (m_toDrip.isEmpty())
            m_drip.stop();
    }

    ScriptedServer &m_server;
    QTcpSocket *m_socket;
    int m_number;
    QByteArray m_in;
    QByteArray m_flood;
    QByteArray m_toDrip;
    QTimer m_drip;
    QTimer m_watch;
};

class ScriptedServer::Listener : public QTcpServer
{
public:
    Listener(ScriptedServer &server, std::optional<QSslConfiguration> tls)
        : m_server(server)
        , m_tls(std::move(tls))
    {
    }

private:
    void incomingConnection(qintptr handle) override
    {
        int number = 0;
        {
            const std::lock_guard lock(m_server.m_mutex);
            number = m_server.m_connections++;
        }
        if (!m_tls) {
            auto *plain = new QTcpSocket(this);
            plain->setSocketDescriptor(handle);
            new Connection(m_server, plain, number);
            return;
        }
        auto *secure = new QSslSocket(this);
        secure->setSslConfiguration(*m_tls);
        secure->setSocketDescriptor(handle);
        new Connection(m_server, secure, number);
        secure->startServerEncryption();
    }

    ScriptedServer &m_server;
    std::optional<QSslConfiguration> m_tls;
};

ScriptedServer::ScriptedServer(Script script, std::optional<QSslConfiguration> tls)
    : m_script(std::move(script))
    , m_isTls(tls.has_value())
{
    auto *listener = new Listener(*this, std::move(tls));
    if (!listener->listen(QHostAddress::LocalHost))
        qFatal("the test's server cannot listen");
    m_port = listener->serverPort();
    listener->moveToThread(&m_thread);
    QObject::connect(&m_thread, &QThread::finished, listener, &QObject::deleteLater);
    m_thread.start();
}

ScriptedServer::~ScriptedServer()
{
    m_thread.quit();
    m_thread.wait();
}

std::string ScriptedServer::url(const std::string &user, const std::string &path) const
{
    return (m_isTls ? "https://" : "http://") + (user.empty() ? user : user + "@")
        + "127.0.0.1:" + std::to_string(m_port) + path;
}

std::vector<ScriptedServer::Received> ScriptedServer::received() const
{
    const std::lock_guard lock(m_mutex);
    return m_received;
}

int ScriptedServer::connections() const
{
    const std::lock_guard lock(m_mutex);
    return m_connections;
}

ScriptedServer::Reply answer(int status, const QByteArray &body, const QByteArray &moreHeaders)
{
    ScriptedServer::Reply reply;
    reply.bytes = statusLine(status) + "Content-Type: application/json\r\nContent-Length: "
        + QByteArray::number(body.size()) + "\r\n" + moreHeaders + "\r\n" + body;
    return reply;
}

ScriptedServer::Reply recorded(const char *name)
{
    QFile file(
        QStringLiteral(FM_SOURCE_DIR "/tests/data/couchdb/http.%1.txt").arg(QLatin1String(name)));
    if (!file.open(QIODevice::ReadOnly))
        qFatal("there is no recorded answer %s", name);
    ScriptedServer::Reply reply;
    reply.bytes = file.readAll();
    // CouchDB's own headers are in the last head: before it there may be a "100 Continue".
    const qsizetype bodyAt = reply.bytes.indexOf("\r\n\r\n", reply.bytes.indexOf("X-Couch")) + 4;
    const QByteArray head = reply.bytes.left(bodyAt);
    const QByteArray body = reply.bytes.mid(bodyAt);
    if (head.contains("Transfer-Encoding: chunked"))
        reply.bytes = head + QByteArray::number(body.size(), 16) + "\r\n" + body + "\r\n0\r\n\r\n";
    if (head.contains("Connection: close"))
        reply.then = ScriptedServer::Then::Close;
    return reply;
}

std::string recordedBody(const char *name)
{
    const QByteArray bytes = recorded(name).bytes;
    const qsizetype bodyAt = bytes.indexOf("\r\n\r\n") + 4;
    if (!bytes.left(bodyAt).contains("chunked"))
        return bytes.mid(bodyAt).toStdString();
    const qsizetype chunkAt = bytes.indexOf("\r\n", bodyAt) + 2;
    return bytes.mid(chunkAt, bytes.size() - chunkAt - 7).toStdString();
}
