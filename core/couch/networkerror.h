#pragma once

#include "core/base/error.h"

#include <QList>
#include <QNetworkReply>
#include <QSslError>

#include <optional>

namespace couch {

/// Where a reply came from, for messages.
struct ReplyContext {
    QString origin;
    QString path;
    bool viaProxy = false;
    bool hasHead = false;
};

/// Why a finished reply did not come to its end, in words for an operator; nothing when it did,
/// whatever its status. `tlsErrors` are what was wrong with the certificate.
[[nodiscard]] std::optional<base::Error> failureOf(const QNetworkReply &reply,
                                                   const QList<QSslError> &tlsErrors,
                                                   const ReplyContext &context);

/// One sentence about a certificate that was refused.
[[nodiscard]] QString tlsSentence(const QSslError &error, const QString &origin);

} // namespace couch
