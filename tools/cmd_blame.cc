// holdfast blame: the moment that decided a failure.

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>

#include "core/crypto/crypto.h"
#include "sim/blame.h"
#include "tools/arguments.h"
#include "tools/command.h"
#include "tools/counters_report.h"
#include "tools/files.h"
#include "tools/interrupt.h"
#include "tools/progress.h"
#include "tools/subject.h"
#include "tools/units.h"

namespace holdfast::tools {
namespace {

constexpr const char* kFooter = R"(Examples:
  holdfast blame --seed 42                 how likely was the failure after each event? what decided it?
  holdfast blame --plan my.plan --samples 200

All that happens up to an event stays as it was; faults, paths and aborts that had not yet taken effect are drawn
afresh, as other seeds would. How many of these runs fail in the same way is the height of the bar.
Exit status: 0 it is told; 2 bad arguments, or a seed or plan that does not fail; 130 interrupted by Ctrl-C.)";

constexpr uint64_t kBarColumns = 40;
constexpr uint64_t kSamplesMax = 1'000'000;

struct Options {
  SubjectOptions subject;
  uint64_t samples = sim::BlameOptions{}.samples;
  std::optional<std::string> json;
};

Duration Now() { return std::chrono::steady_clock::now().time_since_epoch(); }

Parsed<uint64_t> ParseSamples(std::string_view text) {
  const Parsed<uint64_t> samples = ParseSeed(text);
  if (!samples || *samples == 0 || *samples > kSamplesMax) {
    return std::unexpected(fmt::format("'{}' should be a number of samples, from 1 to {}", text, Grouped(kSamplesMax)));
  }
  return *samples;
}

std::optional<sim::Blame> BlameWatched(const Options& options, const Subject& subject, bool& interrupted) {
  const Interrupt interrupt;
  Progress progress(stderr);
  const Duration begin = Now();
  sim::BlameOptions blame;
  blame.run = subject.RunOptions();
  blame.profile = subject.campaign.profile;
  blame.samples = options.samples;
  blame.stop = [&interrupt] { return interrupt.requested(); };
  blame.progress = [&](const sim::BlameProgress& now) {
    progress.Show(fmt::format("{}, {}", Counted(now.points, "point"), Counted(now.runs, "run")), Now() - begin);
  };
  std::optional<sim::Blame> result = sim::BlameOf(subject.plan, blame);
  progress.Clear();
  interrupted = interrupt.requested();
  return result;
}

std::string BlameText(const Subject& subject, const sim::Blame& blame) {
  std::string text =
      fmt::format("blame: {}, crypto provider {}\n{}: {}\n\n{:>10}  {:>12}  {:>7}\n", OneLine(subject.name),
                  CryptoProvider(), blame.verdict.oracle, blame.verdict.sentence, "event", "time", "fails");
  for (size_t i = 0; i < blame.points.size(); ++i) {
    const sim::BlamePoint& point = blame.points[i];
    const uint64_t bar = point.samples == 0 ? 0 : (point.failed * kBarColumns + point.samples / 2) / point.samples;
    std::string line = fmt::format("{:>10}  {:>12}  {:>7}  {}", Grouped(point.event), DurationText(point.since),
                                   PercentText(point.failed, point.samples), std::string(bar, '='));
    if (i == blame.decided) line += "  <- here";
    text += line.substr(0, line.find_last_not_of(' ') + 1) + '\n';
  }
  const sim::BlamePoint& before = blame.points[blame.decided - 1];
  const sim::BlamePoint& after = blame.points[blame.decided];
  text += fmt::format("\nBetween event {} and event {} it was decided: {} of the runs fail before, {} after.\n",
                      Grouped(before.event), Grouped(after.event), PercentText(before.failed, before.samples),
                      PercentText(after.failed, after.samples));
  for (const std::string& line : blame.moment) text += line + '\n';
  return text + fmt::format("\n{} of {} at each point\n", Counted(blame.runs, "run"),
                            Counted(blame.points.front().samples, "future"));
}

Json BlameJson(const Subject& subject, const sim::Blame& blame) {
  Json points = Json::array();
  for (const sim::BlamePoint& point : blame.points) {
    points.push_back({{"event", point.event},
                      {"since_ns", point.since.count()},
                      {"samples", point.samples},
                      {"failed", point.failed}});
  }
  return {
      {"command", "blame"},
      {"version", kProgramVersion},
      {"provider", CryptoProvider()},
      {"subject", subject.name},
      {"seed", subject.plan.seed},
      {"oracle", blame.verdict.oracle},
      {"sentence", blame.verdict.sentence},
      {"events", blame.events},
      {"runs", blame.runs},
      {"points", points},
      {"decided_after_event", blame.points[blame.decided - 1].event},
      {"decided_by_event", blame.points[blame.decided].event},
      {"moment", blame.moment},
  };
}

Outcome RunBlame(const Options& options) {
  const Parsed<Subject> subject = SubjectOf(options.subject);
  if (!subject) return std::unexpected(subject.error());
  std::optional<OutputFile> json;
  if (options.json) {
    Parsed<OutputFile> file = OutputFile::Open(*options.json);
    if (!file) return std::unexpected(file.error());
    json = *std::move(file);
  }
  bool interrupted = false;
  const std::optional<sim::Blame> blame = BlameWatched(options, *subject, interrupted);
  if (!blame) return std::unexpected(fmt::format("{} does not fail: there is nobody to blame", subject->name));
  auto written = WriteTo(json && json->is_standard_output() ? stderr : stdout, BlameText(*subject, *blame));
  if (written && json) written = json->Write(JsonText(BlameJson(*subject, *blame)));
  if (!written) return std::unexpected(written.error());
  return interrupted ? ExitStatus::kInterrupted : ExitStatus::kDone;
}

}  // namespace

Command AddBlame(const Program& program) {
  CLI::App* line = program.line.add_subcommand("blame", "Which moment of a failing run decided that it would fail?");
  const auto options = std::make_shared<Options>();
  AddSubject(*line, options->subject, "Blame");
  AddOption(*line, "--samples", options->samples, ParseSamples, "M",
            fmt::format("So many other futures at each point [{}]", options->samples));
  AddOption(*line, "--json", options->json, ParsePath, "FILE",
            "Write everything as JSON; - is the standard output,\nand the text then goes to the standard error");
  line->footer(kFooter);
  return {line, [options] { return RunBlame(*options); }};
}

}  // namespace holdfast::tools
