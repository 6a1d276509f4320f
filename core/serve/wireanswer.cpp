#include "core/serve/wireanswer.h"

#include "core/base/text.h"
#include "core/base/version.h"

#include <algorithm>
#include <array>
#include <cstdio>

namespace serve {

using base::Error;
using base::ErrorKind;
using base::Status;

namespace {

/// A Measured body up to this is sent with its length.
constexpr size_t kMeasuredBytes = size_t{1} << 20;
/// Small writes are put together into chunks of about this.
constexpr size_t kChunkBytes = size_t{64} << 10;

struct StatusName {
    int status;
    const char *name;
};
// CouchDB says "Object Not Found".
constexpr std::array kStatusNames{
    StatusName{200, "OK"},
    StatusName{201, "Created"},
    StatusName{202, "Accepted"},
    StatusName{206, "Partial Content"},
    StatusName{301, "Moved Permanently"},
    StatusName{302, "Moved Temporarily"},
    StatusName{304, "Not Modified"},
    StatusName{307, "Temporary Redirect"},
    StatusName{400, "Bad Request"},
    StatusName{401, "Unauthorized"},
    StatusName{403, "Forbidden"},
    StatusName{404, "Object Not Found"},
    StatusName{405, "Method Not Allowed"},
    StatusName{409, "Conflict"},
    StatusName{412, "Precondition Failed"},
    StatusName{413, "Request Entity Too Large"},
    StatusName{415, "Unsupported Media Type"},
    StatusName{416, "Requested Range Not Satisfiable"},
    StatusName{417, "Expectation Failed"},
    StatusName{429, "Too Many Requests"},
    StatusName{431, "Request Header Fields Too Large"},
    StatusName{500, "Internal Server Error"},
    StatusName{501, "Not Implemented"},
    StatusName{503, "Service Unavailable"},
};

Error gone()
{
    return {ErrorKind::Cancelled, base::text("The client has gone.")};
}

} // namespace

const char *reasonPhrase(int status)
{
    const auto *const found = std::ranges::find_if(
        kStatusNames, [status](const StatusName &it) { return it.status == status; });
    return found == kStatusNames.end() ? "Status" : found->name;
}

std::string httpDate(std::chrono::system_clock::time_point time)
{
    namespace chrono = std::chrono;
    constexpr std::array days{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    constexpr std::array months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const auto day = chrono::floor<chrono::days>(time);
    const chrono::year_month_day date(day);
    const chrono::hh_mm_ss clock(chrono::floor<chrono::seconds>(time - day));
    std::array<char, 40> text{};
    (void)std::snprintf(text.data(), text.size(), "%s, %02u %s %d %02d:%02d:%02d GMT",
                        days.at(chrono::weekday(day).c_encoding()), unsigned(date.day()),
                        months.at(unsigned(date.month()) - 1), int(date.year()),
                        static_cast<int>(clock.hours().count()),
                        static_cast<int>(clock.minutes().count()),
                        static_cast<int>(clock.seconds().count()));
    return text.data();
}

WireAnswer::WireAnswer(Outlet &outlet, Options options)
    : m_outlet(outlet)
    , m_options(std::move(options))
{
}

Status WireAnswer::begin(ResponseHead head)
{
    m_head = std::move(head);
    m_hasBegun = true;
    if (m_head.status == 304) {
        m_head.sizing = Sizing::Known;
        m_head.length = 0;
    }
    // HTTP/1.0 knows no chunks: such a body ends with the connection.
    if (m_options.isHttp10)
        m_options.closes = true;
    return {};
}

std::string WireAnswer::headText() const
{
    auto fields = m_head.headers.fields();
    fields.emplace_back("Date", httpDate(m_options.now));
    fields.emplace_back("Server",
                        std::string("CouchDB/3.5.0 (focus-monitor ") + base::versionText() + ")");
    fields.emplace_back("X-Couch-Request-ID", m_options.requestId);
    if (m_head.sizing == Sizing::Known)
        fields.emplace_back("Content-Length", std::to_string(m_head.length));
    else if (!m_options.isHttp10)
        fields.emplace_back("Transfer-Encoding", "chunked");
    if (m_options.closes)
        fields.emplace_back("Connection", "close");
    std::ranges::stable_sort(fields, {}, &std::pair<std::string, std::string>::first);
    std::string text =
        "HTTP/1.1 " + std::to_string(m_head.status) + ' ' + reasonPhrase(m_head.status) + "\r\n";
    for (const auto &[name, value] : fields)
        text.append(name).append(": ").append(value).append("\r\n");
    return text + "\r\n";
}

Status WireAnswer::sendBuffered()
{
    std::string out;
    if (!m_headIsSent) {
        m_headIsSent = true;
        out = headText();
    }
    const bool isChunked = m_head.sizing != Sizing::Known && !m_options.isHttp10;
    if (!m_buffer.empty() && !m_options.isHead) {
        if (isChunked) {
            std::array<char, 24> size{};
            (void)std::snprintf(size.data(), size.size(), "%zx\r\n", m_buffer.size());
            out.append(size.data()).append(m_buffer).append("\r\n");
        } else {
            out += m_buffer;
        }
    }
    m_buffer.clear();
    return out.empty() ? Status() : m_outlet.push(std::move(out));
}

Status WireAnswer::write(std::string_view bytes)
{
    if (m_isCut)
        return gone();
    m_bytes += bytes.size();
    if (m_options.isHead && m_head.sizing != Sizing::Measured)
        return {};
    if (m_head.sizing == Sizing::Known && m_bytes > m_head.length) {
        cut();
        return Error{ErrorKind::Internal, base::text("An answer is longer than it said.")};
    }
    if (!m_options.isHead)
        m_buffer += bytes;
    const size_t limit =
        m_head.sizing == Sizing::Measured && !m_headIsSent ? kMeasuredBytes : kChunkBytes;
    return m_buffer.size() >= limit ? sendBuffered() : Status();
}

Status WireAnswer::flush()
{
    return m_isCut ? Status(gone()) : sendBuffered();
}

Status WireAnswer::finish()
{
    if (m_isCut)
        return gone();
    if (m_head.sizing == Sizing::Measured && !m_headIsSent) {
        m_head.sizing = Sizing::Known;
        m_head.length = m_bytes;
    }
    if (m_head.sizing == Sizing::Known && m_bytes != m_head.length && !m_options.isHead) {
        cut();
        return Error{ErrorKind::Internal, base::text("An answer is shorter than it said.")};
    }
    if (Status sent = sendBuffered(); !sent)
        return sent;
    if (m_head.sizing != Sizing::Known && !m_options.isHttp10 && !m_options.isHead) {
        if (Status sent = m_outlet.push("0\r\n\r\n"); !sent)
            return sent;
    }
    m_isComplete = true;
    if (m_options.closes)
        m_outlet.close(true);
    return {};
}

void WireAnswer::cut()
{
    if (m_isCut || m_isComplete)
        return;
    // What the handler wrote is sent, as it would be by a server that dies later.
    if (m_hasBegun)
        (void)sendBuffered();
    m_isCut = true;
    m_outlet.close(false);
}

void WireAnswer::sendRaw(std::string_view bytes)
{
    m_hasBegun = true;
    m_isCut = true;
    (void)m_outlet.push(std::string(bytes));
    m_outlet.close(true);
}

} // namespace serve
