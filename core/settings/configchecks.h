#pragma once

#include "core/settings/config.h"

#include <QString>

#include <vector>

namespace settings {

/// What does not fit together, beyond what each value says by itself. Pure.
struct Misfit {
    const char *key; ///< whose place is named
    QString sentence;
};
[[nodiscard]] std::vector<Misfit> misfitsOf(const Config &config);

} // namespace settings
