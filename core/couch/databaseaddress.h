#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace couch {

/// Addresses as `_replicator` documents hold them, written by anybody: taken apart so that two
/// spellings of one place compare equal. Pure.

/// "https://user:pass@focus.example/db/org_x/" in its parts.
struct DatabaseAddress {
    bool tls = false;
    std::string host; ///< lower case, without brackets; every name of this machine is "localhost"
    std::uint16_t port = 0; ///< never 0: what the scheme means where none is given
    std::string user;       ///< decoded
    bool hasPassword = false;
    std::string path;     ///< in front of the database: "" or "/db", as sent
    std::string database; ///< decoded; of a bare name ("org_x") it is all there is

    /// Nothing for what is neither an http address nor a bare name.
    [[nodiscard]] static std::optional<DatabaseAddress> parse(std::string_view text);
    [[nodiscard]] bool isBareName() const { return host.empty(); }
    /// The same server and path in front, whatever the user and the database.
    [[nodiscard]] bool isAtSamePlaceAs(const DatabaseAddress &other) const;
    /// Without user and password: "https://focus.example/db/org_x".
    [[nodiscard]] std::string toString() const;
};

/// A server's address ("https://focus.example/db") with a database behind it, encoded as CouchDB
/// wants it.
[[nodiscard]] std::string databaseUrl(std::string_view server, std::string_view database);

/// Where the user info of an http address lies in it, for replacing; nothing when it has none.
struct UserInfoRange {
    std::size_t begin = 0, end = 0; ///< without the @
};
[[nodiscard]] std::optional<UserInfoRange> userInfoIn(std::string_view url);
/// "%41b" -> "Ab"; a lone percent sign stays.
[[nodiscard]] std::string percentDecode(std::string_view text);

} // namespace couch
