#include "core/couch/replicatorsecrets.h"

#include "core/base/bytes.h"
#include "core/base/text.h"
#include "core/couch/databaseaddress.h"
#include "core/couch/decodetools.h"

#include <optional>

namespace couch {

using base::Error;
using base::ErrorKind;
using base::Result;
using base::text;

namespace json = base::json;

namespace {

constexpr const char *kMask = "\u2022\u2022\u2022";
constexpr std::string_view kBasic = "Basic ";
/// Stands in a stripped document where an Authorization header's value was: "Basic of USER".
constexpr std::string_view kStrippedBasic = "Basic of ";

enum class Place { Address, Auth, Login, Header, Proxy };

/// One value with a secret in it, or (in a stripped document) where one was.
struct Spot {
    Place place;
    std::optional<ReplicationSide> side; ///< not of a proxy
    std::string user;                    ///< of Address, Auth, Login
    std::string name;                    ///< of Header
    std::string_view raw;                ///< the value's JSON
};
/// The JSON to stand there instead.
using Replace = std::function<Result<std::string>(const Spot &)>;

bool isNamed(std::string_view rawKey, std::string_view name)
{
    const std::string key = json::unescape(rawKey);
    return QByteArrayView(key.data(), static_cast<qsizetype>(key.size()))
               .compare(QByteArrayView(name.data(), static_cast<qsizetype>(name.size())),
                        Qt::CaseInsensitive)
        == 0;
}

/// The object with each member's value replaced by what `value` says.
template <typename Value>
Result<std::string> mapped(std::string_view objectJson, Value value)
{
    const auto members = json::members(objectJson);
    if (!members)
        return members.error();
    std::string out = "{";
    for (const json::Member &member : *members) {
        const Result<std::string> changed = value(member);
        if (!changed)
            return changed.error();
        if (out.size() > 1)
            out += ',';
        out += '"' + std::string(member.key) + "\":" + *changed;
    }
    return out + "}";
}

std::string asIs(std::string_view raw)
{
    return std::string(raw);
}

bool isObject(std::string_view raw)
{
    return json::kindOf(raw) == json::Kind::Object;
}

/// Walks to every spot of a document.
class Walk
{
public:
    explicit Walk(const Replace &replace)
        : m_replace(replace)
    {
    }

    Result<std::string> document(std::string_view text) const
    {
        return mapped(text, [this](const json::Member &member) -> Result<std::string> {
            if (isNamed(member.key, "source"))
                return end(member.value, ReplicationSide::Source);
            if (isNamed(member.key, "target"))
                return end(member.value, ReplicationSide::Target);
            if (isNamed(member.key, "proxy") || isNamed(member.key, "source_proxy")
                || isNamed(member.key, "target_proxy"))
                return address(member.value, Place::Proxy, std::nullopt);
            return asIs(member.value);
        });
    }

private:
    Result<std::string> end(std::string_view raw, ReplicationSide side) const
    {
        if (isString(raw))
            return address(raw, Place::Address, side);
        if (!isObject(raw))
            return asIs(raw);
        return mapped(raw, [&](const json::Member &member) -> Result<std::string> {
            if (isNamed(member.key, "url"))
                return address(member.value, Place::Address, side);
            if (isNamed(member.key, "auth") && isObject(member.value))
                return auth(member.value, side);
            if (isNamed(member.key, "headers") && isObject(member.value))
                return headers(member.value, side);
            return asIs(member.value);
        });
    }

    Result<std::string> address(std::string_view raw, Place place,
                                std::optional<ReplicationSide> side) const
    {
        if (!isString(raw))
            return asIs(raw);
        const std::string url = json::unescape(raw);
        const auto info = userInfoIn(url);
        if (!info)
            return asIs(raw);
        const std::string pair = url.substr(info->begin, info->end - info->begin);
        if (pair.find(':') == std::string::npos)
            return asIs(raw);
        return m_replace({place, side, percentDecode(pair.substr(0, pair.find(':'))), {}, raw});
    }

    /// {"basic": {"username", "password"}}; whatever else stands there is as secret.
    Result<std::string> auth(std::string_view raw, ReplicationSide side) const
    {
        return mapped(raw, [&](const json::Member &member) -> Result<std::string> {
            const auto login = isNamed(member.key, "basic") ? ObjectView::parse(member.value)
                                                            : Result<ObjectView>(Error{});
            if (!login)
                return m_replace(
                    {Place::Header, side, {}, "auth." + asIs(member.key), member.value});
            const std::string user = login->string("username").value_or(std::string());
            return mapped(member.value, [&](const json::Member &field) -> Result<std::string> {
                if (isNamed(field.key, "password"))
                    return m_replace({Place::Auth, side, user, {}, field.value});
                return asIs(field.value);
            });
        });
    }

    Result<std::string> headers(std::string_view raw, ReplicationSide side) const
    {
        return mapped(raw, [&](const json::Member &member) -> Result<std::string> {
            const std::string name = json::unescape(member.key);
            const std::string value = isString(member.value) ? json::unescape(member.value) : "";
            if (isNamed(member.key, "authorization")) {
                if (value.starts_with(kStrippedBasic))
                    return m_replace({Place::Login, side, value.substr(kStrippedBasic.size()), name,
                                      member.value});
                const auto pair = value.starts_with(kBasic)
                    ? base::fromBase64(std::string_view(value).substr(kBasic.size()))
                    : std::nullopt;
                if (pair)
                    return m_replace(
                        {Place::Login, side, pair->substr(0, pair->find(':')), name, member.value});
            }
            return m_replace({Place::Header, side, {}, name, member.value});
        });
    }

    const Replace &m_replace;
};

Result<std::string> walk(std::string_view text, const Replace &replace)
{
    return Walk(replace).document(text);
}

/// The address with this password, raw, in its user info; "" for none.
std::string addressWith(std::string_view rawUrl, std::string_view password)
{
    std::string url = json::unescape(rawUrl);
    const auto info = userInfoIn(url);
    const std::size_t colon = url.find(':', info->begin);
    url.replace(colon + 1, info->end - colon - 1, password);
    return json::quoted(url);
}

std::string secretAt(const Spot &spot, const base::Secret &password)
{
    std::string out;
    switch (spot.place) {
    case Place::Address:
    case Place::Proxy: return addressWith(spot.raw, base::percentEncode(password.reveal()));
    case Place::Auth: json::appendQuoted(out, password.reveal()); return out;
    case Place::Login:
        return json::quoted(std::string(kBasic)
                            + base::toBase64(spot.user + ":" + std::string(password.reveal())));
    case Place::Header: break;
    }
    return asIs(spot.raw);
}

const char *nameOf(const std::optional<ReplicationSide> &side)
{
    if (!side)
        return QT_TRANSLATE_NOOP("core", "the proxy");
    return *side == ReplicationSide::Source ? QT_TRANSLATE_NOOP("core", "the source")
                                            : QT_TRANSLATE_NOOP("core", "the mirror");
}

} // namespace

Result<std::string> maskSecrets(std::string_view json)
{
    return walk(json, [](const Spot &spot) -> Result<std::string> {
        if (spot.place == Place::Address || spot.place == Place::Proxy)
            return addressWith(spot.raw, kMask);
        return json::quoted(kMask);
    });
}

Result<std::string> stripSecrets(std::string_view json)
{
    return walk(json, [](const Spot &spot) -> Result<std::string> {
        switch (spot.place) {
        case Place::Address:
        case Place::Proxy: return addressWith(spot.raw, {});
        case Place::Login: return json::quoted(std::string(kStrippedBasic) + spot.user);
        case Place::Auth:
        case Place::Header: break;
        }
        return std::string("null");
    });
}

Result<std::string> restoreSecrets(std::string_view stripped, const PasswordFor &passwordFor)
{
    return walk(stripped, [&](const Spot &spot) -> Result<std::string> {
        if (spot.place == Place::Header || spot.place == Place::Proxy)
            return Error{
                ErrorKind::Usage,
                text("The replication had a secret for %1 that is not kept (%2). Write its "
                     "document again by hand.")
                    .arg(text(nameOf(spot.side)),
                         spot.name.empty() ? text("a password") : base::printable(spot.name))};
        const base::Secret *password = passwordFor(*spot.side, spot.user);
        if (password == nullptr)
            return Error{
                ErrorKind::Usage,
                text("The password of user \"%1\" at %2 is needed to make this replication "
                     "again. Set it in the keychain first.")
                    .arg(base::printable(spot.user), text(nameOf(spot.side)))};
        return secretAt(spot, *password);
    });
}

Result<std::string> replacePassword(std::string_view json, ReplicationSide side,
                                    std::string_view user, const base::Secret &password)
{
    bool isTouched = false;
    auto changed = walk(json, [&](const Spot &spot) -> Result<std::string> {
        if (spot.side != side || spot.user != user || spot.place == Place::Header)
            return asIs(spot.raw);
        isTouched = true;
        return secretAt(spot, password);
    });
    return changed && !isTouched ? std::string(json) : changed;
}

} // namespace couch
