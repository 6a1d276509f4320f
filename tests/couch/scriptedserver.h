#pragma once

#include <QByteArray>
#include <QMap>
#include <QSslConfiguration>
#include <QThread>

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

/// A server of a test on 127.0.0.1: writes down every request and answers with the bytes its script
/// says, right or wrong. Runs in a thread of its own; the script is called there, one request at a
/// time.
class ScriptedServer
{
public:
    struct Received {
        QByteArray method;
        QByteArray target;
        QMap<QByteArray, QByteArray> headers; // names in lower case
        QByteArray body;
        int number = 0; // of the request, from 0
        int connection = 0;
    };
    enum class Then { KeepOpen, Close, CloseLater, CloseOnCue, Reset };
    struct Reply {
        QByteArray bytes;
        Then then = Then::KeepOpen;
        int delayMs = 0;  // before the first byte
        int dripMs = 0;   // a byte each time, if not 0
        int atOnce = 0;   // bytes that go out before the drip begins
        QByteArray flood; // repeated until the other side goes away
    };
    using Script = std::function<Reply(const Received &)>;

    explicit ScriptedServer(Script script, std::optional<QSslConfiguration> tls = {});
    ~ScriptedServer();

    [[nodiscard]] quint16 port() const { return m_port; }
    /// "http://user@127.0.0.1:port" or https.
    [[nodiscard]] std::string url(const std::string &user = {}, const std::string &path = {}) const;
    [[nodiscard]] std::vector<Received> received() const;
    [[nodiscard]] int count() const { return static_cast<int>(received().size()); }
    [[nodiscard]] int connections() const;
    /// Connections whose answer said CloseOnCue are closed now.
    void cue() { m_isCued = true; }

private:
    class Listener;
    friend class Connection;

    mutable std::mutex m_mutex;
    std::vector<Received> m_received;
    int m_connections = 0;
    std::atomic<bool> m_isCued = false;
    Script m_script;
    bool m_isTls;
    quint16 m_port = 0;
    QThread m_thread;
};

/// A whole answer with Content-Length.
[[nodiscard]] ScriptedServer::Reply answer(int status, const QByteArray &body,
                                           const QByteArray &moreHeaders = {});
/// The head and body of a recorded answer (tests/data/couchdb/http.NAME.txt), byte for byte; a body
/// that was recorded after its chunks were joined is sent as one chunk.
[[nodiscard]] ScriptedServer::Reply recorded(const char *name);
/// Only the body of it.
[[nodiscard]] std::string recordedBody(const char *name);
