#pragma once

// Command: the shape that every subcommand of holdfast has. Each lives in a file of its own, cmd_NAME.cc: it declares
// its options on the program's command line, and says what is to be done once they are known. A new one is one more
// file, one line at the end of this header, and one word in the list of holdfast.cc.

#include <CLI/CLI.hpp>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "tools/outcome.h"

namespace holdfast::tools {

// What a command is added to.
struct Program {
  CLI::App& line;       // The whole command line.
  std::string invoked;  // As the user called the program: argv[0], quoted for a shell.
};

struct Command {
  CLI::App* line = nullptr;      // Its part of the command line; the program's line owns it.
  std::function<Outcome()> run;  // Once the command line was read.
};

// An option with one value, which `parse` reads; its complaint becomes the program's. It may be given once. `value`
// must live as long as the command line.
template <typename T, typename Value>
CLI::Option* AddOption(CLI::App& line, const std::string& name, T& value, Parsed<Value> (*parse)(std::string_view),
                       const std::string& placeholder, const std::string& help) {
  const auto read = [&value, parse, name](const std::string& text) {
    Parsed<Value> parsed = parse(text);
    if (!parsed) throw CLI::ValidationError(name, parsed.error());
    value = *std::move(parsed);
  };
  return line.add_option_function<std::string>(name, read, help)->type_name(placeholder);
}

Command AddSim(const Program& program);
Command AddReplay(const Program& program);
Command AddExplore(const Program& program);
Command AddNoiseVectors(const Program& program);
Command AddShrink(const Program& program);
Command AddBlame(const Program& program);
Command AddDiffRuns(const Program& program);
Command AddProxy(const Program& program);

}  // namespace holdfast::tools
