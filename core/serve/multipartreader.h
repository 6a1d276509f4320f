#pragma once

#include "core/serve/message.h"

namespace serve {

/// One part of a multipart body; `bytes` is a view into it.
struct BodyPart {
    Headers headers;
    std::string_view bytes;
};

/// The boundary of a Content-Type, without quotes; empty when there is none.
[[nodiscard]] std::string boundaryOf(std::string_view contentType);

/// Takes a multipart body apart. Nothing when its end is missing: a body that was cut must not pass
/// for a short one.
[[nodiscard]] std::optional<std::vector<BodyPart>> bodyParts(std::string_view body,
                                                             const std::string &boundary);

} // namespace serve
