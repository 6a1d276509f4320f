#include "core/alert/message.h"
#include "core/base/text.h"

#include <QByteArray>
#include <QDateTime>
#include <QLocale>
#include <QTimeZone>

namespace alert {

namespace {

constexpr const char *kLineEnd = "\r\n";

/// What stands in an address; everything that could end it or the line is left out.
std::string address(const std::string &configured)
{
    std::string plain;
    for (const char c : configured) {
        if (static_cast<unsigned char>(c) > 0x20 && c != 0x7f
            && std::string_view("<>,;\"()[]\\").find(c) == std::string_view::npos)
            plain += c;
    }
    return '<' + plain + '>';
}

/// As words of RFC 2047, each a whole number of characters and at most 75 bytes long.
std::string encodedWords(const std::string &utf8)
{
    constexpr qsizetype mostBytes = 42; // 56 in base64, and 12 around them
    const QString text = QString::fromStdString(utf8);
    std::string words;
    QByteArray piece;
    const auto flush = [&] {
        words += words.empty() ? "" : "\r\n ";
        words += "=?UTF-8?B?" + piece.toBase64().toStdString() + "?=";
        piece.clear();
    };
    for (const char32_t point : text.toUcs4()) {
        const QByteArray next = QString::fromUcs4(&point, 1).toUtf8();
        if (piece.size() + next.size() > mostBytes)
            flush();
        piece += next;
    }
    flush();
    return words;
}

std::string dateOf(TimePoint time)
{
    const QDateTime utc = QDateTime::fromSecsSinceEpoch(
        std::chrono::floor<std::chrono::seconds>(time.time_since_epoch()).count(), Qt::UTC);
    return QLocale::c().toString(utc, QStringLiteral("ddd, dd MMM yyyy HH:mm:ss")).toStdString()
        + " +0000";
}

std::string base64Lines(const std::string &bytes)
{
    constexpr qsizetype lineLength = 76;
    const QByteArray encoded = QByteArray::fromStdString(bytes).toBase64();
    std::string lines;
    for (qsizetype at = 0; at < encoded.size(); at += lineLength)
        lines += encoded.mid(at, lineLength).toStdString() + kLineEnd;
    return lines;
}

} // namespace

std::string asMail(const Message &message, const std::string &from,
                   const std::vector<std::string> &to, TimePoint now, std::string_view uniqueId)
{
    std::string recipients;
    for (const std::string &one : to)
        recipients += (recipients.empty() ? "" : ",\r\n ") + address(one);
    std::string body;
    for (const char c : message.body)
        body += c == '\n' ? std::string("\r\n") : std::string(1, c);
    const bool isUrgent =
        message.level == monitor::VerdictLevel::Failed && message.kind == Message::Kind::Problems;
    std::string mail = "From: " + address(from) + kLineEnd;
    mail += "To: " + recipients + kLineEnd;
    mail += "Subject: " + encodedWords(message.subject) + kLineEnd;
    mail += "Date: " + dateOf(now) + kLineEnd;
    mail += "Message-ID: <" + std::string(uniqueId) + "@focus-monitor.invalid>" + kLineEnd;
    mail += std::string("Auto-Submitted: auto-generated") + kLineEnd; // no holiday answers
    mail += isUrgent ? std::string("X-Priority: 1") + kLineEnd : std::string();
    mail += std::string("MIME-Version: 1.0") + kLineEnd;
    mail += std::string("Content-Type: text/plain; charset=utf-8") + kLineEnd;
    mail += std::string("Content-Transfer-Encoding: base64") + kLineEnd + kLineEnd;
    return mail + base64Lines(body);
}

} // namespace alert
