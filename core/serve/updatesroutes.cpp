// `_db_updates` (recorded).
#include "core/serve/routes.h"

#include "core/base/json.h"
#include "core/serve/changesquery.h"
#include "core/serve/updateslog.h"

namespace serve {

using base::Status;
namespace json = base::json;

namespace {

using Clock = std::chrono::steady_clock;

constexpr const char *kGlobalChanges = "_global_changes";

/// One answer, over all its waits. Lives as long as the answer.
class UpdatesFeed final : public Pending
{
public:
    UpdatesFeed(Answer &answer, std::shared_ptr<UpdatesLog> log, ChangesQuery query,
                std::string token)
        : m_answer(answer)
        , m_log(std::move(log))
        , m_query(std::move(query))
        , m_token(std::move(token))
    {
    }

    /// True when the answer is complete.
    bool start()
    {
        const auto since = sequenceOf(m_query.since, m_log->last());
        if (!since) {
            sendRefusal(m_answer,
                        refusal::badRequest("Malformed sequence supplied in 'since' parameter."));
            return true;
        }
        m_last = *since;
        Status sent = m_answer.begin(jsonHead(Sizing::Chunked));
        if (sent && !isContinuous())
            sent = m_answer.write("{\"results\":[\n");
        m_nextTimeout = Clock::now() + m_query.timeout;
        return sent ? goOn() : cut();
    }

    [[nodiscard]] Clock::time_point until() const override
    {
        return m_query.heartbeat ? m_nextHeartbeat : m_nextTimeout;
    }
    [[nodiscard]] std::shared_ptr<ChangeSignal> signal(std::uint64_t &seen) const override
    {
        seen = m_seen;
        return m_log->signal();
    }
    [[nodiscard]] bool resume() override
    {
        const bool timedOut = Clock::now() >= until();
        if (timedOut && !m_query.heartbeat && m_log->signal()->count() == m_seen)
            return end();
        if (timedOut && m_query.heartbeat && !m_answer.write("\n"))
            return cut();
        return goOn();
    }

private:
    [[nodiscard]] bool isContinuous() const { return m_query.feed == Feed::Continuous; }
    [[nodiscard]] std::uint64_t room() const { return m_query.limit.value_or(~0ULL) - m_rows; }

    bool cut()
    {
        m_answer.cut();
        return true;
    }

    [[nodiscard]] std::string seqText() const
    {
        return json::quoted(std::to_string(m_last) + '-' + m_token);
    }

    bool goOn()
    {
        m_seen = m_log->signal()->count();
        for (const UpdatesLog::Update &update : m_log->after(m_last, room())) {
            m_last = update.seq;
            std::string row = isContinuous() || m_rows == 0 ? "" : ",\n";
            row += R"({"db_name":)" + json::quoted(update.database) + R"(,"type":")"
                + nameOf(update.type) + R"(","seq":)" + seqText() + '}';
            ++m_rows;
            if (!m_answer.write(row + (isContinuous() ? "\n" : "")))
                return cut();
        }
        if (m_query.feed == Feed::Normal || room() == 0
            || (m_query.feed == Feed::Longpoll && m_rows > 0))
            return end();
        m_nextHeartbeat = Clock::now() + m_query.heartbeat.value_or(m_query.timeout);
        return m_answer.flush() ? false : cut();
    }

    bool end()
    {
        const Status sent = isContinuous()
            ? m_answer.write(R"({"last_seq":)" + seqText() + "}\n")
            : m_answer.write("\n],\n\"last_seq\":" + seqText() + "}\n\n");
        if (!sent || !m_answer.finish())
            return cut();
        return true;
    }

    Answer &m_answer;
    std::shared_ptr<UpdatesLog> m_log;
    ChangesQuery m_query;
    std::string m_token;
    std::uint64_t m_last = 0;
    std::uint64_t m_rows = 0;
    std::uint64_t m_seen = 0;
    Clock::time_point m_nextHeartbeat;
    Clock::time_point m_nextTimeout;
};

} // namespace

Outcome databaseUpdates(const Call &call)
{
    const auto log = call.site.backend->updates();
    const auto kept = call.site.backend->open(kGlobalChanges);
    auto query = changesQuery(call.request);
    if (!log || !kept || !*kept) {
        sendRefusal(call.answer, refusal::noDatabase());
        return nullptr;
    }
    if (const Refusal *refusal = refusalIn(query)) {
        sendRefusal(call.answer, *refusal);
        return nullptr;
    }
    auto feed = std::make_unique<UpdatesFeed>(
        call.answer, log, std::move(*std::get_if<ChangesQuery>(&query)), (*kept)->sequenceToken());
    if (feed->start())
        return nullptr;
    return feed;
}

} // namespace serve
