// holdfast shrink: from a plan that fails to a few lines that fail in the same way.

#include <fmt/format.h>

#include <chrono>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>

#include "core/crypto/crypto.h"
#include "sim/plan_text.h"
#include "sim/shrink.h"
#include "tools/arguments.h"
#include "tools/command.h"
#include "tools/counters_report.h"
#include "tools/files.h"
#include "tools/interrupt.h"
#include "tools/progress.h"
#include "tools/subject.h"
#include "tools/table.h"
#include "tools/units.h"

namespace holdfast::tools {
namespace {

constexpr const char* kFooter = R"(Examples:
  holdfast shrink --seed 42                  the few lines of its plan that the failure needs
  holdfast shrink --plan my.plan -o few.plan and keeps them in a file, to be run with holdfast replay --plan few.plan

A step counts only if the same oracle objects, and the last plan is one from which no step is left: without any of its
lines, with a field back at its default, rounder or smaller, that oracle is content. Ctrl-C keeps the best so far.

A plan in testdata/plans/, named after the claim that it once broke, is run by //sim:plans_test for ever: that is how a
mistake that was mended leaves a plan behind.

Exit status: 0 it is shrunk; 2 bad arguments, or a seed or plan that does not fail; 130 interrupted by Ctrl-C.)";

struct Options {
  SubjectOptions subject;
  uint64_t steps_max = sim::ShrinkOptions{}.runs_max;
  std::optional<std::string> json;
  std::optional<std::string> plan;
};

Duration Now() { return std::chrono::steady_clock::now().time_since_epoch(); }

Parsed<uint64_t> ParseCount(std::string_view text) {
  const Parsed<uint64_t> count = ParseSeed(text);
  if (!count || *count == 0) return std::unexpected(fmt::format("'{}' should be a number, 1 or more", text));
  return *count;
}

std::optional<sim::Shrunk> ShrinkWatched(const Options& options, const Subject& subject) {
  const Interrupt interrupt;
  Progress progress(stderr);
  const Duration begin = Now();
  sim::ShrinkOptions shrink;
  shrink.run = subject.RunOptions();
  shrink.runs_max = options.steps_max;
  shrink.stop = [&interrupt] { return interrupt.requested(); };
  shrink.progress = [&](const sim::ShrinkProgress& now) {
    if (now.runs % 16 != 0) return;  // The clock costs more than a small run.
    progress.Show(fmt::format("{} tried, {} taken: {}, {}, {}, {}", Counted(now.runs, "step"), Grouped(now.steps),
                              Counted(now.now.clients, "client"), Counted(now.now.faults, "fault"),
                              SizeText(now.now.bytes), Counted(now.now.lines, "line")),
                  Now() - begin);
  };
  std::optional<sim::Shrunk> shrunk = sim::Shrink(subject.plan, shrink);
  progress.Clear();
  return shrunk;
}

std::string HowItEnded(const sim::Shrunk& shrunk) {
  switch (shrunk.end) {
    case sim::ShrinkEnd::kFixedPoint:
      return "no step is left that could be taken";
    case sim::ShrinkEnd::kRunsMax:
      return "there may be more: raise --steps-max";
    case sim::ShrinkEnd::kStopped:
      return "interrupted";
  }
  return {};
}

Table ShrinkTable(const Subject& subject, const sim::Shrunk& shrunk) {
  Table table;
  const auto row = [&table](const char* name, const std::string& before, const std::string& after) {
    table.Row(name, fmt::format("{:>12}  {:>8}", before, after));
  };
  table.Section(fmt::format("shrink: {}, crypto provider {}", OneLine(subject.name), CryptoProvider()));
  row("", "before", "after");
  row("clients", Grouped(shrunk.before.clients), Grouped(shrunk.after.clients));
  row("faults", Grouped(shrunk.before.faults), Grouped(shrunk.after.faults));
  row("bytes to carry", Grouped(shrunk.before.bytes), Grouped(shrunk.after.bytes));
  row("lines of plan", Grouped(shrunk.before.lines), Grouped(shrunk.after.lines));
  row("events", Grouped(shrunk.events_before), Grouped(shrunk.events_after));
  table.Section("runs", Grouped(shrunk.runs));
  table.Section("steps taken", Grouped(shrunk.steps), HowItEnded(shrunk));
  return table;
}

Json ShrinkJson(const Subject& subject, const sim::Shrunk& shrunk) {
  return {
      {"command", "shrink"},
      {"version", kProgramVersion},
      {"provider", CryptoProvider()},
      {"subject", subject.name},
      {"seed", subject.plan.seed},
      {"oracle", shrunk.verdict.oracle},
      {"sentence", shrunk.verdict.sentence},
      {"clients_before", shrunk.before.clients},
      {"clients_after", shrunk.after.clients},
      {"faults_before", shrunk.before.faults},
      {"faults_after", shrunk.after.faults},
      {"bytes_before", shrunk.before.bytes},
      {"bytes_after", shrunk.after.bytes},
      {"lines_before", shrunk.before.lines},
      {"lines_after", shrunk.after.lines},
      {"events_before", shrunk.events_before},
      {"events_after", shrunk.events_after},
      {"runs", shrunk.runs},
      {"steps", shrunk.steps},
      {"fixed_point", shrunk.end == sim::ShrinkEnd::kFixedPoint},
      {"hash", HashText(shrunk.hash)},
      {"plan", sim::Print(shrunk.plan)},
  };
}

std::string PlanFile(const Subject& subject, const sim::Shrunk& shrunk) {
  return fmt::format("# {}, shrunk; crypto provider {}\n# violates {}: {}\n{}", OneLine(subject.name), CryptoProvider(),
                     shrunk.verdict.oracle, OneLine(shrunk.verdict.sentence), sim::Print(shrunk.plan));
}

std::string ShrinkText(const Subject& subject, const sim::Shrunk& shrunk) {
  const std::string text = ShrinkTable(subject, shrunk).Text() +
                           fmt::format("\nVIOLATION of {}: {}\n\n# the plan\n{}", shrunk.verdict.oracle,
                                       shrunk.verdict.sentence, sim::Print(shrunk.plan));
  if (subject.guest)
    return text + "\n# keep it beside the tests of your protocol, named after the claim that it breaks\n";
  return text + fmt::format(
                    "\n# a test that runs it, for sim/run_test.cc; or keep the plan in testdata/plans/,\n"
                    "# named after the claim that it breaks, where //sim:plans_test runs it\n{}",
                    sim::TestThatReplays(shrunk.plan, shrunk.verdict));
}

Parsed<std::optional<OutputFile>> OpenIfAsked(const std::optional<std::string>& path) {
  if (!path) return std::optional<OutputFile>();
  Parsed<OutputFile> file = OutputFile::Open(*path);
  if (!file) return std::unexpected(file.error());
  return std::optional<OutputFile>(*std::move(file));
}

Outcome RunShrink(const Options& options) {
  const Parsed<Subject> subject = SubjectOf(options.subject);
  if (!subject) return std::unexpected(subject.error());
  Parsed<std::optional<OutputFile>> json = OpenIfAsked(options.json);
  if (!json) return std::unexpected(json.error());
  Parsed<std::optional<OutputFile>> plan = OpenIfAsked(options.plan);
  if (!plan) return std::unexpected(plan.error());

  const std::optional<sim::Shrunk> shrunk = ShrinkWatched(options, *subject);
  if (!shrunk) return std::unexpected(fmt::format("{} does not fail: there is nothing to shrink", subject->name));
  const bool on_stdout = (*json && (*json)->is_standard_output()) || (*plan && (*plan)->is_standard_output());
  auto written = WriteTo(on_stdout ? stderr : stdout, ShrinkText(*subject, *shrunk));
  if (written && *json) written = (*json)->Write(JsonText(ShrinkJson(*subject, *shrunk)));
  if (written && *plan) written = (*plan)->Write(PlanFile(*subject, *shrunk));
  if (!written) return std::unexpected(written.error());
  return shrunk->end == sim::ShrinkEnd::kStopped ? ExitStatus::kInterrupted : ExitStatus::kDone;
}

}  // namespace

Command AddShrink(const Program& program) {
  CLI::App* line = program.line.add_subcommand("shrink", "Make a failing plan small: a few lines that fail alike");
  const auto options = std::make_shared<Options>();
  AddSubject(*line, options->subject, "Shrink");
  AddOption(*line, "--steps-max", options->steps_max, ParseCount, "N",
            fmt::format("Try at most so many steps, a run each [{}]", options->steps_max));
  AddOption(*line, "-o,--output", options->plan, ParsePath, "PLAN", "Write the plan to this file");
  AddOption(*line, "--json", options->json, ParsePath, "FILE",
            "Write everything as JSON; - is the standard output,\nand the text then goes to the standard error");
  line->footer(kFooter);
  return {line, [options] { return RunShrink(*options); }};
}

}  // namespace holdfast::tools
