#pragma once

#include "core/base/clock.h"
#include "core/base/result.h"

#include <CLI/CLI.hpp>

#include <memory>
#include <ostream>
#include <stop_token>
#include <vector>

namespace ctl {

/// The world of a command: where it writes, when it must stop.
struct Context {
    std::ostream &out;
    std::ostream &err;
    const base::Clock &clock;
    std::stop_token stop;
    bool errIsTerminal = false;
};

/// Exit codes are an interface (README): 0 good, 1 attention, incomplete or difference, 2 failed, 3
/// unknown, 64 usage, 130 interrupted.
namespace exitcode {
inline constexpr int kGood = 0;
inline constexpr int kAttention = 1;
inline constexpr int kFailed = 2;
inline constexpr int kUnknown = 3;
} // namespace exitcode

/// One verb of the program: it says its options, then runs. A failure is an Error; main prints it.
class Command
{
public:
    virtual ~Command() = default;
    [[nodiscard]] virtual const char *name() const = 0;
    [[nodiscard]] virtual const char *summary() const = 0;
    virtual void addOptions(CLI::App &app) = 0;
    /// The exit code.
    [[nodiscard]] virtual base::Result<int> run(const Context &context) = 0;
};

[[nodiscard]] std::unique_ptr<Command> makeBackupCommand();
[[nodiscard]] std::unique_ptr<Command> makeVerifyCommand();
[[nodiscard]] std::unique_ptr<Command> makeListCommand();
[[nodiscard]] std::unique_ptr<Command> makeShowCommand();
[[nodiscard]] std::unique_ptr<Command> makeExtractCommand();
[[nodiscard]] std::unique_ptr<Command> makeDiffCommand();
[[nodiscard]] std::unique_ptr<Command> makeServeCommand();
[[nodiscard]] std::unique_ptr<Command> makeRehearseCommand();
[[nodiscard]] std::unique_ptr<Command> makeConfigCommand();
[[nodiscard]] std::unique_ptr<Command> makeRunCommand();
[[nodiscard]] std::unique_ptr<Command> makeStatusCommand();
[[nodiscard]] std::unique_ptr<Command> makeReplicationsCommand();

/// Parses `arguments` (without the program's name), runs the command and prints what goes wrong:
/// one sentence on err, or with --json one object on out. Returns the exit code.
[[nodiscard]] int runCommandLine(const std::vector<std::string> &arguments, const Context &context);

} // namespace ctl
