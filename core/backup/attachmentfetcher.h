#pragma once

#include "core/backup/stopping.h"
#include "core/couch/client.h"
#include "core/store/writer.h"

#include <QFuture>
#include <QThreadPool>

#include <deque>
#include <functional>
#include <unordered_map>

namespace backup {

struct WantedAttachment {
    std::string id;
    std::string rev;
    std::string name; ///< unescaped
    couch::AttachmentStub stub;
};

/// Makes a place for one try of an attachment; what earlier ones left is thrown away.
using SinkMaker = std::function<base::Result<base::ByteSink>()>;

/// Fetches one attachment; the sink gets the decoded bytes, and everything its document says of it
/// was checked when this succeeds. A wrong digest is tried once more, an answer that was cut off up
/// to four times. An error of the sink ends it at once. Returns "md5-<base64>" of the decoded bytes
/// where that had to be computed, else nothing.
[[nodiscard]] base::Result<std::string> fetchAttachment(couch::Client &client,
                                                        const std::string &database,
                                                        const WantedAttachment &wanted,
                                                        const SinkMaker &begin);

/// Brings the attachments of a database's leaves into its store: small ones several at a time ahead
/// of the leaf that names them, large ones streamed. An attachment that an earlier leaf had already
/// (same stored digest, coding and length) is not fetched again. One thread; the pool does the
/// waiting.
class AttachmentFetcher
{
public:
    using Wanted = WantedAttachment;

    AttachmentFetcher(couch::Client &client, QThreadPool &pool, std::string database,
                      store::Writer &writer, std::stop_token stop);
    ~AttachmentFetcher();
    AttachmentFetcher(const AttachmentFetcher &) = delete;
    AttachmentFetcher &operator=(const AttachmentFetcher &) = delete;

    /// Says what will be asked for next, in that order.
    void announce(std::vector<Wanted> wanted);
    /// The stored attachment (identity digest and length). Protocol and NotFound concern this
    /// attachment only.
    [[nodiscard]] base::Result<store::Writer::Attachment> take(const Wanted &wanted);
    /// Forgets what was announced and not taken.
    void settle();

    struct Fetched {
        std::string bytes;
        std::string digest; ///< of the bytes
    };

private:
    struct InFlight {
        std::string key;
        std::uint64_t bytes = 0;
        QFuture<base::Result<Fetched>> answer;
    };
    void startMore();
    [[nodiscard]] base::Result<store::Writer::Attachment> streamLarge(const Wanted &wanted);
    [[nodiscard]] base::Result<store::Writer::Attachment> takeSmall(const Wanted &wanted);
    void remember(const std::string &key, const store::Writer::Attachment &attachment);

    couch::Client &m_client;
    QThreadPool &m_pool;
    std::string m_database;
    store::Writer &m_writer;
    std::stop_token m_stop;
    std::deque<Wanted> m_announced;
    std::deque<InFlight> m_inFlight;
    TaskGroup m_tasks;
    std::uint64_t m_bytesInFlight = 0;
    std::unordered_map<std::string, store::Writer::Attachment> m_known;
};

} // namespace backup
