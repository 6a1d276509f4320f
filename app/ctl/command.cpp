#include "app/ctl/command.h"

#include "app/ctl/output.h"
#include "app/ctl/usage.h"
#include "core/base/version.h"

#include <algorithm>

namespace ctl {

namespace {

std::vector<std::unique_ptr<Command>> makeCommands()
{
    std::vector<std::unique_ptr<Command>> commands;
    commands.push_back(makeBackupCommand());
    commands.push_back(makeVerifyCommand());
    commands.push_back(makeListCommand());
    commands.push_back(makeShowCommand());
    commands.push_back(makeExtractCommand());
    commands.push_back(makeDiffCommand());
    commands.push_back(makeServeCommand());
    commands.push_back(makeRehearseCommand());
    commands.push_back(makeConfigCommand());
    commands.push_back(makeRunCommand());
    commands.push_back(makeStatusCommand());
    commands.push_back(makeReplicationsCommand());
    return commands;
}

} // namespace

int runCommandLine(const std::vector<std::string> &arguments, const Context &context)
{
    CLI::App app("Backs up CouchDB servers, proves the backups and looks into them.",
                 "focus-monitorctl");
    app.set_version_flag("--version", std::string("focus-monitorctl ") + base::versionText());
    app.require_subcommand(1);
    app.get_formatter()->label("SUBCOMMAND", "COMMAND");
    app.get_formatter()->label("Subcommands", "Commands");
    app.footer(
        "`focus-monitorctl COMMAND --help` says more.\n\n"
        "Exit codes: 0 good, 1 attention, incomplete or difference, 2 failed, 3 unknown, 64 usage, 130 interrupted.");
    auto commands = makeCommands();
    Command *chosen = nullptr;
    for (const auto &command : commands) {
        CLI::App *sub = app.add_subcommand(command->name(), command->summary());
        command->addOptions(*sub);
        refuseEmptyValues(*sub);
        sub->callback([&chosen, verb = command.get()] { chosen = verb; });
    }
    const auto options = arguments.begin();
    const auto optionsEnd = std::find(arguments.begin(), arguments.end(), "--");
    const bool wantsJson = std::find(options, optionsEnd, "--json") != optionsEnd;
    try {
        std::vector<std::string> reversed(arguments.rbegin(),
                                          arguments.rend()); // CLI11 takes them from the back
        app.parse(reversed);
    } catch (const CLI::Success &request) { // --help, --version
        return app.exit(request, context.out, context.err);
    } catch (const CLI::ParseError &error) {
        printError({base::ErrorKind::Usage, usageMessage(error, app, arguments)}, wantsJson,
                   context);
        return base::exitCode(base::ErrorKind::Usage);
    }
    const auto code = chosen->run(context);
    if (code)
        return *code;
    printError(code.error(), wantsJson, context);
    return base::exitCode(code.error().kind);
}

} // namespace ctl
