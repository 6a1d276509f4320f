#include "core/alert/delivery.h"
#include "tests/couch/certificates.h"
#include "tests/support/temporaryfolder.h"

#include <QRegularExpression>
#include <QSslSocket>
#include <QTcpServer>
#include <QTest>

#include <functional>
#include <future>
#include <thread>

using namespace alert;
using namespace std::chrono_literals;
using base::ErrorKind;
using base::Secret;

class DeliveryTest : public QObject
{
    Q_OBJECT
private slots:
    void initTestCase();

    void mailByTls();
    void mailByStartTls();
    void mailWithoutEncryption();
    void aMailServerWithoutStartTlsGetsNothing();
    void anUntrustedMailServerGetsNothing();
    void wrongPassword();
    void refusedRecipient();
    void aMailServerThatHangs();
    void aMailServerThatIsNotThere();
    void stopping();
    void webhook();
    void webhookAnswers_data();
    void webhookAnswers();
    void pings();

private:
    testsupport::TemporaryFolder m_folder;
    Identity m_identity;
    std::string m_caFile;
};

namespace {

/// Serves one connection on a thread of its own, and keeps what it read.
class OneTalk
{
public:
    using Script = std::function<void(QSslSocket &socket, QByteArray &heard)>;

    explicit OneTalk(Script script)
        : m_script(std::move(script))
    {
        std::promise<int> port;
        auto listening = port.get_future();
        m_thread = std::thread([this, &port] { serve(port); });
        m_port = listening.get();
    }
    ~OneTalk() { join(); }
    OneTalk(const OneTalk &) = delete;
    OneTalk &operator=(const OneTalk &) = delete;

    [[nodiscard]] int port() const { return m_port; }
    /// Everything that was said to it, when the talk is over.
    [[nodiscard]] QByteArray heard()
    {
        join();
        return m_heard;
    }

private:
    class Server : public QTcpServer
    {
    public:
        QSslSocket socket;

    protected:
        void incomingConnection(qintptr handle) override { socket.setSocketDescriptor(handle); }
    };

    void serve(std::promise<int> &port)
    {
        Server server;
        server.listen(QHostAddress::LocalHost);
        port.set_value(server.serverPort());
        if (server.waitForNewConnection(10'000))
            m_script(server.socket, m_heard);
        server.socket.disconnectFromHost();
        if (server.socket.state() != QAbstractSocket::UnconnectedState)
            server.socket.waitForDisconnected(5000);
    }
    void join()
    {
        if (m_thread.joinable())
            m_thread.join();
    }

    Script m_script;
    std::thread m_thread;
    QByteArray m_heard;
    int m_port = 0;
};

QByteArray readLine(QSslSocket &socket)
{
    while (!socket.canReadLine()) {
        if (!socket.waitForReadyRead(5000))
            return {};
    }
    return socket.readLine();
}

void say(QSslSocket &socket, const QByteArray &line)
{
    socket.write(line + "\r\n");
    socket.waitForBytesWritten(5000);
}

struct MailRules {
    bool offersStartTls = false;
    QByteArray toLogin = "235 welcome";
    QByteArray toRecipient = "250 ok";
};

/// A mail server that hears one message.
void hearMail(QSslSocket &socket, QByteArray &heard, const MailRules &rules)
{
    say(socket, "220 mail.test");
    while (true) {
        const QByteArray line = readLine(socket);
        heard += line;
        const QByteArray verb = line.left(4).toUpper();
        if (line.isEmpty() || verb == "QUIT")
            return;
        if (verb == "EHLO") {
            say(socket, "250-mail.test");
            if (rules.offersStartTls && !socket.isEncrypted())
                say(socket, "250-STARTTLS");
            say(socket, "250 AUTH PLAIN");
        } else if (verb == "STAR") {
            say(socket, "220 go ahead");
            socket.startServerEncryption();
            if (!socket.waitForEncrypted(5000))
                return;
        } else if (verb == "AUTH") {
            if (line.trimmed() == "AUTH PLAIN") {
                say(socket, "334 ");
                heard += readLine(socket);
            }
            say(socket, rules.toLogin);
        } else if (verb == "RCPT") {
            say(socket, rules.toRecipient);
        } else if (verb == "DATA") {
            say(socket, "354 go ahead");
            QByteArray data;
            while ((data = readLine(socket)) != ".\r\n" && !data.isEmpty())
                heard += data;
            say(socket, "250 taken");
        } else {
            say(socket, "250 ok");
        }
    }
}

/// "HTTP/1.1 200 OK", one request.
void hearRequest(QSslSocket &socket, QByteArray &heard, const QByteArray &answer)
{
    qsizetype length = 0;
    while (true) {
        const QByteArray line = readLine(socket);
        heard += line;
        if (line.toLower().startsWith("content-length:"))
            length = line.mid(15).trimmed().toInt();
        if (line.size() <= 2)
            break;
    }
    while (length > 0 && (socket.bytesAvailable() > 0 || socket.waitForReadyRead(5000))) {
        const QByteArray body = socket.read(length);
        heard += body;
        length -= body.size();
    }
    socket.write(answer);
    socket.waitForBytesWritten(5000);
}

constexpr const char *kOk = "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n";

MailServer mailServer(int port)
{
    MailServer server;
    server.host = "127.0.0.1";
    server.port = port;
    server.security = MailServer::Security::None;
    server.user = "ops";
    server.password = Secret(std::string("hunter2"));
    server.from = "monitor@focus.example";
    server.to = {"a@focus.example", "b@focus.example"};
    return server;
}

const std::string kMail = "Subject: x\r\n\r\nLine\r\n.hidden dot\r\n";

} // namespace

void DeliveryTest::initTestCase()
{
    QTest::failOnWarning(QRegularExpression(QStringLiteral(".*")));
    m_identity = makeIdentity({});
    m_caFile = base::toUtf8(m_folder.path("ca.pem"));
    QVERIFY(base::writeFileAtomically(m_folder.path("ca.pem"),
                                      m_identity.certificatePem.toStdString()));
}

void DeliveryTest::mailByTls()
{
    OneTalk talk([this](QSslSocket &socket, QByteArray &heard) {
        socket.setSslConfiguration(m_identity.serverConfiguration());
        socket.startServerEncryption();
        if (socket.waitForEncrypted(5000))
            hearMail(socket, heard, {});
    });
    MailServer server = mailServer(talk.port());
    server.security = MailServer::Security::Tls;
    server.caFile = m_caFile;
    const auto sent = sendMail(server, kMail, {});
    QVERIFY2(sent, sent ? "" : qPrintable(sent.error().message + sent.error().detail));
    const QByteArray heard = talk.heard();
    QVERIFY(heard.contains(QByteArray("\0ops\0hunter2", 12).toBase64()));
    QVERIFY(heard.contains("MAIL FROM:<monitor@focus.example>"));
    QVERIFY(heard.contains("RCPT TO:<a@focus.example>"));
    QVERIFY(heard.contains("RCPT TO:<b@focus.example>"));
    QVERIFY(heard.contains("Subject: x\r\n\r\nLine\r\n..hidden dot\r\n"));
}

void DeliveryTest::mailByStartTls()
{
    OneTalk talk([this](QSslSocket &socket, QByteArray &heard) {
        socket.setSslConfiguration(m_identity.serverConfiguration());
        hearMail(socket, heard, {true});
    });
    MailServer server = mailServer(talk.port());
    server.security = MailServer::Security::StartTls;
    server.caFile = m_caFile;
    const auto sent = sendMail(server, kMail, {});
    QVERIFY2(sent, sent ? "" : qPrintable(sent.error().message + sent.error().detail));
    const QByteArray heard = talk.heard();
    QVERIFY(heard.indexOf("STARTTLS") < heard.indexOf("AUTH"));
    QVERIFY(heard.contains("Subject: x"));
}

void DeliveryTest::mailWithoutEncryption()
{
    OneTalk talk([](QSslSocket &socket, QByteArray &heard) { hearMail(socket, heard, {}); });
    MailServer server = mailServer(talk.port());
    server.user.clear();
    QVERIFY(sendMail(server, kMail, {}));
    QVERIFY(!talk.heard().contains("AUTH"));
}

void DeliveryTest::aMailServerWithoutStartTlsGetsNothing()
{
    OneTalk talk([](QSslSocket &socket, QByteArray &heard) { hearMail(socket, heard, {}); });
    MailServer server = mailServer(talk.port());
    server.security = MailServer::Security::StartTls;
    const auto sent = sendMail(server, kMail, {});
    QVERIFY(!sent);
    QCOMPARE(sent.error().kind, ErrorKind::Tls);
    const QByteArray heard = talk.heard();
    QVERIFY(!heard.contains("AUTH") && !heard.contains("MAIL") && !heard.contains("Subject"));
}

void DeliveryTest::anUntrustedMailServerGetsNothing()
{
    OneTalk talk([this](QSslSocket &socket, QByteArray &heard) {
        socket.setSslConfiguration(m_identity.serverConfiguration());
        hearMail(socket, heard, {true});
    });
    MailServer server = mailServer(talk.port());
    server.security = MailServer::Security::StartTls;
    const auto sent = sendMail(server, kMail, {});
    QVERIFY(!sent);
    QCOMPARE(sent.error().kind, ErrorKind::Tls);
    QVERIFY(sent.error().message.contains(QStringLiteral("ca_file")));
    QVERIFY(!talk.heard().contains("AUTH"));
}

void DeliveryTest::wrongPassword()
{
    OneTalk talk([](QSslSocket &socket, QByteArray &heard) {
        hearMail(socket, heard, {false, "535 no"});
    });
    const auto sent = sendMail(mailServer(talk.port()), kMail, {});
    QVERIFY(!sent);
    QCOMPARE(sent.error().kind, ErrorKind::Unauthorized);
    QCOMPARE(sent.error().message,
             QStringLiteral("127.0.0.1:%1 refused the password.").arg(talk.port()));
    QVERIFY(!sent.error().detail.contains(QStringLiteral("hunter2")));
}

void DeliveryTest::refusedRecipient()
{
    OneTalk talk([](QSslSocket &socket, QByteArray &heard) {
        hearMail(socket, heard, {false, "235 ok", "550 nobody here"});
    });
    const auto sent = sendMail(mailServer(talk.port()), kMail, {});
    QVERIFY(!sent);
    QVERIFY(sent.error().message.endsWith(QStringLiteral("did not take the message.")));
}

void DeliveryTest::aMailServerThatHangs()
{
    OneTalk talk([](QSslSocket &socket, QByteArray &heard) { heard = readLine(socket); });
    const auto sent = sendMail(mailServer(talk.port()), kMail, {}, 200ms);
    QVERIFY(!sent);
    QCOMPARE(sent.error().kind, ErrorKind::Timeout);
}

void DeliveryTest::aMailServerThatIsNotThere()
{
    QTcpServer free;
    QVERIFY(free.listen(QHostAddress::LocalHost));
    const int port = free.serverPort();
    free.close();
    const auto sent = sendMail(mailServer(port), kMail, {});
    QVERIFY(!sent);
    QCOMPARE(sent.error().kind, ErrorKind::Unreachable);
}

void DeliveryTest::stopping()
{
    std::stop_source stop;
    stop.request_stop();
    const auto sent = sendMail(mailServer(1), kMail, stop.get_token());
    QVERIFY(!sent);
    QCOMPARE(sent.error().kind, ErrorKind::Cancelled);
}

void DeliveryTest::webhook()
{
    OneTalk talk([](QSslSocket &socket, QByteArray &heard) { hearRequest(socket, heard, kOk); });
    Hook hook;
    hook.url = "http://127.0.0.1:" + std::to_string(talk.port()) + "/services/T0?x=1";
    hook.token = Secret(std::string("canary-token"));
    QVERIFY(postHook(hook, "{\"a\":1}", {}));
    const QByteArray heard = talk.heard();
    QVERIFY(heard.startsWith("POST /services/T0?x=1 HTTP/1.1\r\n"));
    QVERIFY(heard.contains("Content-Type: application/json\r\n"));
    QVERIFY(heard.contains("Authorization: Bearer canary-token\r\n"));
    QVERIFY(heard.endsWith("\r\n\r\n{\"a\":1}"));
}

void DeliveryTest::webhookAnswers_data()
{
    QTest::addColumn<QByteArray>("answer");
    QTest::addColumn<int>("kind");
    const auto row = [](const char *name, const QByteArray &answer, ErrorKind kind) {
        QTest::newRow(name) << answer << static_cast<int>(kind);
    };
    row("500", "HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n", ErrorKind::Protocol);
    row("403", "HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n", ErrorKind::Unauthorized);
    row("a redirect is not followed",
        "HTTP/1.1 302 There\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n",
        ErrorKind::Protocol);
    row("no HTTP", "hello\r\n\r\n", ErrorKind::Protocol);
    row("nothing", "", ErrorKind::Unreachable);
}

void DeliveryTest::webhookAnswers()
{
    QFETCH(QByteArray, answer);
    QFETCH(int, kind);
    OneTalk talk(
        [answer](QSslSocket &socket, QByteArray &heard) { hearRequest(socket, heard, answer); });
    Hook hook;
    hook.url = "http://127.0.0.1:" + std::to_string(talk.port()) + "/canary-path";
    hook.token = Secret(std::string("canary-token"));
    const auto sent = postHook(hook, "{}", {});
    QVERIFY(!sent);
    QCOMPARE(static_cast<int>(sent.error().kind), kind);
    QVERIFY2(!sent.error().message.contains(QStringLiteral("canary")),
             qPrintable(sent.error().message));
    QVERIFY2(!sent.error().detail.contains(QStringLiteral("canary")),
             qPrintable(sent.error().detail));
}

void DeliveryTest::pings()
{
    OneTalk talk([](QSslSocket &socket, QByteArray &heard) { hearRequest(socket, heard, kOk); });
    Hook hook;
    hook.url = "http://127.0.0.1:" + std::to_string(talk.port()) + "/uuid";
    QVERIFY(ping(hook, {}));
    QVERIFY(talk.heard().startsWith("GET /uuid HTTP/1.1\r\n"));
    hook.url = "file:///etc/passwd";
    QVERIFY(!ping(hook, {}));
}

QTEST_GUILESS_MAIN(DeliveryTest)

#include "delivery_test.moc"
