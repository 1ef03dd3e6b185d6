// holdfast noise-vectors: our Noise against test vectors of others.

#include <cstdio>
#include <memory>
#include <optional>
#include <string>

#include "tools/arguments.h"
#include "tools/command.h"
#include "tools/noise_vectors.h"

namespace holdfast::tools {
namespace {

constexpr const char* kFooter = R"(Examples:
  holdfast noise-vectors cacophony.txt               every pattern and suite that is spoken here
  holdfast noise-vectors snow.txt --json result.json each vector's result, for programs

The file is JSON in the Noise community's format. What is skipped is listed with its reason.
Exit status: 0 all that was run passed; 1 something did not, or nothing was run; 2 bad arguments or a malformed file.)";

struct Options {
  std::string file;
  std::optional<std::string> json;
};

ExitStatus RunNoiseVectors(const Options& options) {
  const bool json_to_output = options.json == "-";
  const auto json = json_to_output ? "/dev/stdout" : options.json;
  return static_cast<ExitStatus>(NoiseVectorsCommand(options.file, json, json_to_output ? stderr : stdout, stderr));
}

}  // namespace

Command AddNoiseVectors(const Program& program) {
  CLI::App* line = program.line.add_subcommand("noise-vectors", "Check our Noise against test vectors of others");
  const auto options = std::make_shared<Options>();
  AddOption(*line, "FILE", options->file, ParsePath, "", "The test vectors")->required();
  AddOption(*line, "--json", options->json, ParsePath, "FILE",
            "Write the results as JSON; - is the standard output,\nand the text then goes to the standard error");
  line->footer(kFooter);
  return {line, [options] { return Outcome(RunNoiseVectors(*options)); }};
}

}  // namespace holdfast::tools
