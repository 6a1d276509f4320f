#include "core/couch/exchange.h"

#include "core/base/text.h"

namespace couch {

using base::Error;
using base::ErrorKind;

Error cancelled()
{
    return {ErrorKind::Cancelled, base::text("It was stopped.")};
}

void Exchange::deliverHead(WireHead head)
{
    const std::lock_guard lock(m_mutex);
    m_head = std::move(head);
    m_changed.notify_all();
}

size_t Exchange::room() const
{
    const std::lock_guard lock(m_mutex);
    return m_bytes.size() < kRoomBytes ? kRoomBytes - m_bytes.size() : 0;
}

void Exchange::append(const char *bytes, size_t size)
{
    const std::lock_guard lock(m_mutex);
    m_bytes.append(bytes, size);
    m_isFull = m_bytes.size() >= kRoomBytes;
    m_changed.notify_all();
}

void Exchange::finish(std::optional<Error> failure)
{
    const std::lock_guard lock(m_mutex);
    if (m_isDone)
        return;
    m_isDone = true;
    m_failure = std::move(failure);
    m_changed.notify_all();
}

base::Result<WireHead> Exchange::head(const std::stop_token &stop)
{
    std::unique_lock lock(m_mutex);
    m_changed.wait(lock, stop, [this] { return m_head || m_isDone; });
    if (stop.stop_requested())
        return cancelled();
    if (m_head)
        return *m_head;
    if (!m_failure)
        return Error{ErrorKind::Internal, base::text("An answer ended before it began.")};
    return *m_failure;
}

base::Result<std::string> Exchange::nextPiece(const std::stop_token &stop)
{
    std::string piece;
    {
        std::unique_lock lock(m_mutex);
        m_changed.wait(lock, stop, [this] { return !m_bytes.empty() || m_isDone; });
        if (stop.stop_requested())
            return cancelled();
        if (m_failure)
            return *m_failure;
        piece.swap(m_bytes);
        if (!std::exchange(m_isFull, false))
            return piece;
    }
    if (m_resume)
        m_resume();
    return piece;
}

} // namespace couch
