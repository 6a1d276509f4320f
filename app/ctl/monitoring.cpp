#include "app/ctl/monitoring.h"

#include "app/ctl/output.h"
#include "core/base/text.h"
#include "core/engine/statejson.h"
#include "core/settings/configfile.h"
#include "core/settings/keychain.h"

namespace ctl {

using base::Error;
using base::ErrorKind;
using base::Result;

namespace {

constexpr std::uint64_t kStateLimitBytes = std::uint64_t{256} << 20;

} // namespace

void MonitorOptions::addTo(CLI::App &app)
{
    app.add_option("--config", configFile, "The configuration file; default: that of the user")
        ->type_name("FILE");
}

Result<settings::Config> MonitorOptions::config() const
{
    return settings::loadConfig(base::fromUtf8(configFile), settings::Environment::current());
}

engine::FindSecret secretsOfThisMachine()
{
    return [credentials = settings::Environment::current().credentialFolder](
               const settings::SecretPlace &place) {
        return settings::findSecret(place, credentials, settings::readPassword);
    };
}

Result<engine::State> readState(const settings::Config &config)
{
    const base::fs::path file = engine::stateFileIn(config.dataFolder);
    std::error_code code;
    if (!base::fs::exists(file, code))
        return Error{ErrorKind::NotFound,
                     base::text("No monitor has run with this configuration yet: %1 is not there. "
                                "Start it with `focus-monitorctl run`.")
                         .arg(base::printable(base::toUtf8(file), 1000))};
    const auto text = base::readFile(file, kStateLimitBytes);
    if (!text)
        return text.error();
    return engine::decodeState(*text);
}

std::string whenText(engine::TimePoint time, engine::TimePoint now)
{
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(now - time).count();
    if (seconds < 0)
        return "in " + durationText(static_cast<std::uint64_t>(-seconds));
    return durationText(static_cast<std::uint64_t>(seconds)) + " ago";
}

} // namespace ctl
