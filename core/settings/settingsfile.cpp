#include "core/settings/settingsfile.h"

#include "core/base/failpoint.h"
#include "core/base/text.h"

namespace settings {

using base::Error;
using base::ErrorKind;
using base::Result;
using base::Status;
using base::text;

namespace {

constexpr std::uint64_t kMostBytes = 1 << 20;

std::string textOf(const std::map<std::string, std::string> &values)
{
    std::string toml =
        "# Written by focus-monitor, and stands above config.toml; deleting this file "
        "takes its settings back.\n";
    for (const auto &[key, value] : values)
        toml += key + " = " + value + '\n';
    return toml;
}

/// The one value that a text is, or why it cannot be one of this setting.
std::variant<TomlValue, QString> valueOf(const std::string &key, const std::string &toml,
                                         const std::string &folder)
{
    const Setting *setting = findSetting(key);
    if (setting == nullptr || key == "data_folder")
        return text("There is no setting %1 that could be set here.").arg(base::printable(key));
    const auto parsed = parseToml("x = " + toml);
    const auto *entries = std::get_if<std::vector<TomlEntry>>(&parsed);
    if (entries == nullptr || entries->size() != 1 || entries->front().key != "x")
        return text("%1 must be %2.").arg(QLatin1String(setting->key), expectationOf(*setting));
    const auto read = readValue(*setting, entries->front().value, folder);
    if (const auto *flaw = std::get_if<QString>(&read))
        return *flaw;
    return entries->front().value;
}

} // namespace

Result<SettingsFile> SettingsFile::open(const base::fs::path &dataFolder)
{
    SettingsFile file(dataFolder / "settings.toml");
    const auto content = base::readFile(file.m_path, kMostBytes);
    if (!content && content.error().kind == ErrorKind::NotFound)
        return file;
    if (!content)
        return content.error();
    const QString name = base::printable(base::toUtf8(file.m_path), 1000);
    const auto parsed = parseToml(*content);
    if (const auto *error = std::get_if<TomlError>(&parsed))
        return Error{ErrorKind::Corrupt,
                     text("%1:%2: This is not TOML. Correct or remove it; it is not written over.")
                         .arg(name, QString::number(error->line)),
                     QString::fromStdString(error->reason)};
    for (const TomlEntry &entry : std::get<std::vector<TomlEntry>>(parsed)) {
        if (findSetting(entry.key) == nullptr)
            return Error{
                ErrorKind::Corrupt,
                text("%1:%2: There is no setting %3. Correct or remove the file; it is not "
                     "written over.")
                    .arg(name, QString::number(entry.value.line), base::printable(entry.key))};
        file.m_values[entry.key] = entry.value.text();
    }
    return file;
}

std::optional<std::string> SettingsFile::value(const std::string &key) const
{
    const auto found = m_values.find(key);
    return found == m_values.end() ? std::nullopt : std::optional(found->second);
}

Status SettingsFile::set(const std::map<std::string, std::optional<std::string>> &changes)
{
    std::map<std::string, std::string> values = m_values;
    for (const auto &[key, toml] : changes) {
        if (!toml) {
            values.erase(key);
            continue;
        }
        const auto value = valueOf(key, *toml, base::toUtf8(m_path.parent_path()));
        if (const auto *flaw = std::get_if<QString>(&value))
            return Error{ErrorKind::Usage, *flaw};
        values[key] = std::get<TomlValue>(value).text();
    }
    if (values == m_values)
        return {};
    if (Status made = base::makeFolder(m_path.parent_path()); !made)
        return made;
    FM_POINT("settings: before the file is written");
    if (Status written = base::writeFileAtomically(m_path, textOf(values)); !written)
        return written;
    FM_POINT("settings: after the file was written");
    m_values = std::move(values);
    return {};
}

} // namespace settings
