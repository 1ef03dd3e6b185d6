// holdfast replay: one run of the simulator again, event by event.

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "core/crypto/crypto.h"
#include "sim/campaign.h"
#include "sim/plan_text.h"
#include "sim/run.h"
#include "tools/arguments.h"
#include "tools/command.h"
#include "tools/counters_report.h"
#include "tools/files.h"
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
  std::optional<uint64_t> seed;
  std::optional<std::string> plan;
  std::optional<sim::Profile> worlds;
  std::vector<std::string> files;
  std::optional<std::string> json;
  bool trace = false;
  bool print_plan = false;
};

// What is run.
struct Subject {
  std::string name;  // "seed 7 of default worlds", "plan 'my.plan'".
  sim::Plan plan;
  std::vector<std::string> words;  // That run it again, after the program's name.
};

// One line about what contradicts itself, or nothing.
std::optional<Complaint> Contradiction(const Options& options) {
  if (options.seed && options.plan) return "--seed and --plan exclude each other";
  if (!options.seed && !options.plan) return "it needs --seed N or --plan FILE";
  if (options.plan && options.worlds) return "--worlds goes with --seed: a plan says everything itself";
  if (options.print_plan && (options.trace || options.json)) {
    return "--print-plan runs nothing, so there is nothing for --trace or --json";
  }
  return std::nullopt;
}

Parsed<sim::Plan> ReadPlan(const std::string& path) {
  const Parsed<Bytes> text = ReadFile(path, kPlanBytesMax);
  if (!text) return std::unexpected(text.error());
  auto plan = sim::ParsePlan({reinterpret_cast<const char*>(text->data()), text->size()});
  if (!plan) return std::unexpected(fmt::format("plan '{}': {}", path, plan.error()));
  return *std::move(plan);
}

// `campaign` is the one that the seed belongs to.
Parsed<Subject> SubjectOf(const Options& options, const sim::CampaignOptions& campaign) {
  Subject subject;
  if (options.seed) {
    const std::string worlds(sim::NameOf(campaign.profile));
    subject.name = fmt::format("seed {} of {} worlds", *options.seed, worlds);
    subject.plan = sim::PlanOfSeed(*options.seed, campaign);
    subject.words = {"replay", "--seed", fmt::format("{}", *options.seed)};
    if (options.worlds) subject.words.insert(subject.words.end(), {"--worlds", worlds});
  } else {
    Parsed<sim::Plan> plan = ReadPlan(*options.plan);
    if (!plan) return std::unexpected(plan.error());
    subject.name = fmt::format("plan '{}'", *options.plan);
    subject.plan = *std::move(plan);
    subject.words = {"replay", "--plan", *options.plan};
  }
  if (campaign.files.empty()) return subject;

  const auto index = static_cast<size_t>(subject.plan.seed % campaign.files.size());  // As sim/campaign.h has it.
  const uint64_t size = campaign.files[index].size();
  for (const sim::ClientPlan& client : subject.plan.clients) {
    const uint64_t bytes = std::max(client.up.bytes, client.down.bytes);
    if (bytes > size) {
      return std::unexpected(fmt::format("{} sends {} bytes, and the file '{}' has only {}", subject.name, bytes,
                                         options.files[index], size));
    }
  }
  subject.words.insert(subject.words.end(), {"--file", options.files[index]});
  return subject;
}

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
    std::vector<std::string> words = subject.words;
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
  if (auto contradiction = Contradiction(options)) return std::unexpected(*std::move(contradiction));
  sim::CampaignOptions campaign;
  campaign.profile = options.worlds.value_or(sim::Profile::kDefault);
  Parsed<std::vector<Bytes>> files = ReadFiles(options.files, kDataBytesMax);
  if (!files) return std::unexpected(files.error());
  campaign.files = *std::move(files);
  const Parsed<Subject> subject = SubjectOf(options, campaign);
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

  sim::RunOptions run = sim::RunOptionsOfSeed(subject->plan.seed, campaign);
  run.keep_trace = options.trace;
  run.trace_lines_at_end = campaign.trace_lines_at_end;
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
  AddOption(*line, "--seed", options->seed, ParseSeed, "N", "What a campaign runs for this seed");
  AddOption(*line, "--plan", options->plan, ParsePath, "FILE", "What this plan says; - is the standard input");
  AddOption(*line, "--worlds", options->worlds, ParseWorlds, "NAME", "Of the seed's campaign: default or small");
  line->add_option("--file", options->files, "Carry these files, as the seed's campaign did")->type_name("PATH");
  line->add_flag("--trace", options->trace, "Print every event");
  line->add_flag("--print-plan", options->print_plan, "Print the plan as text, and run nothing");
  AddOption(*line, "--json", options->json, ParsePath, "FILE",
            "Write everything as JSON; - is the standard output,\nand the text then goes to the standard error");
  line->footer(kFooter);
  return {line, [options, invoked = program.invoked] { return RunReplay(*options, invoked); }};
}

}  // namespace holdfast::tools
