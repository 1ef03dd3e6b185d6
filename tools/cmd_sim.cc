// holdfast sim: a campaign over the simulated network.

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <memory>
#include <optional>
#include <thread>
#include <utility>

#include "core/crypto/crypto.h"
#include "sim/campaign.h"
#include "tools/arguments.h"
#include "tools/campaign_outputs.h"
#include "tools/campaign_report.h"
#include "tools/command.h"
#include "tools/files.h"
#include "tools/guest.h"
#include "tools/interrupt.h"
#include "tools/last_words.h"
#include "tools/progress.h"
#include "tools/sampler.h"
#include "tools/x25519_speed.h"

namespace holdfast::tools {
namespace {

constexpr const char* kFooter = R"(Examples:
  holdfast sim                              2,000 seeds on all cores
  holdfast sim --seeds 1..200000 --jobs 8   many more of them
  holdfast sim --file photo.jpg notes.txt   carries these files over bad networks, and compares every byte
  holdfast sim --time-budget 60 --json -    what a minute is enough for, as JSON
  holdfast sim --worlds small --speed       small worlds, and how fast this machine is
  holdfast sim --profile                    what the processor's time goes into
  holdfast sim --worlds storm --seeds 1..20 thousands of clients that lose their server at once
  holdfast sim --plugin ./libmine.so        your own protocol, by the interface of sim/plug/holdfast_plugin.h
  holdfast sim --list-options               what a seed can choose, and how often it was chosen
  holdfast sim --list-marks                 which rare situations there are, and how often they were met

A seed that fails prints the oracle's sentence, its plan, and the command that runs it again.
Exit status: 0 nothing was violated; 1 something was, or no seed ran; 2 bad arguments or files;
130 interrupted by Ctrl-C, after the table of what was done until then.)";

struct Options {
  SeedRange seeds = {1, 2000};
  uint32_t jobs = std::clamp(std::thread::hardware_concurrency(), 1u, kJobsMax);
  sim::Profile worlds = sim::Profile::kDefault;
  sim::Without without;
  std::vector<std::string> files;
  GuestOptions guest;
  Duration time_budget = Duration::max();
  std::optional<std::string> json;
  std::optional<std::string> plans;
  bool stop_at_first = false;
  bool speed = false;
  bool profile = false;
  bool list_options = false;
  bool list_marks = false;
};

Duration Now() { return std::chrono::steady_clock::now().time_since_epoch(); }

// To a campaign, Ctrl-C is a time budget that is used up: its clock leaps beyond the longest one.
constexpr Duration kLongestBudget = std::chrono::seconds(kSecondsMax);

// Runs it with a progress line and an eye on Ctrl-C, and notes in `facts` what that came to.
sim::CampaignReport RunWatched(sim::CampaignOptions& campaign, CampaignFacts& facts) {
  const Interrupt interrupt;
  campaign.clock = [&interrupt] { return Now() + (interrupt.requested() ? 2 * kLongestBudget : Duration::zero()); };
  campaign.time_budget = std::min(facts.time_budget, kLongestBudget);

  const Duration begin = Now();
  const Duration processor_begin = ProcessorTime();
  Progress progress(stderr);
  campaign.progress_interval = progress.interval();
  campaign.progress = [&](const sim::CampaignProgress& now) {
    progress.Show({.seeds_done = now.seeds_done,
                   .seeds_total = now.seeds_total,
                   .violations = now.violations,
                   .elapsed = Now() - begin,
                   .budget = facts.time_budget,
                   .stopping = interrupt.requested()});
  };
  sim::CampaignReport report = sim::RunCampaign(campaign);
  progress.Clear();

  facts.elapsed = Now() - begin;
  facts.processor_time = ProcessorTime() - processor_begin;
  facts.interrupted = interrupt.requested() && report.seeds < facts.seeds.count();
  return report;
}

Outcome RunSim(const Options& options, const std::string& invoked) {
  CampaignFacts facts = {.seeds = options.seeds,
                         .jobs = options.jobs,
                         .worlds = options.worlds,
                         .without = options.without,
                         .guest_words = options.guest.Words(),
                         .time_budget = options.time_budget,
                         .provider = CryptoProvider(),
                         .invoked = invoked,
                         .list_options = options.list_options,
                         .list_marks = options.list_marks};
  sim::CampaignOptions campaign;
  campaign.seed_first = options.seeds.first;
  campaign.seed_last = options.seeds.last;
  campaign.jobs = options.jobs;
  campaign.profile = options.worlds;
  campaign.watch_marks = campaign.profile == sim::Profile::kDefault || options.list_marks;
  campaign.without = options.without;
  const Parsed<std::shared_ptr<const sim::Protocol>> guest = GuestOf(options.guest);
  if (!guest) return std::unexpected(guest.error());
  campaign.protocol = guest->get();
  if (*guest) facts.guest = (*guest)->traits().name;
  campaign.stop_at_first_violation = options.stop_at_first;

  // Whatever may be refused is tried before the work.
  Parsed<std::vector<Bytes>> files = ReadFiles(options.files, kDataBytesMax);
  if (!files) return std::unexpected(files.error());
  for (size_t i = 0; i < files->size(); ++i) facts.files.push_back({options.files[i], (*files)[i].size()});
  campaign.files = *std::move(files);
  Parsed<CampaignOutputs> outputs = CampaignOutputs::Open(options.json, options.plans);
  if (!outputs) return std::unexpected(outputs.error());

  std::optional<Sampler> sampler;
  if (options.speed) facts.x25519_per_second = X25519PerSecond(500ms);
  if (options.profile) {
    Parsed<Sampler> started = Sampler::Start();
    if (!started) return std::unexpected("--profile: " + started.error());
    sampler.emplace(*std::move(started));
  }
  const LastWords last_words(
      ReplayCommand(facts, std::string(kSeedMark), facts.files.empty() ? "" : facts.files.front().path));
  campaign.seed_begins = [profile = options.profile](uint64_t seed) {
    LastWords::NoteSeed(seed);
    if (profile) Sampler::NoteThread();
  };
  const sim::CampaignReport report = RunWatched(campaign, facts);
  if (sampler) {
    sampler->Stop();
    facts.shares = sampler->shares();
  }
  if (report.seeds == 0 && !facts.interrupted) fmt::print(stderr, "holdfast sim: the time was up before a seed ran\n");
  return outputs->Write(facts, report);
}

}  // namespace

Command AddSim(const Program& program) {
  CLI::App* line = program.line.add_subcommand("sim", "Run a campaign: many seeds, each a session in bad weather");
  const auto options = std::make_shared<Options>();
  AddOption(*line, "--seeds", options->seeds, ParseSeeds, "A..B", "These seeds, or a single one [1..2000]");
  AddOption(*line, "--jobs", options->jobs, ParseJobs, "N", fmt::format("Threads [all cores: {}]", options->jobs));
  AddOption(
      *line, "--worlds", options->worlds, ParseWorlds, "NAME",
      "default: up to 4 MiB a direction, a dozen faults;\nsmall: at most 4 KiB and 3 faults, thousands a second;\n"
      "storm: thousands of clients that all come back at once");
  AddOption(*line, "--without", options->without, ParseWithout, "NAME,...",
            "Draw worlds without swarm, byte-cuts, adversary, correlated\nor heal, to measure what that is worth");
  line->add_option("--file", options->files, "Carry these files both ways in place of generated data")
      ->type_name("PATH");
  AddGuest(*line, options->guest);
  AddOption(*line, "--time-budget", options->time_budget, ParseSeconds, "SECONDS", "Begin no seed after so long");
  AddOption(*line, "--json", options->json, ParsePath, "FILE",
            "Write everything as JSON; - is the standard output,\nand the table then goes to the standard error");
  line->add_flag("--stop-at-first", options->stop_at_first, "Begin no more seeds once one has failed");
  AddOption(*line, "--plans", options->plans, ParsePath, "DIR",
            "Write the plan of each failing seed to DIR/seed-N.plan");
  line->add_flag("--speed", options->speed, "Measure X25519 per second too, and scale seeds per second by it");
  line->add_flag("--profile", options->profile,
                 "Tell what the processor's time went into: cryptography, core, oracles ...");
  line->add_flag("--list-options", options->list_options,
                 "List what a seed can choose, and how many of these seeds did");
  line->add_flag("--list-marks", options->list_marks,
                 "List states, moves and rare situations, and how many of\nthese seeds met each");
  line->footer(kFooter);
  return {line, [options, invoked = program.invoked] { return RunSim(*options, invoked); }};
}

}  // namespace holdfast::tools
