// The network side of server.h, and the only file that sees Boost.Beast (it compiles slowly).
#include "core/serve/server.h"

#include "core/base/text.h"
#include "core/serve/router.h"
#include "core/serve/wireanswer.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>

#include <array>
#include <atomic>
#include <condition_variable>
#include <set>
#include <thread>

namespace serve {

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using Tcp = asio::ip::tcp;
using base::Error;
using base::ErrorKind;
using base::Result;
using base::Status;
using boost::system::error_code;

constexpr std::uint32_t kMostHeaderBytes = 64 * 1024; // CouchDB's open_revs=[...] are long
constexpr size_t kMostWaitingBytes = size_t{256} << 10;
constexpr std::chrono::seconds kIdleTime{300};
constexpr std::chrono::seconds kTransferTime{60}; ///< without progress
constexpr std::chrono::seconds kFarewellTime{2};

/// What the sessions share with their server.
struct Shared {
    asio::io_context io{1};
    asio::thread_pool workers;
    std::unique_ptr<Handler> handler;
    std::uint64_t mostBodyBytes = 0;
    std::atomic<std::uint64_t> requests{0};

    explicit Shared(unsigned workerCount)
        : workers(workerCount)
    {
    }
};

/// One connection. Its members belong to the network thread; what the workers touch is the Outlet,
/// behind the mutex, and the request with its answer while a worker has it.
class Session final : public Outlet, public std::enable_shared_from_this<Session>
{
public:
    Session(Tcp::socket socket, Shared &shared)
        : m_stream(std::move(socket))
        , m_timer(shared.io)
        , m_shared(shared)
    {
        error_code ignored;
        m_stream.socket().set_option(Tcp::no_delay(true), ignored);
    }

    void readRequest()
    {
        m_request = {};
        m_answer.reset();
        m_parser.emplace();
        m_parser->header_limit(kMostHeaderBytes);
        m_parser->body_limit(m_shared.mostBodyBytes);
        m_stream.expires_after(kIdleTime);
        http::async_read_header(
            m_stream, m_buffer, *m_parser,
            [self = shared_from_this()](error_code error, size_t) { self->readBody(error); });
    }

    /// Ends it at once. Network thread.
    void die()
    {
        {
            const std::lock_guard lock(m_mutex);
            m_isDead = true;
            m_waiting.clear();
        }
        m_roomOrDeath.notify_all();
        unsubscribe();
        m_timer.cancel();
        m_stream.close();
    }

    Status push(std::string bytes) override
    {
        std::unique_lock lock(m_mutex);
        m_roomOrDeath.wait(lock,
                           [this] { return m_isDead || m_waiting.size() < kMostWaitingBytes; });
        if (m_isDead)
            return Error{ErrorKind::Cancelled, base::text("The client has gone.")};
        m_waiting += bytes;
        startWriting();
        return {};
    }

    void close(bool whole) override
    {
        const std::lock_guard lock(m_mutex);
        m_closing = whole ? Closing::Whole : Closing::Cut;
        startWriting();
    }

private:
    enum class Closing { No, Whole, Cut };

    /// Under the mutex.
    void startWriting()
    {
        if (m_isWriting || m_isDead)
            return;
        m_isWriting = true;
        asio::post(m_shared.io, [self = shared_from_this()] { self->write(); });
    }

    void write()
    {
        {
            const std::lock_guard lock(m_mutex);
            m_inFlight.clear();
            m_inFlight.swap(m_waiting);
        }
        m_roomOrDeath.notify_all();
        if (m_inFlight.empty()) {
            written({});
            return;
        }
        m_stream.expires_after(kTransferTime);
        asio::async_write(
            m_stream, asio::buffer(m_inFlight),
            [self = shared_from_this()](error_code error, size_t) { self->written(error); });
    }

    void written(error_code error)
    {
        if (error) {
            die();
            return;
        }
        Closing closing = Closing::No;
        {
            const std::lock_guard lock(m_mutex);
            if (m_waiting.empty()) {
                m_isWriting = false;
                closing = m_closing;
            }
        }
        if (isWriting()) {
            write();
        } else if (closing == Closing::Cut) {
            die();
        } else if (closing == Closing::Whole) {
            sayFarewell();
        } else if (m_isAnswered) {
            m_isAnswered = false;
            readRequest();
        }
    }

    bool isWriting()
    {
        const std::lock_guard lock(m_mutex);
        return m_isWriting;
    }

    /// Reads what the client still sends: closed at once, the system might throw away the answer.
    void sayFarewell()
    {
        error_code ignored;
        m_stream.socket().shutdown(Tcp::socket::shutdown_send, ignored);
        m_stream.expires_after(kFarewellTime);
        drain();
    }
    void drain()
    {
        m_stream.async_read_some(asio::buffer(m_scratch),
                                 [self = shared_from_this()](error_code error, size_t) {
                                     if (error)
                                         self->die();
                                     else
                                         self->drain();
                                 });
    }

    void readBody(error_code error)
    {
        if (error) {
            refuseUnread(error);
            return;
        }
        if (m_parser->get()[http::field::expect] == "100-continue") {
            static constexpr std::string_view text = "HTTP/1.1 100 Continue\r\n\r\n";
            asio::async_write(m_stream, asio::buffer(text.data(), text.size()),
                              [self = shared_from_this()](error_code failed, size_t) {
                                  if (failed)
                                      self->die();
                                  else
                                      self->readRest();
                              });
            return;
        }
        readRest();
    }

    void readRest()
    {
        m_stream.expires_after(kTransferTime);
        http::async_read(m_stream, m_buffer, *m_parser,
                         [self = shared_from_this()](error_code error, size_t) {
                             if (error)
                                 self->refuseUnread(error);
                             else
                                 self->dispatch();
                         });
    }

    /// A request that could not be read gets an answer where one makes sense.
    void refuseUnread(error_code error)
    {
        Refusal refusal = refusal::badRequest("The request is no HTTP/1.1.");
        if (error == http::error::body_limit)
            refusal = {413, "document_too_large", ""};
        else if (error == http::error::header_limit)
            refusal = {431, "bad_request", "The header is too large."};
        else if (error.category() != http::make_error_code(http::error::bad_target).category()
                 || error == http::error::end_of_stream || error == http::error::partial_message) {
            die();
            return;
        }
        makeAnswer(true);
        sendRefusal(*m_answer, refusal);
    }

    void makeAnswer(bool closes)
    {
        std::array<char, 24> id{};
        (void)std::snprintf(id.data(), id.size(), "%010llx",
                            static_cast<unsigned long long>(m_request.number));
        WireAnswer::Options options;
        options.isHead = m_request.isHead();
        options.isHttp10 = m_request.isHttp10;
        options.closes = closes;
        options.requestId = id.data();
        options.now = std::chrono::system_clock::now();
        m_answer.emplace(*this, std::move(options));
    }

    void dispatch()
    {
        auto message = m_parser->release();
        m_request.number = ++m_shared.requests;
        m_request.method = std::string(message.method_string());
        m_request.isHttp10 = message.version() < 11;
        for (const auto &field : message)
            m_request.headers.add(std::string(field.name_string()), std::string(field.value()));
        m_request.body = std::move(message.body());
        const bool isWellFormed = parseTarget(std::string(message.target()), m_request);
        makeAnswer(!message.keep_alive() || !isWellFormed);
        if (!isWellFormed) {
            sendRefusal(*m_answer, refusal::badRequest("The request target is no path."));
            answered();
            return;
        }
        asio::post(m_shared.workers, [self = shared_from_this()] {
            Outcome outcome = self->m_shared.handler->handle(self->m_request, *self->m_answer);
            self->handled(std::move(outcome));
        });
    }

    /// On a worker.
    void handled(Outcome outcome)
    {
        asio::post(m_shared.io,
                   [self = shared_from_this(), pending = std::move(outcome)]() mutable {
                       self->m_pending = std::move(pending);
                       if (self->m_pending)
                           self->wait();
                       else
                           self->answered();
                   });
    }

    void answered()
    {
        m_pending.reset();
        if (!m_answer->isComplete()) {
            m_answer->cut(); // nothing, when it was cut already
            return;
        }
        if (m_answer->closes())
            return; // the outlet closes when all is sent
        if (isWriting())
            m_isAnswered = true;
        else
            readRequest();
    }

    void wait()
    {
        m_isWoken = false;
        if (isDead()) {
            m_pending.reset();
            return;
        }
        const std::weak_ptr<Session> weak = weak_from_this();
        m_timer.expires_at(m_pending->until());
        m_timer.async_wait([self = shared_from_this()](error_code error) {
            if (!error)
                self->wake();
        });
        std::uint64_t seen = 0;
        m_signal = m_pending->signal(seen);
        if (m_signal) {
            m_ticket = m_signal->subscribe(seen, [weak, &shared = m_shared] {
                asio::post(shared.io, [weak] {
                    if (const auto self = weak.lock())
                        self->wake();
                });
            });
        }
        if (!m_isWatching) {
            m_isWatching = true;
            m_stream.socket().async_wait(
                Tcp::socket::wait_read,
                [self = shared_from_this()](error_code error) { self->sawInput(error); });
        }
    }

    /// While an answer waits, input is the client's end (or its next request, which can wait).
    void sawInput(error_code error)
    {
        m_isWatching = false;
        error_code failed;
        if (error || (m_pending && m_stream.socket().available(failed) == 0) || failed)
            die(); // m_pending stays: a worker may have it
    }

    void wake()
    {
        if (m_isWoken || !m_pending || isDead())
            return;
        m_isWoken = true;
        unsubscribe();
        m_timer.cancel();
        asio::post(m_shared.workers, [self = shared_from_this(), pending = m_pending.get()] {
            // The network thread leaves it alone until it is back.
            const bool isDone = pending->resume();
            asio::post(self->m_shared.io, [self, isDone] {
                if (isDone)
                    self->answered();
                else
                    self->wait();
            });
        });
    }

    void unsubscribe()
    {
        if (m_signal)
            m_signal->unsubscribe(m_ticket);
        m_signal.reset();
    }

    bool isDead()
    {
        const std::lock_guard lock(m_mutex);
        return m_isDead;
    }

    beast::tcp_stream m_stream;
    asio::steady_timer m_timer;
    Shared &m_shared;
    beast::flat_buffer m_buffer;
    std::optional<http::request_parser<http::string_body>> m_parser;
    Request m_request;
    std::optional<WireAnswer> m_answer;
    Outcome m_pending;
    std::shared_ptr<ChangeSignal> m_signal;
    std::uint64_t m_ticket = 0;
    bool m_isAnswered = false;
    bool m_isWoken = false;
    bool m_isWatching = false;
    std::string m_inFlight;
    std::array<char, 4096> m_scratch{};

    std::mutex m_mutex;
    std::condition_variable m_roomOrDeath;
    std::string m_waiting;
    bool m_isWriting = false;
    bool m_isDead = false;
    Closing m_closing = Closing::No;
};

class HttpServer final : public Server
{
public:
    HttpServer(std::shared_ptr<Backend> backend, ServerOptions &&options)
        : m_faults(options.faults ? *options.faults : m_ownFaults)
        , m_logins(options.access.user, std::move(options.access.password), options.lockoutAfter,
                   options.clock ? *options.clock : base::systemClock())
        , m_access(std::make_shared<const Access>(std::move(options.access)))
        , m_shared(options.workers)
        , m_acceptor(m_shared.io)
        , m_mostConnections(options.mostConnections)
    {
        m_shared.mostBodyBytes = options.mostBodyBytes;
        m_shared.handler = std::make_unique<FaultyHandler>(
            m_faults,
            std::make_unique<Guard>(
                m_access, m_logins, m_sessions,
                std::make_unique<Router>(Site{std::move(backend), m_access, &m_logins, &m_sessions,
                                              options.scheduler, options.rules})));
    }

    ~HttpServer() override
    {
        if (m_thread.joinable()) {
            asio::post(m_shared.io, [this] { stop(); });
            m_shared.workers.join();
            m_shared.io.stop();
            m_thread.join();
        }
    }
    HttpServer(const HttpServer &) = delete;
    HttpServer &operator=(const HttpServer &) = delete;

    error_code listen(const Tcp::endpoint &endpoint)
    {
        error_code error;
        m_acceptor.open(endpoint.protocol(), error);
#ifndef _WIN32 // where it would let two servers share a port
        if (!error)
            m_acceptor.set_option(Tcp::acceptor::reuse_address(true), error);
#endif
        if (!error)
            m_acceptor.bind(endpoint, error);
        if (!error)
            m_acceptor.listen(asio::socket_base::max_listen_connections, error);
        if (!error)
            m_endpoint = m_acceptor.local_endpoint(error);
        if (!error) {
            accept();
            m_thread = std::thread([this] { m_shared.io.run(); });
        }
        return error;
    }

    [[nodiscard]] std::uint16_t port() const override
    {
        return m_endpoint.port();
    }
    [[nodiscard]] std::string url() const override
    {
        const std::string address = m_endpoint.address().to_string();
        return "http://" + (m_endpoint.address().is_v6() ? '[' + address + ']' : address) + ':'
            + std::to_string(port());
    }
    [[nodiscard]] Faults &faults() override
    {
        return m_faults;
    }
    [[nodiscard]] std::uint64_t requestCount() const override
    {
        return m_shared.requests;
    }
    [[nodiscard]] Handler &handler() override
    {
        return *m_shared.handler;
    }
    void setPassword(base::Secret password) override
    {
        m_logins.setPassword(std::move(password));
        m_sessions.endAll();
    }

private:
    void accept()
    {
        m_acceptor.async_accept([this](error_code error, Tcp::socket socket) {
            if (error == asio::error::operation_aborted || !m_acceptor.is_open())
                return;
            std::erase_if(m_open, [](const auto &weak) { return weak.expired(); });
            if (!error && m_open.size() < m_mostConnections) {
                const auto session = std::make_shared<Session>(std::move(socket), m_shared);
                m_open.push_back(session);
                session->readRequest();
            }
            accept();
        });
    }

    void stop()
    {
        error_code ignored;
        m_acceptor.close(ignored);
        for (const auto &weak : m_open) {
            if (const auto session = weak.lock())
                session->die();
        }
    }

    Sessions m_sessions;
    Faults m_ownFaults;
    Faults &m_faults;
    Logins m_logins;
    std::shared_ptr<const Access> m_access;
    Shared m_shared;
    Tcp::acceptor m_acceptor;
    Tcp::endpoint m_endpoint;
    std::vector<std::weak_ptr<Session>> m_open;
    size_t m_mostConnections;
    std::thread m_thread;
};

} // namespace

Result<std::unique_ptr<Server>> Server::start(std::shared_ptr<Backend> backend,
                                              ServerOptions options)
{
    error_code error;
    const std::string bind = options.bind;
    const std::uint16_t port = options.port;
    const auto address = asio::ip::make_address(bind == "localhost" ? "127.0.0.1" : bind, error);
    if (error)
        return Error{ErrorKind::Usage,
                     base::text("%1 is no address to listen on; one looks like 127.0.0.1, 0.0.0.0 "
                                "or ::1.")
                         .arg(base::printable(bind))};
    if (!address.is_loopback() && options.access.user.empty())
        return Error{ErrorKind::Usage,
                     base::text("%1 can be reached from other machines: set a user and a password "
                                "for it.")
                         .arg(base::printable(bind))};
    auto server = std::make_unique<HttpServer>(std::move(backend), std::move(options));
    error = server->listen({address, port});
    if (error)
        return Error{ErrorKind::Io,
                     base::text("The server cannot listen on %1, port %2: %3. Choose another port "
                                "with --port.")
                         .arg(base::printable(bind))
                         .arg(port)
                         .arg(QString::fromStdString(error.message()))};
    return std::unique_ptr<Server>(std::move(server));
}

} // namespace serve
