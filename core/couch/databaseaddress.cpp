#include "core/couch/databaseaddress.h"

#include "core/base/bytes.h"

#include <algorithm>
#include <cctype>
#include <charconv>

namespace couch {

namespace {

constexpr std::uint16_t kHttpPort = 80;
constexpr std::uint16_t kHttpsPort = 443;

std::string lower(std::string_view text)
{
    std::string out(text);
    std::transform(out.begin(), out.end(), out.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return out;
}

struct Scheme {
    bool tls = false;
    std::size_t length = 0; ///< with "://"
};

std::optional<Scheme> schemeOf(std::string_view text)
{
    const std::string begin = lower(text.substr(0, 8));
    if (begin.starts_with("http://"))
        return Scheme{false, 7};
    if (begin.starts_with("https://"))
        return Scheme{true, 8};
    return std::nullopt;
}

bool isThisMachine(const std::string &host)
{
    return host == "localhost" || host == "::1" || host.starts_with("127.");
}

bool splitHost(std::string_view authority, DatabaseAddress &address)
{
    std::string_view port;
    if (authority.starts_with('[')) {
        const std::size_t close = authority.find(']');
        if (close == std::string_view::npos)
            return false;
        address.host = lower(authority.substr(1, close - 1));
        port = authority.substr(close + 1);
    } else {
        const std::size_t colon = authority.find(':');
        address.host = lower(authority.substr(0, colon));
        port = colon == std::string_view::npos ? std::string_view() : authority.substr(colon);
    }
    if (isThisMachine(address.host))
        address.host = "localhost";
    address.port = address.tls ? kHttpsPort : kHttpPort;
    if (port.size() > 1) {
        const auto read = std::from_chars(port.data() + 1, port.data() + port.size(), address.port);
        if (read.ec != std::errc() || read.ptr != port.data() + port.size())
            return false;
    }
    return !address.host.empty() && address.port != 0;
}

} // namespace

std::string percentDecode(std::string_view text)
{
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto byte = text[i] == '%' ? base::fromHex(text.substr(i + 1, 2)) : std::nullopt;
        if (byte && byte->size() == 1) {
            out += *byte;
            i += 2;
        } else {
            out += text[i];
        }
    }
    return out;
}

std::optional<UserInfoRange> userInfoIn(std::string_view url)
{
    const auto scheme = schemeOf(url);
    if (!scheme)
        return std::nullopt;
    const std::size_t end = std::min(url.find_first_of("/?#", scheme->length), url.size());
    const std::size_t at = url.substr(0, end).rfind('@');
    if (at == std::string_view::npos || at < scheme->length)
        return std::nullopt;
    return UserInfoRange{scheme->length, at};
}

std::optional<DatabaseAddress> DatabaseAddress::parse(std::string_view text)
{
    DatabaseAddress address;
    const auto scheme = schemeOf(text);
    if (!scheme) {
        if (text.empty() || text.find("://") != std::string_view::npos)
            return std::nullopt;
        address.database = percentDecode(text);
        return address;
    }
    address.tls = scheme->tls;
    std::size_t hostBegin = scheme->length;
    if (const auto info = userInfoIn(text)) {
        const std::string_view pair = text.substr(info->begin, info->end - info->begin);
        const std::size_t colon = pair.find(':');
        address.user = percentDecode(pair.substr(0, colon));
        address.hasPassword = colon != std::string_view::npos && colon + 1 < pair.size();
        hostBegin = info->end + 1;
    }
    const std::size_t pathBegin = std::min(text.find_first_of("/?#", hostBegin), text.size());
    if (!splitHost(text.substr(hostBegin, pathBegin - hostBegin), address))
        return std::nullopt;
    std::string_view path = text.substr(pathBegin);
    path = path.substr(0, path.find_first_of("?#"));
    while (path.ends_with('/'))
        path.remove_suffix(1);
    const std::size_t slash = path.rfind('/');
    if (slash == std::string_view::npos)
        return std::nullopt; // a server, no database
    address.path = path.substr(0, slash);
    address.database = percentDecode(path.substr(slash + 1));
    return address;
}

bool DatabaseAddress::isAtSamePlaceAs(const DatabaseAddress &other) const
{
    return !isBareName() && tls == other.tls && host == other.host && port == other.port
        && path == other.path;
}

std::string DatabaseAddress::toString() const
{
    if (isBareName())
        return database;
    const bool bracketed = host.find(':') != std::string::npos;
    std::string out = tls ? "https://" : "http://";
    out += bracketed ? "[" + host + "]" : host;
    if (port != (tls ? kHttpsPort : kHttpPort))
        out += ":" + std::to_string(port);
    return out + path + "/" + base::percentEncode(database);
}

std::string databaseUrl(std::string_view server, std::string_view database)
{
    while (server.ends_with('/'))
        server.remove_suffix(1);
    return std::string(server) + "/" + base::percentEncode(database);
}

} // namespace couch
