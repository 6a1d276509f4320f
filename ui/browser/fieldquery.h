#pragma once

#include "core/base/result.h"

#include <string>
#include <string_view>
#include <vector>

namespace browser {

/// A question about one field of a body: `type == "user"`, `address.city != "Bern"`, `size == 12`.
/// A field within another is behind a dot; a value without quotes that is no JSON is a text.
struct FieldQuery {
    std::vector<std::string> path;
    bool isNegated = false;
    std::string value; ///< JSON text

    /// Usage, with a sentence that shows how one looks.
    [[nodiscard]] static base::Result<FieldQuery> parse(std::string_view text);
};

/// Whether a body answers it. Texts are compared as texts however they are escaped, all else as it
/// is written: 1 is not 1.0. A field that is not there equals nothing and differs from nothing.
[[nodiscard]] bool matches(const FieldQuery &query, std::string_view body);

} // namespace browser
