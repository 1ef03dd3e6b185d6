#pragma once

// Shrink: from a plan that fails to a small one that fails in the same way, that is, by the word of the same oracle.
// Steps of simpler.h are taken until none can be: a fixed point. A pure function of the plan and the options, as long
// as nobody stops it and it runs worlds.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "sim/plan.h"
#include "sim/run.h"
#include "sim/simpler.h"

namespace holdfast::sim {

struct ShrinkProgress {
  uint64_t runs = 0;
  uint64_t steps = 0;
  PlanSize now = {};
};

struct ShrinkOptions {
  RunOptions run;               // No trace is kept. Files may have more bytes than the streams.
  uint64_t runs_max = 100'000;  // Candidates are run so many times at most.
  // If it is set, it runs a plan in place of a world, and `run` is of no account: of programs outside of any. It may
  // say now that a plan fails and then that it does not: all that was taken has failed once.
  std::function<Report(const Plan&)> run_plan = {};
  std::function<bool()> stop;                           // Asked before each run; true: the best so far will do.
  std::function<void(const ShrinkProgress&)> progress;  // Told after each run.
};

enum class ShrinkEnd : uint8_t {
  kFixedPoint,  // No step can be taken any more.
  kRunsMax,
  kStopped,
};

struct Shrunk {
  Plan plan;
  Verdict verdict;
  uint64_t hash = 0;  // Of the plan's run.
  PlanSize before = {};
  PlanSize after = {};
  uint64_t events_before = 0;
  uint64_t events_after = 0;
  uint64_t runs = 0;
  uint64_t steps = 0;  // That were taken.
  ShrinkEnd end = ShrinkEnd::kFixedPoint;
};

// Nothing: the plan does not fail.
std::optional<Shrunk> Shrink(const Plan& plan, const ShrinkOptions& options);

// Every plan that is one step from this one.
std::vector<Plan> SimplerPlans(const Plan& plan);

// A GoogleTest that runs the plan and expects no oracle to object, as text for a file of sim/.
std::string TestThatReplays(const Plan& plan, const Verdict& verdict);

}  // namespace holdfast::sim
