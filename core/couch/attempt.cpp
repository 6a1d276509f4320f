#include "core/couch/attempt.h"

#include "core/couch/decodetools.h"

namespace couch {

using base::ErrorKind;

namespace {

std::string reasonOf(std::string_view body)
{
    const auto object = ObjectView::parse(body);
    return object ? object->string("reason").value_or(std::string()) : std::string();
}

} // namespace

LoginGate::Verdict loginVerdict(int status, std::string_view body)
{
    if (status == 401) {
        const bool lacksRight = reasonOf(body).starts_with("You are not");
        return lacksRight ? LoginGate::Verdict::Accepted : LoginGate::Verdict::Rejected;
    }
    const bool sawTheLogin =
        status < 500 && status != 408 && status != 429 && !isLockout(status, body);
    return sawTheLogin ? LoginGate::Verdict::Accepted : LoginGate::Verdict::Unknown;
}

bool isLockout(int status, std::string_view body)
{
    return status == 403 && reasonOf(body).find("temporarily locked") != std::string::npos;
}

bool isTransientStatus(int status)
{
    return status == 408 || status == 429 || (status >= 500 && status != 501 && status != 505);
}

bool isTransientKind(ErrorKind kind)
{
    return kind == ErrorKind::Unreachable || kind == ErrorKind::Timeout;
}

Limiter::Load loadOf(const Attempt &attempt)
{
    if (!attempt.error)
        return Limiter::Load::Fine;
    const ErrorKind kind = attempt.error->kind;
    return kind == ErrorKind::Busy || kind == ErrorKind::Timeout ? Limiter::Load::TooMuch
                                                                 : Limiter::Load::Unknown;
}

} // namespace couch
