#include "core/couch/networkerror.h"

#include "core/base/text.h"

#include <QCryptographicHash>
#include <QSslCertificate>

namespace couch {

using base::Error;
using base::ErrorKind;
using base::text;

namespace {

QString sentenceFor(QSslError::SslError error)
{
    switch (error) {
    case QSslError::CertificateExpired:
        return text("The certificate of %1 has expired (%2). Renew it at the server.");
    case QSslError::CertificateNotYetValid:
        return text("The certificate of %1 is not valid yet (%2). Compare the clocks of this "
                    "machine and of the server.");
    case QSslError::HostNameMismatch:
        return text(
            "The certificate of %1 was made out to another name (%2). Is the address right?");
    case QSslError::SelfSignedCertificate:
    case QSslError::SelfSignedCertificateInChain:
        return text("The certificate of %1 is signed by itself (%2). If it is yours, give it as an "
                    "additional CA file.");
    case QSslError::UnableToGetLocalIssuerCertificate:
    case QSslError::UnableToGetIssuerCertificate:
    case QSslError::UnableToVerifyFirstCertificate:
    case QSslError::CertificateUntrusted:
        return text("The certificate of %1 is signed by somebody this machine does not trust (%2). "
                    "If the signer is yours, give its certificate as an additional CA file.");
    case QSslError::CertificateRevoked:
    case QSslError::CertificateBlacklisted:
        return text("The certificate of %1 was revoked (%2). Do not use this server until it has a "
                    "new one.");
    default: return text("The certificate of %1 was refused (%2).");
    }
}

QString describe(const QSslCertificate &certificate)
{
    const QStringList names = certificate.subjectInfo(QSslCertificate::CommonName);
    const QByteArray print = certificate.digest(QCryptographicHash::Sha256).toHex();
    return text("for %1, valid %2 to %3, SHA-256 %4")
        .arg(base::printable(names.join(QLatin1Char(' ')).toStdString()),
             certificate.effectiveDate().toString(Qt::ISODate),
             certificate.expiryDate().toString(Qt::ISODate), QString::fromLatin1(print));
}

Error tlsError(const QNetworkReply &reply, const QList<QSslError> &errors, const QString &origin)
{
    if (!errors.isEmpty())
        return {ErrorKind::Tls, tlsSentence(errors.first(), origin), errors.first().errorString()};
    return {ErrorKind::Tls,
            text("%1 and this machine could not agree on a secure connection. "
                 "TLS 1.2 or newer is needed.")
                .arg(origin),
            reply.errorString()};
}

// Qt turns the status of an answer that did arrive into one of these codes.
bool onlyRepeatsStatus(const QNetworkReply &reply)
{
    if (reply.attribute(QNetworkRequest::HttpStatusCodeAttribute).toInt() < 400)
        return false;
    switch (reply.error()) {
    case QNetworkReply::ContentAccessDenied:
    case QNetworkReply::ContentOperationNotPermittedError:
    case QNetworkReply::ContentNotFoundError:
    case QNetworkReply::AuthenticationRequiredError:
    case QNetworkReply::ContentConflictError:
    case QNetworkReply::ContentGoneError:
    case QNetworkReply::UnknownContentError:
    case QNetworkReply::InternalServerError:
    case QNetworkReply::OperationNotImplementedError:
    case QNetworkReply::ServiceUnavailableError:
    case QNetworkReply::UnknownServerError:
    case QNetworkReply::ProtocolInvalidOperationError:
    case QNetworkReply::ProxyAuthenticationRequiredError: return true;
    default: return false;
    }
}

} // namespace

QString tlsSentence(const QSslError &error, const QString &origin)
{
    const QString details =
        error.certificate().isNull() ? error.errorString() : describe(error.certificate());
    return sentenceFor(error.error()).arg(origin, details);
}

std::optional<Error> failureOf(const QNetworkReply &reply, const QList<QSslError> &tlsErrors,
                               const ReplyContext &context)
{
    const auto &[origin, path, viaProxy, hasHead] = context;
    const auto unreachable = [&](const QString &sentence) {
        return Error{ErrorKind::Unreachable, sentence, reply.errorString()};
    };
    const QString proxyFailed =
        text("%1 could not be reached through the proxy. Check the proxy's address.").arg(origin);
    if (reply.error() == QNetworkReply::NoError || onlyRepeatsStatus(reply))
        return std::nullopt;
    switch (reply.error()) {
    case QNetworkReply::ConnectionRefusedError:
        return unreachable(viaProxy ? proxyFailed
                                    : text("%1 refused the connection. Is the server running, and "
                                           "is its address right?")
                                          .arg(origin));
    case QNetworkReply::HostNotFoundError:
        return unreachable(viaProxy ? proxyFailed
                                    : text("The host of %1 is not known. Check the address, and "
                                           "this machine's network.")
                                          .arg(origin));
    case QNetworkReply::RemoteHostClosedError:
    case QNetworkReply::ContentReSendError:
        if (hasHead)
            return unreachable(
                text(
                    "%1 closed the connection before its answer to %2 was complete. Try again; if it stays so, look at the server's log.")
                    .arg(origin, path));
        // Only the greeting, which is asked for first, may meet a server that speaks TLS.
        return unreachable(
            (path.endsWith(QLatin1Char('/'))
                 ? text("%1 closed the connection without an answer to %2. Is it HTTP that is "
                        "spoken there, and not HTTPS?")
                 : text(
                     "%1 closed the connection without an answer to %2. Try again; if it stays so, look at the server's log."))
                .arg(origin, path));
    case QNetworkReply::TimeoutError:
        return Error{
            ErrorKind::Timeout,
            text(
                "%1 could not be reached in time. Check that the server runs, and this machine's network.")
                .arg(origin),
            reply.errorString()};
    case QNetworkReply::SslHandshakeFailedError: return tlsError(reply, tlsErrors, origin);
    case QNetworkReply::ProxyConnectionRefusedError:
    case QNetworkReply::ProxyConnectionClosedError:
    case QNetworkReply::ProxyNotFoundError:
    case QNetworkReply::ProxyTimeoutError:
    case QNetworkReply::ProxyAuthenticationRequiredError:
    case QNetworkReply::UnknownProxyError: return unreachable(proxyFailed);
    case QNetworkReply::ProtocolFailure:
    case QNetworkReply::ProtocolUnknownError:
    case QNetworkReply::ProtocolInvalidOperationError:
        return Error{ErrorKind::Protocol,
                     text("%1 did not answer %2 with HTTP. Is the address right, its port too?")
                         .arg(origin, path),
                     reply.errorString()};
    default:
        return unreachable(
            viaProxy
                ? proxyFailed
                : text(
                      "%1 could not be reached, or the connection broke. Check that the server runs, and this machine's network.")
                      .arg(origin));
    }
}

} // namespace couch
