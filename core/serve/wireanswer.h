#pragma once

#include "core/serve/answer.h"

namespace serve {

/// Bytes on their way to a client. push() blocks while too much is waiting and fails when the
/// client has gone.
class Outlet
{
public:
    virtual ~Outlet() = default;
    [[nodiscard]] virtual base::Status push(std::string bytes) = 0;
    /// The connection ends behind what was pushed; `whole` is false for a cut.
    virtual void close(bool whole) = 0;
};

/// Turns an answer into an HTTP/1.1 message with CouchDB's headers. Thread as Answer.
class WireAnswer final : public Answer
{
public:
    struct Options {
        bool isHead = false;
        bool isHttp10 = false;
        bool closes = false; ///< the connection ends behind this answer
        std::string requestId;
        std::chrono::system_clock::time_point now;
    };
    /// `outlet` outlives this.
    WireAnswer(Outlet &outlet, Options options);

    [[nodiscard]] base::Status begin(ResponseHead head) override;
    [[nodiscard]] base::Status write(std::string_view bytes) override;
    [[nodiscard]] base::Status finish() override;
    [[nodiscard]] base::Status flush() override;
    void cut() override;
    [[nodiscard]] bool hasBegun() const override { return m_hasBegun; }
    void sendRaw(std::string_view bytes) override;

    /// True when the message came to its end and the connection can go on.
    [[nodiscard]] bool isComplete() const { return m_isComplete; }
    [[nodiscard]] bool closes() const { return m_options.closes; }

private:
    [[nodiscard]] std::string headText() const;
    [[nodiscard]] base::Status sendBuffered();

    Outlet &m_outlet;
    Options m_options;
    ResponseHead m_head;
    std::string m_buffer;      ///< of the body, not yet framed
    std::uint64_t m_bytes = 0; ///< of the body
    bool m_hasBegun = false;
    bool m_headIsSent = false;
    bool m_isComplete = false;
    bool m_isCut = false;
};

/// "Tue, 24 Nov 2026 00:06:14 GMT"
[[nodiscard]] std::string httpDate(std::chrono::system_clock::time_point time);
/// "Not Found" for 404, in CouchDB's words.
[[nodiscard]] const char *reasonPhrase(int status);

} // namespace serve
