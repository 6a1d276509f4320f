#pragma once

#include "core/base/filesource.h"
#include "core/base/result.h"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace couch {

/// One request as it goes over the wire. `target` is sent exactly as given (D9a), e.g.
/// "/db/_bulk_get?revs=true"; the server's base path is put in front.
struct Request {
    enum class Method { Get, Head, Post, Put, Delete };
    Method method = Method::Get;
    std::string target;
    std::string body; ///< JSON when not empty
    std::string accept = "application/json";
    /// Accept-Encoding: gzip (the coded bytes are delivered), else identity.
    bool acceptGzip = false;
    std::uint64_t maxBodyBytes = std::uint64_t{256} << 20;
    /// Retried on network failures, 408, 429 and 5xx. Set for GET, HEAD and the safe POSTs.
    bool idempotent = true;
    /// Where set, attempts are counted here, over several requests for the same thing: together
    /// they are no more than one request may have, but for one each. Used by one thread at a time.
    std::shared_ptr<int> attempts = {};
};

struct ResponseHead {
    int status = 0;
    std::string contentType;
    std::string contentEncoding; ///< "" or "gzip", nothing else gets here
    std::string server;
    std::string date;         ///< as sent, e.g. "Mon, 23 Nov 2026 16:09:45 GMT"; empty when absent
    bool setsSession = false; ///< came with an AuthSession cookie
    std::optional<std::uint64_t> contentLength;
};

struct Response {
    ResponseHead head;
    std::string body;
};

/// Turns a request into a response; blocks the caller, who may be any thread but the transport's
/// own. Any number of callers at once. Everything reliability rules ask of HTTP (deadlines, retries
/// with jitter, Retry-After, redirects refused, at most two rejected logins in a run) happens
/// behind it. An answer with status >= 400 is an Error whose kind says which; its detail holds the
/// server's reason.
class Transport
{
public:
    virtual ~Transport() = default;
    /// The whole body, complete by its framing. Whether it is complete by its content is for the
    /// decoder.
    [[nodiscard]] virtual base::Result<Response> fetch(const Request &request,
                                                       std::stop_token stop) = 0;
    /// Delivers the body in pieces, on the calling thread, with back-pressure. Not retried once a
    /// byte was delivered; an error from `sink` ends the request and is returned. `sink` must not
    /// ask this transport for anything: it would wait for itself.
    [[nodiscard]] virtual base::Result<ResponseHead>
    stream(const Request &request, const base::ByteSink &sink, std::stop_token stop) = 0;
    struct Statistics {
        std::uint64_t requests = 0;
        std::uint64_t retries = 0;
        std::uint64_t bytesReceived = 0;
    };
    [[nodiscard]] virtual Statistics statistics() const = 0;
    /// The server as messages name it, "https://focus.example/db"; empty where there is no address.
    [[nodiscard]] virtual std::string origin() const { return {}; }
};

} // namespace couch
