#include "core/settings/configfile.h"

#include "core/base/text.h"
#include "core/settings/configchecks.h"

#include <QStandardPaths>

#include <algorithm>
#include <array>

namespace settings {

using base::Error;
using base::ErrorKind;
using base::Result;
using base::text;

namespace {

constexpr std::uint64_t kMostBytes = 1 << 20;
constexpr std::array<std::string_view, 7> kSecretNames{"password", "pass",  "passwd", "passphrase",
                                                       "secret",   "token", "api_key"};

std::string fromEnvironment(const char *name)
{
    return qEnvironmentVariable(name).toStdString();
}

std::string standardFolder(QStandardPaths::StandardLocation location)
{
    return QStandardPaths::writableLocation(location).toStdString();
}

QString shown(const std::string &bytes)
{
    return base::printable(bytes, 1000);
}

bool isSecretName(std::string_view key)
{
    const size_t dot = key.rfind('.');
    const std::string_view name = dot == std::string_view::npos ? key : key.substr(dot + 1);
    return std::find(kSecretNames.begin(), kSecretNames.end(), name) != kSecretNames.end();
}

/// True for "backup" and "backup.retention".
bool isTable(std::string_view key)
{
    const std::string prefix = std::string(key) + '.';
    const auto table = settingTable();
    return std::any_of(table.begin(), table.end(), [&prefix](const Setting &setting) {
        return std::string_view(setting.key).starts_with(prefix);
    });
}

QString unknownKey(const TomlEntry &entry)
{
    const QString key = shown(entry.key);
    if (isSecretName(entry.key))
        return text("%1: a password must not stand in this file. Write it into a file of mode 0600 "
                    "and name that (password_file, token_file), or give it to the keychain; see "
                    "docs/configuration.md.")
            .arg(key);
    if (isTable(entry.key))
        return text("%1 is a table: write [%2], and its settings below.").arg(key, key);
    const Setting *nearest = nearestSetting(entry.key);
    if (nearest == nullptr)
        return text("There is no setting %1; docs/configuration.md lists them.").arg(key);
    return text("There is no setting %1; %2 is the nearest.").arg(key, QLatin1String(nearest->key));
}

/// Reads the files one over the other.
class Reading
{
public:
    explicit Reading(const Environment &environment)
        : m_environment(environment)
    {
        for (const Setting &setting : settingTable())
            put(setting, defaultOf(setting), {}, {});
    }

    void readFile(std::string_view toml, const std::string &name, const std::string &folder,
                  bool isOverlay)
    {
        const auto parsed = parseToml(toml);
        if (const auto *error = std::get_if<TomlError>(&parsed)) {
            m_loaded.problems.push_back(
                {{name, error->line},
                 text("This is not TOML: %1.").arg(base::printable(error->reason, 500))});
            return;
        }
        for (const TomlEntry &entry : std::get<std::vector<TomlEntry>>(parsed))
            readEntry(entry, name, folder, isOverlay);
    }

    /// Where settings.toml is, when the first file was read.
    [[nodiscard]] std::string dataFolder() const
    {
        const std::string &said = m_loaded.config.dataFolder;
        return said.empty() ? m_environment.defaultDataFolder() : said;
    }

    Loaded &loaded() { return m_loaded; }

    Loaded finish()
    {
        m_loaded.config.dataFolder = dataFolder();
        for (const Setting &setting : settingTable()) {
            const Said &said = m_said[setting.key];
            m_loaded.values.push_back({&setting, shownValue(setting, said.value), said.place});
        }
        // What does not fit is only worth saying of values that are what they should be.
        if (m_loaded.problems.empty()) {
            for (const Misfit &misfit : misfitsOf(m_loaded.config)) {
                Place place = m_said[misfit.key].place;
                if (place.file.empty())
                    place = {m_loaded.configFile, 0};
                m_loaded.problems.push_back({place, misfit.sentence});
            }
        }
        return std::move(m_loaded);
    }

private:
    struct Said {
        TomlValue value;
        Place place;
    };

    static TomlValue defaultOf(const Setting &setting)
    {
        const auto parsed = parseToml("x = " + std::string(setting.fallback));
        return std::get<std::vector<TomlEntry>>(parsed).front().value;
    }

    void readEntry(const TomlEntry &entry, const std::string &name, const std::string &folder,
                   bool isOverlay)
    {
        const Place place{name, entry.value.line};
        const Setting *setting = findSetting(entry.key);
        const auto *other = std::get_if<TomlOther>(&entry.value.value);
        if (setting == nullptr && other != nullptr && isTable(entry.key))
            return; // [backup] with nothing below
        if (setting == nullptr) {
            m_loaded.problems.push_back({place, unknownKey(entry)});
            return;
        }
        if (isOverlay && entry.key == "data_folder") {
            m_loaded.problems.push_back(
                {place, text("data_folder can only be said in config.toml: this file is in it.")});
            return;
        }
        put(*setting, entry.value, place, folder);
    }

    void put(const Setting &setting, const TomlValue &value, const Place &place,
             const std::string &folder)
    {
        TomlValue meant = value;
        auto *given = std::get_if<std::string>(&meant.value);
        if (setting.kind == Kind::Path && given != nullptr && given->starts_with("~/"))
            *given = m_environment.home + given->substr(1);
        const auto read = readValue(setting, meant, folder);
        if (const auto *flaw = std::get_if<QString>(&read)) {
            m_loaded.problems.push_back({place, *flaw});
            return;
        }
        setting.assign(m_loaded.config, std::get<Value>(read));
        m_said[setting.key] = {value, place};
    }

    const Environment &m_environment;
    Loaded m_loaded;
    std::map<std::string, Said, std::less<>> m_said;
};

/// Nothing when there is no such file.
Result<std::optional<std::string>> contentOf(const base::fs::path &path)
{
    auto content = base::readFile(path, kMostBytes);
    if (content)
        return std::optional(std::move(*content));
    if (content.error().kind == ErrorKind::NotFound)
        return std::optional<std::string>();
    return content.error();
}

} // namespace

Environment Environment::current()
{
    Environment environment;
    environment.home = standardFolder(QStandardPaths::HomeLocation);
    environment.configFolder = standardFolder(QStandardPaths::GenericConfigLocation);
    environment.dataFolder = standardFolder(QStandardPaths::GenericDataLocation);
    environment.stateFolder = fromEnvironment("STATE_DIRECTORY");
    environment.credentialFolder = fromEnvironment("CREDENTIALS_DIRECTORY");
    return environment;
}

base::fs::path Environment::defaultConfigFile() const
{
    return base::fromUtf8(configFolder) / "focus-monitor" / "config.toml";
}

std::string Environment::defaultDataFolder() const
{
    if (!stateFolder.empty())
        return stateFolder.substr(0, stateFolder.find(':')); // systemd may name several
    return base::toUtf8(base::fromUtf8(dataFolder) / "focus-monitor");
}

std::string Place::text() const
{
    if (file.empty())
        return "default";
    return line == 0 ? file : file + ':' + std::to_string(line);
}

QString Problem::text() const
{
    return QStringLiteral("%1: %2").arg(shown(place.text()), sentence);
}

Result<Loaded> readConfig(const base::fs::path &configFile, const Environment &environment)
{
    const base::fs::path path =
        configFile.empty() ? environment.defaultConfigFile() : base::fs::absolute(configFile);
    Reading reading(environment);
    auto own = contentOf(path);
    if (!own)
        return own.error();
    const std::string name = base::toUtf8(path);
    if (*own) {
        reading.loaded().configFile = name;
        reading.readFile(**own, name, base::toUtf8(path.parent_path()), false);
    }
    const base::fs::path folder = base::fromUtf8(reading.dataFolder());
    const base::fs::path overlayPath = folder / "settings.toml";
    auto overlay = contentOf(overlayPath);
    if (!overlay)
        return overlay.error();
    if (!*own && (!*overlay || !configFile.empty()))
        return Error{ErrorKind::NotFound,
                     text("There is no configuration: %1 does not exist. Write it "
                          "(docs/configuration.md), or let `focus-monitorctl config import` make "
                          "one of a config.env.js.")
                         .arg(shown(name))};
    if (*overlay) {
        reading.loaded().settingsFile = base::toUtf8(overlayPath);
        reading.readFile(**overlay, base::toUtf8(overlayPath), base::toUtf8(folder), true);
    }
    return reading.finish();
}

Result<Config> loadConfig(const base::fs::path &configFile, const Environment &environment)
{
    auto loaded = readConfig(configFile, environment);
    if (!loaded)
        return loaded.error();
    if (loaded->problems.empty())
        return std::move(loaded->config);
    QString message = loaded->problems.front().text();
    if (loaded->problems.size() > 1)
        message += QLatin1Char(' ')
            + text("`focus-monitorctl config check` lists all that is wrong: %1 things.")
                  .arg(loaded->problems.size());
    return Error{ErrorKind::Usage, message};
}

Loaded readConfigText(std::string_view toml, const std::string &name, const std::string &folder,
                      const Environment &environment)
{
    Reading reading(environment);
    reading.loaded().configFile = name;
    reading.readFile(toml, name, folder, false);
    return reading.finish();
}

} // namespace settings
