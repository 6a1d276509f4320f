#pragma once

#include "core/serve/answer.h"

namespace serve {

/// A request to a server of this process and its answer, without a network: it meets the same
/// faults, the same guard and the same routes as one that comes over a socket.
struct InProcessReply {
    enum class End {
        Whole,
        Cut,   ///< the connection ended before the body did, or without an answer
        Never, ///< no answer comes; a client would wait until its patience ends
        NoHttp ///< bytes that are no HTTP
    };
    End end = End::Cut;
    int status = 0; ///< 0: none came
    Headers headers;
    std::string body;
};

/// `target` is the raw path with its query. Any thread.
[[nodiscard]] InProcessReply askInProcess(Handler &handler, std::string method, std::string target,
                                          Headers headers, std::string body = {});

} // namespace serve
