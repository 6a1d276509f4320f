#include "app/ctl/command.h"
#include "app/ctl/configimport.h"
#include "app/ctl/jsonwriter.h"
#include "app/ctl/output.h"
#include "app/ctl/usage.h"
#include "core/base/text.h"
#include "core/settings/configfile.h"
#include "core/settings/secrets.h"

namespace ctl {

namespace {

using base::Result;

/// Where a password will be looked for; whether a keychain has it shows when it is asked.
std::string placeOf(const settings::SecretPlace &secret, const settings::Environment &environment)
{
    if (!secret.file.empty())
        return secret.file;
    const base::fs::path credential =
        base::fromUtf8(environment.credentialFolder) / (secret.name + "-password");
    std::error_code code;
    if (!environment.credentialFolder.empty() && base::fs::exists(credential, code))
        return base::toUtf8(credential);
    return "keychain";
}

class ConfigCommand final : public Command
{
public:
    [[nodiscard]] const char *name() const override { return "config"; }
    [[nodiscard]] const char *summary() const override
    {
        return "Show the configuration, where each value comes from, and what is wrong with it";
    }

    void addOptions(CLI::App &app) override
    {
        app.add_option("ACTION", m_action,
                       "check: show the configuration and what is wrong; import: make one of the "
                       "predecessor's config.env.js")
            ->type_name("")
            ->required()
            ->check(oneOf({"check", "import"}));
        app.add_option("FILE", m_import.source, "For import: the config.env.js")->type_name("");
        app.add_option("--config", m_file,
                       "The configuration file, to be read or made; default: that of the user")
            ->type_name("FILE");
        app.add_option("--password-folder", m_import.passwordFolder,
                       "For import: put the passwords into files here, not into the keychain")
            ->type_name("DIR");
        app.add_flag("--json", m_json, "Print one JSON object");
    }

    [[nodiscard]] Result<int> run(const Context &context) override
    {
        if (m_action == "import")
            return import(context);
        if (!m_import.source.empty() || !m_import.passwordFolder.empty())
            return base::Error{base::ErrorKind::Usage,
                               base::text("`config check` takes no FILE and no --password-folder; "
                                          "--config names the configuration.")};
        const auto environment = settings::Environment::current();
        const auto loaded = settings::readConfig(base::fromUtf8(m_file), environment);
        if (!loaded)
            return loaded.error();
        if (m_json)
            printJson(*loaded, environment, context);
        else
            printText(*loaded, environment, context);
        return loaded->problems.empty() ? exitcode::kGood : exitcode::kFailed;
    }

private:
    Result<int> import(const Context &context)
    {
        if (m_import.source.empty())
            return base::Error{
                base::ErrorKind::Usage,
                base::text("FILE is missing: name the config.env.js. See `focus-monitorctl config "
                           "--help`.")};
        m_import.target = m_file;
        m_import.asJson = m_json;
        return m_import.run(context);
    }

    static void printText(const settings::Loaded &loaded, const settings::Environment &environment,
                          const Context &context)
    {
        Table table({{"KEY", Table::Align::Left},
                     {"VALUE", Table::Align::Left},
                     {"FROM", Table::Align::Left}});
        for (const auto &value : loaded.values)
            table.addRow(
                {value.setting->key, shown(value.value, 1000), shown(value.place.text(), 1000)});
        table.print(context.out);
        if (loaded.problems.empty()) {
            for (const auto &secret : settings::secretPlaces(loaded.config))
                context.out << "password of " << shown(secret.name) << ": "
                            << shown(placeOf(secret, environment), 1000) << '\n';
        }
        for (const settings::Problem &problem : loaded.problems)
            context.err << problem.text().toStdString() << '\n';
    }

    static void addPlace(JsonWriter &json, const settings::Place &place)
    {
        if (place.file.empty())
            json.key("file").raw("null");
        else
            json.member("file", place.file);
        if (place.line == 0)
            json.key("line").raw("null");
        else
            json.member("line", static_cast<std::uint64_t>(place.line));
    }

    static void addFile(JsonWriter &json, const char *key, const std::string &file)
    {
        if (file.empty())
            json.key(key).raw("null");
        else
            json.member(key, file);
    }

    static void printJson(const settings::Loaded &loaded, const settings::Environment &environment,
                          const Context &context)
    {
        JsonWriter json;
        json.beginObject();
        addFile(json, "config", loaded.configFile);
        addFile(json, "settings", loaded.settingsFile);
        json.key("values").beginArray();
        for (const auto &value : loaded.values) {
            json.beginObject().member("key", value.setting->key).member("value", value.value);
            addPlace(json, value.place);
            json.endObject();
        }
        json.endArray().key("passwords").beginArray();
        for (const auto &secret : settings::secretPlaces(loaded.config)) {
            json.beginObject().member("name", secret.name).member("user", secret.user);
            json.member("place", placeOf(secret, environment)).endObject();
        }
        json.endArray().key("problems").beginArray();
        for (const settings::Problem &problem : loaded.problems) {
            json.beginObject();
            addPlace(json, problem.place);
            json.member("message", problem.sentence).endObject();
        }
        json.endArray().endObject();
        context.out << json.text() << '\n';
    }

    std::string m_action;
    std::string m_file;
    ConfigImport m_import;
    bool m_json = false;
};

} // namespace

std::unique_ptr<Command> makeConfigCommand()
{
    return std::make_unique<ConfigCommand>();
}

} // namespace ctl
