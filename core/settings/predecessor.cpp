#include "core/settings/predecessor.h"

#include "core/base/text.h"
#include "core/couch/serverurl.h"
#include "core/settings/units.h"

#include <QUrl>

#include <algorithm>
#include <cmath>
#include <map>

namespace settings {

using base::Result;
using base::Secret;
using base::text;

namespace {

/// What becomes of a value.
enum class Take {
    Url,      ///< of a server; `ours` is its table
    User,     ///< of that server
    Password, ///< of that server, or of the mail server
    Text,
    Path,
    Duration,        ///< milliseconds
    Schedule,        ///< milliseconds between backups
    Count,           ///< a number
    Security,        ///< true: TLS from the start
    SenderAndReader, ///< an address
    Service,         ///< nodemailer's name for a provider
    Nothing          ///< has no counterpart, and needs none
};

struct Row {
    const char *theirs;
    Take take;
    const char *ours;
};

constexpr const char *kEmail = "alerts.email";

constexpr Row kRows[] = {
    {"middleware.url", Take::Url, "discovery.middleware"},
    {"middleware.auth.basic.username", Take::User, "discovery.middleware"},
    {"middleware.auth.basic.password", Take::Password, "discovery.middleware"},
    {"focus.url", Take::Url, "source"},
    {"focus.auth.basic.username", Take::User, "source"},
    {"focus.auth.basic.password", Take::Password, "source"},
    {"replicate.url", Take::Url, "mirror"},
    {"replicate.auth.basic.username", Take::User, "mirror"},
    {"replicate.auth.basic.password", Take::Password, "mirror"},
    {"replicate.pollIntervalMS", Take::Duration, "discovery.poll_interval"},
    {"backup.relativeDir", Take::Path, "backup.folder"},
    {"backup.intervalMS", Take::Schedule, "backup.schedule"},
    {"logging.logRootPath", Take::Path, "log.folder"},
    {"logging.logToEmail", Take::Nothing, ""},
    {"smtp.host", Take::Text, "alerts.email.host"},
    {"smtp.port", Take::Count, "alerts.email.port"},
    {"smtp.secure", Take::Security, "alerts.email.security"},
    {"smtp.auth.user", Take::Text, "alerts.email.user"},
    {"smtp.auth.pass", Take::Password, kEmail},
    {"smtp.service", Take::Service, "alerts.email.host"},
    {"contact.email", Take::SenderAndReader, kEmail},
};

/// One of their values, by its whole name.
struct Leaf {
    std::string key;
    const JsValue *value = nullptr;
};

void collect(const JsObject &object, const std::string &prefix, std::vector<Leaf> &leaves)
{
    for (const JsMember &member : object) {
        const std::string key = prefix + member.key;
        if (const auto *inner = std::get_if<JsObject>(&member.value.value))
            collect(*inner, key + '.', leaves);
        else
            leaves.push_back({key, &member.value});
    }
}

const Row *rowOf(const std::string &theirs)
{
    const auto *found = std::find_if(std::begin(kRows), std::end(kRows),
                                     [&](const Row &row) { return theirs == row.theirs; });
    return found == std::end(kRows) ? nullptr : found;
}

QString shown(const std::string &bytes)
{
    return base::printable(bytes, 500);
}

struct ServerParts {
    std::string url, user;
    std::optional<Secret> password;
    std::string theirs; ///< key of the URL
};

class Importer
{
public:
    explicit Importer(const ImportOptions &options)
        : m_options(options)
    {
    }

    Import run(const JsObject &object)
    {
        std::vector<Leaf> leaves;
        collect(object, {}, leaves);
        for (const Leaf &leaf : leaves)
            take(leaf);
        for (auto &[table, parts] : m_servers)
            finishServer(table, parts);
        finishEmail();
        if (m_lines.contains("discovery.middleware.url"))
            set("discovery.method", "\"middleware\"", "there is a middleware");
        m_import.toml = file();
        judge();
        return std::move(m_import);
    }

private:
    struct Line {
        std::string toml;
        std::string remark; ///< where it is from
    };

    void note(const QString &sentence) { m_import.notes.push_back(sentence); }

    void set(const std::string &key, const std::string &toml, const std::string &remark)
    {
        m_lines[key] = {toml, remark};
    }

    void typeIn(const Leaf &leaf, const Row &row)
    {
        const auto &unknown = std::get<JsUnknown>(leaf.value->value);
        const QString what = QLatin1String(row.ours);
        if (!unknown.variable.empty())
            note(text("%1 is process.env.%2, which is not set here: type %3 in.")
                     .arg(shown(leaf.key), shown(unknown.variable), what));
        else
            note(text("%1 in line %2 is no plain value: type %3 in.")
                     .arg(shown(leaf.key), QString::number(leaf.value->line), what));
        // Into the file as well, so that it is found there.
        if (findSetting(row.ours) != nullptr)
            m_open[row.ours] = leaf.key;
        else if (row.take == Take::Url)
            m_open[std::string(row.ours) + ".url"] = leaf.key;
    }

    void take(const Leaf &leaf)
    {
        const Row *row = rowOf(leaf.key);
        if (row == nullptr) {
            note(text("%1 in line %2 has no counterpart and was not taken over.")
                     .arg(shown(leaf.key), QString::number(leaf.value->line)));
            return;
        }
        if (row->take == Take::Nothing || std::holds_alternative<std::nullptr_t>(leaf.value->value))
            return;
        if (std::holds_alternative<JsUnknown>(leaf.value->value)) {
            typeIn(leaf, *row);
            return;
        }
        if (!takeValue(leaf, *row))
            note(text("%1 in line %2 is not what was expected: type %3 in.")
                     .arg(shown(leaf.key), QString::number(leaf.value->line),
                          QLatin1String(row->ours)));
    }

    bool takeValue(const Leaf &leaf, const Row &row)
    {
        const auto *textValue = std::get_if<std::string>(&leaf.value->value);
        const auto *number = std::get_if<double>(&leaf.value->value);
        const auto *flag = std::get_if<bool>(&leaf.value->value);
        switch (row.take) {
        case Take::Duration: return number != nullptr && takeInterval(leaf, row, *number, false);
        case Take::Schedule: return number != nullptr && takeInterval(leaf, row, *number, true);
        case Take::Count: return number != nullptr && takeCount(leaf, row, *number);
        case Take::Security:
            if (flag != nullptr)
                set(row.ours, *flag ? "\"tls\"" : "\"starttls\"", leaf.key);
            return flag != nullptr;
        default: break;
        }
        return textValue != nullptr && takeText(leaf, row, *textValue);
    }

    bool takeText(const Leaf &leaf, const Row &row, const std::string &value)
    {
        switch (row.take) {
        case Take::Url:
            m_servers[row.ours].url = value;
            m_servers[row.ours].theirs = leaf.key;
            return true;
        case Take::User: m_servers[row.ours].user = value; return true;
        case Take::Password:
            if (row.ours == std::string_view(kEmail))
                m_mailPassword = Secret(value);
            else
                m_servers[row.ours].password = Secret(value);
            return true;
        case Take::Path:
            // Theirs begin where the program stands, and may have Windows' slashes.
            set(row.ours, tomlQuoted(pathOf(value)), leaf.key);
            return true;
        case Take::Service:
            note(text("%1 is nodemailer's name for \"%2\": type its server into %3.")
                     .arg(shown(leaf.key), shown(value), QLatin1String(row.ours)));
            m_open[row.ours] = leaf.key;
            return true;
        case Take::SenderAndReader:
            set("alerts.email.from", tomlQuoted(value), leaf.key);
            set("alerts.email.to", '[' + tomlQuoted(value) + ']', leaf.key);
            return true;
        default: set(row.ours, tomlQuoted(value), leaf.key); return true;
        }
    }

    [[nodiscard]] std::string pathOf(const std::string &path) const
    {
        const base::fs::path given = base::fromUtf8(path);
        if (given.is_absolute() || m_options.folder.empty())
            return path;
        return base::toUtf8((base::fromUtf8(m_options.folder) / given).lexically_normal());
    }

    bool takeInterval(const Leaf &leaf, const Row &row, double milliseconds, bool isSchedule)
    {
        constexpr double most = 1e13;
        if (!(milliseconds >= 1000 && milliseconds < most))
            return false;
        auto seconds = std::chrono::seconds(static_cast<std::int64_t>(milliseconds / 1000));
        if (isSchedule)
            seconds = std::chrono::floor<std::chrono::minutes>(seconds);
        const std::string amount = tomlQuoted((isSchedule ? "every " : "") + durationText(seconds));
        const std::string toml = isSchedule ? '[' + amount + ']' : amount;
        const Setting *setting = findSetting(row.ours);
        const auto parsed = parseToml("x = " + toml);
        const auto read =
            readValue(*setting, std::get<std::vector<TomlEntry>>(parsed).front().value, {});
        if (std::holds_alternative<QString>(read))
            return false;
        set(row.ours, toml, leaf.key);
        return true;
    }

    bool takeCount(const Leaf &leaf, const Row &row, double number)
    {
        const Setting *setting = findSetting(row.ours);
        const bool fits = number == std::floor(number)
            && number >= static_cast<double>(setting->least)
            && number <= static_cast<double>(setting->most);
        if (fits)
            set(row.ours, std::to_string(static_cast<std::int64_t>(number)), leaf.key);
        return fits;
    }

    void finishServer(const std::string &table, ServerParts &parts)
    {
        if (parts.url.empty())
            return;
        QUrl url(QString::fromStdString(parts.url));
        if (parts.user.empty())
            parts.user = url.userName().toStdString();
        if (!parts.password && !url.password().isEmpty())
            parts.password = Secret(url.password().toStdString());
        url.setPassword(QString());
        url.setUserName(QString::fromStdString(parts.user), QUrl::DecodedMode);
        // One slash at the end is how they wrote it; it means nothing to us.
        const std::string whole = url.toString(QUrl::FullyEncoded).toStdString();
        const auto server = couch::ServerUrl::parse(whole);
        if (!server) {
            note(text("%1 is no address that can be used: type %2.url in. %3")
                     .arg(shown(parts.theirs), QString::fromStdString(table),
                          server.error().message));
            m_open[table + ".url"] = parts.theirs;
            return;
        }
        set(table + ".url", tomlQuoted(whole), parts.theirs);
        if (parts.password && !parts.password->isEmpty())
            keep(table, table == "discovery.middleware" ? "middleware" : table, server->toString(),
                 parts.user, std::move(*parts.password));
    }

    void finishEmail()
    {
        const auto host = m_lines.find("alerts.email.host");
        const auto user = m_lines.find("alerts.email.user");
        if (host == m_lines.end()) {
            // A sender without a server is refused by the checks.
            for (const char *key : {"alerts.email.from", "alerts.email.to"})
                m_lines.erase(key);
            return;
        }
        if (!m_lines.contains("alerts.email.security"))
            set("alerts.email.security", "\"starttls\"", "nodemailer's default");
        if (!m_lines.contains("alerts.email.port"))
            set("alerts.email.port",
                m_lines["alerts.email.security"].toml == "\"tls\"" ? "465" : "587",
                "nodemailer's default");
        if (m_mailPassword && !m_mailPassword->isEmpty() && user != m_lines.end())
            keep(kEmail, "email",
                 "smtp://" + unquoted(host->second.toml) + ':' + m_lines["alerts.email.port"].toml,
                 unquoted(user->second.toml), std::move(*m_mailPassword));
    }

    static std::string unquoted(const std::string &toml)
    {
        const auto parsed = parseToml("x = " + toml);
        return std::get<std::string>(std::get<std::vector<TomlEntry>>(parsed).front().value.value);
    }

    void keep(const std::string &table, const std::string &name, std::string origin,
              std::string user, Secret secret)
    {
        if (!m_options.passwordFolder.empty()) {
            const base::fs::path path =
                base::fromUtf8(m_options.passwordFolder) / (name + "-password");
            set(table + ".password_file", tomlQuoted(base::toUtf8(path)), "its password");
        }
        m_import.secrets.push_back({name, std::move(origin), std::move(user), std::move(secret)});
    }

    /// In the order of the table of settings, each under its table and with its help.
    [[nodiscard]] std::string file() const
    {
        std::string toml =
            "# Made of a config.env.js of the predecessor. docs/configuration.md has "
            "everything that can be set;\n"
            "# `focus-monitorctl config check` shows what is.\n";
        std::string table;
        for (const Setting &setting : settingTable()) {
            const std::string key = setting.key;
            const auto line = m_lines.find(key);
            const auto open = m_open.find(key);
            if (line == m_lines.end() && open == m_open.end())
                continue;
            const size_t dot = key.rfind('.');
            const std::string keyTable = dot == std::string::npos ? "" : key.substr(0, dot);
            if (keyTable != table)
                toml += "\n[" + keyTable + "]\n";
            table = keyTable;
            const std::string name = dot == std::string::npos ? key : key.substr(dot + 1);
            toml += "# " + std::string(setting.help) + '\n';
            if (line != m_lines.end())
                toml += name + " = " + line->second.toml + "   # " + line->second.remark + '\n';
            else
                toml += "# " + name + " =    # to be typed in: "
                    + base::printable(open->second).toStdString() + " was no plain value\n";
        }
        return toml;
    }

    /// What the new file would be told by the checks.
    void judge()
    {
        const Loaded loaded = readConfigText(m_import.toml, "config.toml", "/", Environment{});
        for (const Problem &problem : loaded.problems)
            note(problem.sentence);
    }

    const ImportOptions &m_options;
    Import m_import;
    std::map<std::string, ServerParts> m_servers;
    std::map<std::string, Line> m_lines;
    std::map<std::string, std::string> m_open; ///< our key, their key
    std::optional<Secret> m_mailPassword;
};

} // namespace

Result<Import> importPredecessor(std::string_view source, const ImportOptions &options)
{
    const auto object = parseJsModule(source, options.environment);
    if (!object)
        return object.error();
    return Importer(options).run(*object);
}

} // namespace settings
