#include "core/serve/inprocess.h"

namespace serve {

using base::Status;

namespace {

/// Keeps an answer in memory.
class KeptAnswer final : public Answer
{
public:
    explicit KeptAnswer(InProcessReply &reply)
        : m_reply(reply)
    {
    }
    Status begin(ResponseHead head) override
    {
        m_hasBegun = true;
        m_reply.status = head.status;
        m_reply.headers = std::move(head.headers);
        return {};
    }
    Status write(std::string_view bytes) override
    {
        m_reply.body += bytes;
        return {};
    }
    Status finish() override
    {
        if (!m_isCut)
            m_reply.end = InProcessReply::End::Whole;
        return {};
    }
    Status flush() override { return {}; }
    void cut() override
    {
        m_isCut = true;
        m_reply.end = InProcessReply::End::Cut;
    }
    [[nodiscard]] bool hasBegun() const override { return m_hasBegun; }
    void sendRaw(std::string_view bytes) override
    {
        m_reply.body = bytes;
        m_reply.end = InProcessReply::End::NoHttp;
    }

private:
    InProcessReply &m_reply;
    bool m_hasBegun = false;
    bool m_isCut = false;
};

} // namespace

InProcessReply askInProcess(Handler &handler, std::string method, std::string target,
                            Headers headers, std::string body)
{
    InProcessReply reply;
    Request request;
    if (!parseTarget(std::move(target), request))
        return reply;
    request.method = std::move(method);
    request.headers = std::move(headers);
    request.body = std::move(body);
    KeptAnswer answer(reply);
    // What would go on later is given up: nobody waits here.
    if (handler.handle(request, answer))
        reply.end = InProcessReply::End::Never;
    return reply;
}

} // namespace serve
