#pragma once

#include "core/base/error.h"
#include "core/couch/exchange.h"

namespace couch {

/// Who asked whom for what, for messages.
struct Asked {
    std::string origin; ///< "https://focus.example"
    std::string user;   ///< empty without credentials
    std::string place;  ///< origin and path
};

/// The Error for an answer that says no, told for an operator.
[[nodiscard]] base::Error refusalError(const Asked &asked, const WireHead &head,
                                       std::string_view body);

/// "https://focus.example refused the password of user ..."
[[nodiscard]] base::Error rejectedLogin(const Asked &asked);

/// An answer without what was sent to authorise the request, encoded or plain: some servers and
/// proxies repeat it, and their words are shown. `authorization` is the header's value, "Basic
/// ...".
[[nodiscard]] std::string withoutCredential(std::string body, std::string_view authorization);

} // namespace couch
