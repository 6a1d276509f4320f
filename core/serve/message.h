#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace serve {

/// Header fields in the order in which they came; names compare without case.
class Headers
{
public:
    void add(std::string name, std::string value)
    {
        m_fields.emplace_back(std::move(name), std::move(value));
    }
    [[nodiscard]] std::optional<std::string_view> find(std::string_view name) const;
    [[nodiscard]] const std::vector<std::pair<std::string, std::string>> &fields() const
    {
        return m_fields;
    }

private:
    std::vector<std::pair<std::string, std::string>> m_fields;
};

/// One request as it came, taken apart. A value; any thread may read it.
struct Request {
    std::string method;
    std::string target;            ///< raw, as sent
    std::vector<std::string> path; ///< segments, percent-decoded; empty ones are left out
    std::vector<std::pair<std::string, std::string>> query;
    Headers headers;
    std::string body;
    std::size_t number = 0; ///< 1 for the first request that the server got
    bool isHttp10 = false;
    std::string user; ///< who proved to be it; empty for nobody

    [[nodiscard]] std::optional<std::string_view> parameter(std::string_view name) const;
    /// True for `name=true`.
    [[nodiscard]] bool flag(std::string_view name) const { return parameter(name) == "true"; }
    [[nodiscard]] std::string_view header(std::string_view name) const
    {
        return headers.find(name).value_or(std::string_view());
    }
    [[nodiscard]] bool isHead() const { return method == "HEAD"; }
};

/// Fills path and query from `target`; false when that is no absolute path or badly encoded. A plus
/// sign is a space, as in CouchDB.
[[nodiscard]] bool parseTarget(std::string target, Request &request);

/// True when the Accept header lets `type` ("multipart/mixed") be sent; no header means anything.
[[nodiscard]] bool accepts(const Request &request, std::string_view type);

[[nodiscard]] bool equalsIgnoringCase(std::string_view a, std::string_view b);
[[nodiscard]] std::string_view trimmed(std::string_view text);

} // namespace serve
