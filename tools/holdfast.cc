// holdfast: the one command-line program. The work is done in cmd_*.cc; here are the front door and the exit statuses.

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <string>
#include <vector>

#include "core/crypto/crypto.h"
#include "core/wire/messages.h"
#include "tools/arguments.h"
#include "tools/command.h"

namespace holdfast::tools {
namespace {

constexpr std::array kCommands = {AddSim,   AddReplay,   AddExplore, AddShrink,
                                  AddBlame, AddDiffRuns, AddProxy,   AddNoiseVectors};

constexpr const char* kDescription = "Holdfast: connections that survive, and the proof of it.";
constexpr const char* kFooter = R"(Examples:
  holdfast sim                       thousands of sessions survive a bad network
  holdfast replay --seed 42 --trace  one of them, event by event
  holdfast sim --help                more examples of one command

Exit status, of every command: 0 good; 1 a check failed; 2 bad arguments or files.)";

constexpr size_t kComplaintColumns = 400;  // Whoever quotes a whole file in a complaint is cut short.

ExitStatus Complain(const std::string& where, const Complaint& complaint) {
  std::string line = OneLine(complaint);
  if (line.size() > kComplaintColumns) line = line.substr(0, kComplaintColumns) + "...";
  fmt::print(stderr, "{}: {}\n", where, line);
  return ExitStatus::kBadInput;
}

std::string NameOf(const Command& command) { return "holdfast " + command.line->get_name(); }

std::string VersionText() {
  return fmt::format("holdfast {}\nprotocol version {}\ncrypto provider {}", kProgramVersion, holdfast::kVersion,
                     CryptoProvider());
}

// What is wrong, more plainly than the library says it. `where` is the command that it was said to.
std::string SentenceOf(const CLI::ParseError& error, const CLI::App& line, const CLI::App& where) {
  const std::vector<std::string> extras = line.remaining(true);
  if (!extras.empty()) {
    const bool is_command = &where == &line && !extras.front().starts_with('-');
    return fmt::format("unknown {} '{}'", is_command ? "command" : "argument", extras.front());
  }
  if (dynamic_cast<const CLI::RequiredError*>(&error) != nullptr && &where == &line) return "it needs a command";
  const std::string what = error.what();
  if (dynamic_cast<const CLI::ArgumentMismatch*>(&error) != nullptr) {  // "--seeds: 1 required A..B missing".
    const bool is_missing = what.find("missing") != std::string::npos;
    return what.substr(0, what.find(':')) + (is_missing ? " needs a value" : " may be given once");
  }
  return what;
}

// `bazel run` starts programs in a folder of its own: paths are meant from where the user stands.
void StandWhereTheUserStands() {
  const char* folder = std::getenv("BUILD_WORKING_DIRECTORY");
  std::error_code error;
  const std::string here = std::filesystem::current_path(error).string();
  if (folder != nullptr && here.find(".runfiles") != std::string::npos) std::filesystem::current_path(folder, error);
}

ExitStatus Main(int argc, char** argv) {
  StandWhereTheUserStands();
  CLI::App line(kDescription, "holdfast");
  line.set_help_flag("-h,--help", "This help; holdfast COMMAND --help tells more");
  line.set_version_flag("--version", VersionText(), "What this program is");
  line.require_subcommand(1);
  line.footer(kFooter);
  line.get_formatter()->column_width(30);
  line.get_formatter()->label("SUBCOMMAND", "COMMAND");
  line.get_formatter()->label("REQUIRED", "");
  const std::vector<std::string> self = {argc > 0 ? argv[0] : "holdfast"};
  const Program program = {.line = line, .invoked = ShellQuoted(self)};
  std::vector<Command> commands;
  for (const auto add : kCommands) {
    commands.push_back(add(program));
    commands.back().line->group("Commands")->set_help_flag("-h,--help", "This help");
  }

  try {
    line.parse(argc, argv);
  } catch (const CLI::Success& asked) {  // For help, or the version.
    line.exit(asked);
    return ExitStatus::kDone;
  } catch (const CLI::ParseError& error) {
    const auto used = std::ranges::find_if(commands, [](const Command& command) { return command.line->parsed(); });
    const bool known = used != commands.end();
    const std::string where = known ? NameOf(*used) : "holdfast";
    const std::string sentence = SentenceOf(error, line, known ? *used->line : line);
    return Complain(where, fmt::format("{}; see {} --help", sentence, where));
  }
  for (const Command& command : commands) {
    if (!command.line->parsed()) continue;
    const Outcome outcome = command.run();
    return outcome ? *outcome : Complain(NameOf(command), outcome.error());
  }
  return ExitStatus::kBadInput;  // Not reached: one command is required.
}

}  // namespace
}  // namespace holdfast::tools

int main(int argc, char** argv) {
  try {
    return static_cast<int>(holdfast::tools::Main(argc, argv));
  } catch (const std::exception& error) {  // The machine refuses memory, or threads.
    return static_cast<int>(holdfast::tools::Complain("holdfast", error.what()));
  }
}
