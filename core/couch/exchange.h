#pragma once

#include "core/base/error.h"
#include "core/couch/transport.h"

#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>

namespace couch {

/// The head of an answer as it came, before anything is believed.
struct WireHead {
    int status = 0;
    std::string contentType;
    std::string contentEncoding;
    std::string contentLength;
    std::string transferEncoding;
    std::string server;
    std::string location;
    std::string retryAfter;
    std::string date;
    std::string setCookie;
};

/// One request under way: the network thread fills it, the caller empties it. At most kRoomBytes
/// wait in between; then the network thread stops reading until `resume` is called. Shared by both.
class Exchange
{
public:
    static constexpr size_t kRoomBytes = size_t{1} << 20;

    /// `resume` is called on the caller's thread when there is room again.
    void setResume(std::function<void()> resume) { m_resume = std::move(resume); }

    // The network thread's side.
    void deliverHead(WireHead head);
    [[nodiscard]] size_t room() const;
    /// Reads through `read(char *, size)` straight into the buffer; says how much came.
    void append(const char *bytes, size_t size);
    /// The last word: nothing when the answer came to its end.
    void finish(std::optional<base::Error> failure);

    // The caller's side. Each blocks; Cancelled where `stop` was asked for.
    [[nodiscard]] base::Result<WireHead> head(const std::stop_token &stop);
    /// The next piece; empty at the end.
    [[nodiscard]] base::Result<std::string> nextPiece(const std::stop_token &stop);

private:
    mutable std::mutex m_mutex;
    std::condition_variable_any m_changed;
    std::function<void()> m_resume;
    std::optional<WireHead> m_head;
    std::string m_bytes;
    bool m_isFull = false;
    bool m_isDone = false;
    std::optional<base::Error> m_failure;
};

/// The Error of an operation that the operator stopped.
[[nodiscard]] base::Error cancelled();

} // namespace couch
