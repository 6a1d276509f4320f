#pragma once

#include "core/base/secret.h"
#include "core/couch/serverurl.h"
#include "core/couch/transport.h"

#include <memory>

namespace couch {

struct NetworkOptions {
    std::chrono::milliseconds connectAndHeaderDeadline{60'000};
    std::chrono::milliseconds idleDeadline{120'000};
    std::chrono::milliseconds rateWindow{300'000}; ///< less than 1 KiB/s over this long is a stall
    int attempts = 5;
    std::chrono::milliseconds firstBackoff{500};
    std::chrono::milliseconds maxBackoff{60'000};
    std::chrono::milliseconds noProgressLimit{900'000}; ///< a whole run without a byte
    /// What Retry-After counts; tests make it short.
    std::chrono::milliseconds retryAfterUnit{1'000};
    bool allowPlainHttp = false; ///< cleartext passwords to a host that is not loopback
    std::string proxy;           ///< "" = none, whatever the environment says
    std::string caFile;          ///< additional PEM certificates
};

/// The one user of QNetworkAccessManager: owns a thread with an event loop and two managers in it.
/// Needs a QCoreApplication. Made and destroyed on one thread, after its last caller has returned;
/// fetch and stream from any thread.
[[nodiscard]] base::Result<std::unique_ptr<Transport>>
makeNetworkTransport(const ServerUrl &server, const base::Secret &password,
                     const NetworkOptions &options);

} // namespace couch
