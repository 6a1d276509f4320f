#include "core/backup/attachmentfetcher.h"

#include "core/backup/attachmentdecoder.h"
#include "core/base/text.h"
#include "core/store/keyspace.h"

#include <QtConcurrent/QtConcurrentRun>

#include <algorithm>
#include <memory>

namespace backup {

namespace {

using base::Error;
using base::ErrorKind;
using base::Result;
using base::Status;
using Attachment = store::Writer::Attachment;

constexpr std::uint64_t kMostBytesInFlight = std::uint64_t{16} << 20;
constexpr size_t kMostInFlight = 6;
constexpr size_t kMostRemembered = 100'000;
constexpr int kMostTries = 5;
constexpr int kProtocolTries =
    2; // a wrong digest may be a fault of the wire; twice the same is not

/// Equal keys mean equal bytes at the server; empty where the server gave no digest to go by.
std::string keyOf(const couch::AttachmentStub &stub)
{
    if (stub.digest.empty())
        return {};
    return stub.digest + '/' + stub.encoding + '/' + std::to_string(stub.length);
}

bool isSmall(const couch::AttachmentStub &stub)
{
    return stub.length <= store::kLargeAttachmentBytes;
}

/// Names the attachment in front of what is wrong with it.
Error named(const Error &error, const std::string &database,
            const AttachmentFetcher::Wanted &wanted)
{
    return error.withContext(base::text("Attachment %1 of document %2 in %3")
                                 .arg(base::printable(wanted.name), base::printable(wanted.id),
                                      base::printable(database)));
}

/// The transport does not repeat a request once bytes of its answer were passed on; that is done
/// here.
bool mayTryAgain(ErrorKind kind, bool hasBegun, int tries, int attempts)
{
    switch (kind) {
    case ErrorKind::Protocol: return tries < kProtocolTries;
    case ErrorKind::Unreachable:
    case ErrorKind::Timeout: return hasBegun && std::max(tries, attempts) < kMostTries;
    default: return false;
    }
}

Result<AttachmentFetcher::Fetched> fetchSmall(couch::Client &client, const std::string &database,
                                              const AttachmentFetcher::Wanted &wanted)
{
    std::string bytes;
    auto digest = fetchAttachment(client, database, wanted, [&]() -> Result<base::ByteSink> {
        bytes.clear();
        bytes.reserve(static_cast<size_t>(wanted.stub.length));
        return base::ByteSink([&bytes](std::string_view piece) {
            bytes += piece;
            return Status();
        });
    });
    if (!digest)
        return digest.error();
    if (digest->empty()) // here, where several do it at the same time
        *digest = store::digestOf(base::md5(bytes));
    return AttachmentFetcher::Fetched{std::move(bytes), std::move(*digest)};
}

Result<std::string> fetchOnce(couch::Client &client, const std::string &database,
                              const WantedAttachment &wanted, const base::ByteSink &identity,
                              bool &hasBegun, const std::shared_ptr<int> &attempts)
{
    couch::AttachmentStub stub = wanted.stub;
    if (couch::Client::comesInline(database, wanted.id, wanted.name, wanted.rev)) {
        if (!stub.encoding.empty())
            stub.digest.clear(); // it is over the compressed bytes, which do not come this way
        stub.encoding.clear();
    }
    AttachmentDecoder decoder(stub, identity);
    const auto head = client.attachment(
        database, wanted.id, wanted.name, wanted.rev,
        [&](std::string_view bytes) {
            hasBegun = true;
            return decoder.add(bytes);
        },
        !stub.encoding.empty(), attempts);
    if (!head)
        return head.error();
    if (Status whole = decoder.finish(); !whole)
        return whole.error();
    return decoder.identityDigest();
}

} // namespace

Result<std::string> fetchAttachment(couch::Client &client, const std::string &database,
                                    const WantedAttachment &wanted, const SinkMaker &begin)
{
    const auto attempts = std::make_shared<int>(0); // also those that the transport makes by itself
    for (int tries = 1;; ++tries) {
        const auto sink = begin();
        if (!sink)
            return sink.error();
        std::optional<Error> sinkError; // a full disk is not the attachment's fault
        bool hasBegun = false;
        const auto passOn = [&](std::string_view piece) {
            Status taken = (*sink)(piece);
            if (!taken)
                sinkError = taken.error();
            return taken;
        };
        auto fetched = fetchOnce(client, database, wanted, passOn, hasBegun, attempts);
        if (fetched)
            return fetched;
        if (sinkError)
            return *sinkError;
        if (!mayTryAgain(fetched.error().kind, hasBegun, tries, *attempts))
            return named(fetched.error(), database, wanted);
    }
}

AttachmentFetcher::AttachmentFetcher(couch::Client &client, QThreadPool &pool, std::string database,
                                     store::Writer &writer, std::stop_token stop)
    : m_client(client)
    , m_pool(pool)
    , m_database(std::move(database))
    , m_writer(writer)
    , m_stop(std::move(stop))
{
}

AttachmentFetcher::~AttachmentFetcher()
{
    settle();
}

void AttachmentFetcher::settle()
{
    m_announced.clear();
    for (InFlight &flight : m_inFlight)
        flight.answer.cancel();
    for (InFlight &flight : m_inFlight)
        flight.answer.waitForFinished();
    m_inFlight.clear();
    m_bytesInFlight = 0;
}

void AttachmentFetcher::announce(std::vector<Wanted> wanted)
{
    for (Wanted &one : wanted) {
        const std::string key = keyOf(one.stub);
        if (isSmall(one.stub) && !key.empty() && !m_known.contains(key))
            m_announced.push_back(std::move(one));
    }
    startMore();
}

void AttachmentFetcher::startMore()
{
    while (!m_announced.empty() && m_inFlight.size() < kMostInFlight) {
        const Wanted &next = m_announced.front();
        const std::string key = keyOf(next.stub);
        const bool isCovered = m_known.contains(key)
            || std::any_of(m_inFlight.begin(), m_inFlight.end(),
                           [&key](const InFlight &flight) { return flight.key == key; });
        if (isCovered) {
            m_announced.pop_front();
            continue;
        }
        if (m_bytesInFlight > 0 && m_bytesInFlight + next.stub.length > kMostBytesInFlight)
            return;
        InFlight flight;
        flight.key = key;
        flight.bytes = next.stub.length;
        flight.answer = QtConcurrent::run(&m_pool, [this, wanted = next] {
            return m_tasks.run([&] { return fetchSmall(m_client, m_database, wanted); });
        });
        m_bytesInFlight += flight.bytes;
        m_inFlight.push_back(std::move(flight));
        m_announced.pop_front();
    }
}

void AttachmentFetcher::remember(const std::string &key, const Attachment &attachment)
{
    if (key.empty())
        return;
    if (m_known.size() >= kMostRemembered)
        m_known.clear();
    m_known.emplace(key, attachment);
}

Result<Attachment> AttachmentFetcher::take(const Wanted &wanted)
{
    const std::string key = keyOf(wanted.stub);
    if (const auto known = m_known.find(key); !key.empty() && known != m_known.end())
        return known->second;
    auto stored = isSmall(wanted.stub) ? takeSmall(wanted) : streamLarge(wanted);
    if (stored)
        remember(key, *stored);
    startMore();
    return stored;
}

Result<Attachment> AttachmentFetcher::takeSmall(const Wanted &wanted)
{
    const std::string key = keyOf(wanted.stub);
    const auto found =
        std::find_if(m_inFlight.begin(), m_inFlight.end(),
                     [&key](const InFlight &flight) { return !key.empty() && flight.key == key; });
    const Result<Fetched> fetched = [&]() -> Result<Fetched> {
        if (found == m_inFlight.end())
            return fetchSmall(m_client, m_database, wanted);
        InFlight flight = std::move(*found);
        m_inFlight.erase(found);
        m_bytesInFlight -= flight.bytes;
        return flight.answer.takeResult();
    }();
    if (!fetched)
        return fetched.error();
    return m_writer.putAttachment(fetched->bytes, fetched->digest);
}

Result<Attachment> AttachmentFetcher::streamLarge(const Wanted &wanted)
{
    std::unique_ptr<store::Writer::LargeAttachment> large;
    const auto fetched =
        fetchAttachment(m_client, m_database, wanted, [&]() -> Result<base::ByteSink> {
            if (m_stop.stop_requested())
                return Error{ErrorKind::Cancelled, base::text("Stopped.")};
            large.reset(); // what an earlier try wrote goes first
            auto begun = m_writer.beginLargeAttachment(wanted.stub.length);
            if (!begun)
                return begun.error();
            large = std::move(*begun);
            return base::ByteSink(
                [&large](std::string_view piece) { return large->append(piece); });
        });
    if (!fetched)
        return fetched.error();
    return large->finish();
}

} // namespace backup
