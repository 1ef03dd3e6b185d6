// holdfast diff-runs: one plan run twice side by side, or two plans, and the first event in which they differ.

#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>

#include "core/crypto/crypto.h"
#include "sim/diff_runs.h"
#include "tools/arguments.h"
#include "tools/command.h"
#include "tools/counters_report.h"
#include "tools/files.h"
#include "tools/subject.h"
#include "tools/units.h"

namespace holdfast::tools {
namespace {

constexpr const char* kFooter = R"(Examples:
  holdfast diff-runs --seed 42                      runs it twice: nothing may differ
  holdfast diff-runs --plan a.plan --with b.plan    where do these two part?

Of a plan that is run twice every event must be the same; if one is not, something is not a function of the plan.
Exit status: 0 every event is the same; 1 one is not; 2 bad arguments, or a plan or file that cannot be read.)";

struct Options {
  SubjectOptions subject;
  std::optional<std::string> with;
  std::optional<std::string> json;
};

std::string SideText(std::string_view mark, const sim::RunSide& side) {
  std::string text;
  for (size_t i = 0; i < side.lines.size(); ++i) text += fmt::format("{} {}\n", i == 0 ? mark : " ", side.lines[i]);
  if (side.lines.empty()) text = fmt::format("{} (the run is over)\n", mark);
  if (side.verdict) text += fmt::format("  {}: {}\n", side.verdict->oracle, side.verdict->sentence);
  return text;
}

std::string DiffText(const std::string& names, const sim::RunsDiff& diff) {
  if (diff.equal) {
    return fmt::format("{}: all {} are the same\nhash {}\n", names, Counted(diff.first.events, "event"),
                       HashText(diff.first.hash));
  }
  std::string text = fmt::format("{}: event {} is the first that differs\n\n", names, Grouped(diff.event));
  for (const std::string& line : diff.common) text += fmt::format("  {}\n", line);
  text += "\n# the first run\n" + SideText("<", diff.first) + "\n# the second run\n" + SideText(">", diff.second);
  if (diff.byte)
    text += fmt::format("\nThe lines are the same, but not what was written, from byte {} on.\n", *diff.byte);
  return text;
}

Json SideJson(const sim::RunSide& side) {
  Json verdict = nullptr;
  if (side.verdict) verdict = {{"oracle", side.verdict->oracle}, {"sentence", side.verdict->sentence}};
  return {{"events", side.events}, {"hash", HashText(side.hash)}, {"verdict", verdict}, {"lines", side.lines}};
}

Json DiffJson(const std::string& names, const sim::RunsDiff& diff) {
  return {
      {"command", "diff-runs"},
      {"version", kProgramVersion},
      {"provider", CryptoProvider()},
      {"subject", names},
      {"equal", diff.equal},
      {"event", diff.equal ? Json(nullptr) : Json(diff.event)},
      {"byte", diff.byte ? Json(*diff.byte) : Json(nullptr)},
      {"common", diff.common},
      {"first", SideJson(diff.first)},
      {"second", SideJson(diff.second)},
  };
}

Outcome RunDiffRuns(const Options& options) {
  const Parsed<Subject> subject = SubjectOf(options.subject);
  if (!subject) return std::unexpected(subject.error());
  sim::Plan other = subject->plan;
  std::string names = subject->name + ", twice";
  if (options.with) {
    if (!subject->campaign.files.empty()) return std::unexpected("--with compares two plans, which carry no files");
    Parsed<sim::Plan> plan = ReadPlan(*options.with);
    if (!plan) return std::unexpected(plan.error());
    other = *std::move(plan);
    names = fmt::format("{} and plan '{}'", subject->name, *options.with);
  }
  std::optional<OutputFile> json;
  if (options.json) {
    Parsed<OutputFile> file = OutputFile::Open(*options.json);
    if (!file) return std::unexpected(file.error());
    json = *std::move(file);
  }
  sim::DiffOptions diff_options;
  diff_options.run = subject->RunOptions();
  const sim::RunsDiff diff = sim::DiffRuns(subject->plan, other, diff_options);
  FILE* people = json && json->is_standard_output() ? stderr : stdout;
  auto written = WriteTo(people, DiffText(OneLine(names), diff));
  if (written && json) written = json->Write(JsonText(DiffJson(names, diff)));
  if (!written) return std::unexpected(written.error());
  return diff.equal ? ExitStatus::kDone : ExitStatus::kCheckFailed;
}

}  // namespace

Command AddDiffRuns(const Program& program) {
  CLI::App* line = program.line.add_subcommand("diff-runs", "Run a plan twice, and name the first event that differs");
  const auto options = std::make_shared<Options>();
  AddSubject(*line, options->subject, "Run");
  AddOption(*line, "--with", options->with, ParsePath, "PLAN", "Compare it with this plan, not with itself");
  AddOption(*line, "--json", options->json, ParsePath, "FILE",
            "Write everything as JSON; - is the standard output,\nand the text then goes to the standard error");
  line->footer(kFooter);
  return {line, [options] { return RunDiffRuns(*options); }};
}

}  // namespace holdfast::tools
