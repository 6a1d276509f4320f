#pragma once

#include "app/ctl/command.h"

#include <string>

namespace ctl {

/// DOC on the command line, or `--id-json STRING` where an id cannot be typed (ids may hold NUL).
struct DocumentIdOption {
    std::string plain;
    std::string json;

    void addTo(CLI::App &app, const char *what = "Document id");
    [[nodiscard]] bool isGiven() const { return !plain.empty() || !json.empty(); }
    [[nodiscard]] base::Result<std::string> id() const;
};

} // namespace ctl
