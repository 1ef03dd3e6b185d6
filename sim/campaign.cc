#include "sim/campaign.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <mutex>
#include <thread>
#include <utility>

#include "core/base/random.h"
#include "sim/choices.h"
#include "sim/plan_text.h"

namespace holdfast::sim {
namespace {

// What is kept of one seed until it is summed up.
struct SeedResult {
  uint64_t seed = 0;
  uint64_t hash = 0;
  uint64_t hash_again = 0;  // Of its second run, if it had one, and otherwise the same.
  Counters counters;
  OptionSet options;
  MarkSet marks;
  Duration time_to_heal = {};
  bool objected = false;  // An oracle did.
  bool failed() const { return objected || hash_again != hash; }
};

struct FailedSeed {
  uint64_t seed = 0;
  uint64_t hash = 0;
  uint64_t hash_again = 0;
  bool objected = false;
};

// Seeds are handed out in blocks, and blocks are summed up in their order, whoever ran them and whenever they were
// done.
constexpr uint64_t kBlockSeeds = 64;

void Note(Extremes& extremes, uint64_t value, uint64_t seed) {
  const bool first = extremes.min > extremes.max;
  extremes.min = std::min(extremes.min, value);
  if (first || value > extremes.max) {
    extremes.max = value;
    extremes.max_seed = seed;
  }
}

void AddSeed(CampaignReport& report, const SeedResult& result) {
  const Counters& c = result.counters;
  ++report.seeds;
  report.sum.Add(c);
  report.options.Add(result.options);
  report.marks.Add(result.marks);
  report.violation_count += result.failed();
  report.seeds_run_twice += IsRunTwice(result.seed);
  report.seeds_resumed += c.resumes >= 1;
  report.seeds_resumed_twice += c.resumes >= 2;
  report.seeds_cut_in_handshake += c.handshake_cuts >= 1;
  Note(report.resumes, c.resumes, result.seed);
  Note(report.events, c.events, result.seed);
  Note(report.bytes_delivered, c.bytes_delivered, result.seed);
  Note(report.simulated_ns, static_cast<uint64_t>(c.simulated.count()), result.seed);
  Note(report.time_to_heal_ns, static_cast<uint64_t>(result.time_to_heal.count()), result.seed);
  report.hash = Mix64(report.hash ^ result.hash) + result.seed;
}

class Campaign {
 public:
  explicit Campaign(const CampaignOptions& options)
      : options_(options), began_(options.clock ? options.clock() : Duration{}) {
    if (options.seed_last < options.seed_first) return;
    const uint64_t span = options.seed_last - options.seed_first;
    seeds_ = span == UINT64_MAX ? span : span + 1;
  }

  CampaignReport Go() {
    {
      std::vector<std::jthread> threads;
      for (uint32_t job = 1; job < std::max(options_.jobs, 1U); ++job) {
        threads.emplace_back([this] { Work(); });
      }
      Work();
    }
    return Close();
  }

 private:
  // Until no block is left, or none is to be begun any more.
  void Work() {
    Runner runner;
    bool goes_on = true;
    while (goes_on) {
      const uint64_t block = next_block_.fetch_add(1);
      const uint64_t first = block * kBlockSeeds;
      if (first >= seeds_) return;
      std::vector<SeedResult> results;
      for (uint64_t i = first; goes_on && i < first + std::min(kBlockSeeds, seeds_ - first); ++i) {
        goes_on = MayBegin(options_.seed_first + i);
        if (!goes_on) break;
        results.push_back(RunSeed(runner, options_.seed_first + i));
        Tell();
      }
      Submit(block, std::move(results));
    }
  }

  void Submit(uint64_t block, std::vector<SeedResult> results) {
    const std::lock_guard lock(summing_);
    waiting_.emplace(block, std::move(results));
    for (auto next = waiting_.begin(); next != waiting_.end() && next->first == blocks_summed_;
         next = waiting_.erase(next)) {
      ++blocks_summed_;
      for (const SeedResult& result : next->second) Add(result);
    }
  }

  void Add(const SeedResult& result) {
    if (options_.stop_at_first_violation && report_.violation_count > 0) return;
    AddSeed(report_, result);
    if (!result.failed() || failed_.size() >= options_.violations_max) return;
    failed_.push_back({result.seed, result.hash, result.hash_again, result.objected});
  }

  bool MayBegin(uint64_t seed) {
    if (options_.stop_at_first_violation && seed > smallest_failed_.load()) return false;
    return !options_.clock || options_.time_budget == Duration::max() ||
           options_.clock() - began_ < options_.time_budget;
  }

  SeedResult RunSeed(Runner& runner, uint64_t seed) {
    if (options_.seed_begins) options_.seed_begins(seed);
    const Plan plan = PlanOfSeed(seed, options_);
    const RunOptions run = RunOptionsOfSeed(seed, options_);
    const Report& report = runner.Run(plan, run);
    SeedResult result = {.seed = seed,
                         .hash = report.hash,
                         .hash_again = report.hash,
                         .counters = report.counters,
                         .options = OptionsOf(plan),
                         .marks = report.marks,
                         .time_to_heal = report.time_to_heal,
                         .objected = report.verdict.has_value()};
    if (IsRunTwice(seed)) result.hash_again = runner.Run(plan, run).hash;
    if (result.failed()) {
      violations_.fetch_add(1);
      uint64_t smallest = smallest_failed_.load();
      while (seed < smallest && !smallest_failed_.compare_exchange_weak(smallest, seed)) continue;
    }
    done_.fetch_add(1);
    return result;
  }

  void Tell() {
    if (!options_.progress || !options_.clock) return;
    std::unique_lock lock(telling_, std::try_to_lock);
    if (!lock.owns_lock()) return;
    const Duration elapsed = options_.clock() - began_;
    if (elapsed - told_at_ < options_.progress_interval) return;
    told_at_ = elapsed;
    options_.progress(Progress(elapsed));
  }

  CampaignProgress Progress(Duration elapsed) const {
    return {.seeds_done = done_.load(), .seeds_total = seeds_, .violations = violations_.load(), .elapsed = elapsed};
  }

  CampaignReport Close() {
    Runner runner;
    for (const FailedSeed& failed : failed_) report_.violations.push_back(Explain(runner, failed));
    report_.elapsed = options_.clock ? options_.clock() - began_ : Duration{};
    if (options_.progress) options_.progress(Progress(report_.elapsed));
    return std::move(report_);
  }

  // Runs a seed that failed once more, for its words.
  Violation Explain(Runner& runner, const FailedSeed& failed) {
    const Plan plan = PlanOfSeed(failed.seed, options_);
    RunOptions run = RunOptionsOfSeed(failed.seed, options_);
    run.trace_lines_at_end = options_.trace_lines_at_end;
    const Report& report = runner.Run(plan, run);
    const uint64_t other = failed.hash_again != failed.hash ? failed.hash_again : report.hash;
    Verdict differs = {"determinism",
                       fmt::format("two runs of this plan have the hashes {:016x} and {:016x}", failed.hash, other)};
    const bool words = failed.objected && report.verdict;
    return {.seed = failed.seed,
            .verdict = words ? *report.verdict : std::move(differs),
            .plan = Print(plan),
            .last_events = report.trace,
            .hash = words ? report.hash : failed.hash};
  }

  const CampaignOptions& options_;
  const Duration began_;
  uint64_t seeds_ = 0;
  std::atomic<uint64_t> next_block_ = 0;
  std::atomic<uint64_t> done_ = 0;
  std::atomic<uint64_t> violations_ = 0;
  std::atomic<uint64_t> smallest_failed_ = UINT64_MAX;
  std::mutex telling_;
  Duration told_at_ = {};

  std::mutex summing_;                                   // Guards what follows.
  std::map<uint64_t, std::vector<SeedResult>> waiting_;  // Blocks that are done while an earlier one is not.
  uint64_t blocks_summed_ = 0;
  CampaignReport report_;
  std::vector<FailedSeed> failed_;  // In rising order; no more than are kept.
};

const Bytes* FileOfSeed(uint64_t seed, const CampaignOptions& options) {
  return options.files.empty() ? nullptr : &options.files[seed % options.files.size()];
}

}  // namespace

double CampaignReport::SeedsPerSecond() const {
  if (elapsed <= Duration{}) return 0;
  return static_cast<double>(seeds) / std::chrono::duration<double>(elapsed).count();
}

bool IsRunTwice(uint64_t seed) { return Mix64(seed ^ 0x7477696365) % 20 == 0; }

Plan PlanOfSeed(uint64_t seed, const CampaignOptions& options) {
  GenerateOptions generate = {.profile = options.profile, .up_bytes = {}, .down_bytes = {}, .without = options.without};
  if (options.protocol != nullptr && !options.protocol->traits().is_holdfast) {
    generate.guest = true;
    generate.guest_survives = options.protocol->traits().survives;
    generate.guest_stream_bytes_max = options.protocol->traits().stream_bytes_max;
  }
  if (const Bytes* file = FileOfSeed(seed, options)) {
    generate.up_bytes = generate.down_bytes = file->size();
  }
  Choices choices(seed);
  return Generate(choices, generate, seed);
}

Plan PlanOfSeed(uint64_t seed, Profile profile) {
  CampaignOptions options;
  options.profile = profile;
  return PlanOfSeed(seed, options);
}

RunOptions RunOptionsOfSeed(uint64_t seed, const CampaignOptions& options) {
  RunOptions run;
  run.steps_max = options.steps_max;
  run.watch_marks = options.watch_marks && (options.protocol == nullptr || options.protocol->traits().is_holdfast);
  run.protocol = options.protocol;
  if (const Bytes* file = FileOfSeed(seed, options)) {
    run.carry_files = true;
    run.file_up = run.file_down = *file;
  }
  return run;
}

CampaignReport RunCampaign(const CampaignOptions& options) { return Campaign(options).Go(); }

}  // namespace holdfast::sim
