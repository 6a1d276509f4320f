#pragma once

#include "app/ctl/command.h"

namespace ctl {

/// `config import`: makes a config.toml of the predecessor's config.env.js.
struct ConfigImport {
    std::string source; ///< the config.env.js
    std::string target; ///< must not exist
    std::string passwordFolder;
    bool asJson = false;

    [[nodiscard]] base::Result<int> run(const Context &context) const;
};

} // namespace ctl
