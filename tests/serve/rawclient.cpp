#include "tests/serve/rawclient.h"

#include "core/base/bytes.h"
#include "core/serve/message.h"

namespace servetesting {

namespace {
constexpr int kPatience = 30000; // milliseconds; only a broken server lets it run out
}

std::string RawAnswer::header(const std::string &name) const
{
    for (const auto &[field, value] : headers) {
        if (serve::equalsIgnoringCase(field, name))
            return value;
    }
    return {};
}

std::string basic(const std::string &user, const std::string &password)
{
    return "Authorization: Basic " + base::toBase64(user + ':' + password);
}

RawClient::RawClient(quint16 port, QString host)
    : m_port(port)
{
    m_socket.connectToHost(host, port);
    m_socket.waitForConnected(kPatience);
}

void RawClient::send(const std::string &bytes)
{
    m_socket.write(bytes.data(), static_cast<qint64>(bytes.size()));
    while (m_socket.bytesToWrite() > 0 && m_socket.waitForBytesWritten(kPatience)) {}
}

bool RawClient::readMore()
{
    if (m_socket.bytesAvailable() == 0 && !m_socket.waitForReadyRead(kPatience))
        return false;
    m_buffer += m_socket.readAll().toStdString();
    return true;
}

bool RawClient::readLine(std::string &line)
{
    size_t end = m_buffer.find("\r\n");
    while (end == std::string::npos) {
        if (!readMore())
            return false;
        end = m_buffer.find("\r\n");
    }
    line = m_buffer.substr(0, end);
    m_buffer.erase(0, end + 2);
    return true;
}

bool RawClient::readBytes(size_t count, std::string &into)
{
    while (m_buffer.size() < count) {
        if (!readMore()) {
            into += m_buffer;
            m_buffer.clear();
            return false;
        }
    }
    into += m_buffer.substr(0, count);
    m_buffer.erase(0, count);
    return true;
}

RawAnswer RawClient::receive(bool isHead)
{
    RawAnswer answer;
    std::string line;
    do {
        if (!readLine(line) || line.size() < 12 || !line.starts_with("HTTP/1."))
            return answer;
        answer.status = std::atoi(line.substr(9, 3).c_str());
        answer.headers.clear();
        while (readLine(line) && !line.empty()) {
            const size_t colon = line.find(": ");
            if (colon != std::string::npos)
                answer.headers.emplace_back(line.substr(0, colon), line.substr(colon + 2));
        }
    } while (answer.status == 100);
    answer.isChunked = answer.header("Transfer-Encoding") == "chunked";
    if (isHead || answer.status == 304) {
        answer.isWhole = true;
    } else if (answer.isChunked) {
        while (readLine(line)) {
            const size_t size = std::stoull(line, nullptr, 16);
            std::string end;
            if (!readBytes(size, answer.body) || !readBytes(2, end))
                break;
            if (size == 0) {
                answer.isWhole = true;
                break;
            }
        }
    } else if (!answer.header("Content-Length").empty()) {
        answer.isWhole = readBytes(std::stoull(answer.header("Content-Length")), answer.body);
    } else {
        while (readMore()) {}
        answer.body = std::move(m_buffer);
        m_buffer.clear();
    }
    return answer;
}

std::string RawClient::receiveUntil(const std::string &text)
{
    while (m_buffer.find(text) == std::string::npos) {
        if (!readMore())
            break;
    }
    const size_t found = m_buffer.find(text);
    const size_t end = found == std::string::npos ? m_buffer.size() : found + text.size();
    std::string out = m_buffer.substr(0, end);
    m_buffer.erase(0, end);
    return out;
}

RawAnswer RawClient::ask(const std::string &method, const std::string &target,
                         const std::string &body, const std::vector<std::string> &headers)
{
    std::string text =
        method + ' ' + target + " HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(m_port) + "\r\n";
    for (const std::string &header : headers)
        text += header + "\r\n";
    if (!body.empty() || method == "POST" || method == "PUT")
        text += "Content-Length: " + std::to_string(body.size()) + "\r\n";
    send(text + "\r\n" + body);
    return receive(method == "HEAD");
}

bool RawClient::isOpen()
{
    return m_socket.state() == QAbstractSocket::ConnectedState;
}

bool RawClient::ends()
{
    while (readMore()) {}
    return m_socket.state() != QAbstractSocket::ConnectedState
        && m_socket.error() == QAbstractSocket::RemoteHostClosedError;
}

} // namespace servetesting
