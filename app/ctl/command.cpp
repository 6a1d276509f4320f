#include "app/ctl/command.h"

#include "app/ctl/output.h"
#include "core/base/text.h"
#include "core/base/version.h"

#include <algorithm>

namespace ctl {

namespace {

constexpr int kUsage = 64;

std::vector<std::unique_ptr<Command>> makeCommands()
{
    std::vector<std::unique_ptr<Command>> commands;
    commands.push_back(makeBackupCommand());
    commands.push_back(makeVerifyCommand());
    commands.push_back(makeListCommand());
    commands.push_back(makeShowCommand());
    return commands;
}

/// CLI11's words without its "Run with --help" tail and line ends.
QString usageMessage(const CLI::ParseError &error, const std::vector<std::string> &arguments)
{
    std::string what = error.what();
    std::replace(what.begin(), what.end(), '\n', ' ');
    const bool isUnknownWord = error.get_exit_code() == static_cast<int>(CLI::ExitCodes::ExtrasError) && !arguments.empty();
    if (isUnknownWord && !arguments.front().starts_with('-')) {
        const auto commands = makeCommands();
        const bool isCommand = std::any_of(commands.begin(), commands.end(),
                                           [&](const auto &command) { return arguments.front() == command->name(); });
        if (!isCommand)
            return base::text("There is no command %1. See --help.").arg(base::printable(arguments.front()));
    }
    if (arguments.empty())
        return base::text("Name a command. See --help.");
    return base::text("%1. See --help.").arg(base::printable(what, 500));
}

} // namespace

int runCommandLine(const std::vector<std::string> &arguments, const Context &context)
{
    CLI::App app("Backs up CouchDB servers, proves the backups and looks into them.", "focus-monitorctl");
    app.set_version_flag("--version", std::string("focus-monitorctl ") + base::versionText());
    app.require_subcommand(1);
    auto commands = makeCommands();
    Command *chosen = nullptr;
    for (const auto &command : commands) {
        CLI::App *sub = app.add_subcommand(command->name(), command->summary());
        command->addOptions(*sub);
        sub->callback([&chosen, verb = command.get()] { chosen = verb; });
    }
    const auto options = arguments.begin();
    const auto optionsEnd = std::find(arguments.begin(), arguments.end(), "--");
    const bool wantsJson = std::find(options, optionsEnd, "--json") != optionsEnd;
    try {
        std::vector<std::string> reversed(arguments.rbegin(), arguments.rend()); // CLI11 takes them from the back
        app.parse(reversed);
    } catch (const CLI::Success &request) { // --help, --version
        return app.exit(request, context.out, context.err);
    } catch (const CLI::ParseError &error) {
        printError({base::ErrorKind::Usage, usageMessage(error, arguments)}, wantsJson, context);
        return kUsage;
    }
    const auto code = chosen->run(context);
    if (code)
        return *code;
    printError(code.error(), wantsJson, context);
    return base::exitCode(code.error().kind);
}

} // namespace ctl
