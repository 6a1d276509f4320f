#pragma once

#include <QSslCertificate>
#include <QSslConfiguration>
#include <QSslKey>

#include <memory>
#include <string>

/// Certificates that a test makes up on the spot, so that none lies in the repository and none
/// expires.
struct Identity {
    QByteArray keyPem;
    QByteArray certificatePem;

    [[nodiscard]] QSslConfiguration serverConfiguration() const;
};

struct CertificateWish {
    std::string commonName = "couch.test";
    std::string alternativeName = "IP:127.0.0.1";
    int validFromHours = -1;
    int validToHours = 24;
    bool isAuthority = false;
};

/// Signed by `issuer`, or by itself where there is none.
[[nodiscard]] Identity makeIdentity(const CertificateWish &wish, const Identity *issuer = nullptr);
