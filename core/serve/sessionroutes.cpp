#include "core/serve/routes.h"

#include "core/base/json.h"
#include "core/serve/arguments.h"
#include "core/serve/guard.h"

namespace serve {

namespace json = base::json;

namespace {

constexpr const char *kNoCookie =
    "AuthSession=; Version=1; Expires=Thu, 01-Jan-1970 00:00:00 GMT; Max-Age=0; Path=/; HttpOnly";

std::string formValue(const Request &request, std::string_view name)
{
    Request form;
    if (!parseTarget("/?" + request.body, form))
        return {};
    return std::string(form.parameter(name).value_or(""));
}

/// Name and password, as JSON or as a form.
std::pair<std::string, std::string> credentials(const Request &request)
{
    const auto members = json::members(request.body);
    if (!members)
        return {formValue(request, "name"), formValue(request, "password")};
    const auto text = [&](std::string_view key) {
        const auto value = json::find(*members, key);
        return value && json::kindOf(*value) == json::Kind::String ? json::unescape(*value)
                                                                   : std::string();
    };
    return {text("name"), text("password")};
}

void logIn(const Call &call)
{
    const auto [name, password] = credentials(call.request);
    Headers headers;
    const auto verdict = call.site.logins->check(name, password);
    if (verdict != Logins::Verdict::Right) {
        if (verdict == Logins::Verdict::Wrong)
            headers.add("Set-Cookie", kNoCookie);
        const Refusal refusal = refusalFor(verdict);
        return sendJson(call.answer, refusalJson(refusal), refusal.status, std::move(headers));
    }
    headers.add("Set-Cookie",
                "AuthSession=" + call.site.sessions->begin(name, Sessions::Clock::now())
                    + "; Version=1; Max-Age=" + std::to_string(Sessions::kLifetime.count())
                    + "; Path=/; HttpOnly");
    sendJson(call.answer, R"({"ok":true,"name":)" + json::quoted(name) + R"(,"roles":["_admin"]})",
             200, std::move(headers));
}

void tellSession(const Call &call)
{
    const bool everybody = call.site.access->user.empty();
    const std::string &user = call.request.user;
    const bool isKnown = everybody || !user.empty();
    const bool byCookie = !sessionCookie(call.request.header("Cookie")).empty()
        && call.request.header("Authorization").empty();
    std::string text = R"({"ok":true,"userCtx":{"name":)"
        + (user.empty() ? "null" : json::quoted(user)) + R"(,"roles":)"
        + (isKnown ? R"(["_admin"])" : "[]")
        + R"(},"info":{"authentication_handlers":["cookie","default"])";
    if (!user.empty())
        text += byCookie ? R"(,"authenticated":"cookie")" : R"(,"authenticated":"default")";
    sendJson(call.answer, text + "}}");
}

} // namespace

Outcome session(const Call &call)
{
    if (call.request.method == "POST") {
        logIn(call);
    } else if (call.request.method == "DELETE") {
        call.site.sessions->end(sessionCookie(call.request.header("Cookie")));
        Headers headers;
        headers.add("Set-Cookie", kNoCookie);
        sendJson(call.answer, R"({"ok":true})", 200, std::move(headers));
    } else {
        tellSession(call);
    }
    return nullptr;
}

} // namespace serve
