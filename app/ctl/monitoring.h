#pragma once

#include "app/ctl/command.h"
#include "core/engine/engine.h"
#include "core/settings/config.h"

namespace ctl {

/// The options of the commands that speak of the monitor.
struct MonitorOptions {
    std::string configFile;

    void addTo(CLI::App &app);
    /// Usage when there is no configuration, or when something is wrong with it.
    [[nodiscard]] base::Result<settings::Config> config() const;
};

/// Passwords from the places that the configuration names.
[[nodiscard]] engine::FindSecret secretsOfThisMachine();

/// What the monitor of this configuration left; NotFound when none ever ran.
[[nodiscard]] base::Result<engine::State> readState(const settings::Config &config);

/// "3 min ago", "in 2 h"
[[nodiscard]] std::string whenText(engine::TimePoint time, engine::TimePoint now);

} // namespace ctl
