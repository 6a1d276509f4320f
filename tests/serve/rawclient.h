#pragma once

#include <QTcpSocket>

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace servetesting {

struct RawAnswer {
    int status = 0; ///< 0: no answer at all
    std::vector<std::pair<std::string, std::string>> headers;
    std::string body;     ///< without chunk framing
    bool isWhole = false; ///< the end came as the head said
    bool isChunked = false;
    [[nodiscard]] std::string header(const std::string &name) const; ///< empty when absent
};

/// A blocking HTTP/1.1 client that adds nothing of its own and resolves nothing. One thread, no
/// event loop.
class RawClient
{
public:
    explicit RawClient(quint16 port, QString host = QStringLiteral("127.0.0.1"));
    /// Sends the bytes as they are.
    void send(const std::string &bytes);
    /// Reads one answer; `isHead` for one without a body.
    [[nodiscard]] RawAnswer receive(bool isHead = false);
    /// Reads until `text` came, or the connection ended; what came.
    [[nodiscard]] std::string receiveUntil(const std::string &text);
    /// One request with Host, and Content-Length when there is a body.
    [[nodiscard]] RawAnswer ask(const std::string &method, const std::string &target,
                                const std::string &body = {},
                                const std::vector<std::string> &headers = {});
    [[nodiscard]] bool isOpen();
    /// True when the other side ends the connection within the time that tests wait.
    [[nodiscard]] bool ends();
    void close() { m_socket.abort(); }

private:
    [[nodiscard]] bool readMore();
    [[nodiscard]] bool readLine(std::string &line);
    [[nodiscard]] bool readBytes(size_t count, std::string &into);

    QTcpSocket m_socket;
    quint16 m_port;
    std::string m_buffer;
};

/// "Authorization: Basic ..."
[[nodiscard]] std::string basic(const std::string &user, const std::string &password);

} // namespace servetesting
