#include "core/serve/faults.h"

#include "core/base/text.h"
#include "core/serve/reply.h"

#include <algorithm>
#include <array>

namespace serve {

using base::Error;
using base::ErrorKind;
using base::Status;

namespace {

struct Words {
    int status;
    const char *error;
    const char *reason;
};
constexpr std::array kWords{
    Words{401, "unauthorized", "Name or password is incorrect."},
    Words{403, "forbidden", "You are not allowed to access this db."},
    Words{404, "not_found", "Database does not exist."},
    Words{413, "document_too_large", ""},
    Words{429, "too_many_requests", "Too many requests."},
    Words{503, "service_unavailable", "The service is not available."},
};

Refusal wordsFor(const Fault &fault)
{
    Refusal refusal{fault.status, "internal_server_error", "No DB shards could be opened."};
    for (const Words &words : kWords) {
        if (words.status == fault.status)
            refusal = {words.status, words.error, words.reason};
    }
    refusal.retryAfter = fault.retryAfter;
    return refusal;
}

/// Waits until the client or the server goes.
class Forever final : public Pending
{
public:
    [[nodiscard]] std::chrono::steady_clock::time_point until() const override
    {
        return std::chrono::steady_clock::now() + std::chrono::hours(24);
    }
    [[nodiscard]] std::shared_ptr<ChangeSignal> signal(std::uint64_t & /*seen*/) const override
    {
        return nullptr;
    }
    [[nodiscard]] bool resume() override { return false; }
};

/// Passes an answer on until so many bytes of its body have gone.
class ShortAnswer final : public Answer
{
public:
    ShortAnswer(Answer &answer, std::uint64_t bytes)
        : m_answer(answer)
        , m_left(bytes)
    {
    }
    Status begin(ResponseHead head) override
    {
        // A body that is measured first would not be begun.
        if (head.sizing == Sizing::Measured)
            head.sizing = Sizing::Chunked;
        return m_answer.begin(std::move(head));
    }
    Status write(std::string_view bytes) override
    {
        if (bytes.size() <= m_left) {
            m_left -= bytes.size();
            return m_answer.write(bytes);
        }
        const Status sent = m_answer.write(bytes.substr(0, static_cast<size_t>(m_left)));
        m_left = 0;
        return sent ? Status(Error{ErrorKind::Cancelled, base::text("Cut on purpose.")}) : sent;
    }
    Status finish() override
    {
        // Bodies that are shorter lose their end.
        return Error{ErrorKind::Cancelled, base::text("Cut on purpose.")};
    }
    Status flush() override { return m_answer.flush(); }
    void cut() override {}
    [[nodiscard]] bool hasBegun() const override { return m_answer.hasBegun(); }
    void sendRaw(std::string_view bytes) override { m_answer.sendRaw(bytes); }

private:
    Answer &m_answer;
    std::uint64_t m_left;
};

} // namespace

void Faults::onRequest(std::size_t n, Fault fault)
{
    const std::lock_guard lock(m_mutex);
    m_numbered.emplace_back(m_count + n, std::move(fault));
}

void Faults::setPlan(Plan plan)
{
    const std::lock_guard lock(m_mutex);
    m_plan = std::move(plan);
}

void Faults::clear()
{
    const std::lock_guard lock(m_mutex);
    m_numbered.clear();
    m_plan = {};
}

std::optional<Fault> Faults::take(const Request &request)
{
    Plan plan;
    {
        const std::lock_guard lock(m_mutex);
        ++m_count;
        const auto found = std::ranges::find_if(
            m_numbered, [this](const auto &entry) { return entry.first == m_count; });
        if (found != m_numbered.end()) {
            Fault fault = std::move(found->second);
            m_numbered.erase(found);
            return fault;
        }
        plan = m_plan;
    }
    return plan ? plan(request) : std::nullopt;
}

std::size_t Faults::count() const
{
    const std::lock_guard lock(m_mutex);
    return m_count;
}

Outcome FaultyHandler::handle(Request &request, Answer &answer)
{
    const auto fault = m_faults.take(request);
    if (!fault)
        return m_next->handle(request, answer);
    switch (fault->kind) {
    case FaultKind::Refuse: sendRefusal(answer, wordsFor(*fault)); return nullptr;
    case FaultKind::Redirect: {
        Headers headers;
        headers.add("Location", fault->text);
        sendJson(answer, "{}", 301, std::move(headers));
        return nullptr;
    }
    case FaultKind::Stall: return std::make_unique<Forever>();
    case FaultKind::CloseAtOnce: answer.cut(); return nullptr;
    case FaultKind::Garbage: sendJson(answer, "<html>It works!</html>{\"rows\":["); return nullptr;
    case FaultKind::NoHttp: answer.sendRaw("220 mail.example ESMTP\r\n"); return nullptr;
    case FaultKind::Cut:
    case FaultKind::StallInBody: break;
    }
    ShortAnswer cutAnswer(answer, fault->bytes);
    // A feed that waits is not continued: it ends here as everything else.
    (void)m_next->handle(request, cutAnswer);
    if (fault->kind == FaultKind::Cut) {
        answer.cut();
        return nullptr;
    }
    if (answer.hasBegun() && !answer.flush())
        return nullptr;
    return std::make_unique<Forever>();
}

} // namespace serve
