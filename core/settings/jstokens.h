#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace settings {

/// A piece of JavaScript; comments and white space are gone.
struct JsToken {
    enum class Kind { Word, Text, Number, Sign, Other, End };
    Kind kind = Kind::End;
    std::string text; ///< of a text: what it means
    int line = 0;
};

/// Never fails: what is not known becomes Other. Ends with an End.
[[nodiscard]] std::vector<JsToken> jsTokens(std::string_view source);

} // namespace settings
