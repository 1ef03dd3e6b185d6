#pragma once

// Campaign: many seeds, each expanded to a plan and run; what came out of it, summed. The report is a function of the
// options alone, whatever the number of jobs and the timing of threads, as long as no time budget cuts it short.

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "core/base/bytes.h"
#include "core/base/time.h"
#include "sim/generate.h"
#include "sim/marks.h"
#include "sim/plan.h"
#include "sim/plan_options.h"
#include "sim/run.h"

namespace holdfast::sim {

// How far a campaign is; handed to the progress callback.
struct CampaignProgress {
  uint64_t seeds_done = 0;
  uint64_t seeds_total = 0;
  uint64_t violations = 0;
  Duration elapsed = {};  // By the clock of the options; 0 without one.
};

struct CampaignOptions {
  uint64_t seed_first = 1;
  uint64_t seed_last = 2000;  // Inclusive.
  uint32_t jobs = 1;          // Threads; 0 counts as 1.
  Profile profile = Profile::kDefault;
  Without without = {};

  bool watch_marks = true;  // Costs a tenth of a default seed, and a quarter of a small one.
  // If not empty: seed s carries files[s % files.size()] in both directions, besides its plan's network and faults,
  // instead of the pattern. They must live until the campaign ends.
  std::vector<Bytes> files;

  // Monotonic wall clock: any origin. Needed for a time budget and for seeds per second, and for nothing else.
  std::function<Duration()> clock;
  Duration time_budget = Duration::max();  // No seed is begun after this long.

  // Called from one thread at a time, about every `progress_interval` (by `clock`) and once at the end.
  std::function<void(const CampaignProgress&)> progress;
  Duration progress_interval = std::chrono::milliseconds(200);

  // Called in the thread that runs a seed, just before: so that a handler of SIGABRT can name the seed of a failed
  // CHECK.
  std::function<void(uint64_t seed)> seed_begins;

  const Protocol* protocol = nullptr;  // Holdfast() if it is not said; must outlive the campaign.
  uint64_t steps_max = RunOptions{}.steps_max;
  size_t violations_max = 100;           // Kept in full; the others are only counted. The smallest seeds are kept.
  size_t trace_lines_at_end = 40;        // Of each violation.
  bool stop_at_first_violation = false;  // Begins no seed above the smallest one that failed.
};

struct Violation {
  uint64_t seed = 0;
  Verdict verdict;
  std::string plan;         // Text form.
  std::string last_events;  // Lines of the text trace.
  uint64_t hash = 0;
};

// Of one number over all seeds that ran.
struct Extremes {
  uint64_t min = UINT64_MAX;
  uint64_t max = 0;
  uint64_t max_seed = 0;  // The smallest seed that reached the maximum.
};

struct CampaignReport {
  uint64_t seeds = 0;  // That ran. Fewer than asked for only if the budget, or a violation, stopped it.
  Counters sum;
  OptionCounts options;  // In how many of the seeds each was chosen.
  MarkCounts marks;      // How many of the seeds met each.
  uint64_t violation_count = 0;
  std::vector<Violation> violations;  // By seed.

  // How rough the weather was.
  uint64_t seeds_resumed = 0;           // At least once.
  uint64_t seeds_resumed_twice = 0;     // At least twice.
  uint64_t seeds_cut_in_handshake = 0;  // At least once.

  uint64_t seeds_run_twice = 0;  // See IsRunTwice.

  Extremes resumes;
  Extremes events;
  Extremes bytes_delivered;
  Extremes simulated_ns;
  Extremes time_to_heal_ns;

  uint64_t hash = 0;      // Of all seeds' hashes, in their order.
  Duration elapsed = {};  // By the clock of the options. The only fields that two equal campaigns may differ in are
                          // this and what follows from it.
  double SeedsPerSecond() const;  // 0 without a clock.
};

CampaignReport RunCampaign(const CampaignOptions& options);

// One in twenty, spread by a hash: a campaign runs them twice, and two hashes that differ are a violation of
// `determinism`.
bool IsRunTwice(uint64_t seed);

// One seed as a campaign runs it: its plan, and how it is run (with the seed's file, no trace kept).
Plan PlanOfSeed(uint64_t seed, const CampaignOptions& options);
RunOptions RunOptionsOfSeed(uint64_t seed, const CampaignOptions& options);

// Without files.
Plan PlanOfSeed(uint64_t seed, Profile profile);

}  // namespace holdfast::sim
