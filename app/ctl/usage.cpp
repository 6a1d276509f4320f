#include "app/ctl/usage.h"

#include "core/base/text.h"

#include <algorithm>

namespace ctl {

namespace {

using base::printable;
using base::text;

bool isOption(const std::string &argument)
{
    return argument.size() > 1 && argument.front() == '-';
}

/// "backup, verify, list or show"
QString oneOfWords(const std::vector<std::string> &words)
{
    QString out;
    for (size_t i = 0; i < words.size(); ++i) {
        if (i > 0)
            out += i + 1 < words.size() ? QStringLiteral(", ") : text(" or ");
        out += printable(words[i]);
    }
    return out;
}

QString withoutCommand(const CLI::App &app, const std::vector<std::string> &arguments)
{
    std::vector<std::string> names;
    for (const CLI::App *command : app.get_subcommands([](const CLI::App *) { return true; }))
        names.push_back(command->get_name());
    for (const std::string &argument : arguments) {
        if (!isOption(argument))
            return text("There is no command %1, only %2.")
                .arg(printable(argument), oneOfWords(names));
        if (argument != "--json" && argument != "--")
            return text("There is no option %1.").arg(printable(argument));
    }
    return text("Name a command: %1.").arg(oneOfWords(names));
}

/// The one that was typed first, in whatever order CLI11 keeps them; null when there is none.
const std::string *firstTyped(const std::vector<std::string> &extras,
                              const std::vector<std::string> &arguments)
{
    const auto found = std::find_if(arguments.begin(), arguments.end(), [&](const auto &argument) {
        return argument != "--"
            && std::find(extras.begin(), extras.end(), argument) != extras.end();
    });
    return found == arguments.end() ? nullptr : &*found;
}

QString aboutExtras(const CLI::App &app, const CLI::App &command,
                    const std::vector<std::string> &arguments)
{
    if (const std::string *before = firstTyped(app.remaining(), arguments))
        return text("%1 must stand behind the command.").arg(printable(*before));
    const std::string *behind = firstTyped(command.remaining(), arguments);
    if (behind == nullptr)
        return text("There is something too much.");
    return (isOption(*behind) ? text("There is no option %1.") : text("%1 is too much."))
        .arg(printable(*behind));
}

/// As it is typed: of a flag CLI11 says the name without its dashes.
QString typedName(const std::string &name, const CLI::App &command)
{
    const bool isBare = command.get_option_no_throw("--" + name) != nullptr;
    return printable(isBare ? "--" + name : name);
}

/// What CLI11 says begins with the name of the option.
QString aboutOption(const CLI::ParseError &error, const CLI::App &command)
{
    const std::string what = error.what();
    const size_t nameEnd = what.find_first_of(": ");
    const QString name = typedName(what.substr(0, nameEnd), command);
    const QString rest = nameEnd == std::string::npos
        ? QString()
        : printable(what.substr(what.find_first_not_of(": ", nameEnd)), 500);
    if (dynamic_cast<const CLI::RequiredError *>(&error) != nullptr)
        return text("%1 is missing.").arg(name);
    if (dynamic_cast<const CLI::ExcludesError *>(&error) != nullptr)
        return text("%1 and %2 exclude each other.").arg(name, rest.section(u' ', 1));
    if (dynamic_cast<const CLI::ArgumentMismatch *>(&error) != nullptr) {
        if (rest.contains(QStringLiteral("flag override")))
            return text("%1 takes no value.").arg(name);
        return (rest.startsWith(QStringLiteral("At Most")) ? text("%1 may stand only once.")
                                                           : text("%1 needs a value."))
            .arg(name);
    }
    return QStringLiteral("%1 %2.").arg(name, rest);
}

} // namespace

QString usageMessage(const CLI::ParseError &error, const CLI::App &app,
                     const std::vector<std::string> &arguments)
{
    const auto chosen = app.get_subcommands();
    const QString program = QString::fromStdString(app.get_name());
    if (chosen.empty())
        return withoutCommand(app, arguments) + text(" See `%1 --help`.").arg(program);
    const CLI::App &command = *chosen.front();
    const bool isExtra = dynamic_cast<const CLI::ExtrasError *>(&error) != nullptr;
    return (isExtra ? aboutExtras(app, command, arguments) : aboutOption(error, command))
        + text(" See `%1 %2 --help`.").arg(program, QString::fromStdString(command.get_name()));
}

void refuseEmptyValues(CLI::App &command)
{
    for (CLI::Option *option : command.get_options()) {
        if (option->get_expected_max() == 0)
            option->disable_flag_override();
        else
            option->check(CLI::Validator(
                [](const std::string &value) {
                    return value.empty() ? "must not be empty" : std::string();
                },
                {}));
    }
}

CLI::Validator oneOf(std::vector<std::string> words)
{
    return {
        [words = std::move(words)](const std::string &value) {
            if (std::find(words.begin(), words.end(), value) != words.end())
                return std::string();
            return text("takes %1, not %2").arg(oneOfWords(words), printable(value)).toStdString();
        },
        {}};
}

} // namespace ctl
