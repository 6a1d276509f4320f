#pragma once

#include <CLI/CLI.hpp>

#include <QString>

#include <string>
#include <vector>

namespace ctl {

/// What is wrong with a command line, as sentences for whoever typed it: "--from is missing. See
/// `focus-monitorctl backup --help`."
[[nodiscard]] QString usageMessage(const CLI::ParseError &error, const CLI::App &app,
                                   const std::vector<std::string> &arguments);

/// Every value of the command must hold something, and no flag takes one.
void refuseEmptyValues(CLI::App &command);

/// For an option that takes one of these words.
[[nodiscard]] CLI::Validator oneOf(std::vector<std::string> words);

} // namespace ctl
