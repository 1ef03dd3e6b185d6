// holdfast replay: one run of the simulator again, event by event.

#include <fmt/format.h>

#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "core/crypto/crypto.h"
#include "sim/plan_text.h"
#include "sim/run.h"
#include "tools/arguments.h"
#include "tools/command.h"
#include "tools/counters_report.h"
#include "tools/files.h"
#include "tools/subject.h"
#include "tools/table.h"
#include "tools/units.h"

namespace holdfast::tools {
namespace {

constexpr const char* kFooter = R"(Examples:
  holdfast replay --seed 42                         what a campaign does with this seed: numbers, verdict, hash
  holdfast replay --seed 42 --trace | less          event by event
  holdfast replay --seed 42 --print-plan > my.plan  its plan as text, to be read and changed
  holdfast replay --plan my.plan --trace            and run

Exit status: 0 every oracle is content; 1 one is not; 2 bad arguments, or a plan or file that cannot be read.)";

struct Options {
  SubjectOptions subject;
  std::optional<std::string> json;
  bool trace = false;
  bool print_plan = false;
};

Table ReplayTable(const Subject& subject, const sim::Report& report) {
  Table table;
  table.Section(fmt::format("replay: {}, crypto provider {}", OneLine(subject.name), CryptoProvider()));
  AddCounters(table, report.counters);
  table.Row("time to heal", DurationText(report.time_to_heal));
  AddFaults(table, report.counters);
  AddEndings(table, report.counters);
  table.Section("hash", HashText(report.hash));
  table.Section("violations", report.verdict ? "1" : "0");
  return table;
}

Json ReplayJson(const Options& options, const Subject& subject, const sim::Report& report) {
  Json verdict = nullptr;
  if (report.verdict) verdict = {{"oracle", report.verdict->oracle}, {"sentence", report.verdict->sentence}};
  return {
      {"command", "replay"},
      {"version", kProgramVersion},
      {"provider", CryptoProvider()},
      {"subject", subject.name},
      {"seed", subject.plan.seed},
      {"hash", HashText(report.hash)},
      {"verdict", verdict},
      {"time_to_heal_ns", report.time_to_heal.count()},
      {"counters", CountersJson(report.counters)},
      {"plan", sim::Print(subject.plan)},
      {"trace", options.trace ? Json(report.trace) : Json(nullptr)},
      {"last_events", !options.trace && report.verdict ? Json(report.trace) : Json(nullptr)},
  };
}

std::string ReplayText(const Options& options, const Subject& subject, const sim::Report& report,
                       const std::string& invoked) {
  std::string text = options.trace ? report.trace + "\n" : "";
  if (report.verdict) {
    std::vector<std::string> words = {"replay"};
    words.insert(words.end(), subject.words.begin(), subject.words.end());
    words.push_back("--trace");
    text += Text(ViolationText{.where = OneLine(subject.name),
                               .oracle = report.verdict->oracle,
                               .sentence = report.verdict->sentence,
                               .plan = sim::Print(subject.plan),
                               .last_events = options.trace ? "" : report.trace,
                               .replay = invoked + " " + ShellQuoted(words)});
  }
  return text + ReplayTable(subject, report).Text();
}

Outcome RunReplay(const Options& options, const std::string& invoked) {
  if (options.print_plan && (options.trace || options.json)) {
    return std::unexpected("--print-plan runs nothing, so there is nothing for --trace or --json");
  }
  const Parsed<Subject> subject = SubjectOf(options.subject);
  if (!subject) return std::unexpected(subject.error());

  if (options.print_plan) {
    const auto written = WriteTo(stdout, sim::Print(subject->plan));
    return written ? Outcome(ExitStatus::kDone) : std::unexpected(written.error());
  }
  std::optional<OutputFile> json;
  if (options.json) {
    Parsed<OutputFile> file = OutputFile::Open(*options.json);
    if (!file) return std::unexpected(file.error());
    json = *std::move(file);
  }

  sim::RunOptions run = subject->RunOptions();
  run.keep_trace = options.trace;
  run.trace_lines_at_end = subject->campaign.trace_lines_at_end;
  const sim::Report report = sim::Run(subject->plan, run);

  FILE* people = json && json->is_standard_output() ? stderr : stdout;
  auto written = WriteTo(people, ReplayText(options, *subject, report, invoked));
  if (written && json) written = json->Write(JsonText(ReplayJson(options, *subject, report)));
  if (!written) return std::unexpected(written.error());
  return report.verdict ? ExitStatus::kCheckFailed : ExitStatus::kDone;
}

}  // namespace

Command AddReplay(const Program& program) {
  CLI::App* line = program.line.add_subcommand("replay", "Run one seed or plan again: numbers, verdict, hash, trace");
  const auto options = std::make_shared<Options>();
  AddSubject(*line, options->subject, "Run");
  line->add_flag("--trace", options->trace, "Print every event");
  line->add_flag("--print-plan", options->print_plan, "Print the plan as text, and run nothing");
  AddOption(*line, "--json", options->json, ParsePath, "FILE",
            "Write everything as JSON; - is the standard output,\nand the text then goes to the standard error");
  line->footer(kFooter);
  return {line, [options, invoked = program.invoked] { return RunReplay(*options, invoked); }};
}

}  // namespace holdfast::tools
