#include "sim/plug/survives.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "sim/campaign.h"
#include "sim/choices.h"
#include "sim/explore.h"
#include "sim/plan_text.h"
#include "sim/shrink.h"

namespace holdfast::sim {
namespace {

constexpr size_t kLinesAtEnd = 40;
constexpr uint64_t kRunsOfSlowOnes = 100;  // Each of which may be an end that hangs.

// The plan that fails, made small if it may take time, and what it does.
void Explain(const Protocol& protocol, const Plan& plan, std::string_view oracle, uint64_t shrink_runs,
             Survival& survival) {
  Plan small = plan;
  if (oracle == "contract") shrink_runs = std::min(shrink_runs, kRunsOfSlowOnes);
  if (shrink_runs > 0) {
    ShrinkOptions options;
    options.runs_max = shrink_runs;
    options.run.protocol = &protocol;
    options.run.watch_marks = false;
    if (auto shrunk = Shrink(plan, options)) small = std::move(shrunk->plan);
  }
  const Report report = Run(small, {.trace_lines_at_end = kLinesAtEnd, .watch_marks = false, .protocol = &protocol});
  survival.good = false;
  survival.plan = Print(small);
  if (!report.verdict) {  // Two runs of one plan differ.
    survival.oracle = "determinism";
    survival.text = fmt::format("VIOLATION of determinism: two runs of this plan differ\n\n{}", survival.plan);
    return;
  }
  survival.oracle = report.verdict->oracle;
  survival.text = fmt::format("VIOLATION of {}: {}\n\nthe plan, shrunk:\n{}\nthe last events:\n{}",
                              report.verdict->oracle, report.verdict->sentence, survival.plan, report.trace);
}

}  // namespace

Survival Survives(const Protocol& protocol, const SurvivesOptions& options) {
  CampaignOptions campaign;
  campaign.seed_first = options.seeds.first;
  campaign.seed_last = options.seeds.last;
  campaign.profile = options.worlds;
  campaign.jobs = options.jobs;
  campaign.protocol = &protocol;
  campaign.stop_at_first_violation = true;
  const CampaignReport report = RunCampaign(campaign);
  Survival survival;
  survival.seeds = report.seeds;
  survival.text = fmt::format("{} seeds, no violation\n", report.seeds);
  if (report.violations.empty()) return survival;
  const Violation& first = report.violations.front();
  const std::string& oracle = first.verdict.oracle;
  survival.seed = first.seed;
  Explain(protocol, PlanOfSeed(first.seed, campaign), oracle, oracle == "determinism" ? 0 : options.shrink_runs,
          survival);
  survival.text = fmt::format("seed {} of {} worlds of {}: {}", first.seed, NameOf(options.worlds),
                              protocol.traits().name, survival.text);
  return survival;
}

Survival SurvivesEveryCut(const Protocol& protocol, const EveryCutOptions& options) {
  ExploreOptions explore;
  explore.protocol = &protocol;
  explore.depth = options.depth;
  explore.jobs = options.jobs;
  explore.bytes_stride = options.sample;
  explore.violations_max = 1;
  explore.trace_lines_at_end = kLinesAtEnd;
  const ExploreReport report = Explore(explore);
  Survival survival;
  survival.cells = report.cells[0] + report.cells[1];
  survival.cells_failed = report.violation_count;
  survival.text = fmt::format("{} cells at {} bytes, no violation\n", survival.cells, report.wire_bytes);
  if (report.violations.empty()) return survival;
  const ExploreViolation& first = report.violations.front();
  survival.good = false;
  survival.oracle = first.verdict.oracle;
  survival.plan = first.plan;
  survival.text = fmt::format("{} of {} cells of {}: VIOLATION of {}: {}\n\nthe plan:\n{}\nthe last events:\n{}",
                              survival.cells_failed, survival.cells, protocol.traits().name, first.verdict.oracle,
                              first.verdict.sentence, first.plan, first.last_events);
  return survival;
}

void FuzzOneWorld(const Protocol& protocol, ByteSpan bytes) {
  Choices choices = Choices::FromBytes(bytes);
  const GenerateOptions generate = {.profile = Profile::kSmall,
                                    .guest = !protocol.traits().is_holdfast,
                                    .guest_survives = protocol.traits().survives,
                                    .guest_stream_bytes_max = protocol.traits().stream_bytes_max};
  const Plan plan = Generate(choices, generate, 0);
  const std::optional<Verdict> verdict = Run(plan, {.watch_marks = false, .protocol = &protocol}).verdict;
  if (!verdict) return;
  Survival survival;
  Explain(protocol, plan, verdict->oracle, SurvivesOptions{}.shrink_runs, survival);
  fmt::print(stderr, "{}", survival.text);
  std::abort();
}

int Tell(const Survival& survival) {
  fmt::print(survival.good ? stdout : stderr, "{}", survival.text);
  return survival.good ? 0 : 1;
}

}  // namespace holdfast::sim
