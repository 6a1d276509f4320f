#include "core/serve/routes.h"

#include "core/base/json.h"
#include "core/serve/changesquery.h"
#include "core/serve/infotext.h"

#include <algorithm>

namespace serve {

using base::Result;
using base::Status;
namespace json = base::json;

namespace {

using Clock = std::chrono::steady_clock;

/// One answer of `_changes`, over all its waits. Lives as long as the answer.
class ChangesFeed final : public Pending
{
public:
    ChangesFeed(Answer &answer, std::shared_ptr<Database> database, ChangesQuery query)
        : m_answer(answer)
        , m_database(std::move(database))
        , m_query(std::move(query))
    {
    }

    /// True when the answer is complete.
    bool start()
    {
        const auto info = m_database->info();
        if (!info)
            return refuse(refusal::fromError(info.error()));
        const auto since = sequenceOf(m_query.since, info->updateSeq);
        if (!since)
            return refuse(refusal::badRequest("Malformed sequence supplied in 'since' parameter."));
        m_last = std::min(*since, info->updateSeq);
        const auto pending = m_database->changesAfter(m_query.descending ? 0 : m_last);
        if (!pending)
            return refuse(refusal::fromError(pending.error()));
        m_pending = *pending;
        ResponseHead head = jsonHead(Sizing::Chunked);
        if (m_query.feed == Feed::EventSource) {
            head.headers = {};
            head.headers.add("Cache-Control", "no-cache");
            head.headers.add("Content-Type", "text/event-stream");
        }
        Status sent = m_answer.begin(std::move(head));
        if (sent && isOneObject())
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
        return m_database->signal();
    }
    [[nodiscard]] bool resume() override
    {
        if (m_database->hasEnded())
            return cut();
        const bool timedOut = Clock::now() >= until();
        if (timedOut && !m_query.heartbeat && m_database->signal()->count() == m_seen)
            return end();
        if (timedOut && m_query.heartbeat) {
            Status beaten = m_answer.write(
                m_query.feed == Feed::EventSource ? "event: heartbeat\ndata: \n\n" : "\n");
            if (!beaten)
                return cut();
        }
        return goOn();
    }

private:
    [[nodiscard]] bool isOneObject() const
    {
        return m_query.feed == Feed::Normal || m_query.feed == Feed::Longpoll;
    }
    [[nodiscard]] bool isFull() const { return m_query.limit && m_rows >= *m_query.limit; }

    bool refuse(const Refusal &refusal)
    {
        sendRefusal(m_answer, refusal);
        return true;
    }
    bool cut()
    {
        m_answer.cut();
        return true;
    }

    /// Sends what there is, then ends or waits.
    bool goOn()
    {
        m_seen = m_database->signal()->count();
        const std::uint64_t rowsBefore = m_rows;
        if (!isFull()) {
            Status walked = m_database->forEachChange(
                m_query.descending ? 0 : m_last, m_query.descending,
                [this](std::uint64_t seq, const store::Metadata &metadata) -> Result<bool> {
                    if (Status sent = visit(seq, metadata); !sent)
                        return sent.error();
                    return !isFull();
                });
            if (!walked)
                return cut();
        }
        if (m_query.feed == Feed::Normal || isFull()
            || (m_query.feed == Feed::Longpoll && m_rows > 0))
            return end();
        if (m_rows > rowsBefore)
            m_nextTimeout = Clock::now() + m_query.timeout;
        m_nextHeartbeat = Clock::now() + m_query.heartbeat.value_or(m_query.timeout);
        // CouchDB begins to wait with an empty line, when there was nothing else to send.
        if (m_rows == 0 && !m_saidThatItWaits && !m_answer.write("\n"))
            return cut();
        m_saidThatItWaits = true;
        return m_answer.flush() ? false : cut();
    }

    Status visit(std::uint64_t seq, const store::Metadata &metadata)
    {
        m_last = seq;
        if ((m_query.docIds && !m_query.docIds->contains(metadata.id))
            || (m_query.onlyDesign && !metadata.id.starts_with("_design/")))
            return {};
        ++m_rows;
        if (m_pending > 0)
            --m_pending;
        const bool showsSeq =
            m_query.seqInterval < 2 || m_rows % m_query.seqInterval == m_query.seqInterval - 1;
        const std::string seqText = sequenceText(seq, *m_database);
        Pieces row;
        row.text(R"({"seq":)").text(showsSeq ? seqText : "null").text(R"(,"id":)");
        row.text(json::quoted(metadata.id)).text(R"(,"changes":[)");
        row.text(revsText(metadata)).text(metadata.isDeleted() ? R"(],"deleted":true)" : "]");
        if (m_query.includeDocs) {
            if (Status added = addWinner(row, metadata); !added)
                return added;
        }
        row.text("}");
        return send(row, seqText);
    }

    [[nodiscard]] std::string revsText(const store::Metadata &metadata) const
    {
        std::string text;
        for (const std::int32_t leaf : leavesWinnerFirst(metadata.tree)) {
            text += text.empty() ? R"({"rev":)" : R"(,{"rev":)";
            text += json::quoted(metadata.tree.revOf(leaf).toString()) + '}';
            if (!m_query.allDocs)
                break;
        }
        return text;
    }

    Status addWinner(Pieces &row, const store::Metadata &metadata)
    {
        const auto revision = loadRevision(*m_database, metadata, metadata.tree.winner());
        if (!revision)
            return revision.error();
        row.text(R"(,"doc":)");
        return addDocument(row, *m_database, metadata.tree, *revision, m_query.documents,
                           m_query.documents.attachments ? AttachmentForm::Data
                                                         : AttachmentForm::Stub);
    }

    Status send(Pieces &row, const std::string &seqText)
    {
        Status sent;
        if (m_query.feed == Feed::EventSource) {
            sent = m_answer.write("data: ");
            row.text("\nid: ").text(seqText).text("\n\n");
        } else if (m_query.feed == Feed::Continuous) {
            row.text("\n");
        } else if (m_rows > 1) {
            sent = m_answer.write(",\r\n");
        }
        return sent ? row.send(*m_database, m_answer) : sent;
    }

    bool end()
    {
        const std::string tail = R"("last_seq":)" + sequenceText(m_last, *m_database)
            + R"(,"pending":)" + std::to_string(m_pending) + "}\n";
        Status sent;
        if (isOneObject())
            sent = m_answer.write("\n],\n" + tail + '\n');
        else if (m_query.feed == Feed::Continuous)
            sent = m_answer.write('{' + tail + '\n');
        else
            sent = m_answer.write("\n");
        if (sent)
            sent = m_answer.finish();
        return sent ? true : cut();
    }

    Answer &m_answer;
    std::shared_ptr<Database> m_database;
    ChangesQuery m_query;
    std::uint64_t m_last = 0;
    std::uint64_t m_rows = 0;
    std::uint64_t m_pending = 0;
    std::uint64_t m_seen = 0;
    bool m_saidThatItWaits = false;
    Clock::time_point m_nextHeartbeat;
    Clock::time_point m_nextTimeout;
};

} // namespace

Outcome changes(const Call &call)
{
    auto query = changesQuery(call.request);
    if (const Refusal *refusal = refusalIn(query)) {
        sendRefusal(call.answer, *refusal);
        return nullptr;
    }
    auto feed = std::make_unique<ChangesFeed>(call.answer, call.database,
                                              std::move(*std::get_if<ChangesQuery>(&query)));
    if (feed->start())
        return nullptr;
    return feed;
}

} // namespace serve
