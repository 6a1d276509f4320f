#include "core/settings/secrets.h"

#include "core/base/file.h"
#include "core/base/text.h"
#include "core/couch/serverurl.h"

namespace settings {

using base::Error;
using base::ErrorKind;
using base::Result;
using base::Secret;
using base::text;

namespace {

constexpr std::uint64_t kMostBytes = 4096;

QString shown(const std::string &bytes)
{
    return base::printable(bytes, 1000);
}

/// The first line.
Result<Secret> secretIn(const base::fs::path &path)
{
    auto content = base::readFile(path, kMostBytes);
    if (!content && content.error().kind == ErrorKind::TooLarge)
        return Error{
            ErrorKind::Usage,
            text("%1 is too large for a file with a password.").arg(shown(base::toUtf8(path)))};
    if (!content)
        return content.error();
    const Secret whole(std::move(*content));
    const std::string_view line = whole.reveal().substr(0, whole.reveal().find_first_of("\r\n"));
    if (line.empty())
        return Error{
            ErrorKind::Usage,
            text("%1 holds no password on its first line.").arg(shown(base::toUtf8(path)))};
    return Secret(std::string(line));
}

Result<Secret> secretInNamedFile(const std::string &file)
{
    const base::fs::path path = base::fromUtf8(file);
    const auto isPrivate = base::isPrivate(path);
    if (!isPrivate)
        return isPrivate.error();
    if (!*isPrivate)
        return Error{
            ErrorKind::Forbidden,
            text("%1 holds a password and others may read it: `chmod 600` it.").arg(shown(file))};
    return secretIn(path);
}

void addServer(const std::string &name, const Server &server, std::vector<SecretPlace> &places)
{
    const auto url = couch::ServerUrl::parse(server.url);
    if (!server.url.empty() && url && !url->user.empty())
        places.push_back({name, server.passwordFile, url->toString(), url->user});
}

} // namespace

std::vector<SecretPlace> secretPlaces(const Config &config)
{
    std::vector<SecretPlace> places;
    addServer("source", config.source, places);
    addServer("mirror", config.mirror, places);
    addServer("middleware", config.discovery.middleware, places);
    const Email &email = config.alerts.email;
    if (!email.host.empty() && !email.user.empty())
        places.push_back({"email", email.passwordFile,
                          "smtp://" + email.host + ':' + std::to_string(email.port), email.user});
    const Webhook &webhook = config.alerts.webhook;
    if (!webhook.url.empty() && !webhook.tokenFile.empty())
        places.push_back({"webhook", webhook.tokenFile, {}, {}});
    return places;
}

Result<Secret> findSecret(const SecretPlace &place, const std::string &credentialFolder,
                          const Keychain &keychain)
{
    if (!place.file.empty())
        return secretInNamedFile(place.file);
    const std::string credential = place.name + "-password";
    if (!credentialFolder.empty()) {
        // Whoever made that folder sees to its modes; some are readable by a group of one.
        auto found = secretIn(base::fromUtf8(credentialFolder) / credential);
        if (found || found.error().kind != ErrorKind::NotFound)
            return found;
    }
    auto stored =
        keychain(QString::fromStdString(place.origin), QString::fromStdString(place.user));
    if (stored)
        return stored;
    return Error{
        ErrorKind::NotFound,
        text("There is no password for user \"%1\" at %2. Name a file of mode 0600 that "
             "holds it (password_file), or give the credential %3, or put it into the "
             "keychain.")
            .arg(shown(place.user), shown(place.origin), QString::fromStdString(credential)),
        stored.error().message};
}

} // namespace settings
