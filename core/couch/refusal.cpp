#include "core/couch/refusal.h"

#include "core/base/bytes.h"
#include "core/base/text.h"
#include "core/couch/attempt.h"
#include "core/couch/decode.h"

#include <algorithm>

namespace couch {

using base::Error;
using base::ErrorKind;
using base::printable;
using base::text;

Error refusalError(const Asked &asked, const WireHead &head, std::string_view body)
{
    Error error = errorForStatus(head.status, asked.place, body);
    if (error.kind == ErrorKind::Redirected) {
        error.message =
            text(
                "%1 redirects to %2 (%3), which is not followed. Give that address if it is yours.")
                .arg(printable(asked.place), printable(head.location),
                     QString::number(head.status));
    } else if (isLockout(head.status, body)) {
        error.message =
            text(
                "%1 has locked the account of user \"%2\" after too many wrong passwords (403). It opens "
                "again by itself; wait five minutes and check the password.")
                .arg(printable(asked.origin), printable(asked.user));
    } else if (error.kind == ErrorKind::Unauthorized && !asked.user.empty()) {
        const bool lacksRight = loginVerdict(head.status, body) == LoginGate::Verdict::Accepted;
        if (!lacksRight)
            return rejectedLogin(asked);
        error.kind = ErrorKind::Forbidden;
        error.message =
            text("The user \"%1\" may not read %2 (401). Give it the right, or use another user.")
                .arg(printable(asked.user), printable(asked.place));
    }
    return error;
}

Error rejectedLogin(const Asked &asked)
{
    return {
        ErrorKind::Unauthorized,
        text(
            "%1 refused the password of user \"%2\" (401). Set it again with --password-file, or in the keychain "
            "through the console.")
            .arg(printable(asked.origin), printable(asked.user))};
}

std::string withoutCredential(std::string body, std::string_view authorization)
{
    constexpr size_t kLeast = 4; // shorter ones would take words apart
    std::string_view encoded = authorization.substr(authorization.find(' ') + 1);
    std::string plain = base::fromBase64(encoded).value_or(std::string());
    while (encoded.ends_with('=')) // the padding may be missing
        encoded.remove_suffix(1);
    const std::string_view password =
        std::string_view(plain).substr(std::min(plain.find(':') + 1, plain.size()));
    for (const std::string &secret :
         {std::string(encoded), std::string(password), base::percentEncode(password)}) {
        for (size_t at = 0;
             secret.size() >= kLeast && (at = body.find(secret, at)) != std::string::npos;)
            body.replace(at, secret.size(), "***");
    }
    std::fill(plain.begin(), plain.end(), '\0');
    return body;
}

} // namespace couch
