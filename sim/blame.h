#pragma once

// Blame: the moment that decided a failure. A plan is data and its run draws nothing, so "all choices after event k
// drawn afresh" means: what of the plan has not taken effect by then (faults that have not struck, paths of transports
// that were not yet dialed, applications that had not yet given up) is replaced by what other seeds draw, in a world
// with the same clients, settings and workload. The share of such runs that fail in the same way, over k, is flat where
// nothing was decided, and jumps where it was.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "sim/generate.h"
#include "sim/plan.h"
#include "sim/run.h"

namespace holdfast::sim {

struct BlameProgress {
  uint64_t points = 0;
  uint64_t runs = 0;
};

struct BlameOptions {
  RunOptions run;
  Profile profile = Profile::kDefault;  // Of the worlds that other seeds draw.
  uint64_t samples = 40;                // At each point.
  uint64_t points_max = 48;             // At first spread evenly, then where the share jumps.
  std::function<bool()> stop;           // Asked before each point; true: those that are known will do.
  std::function<void(const BlameProgress&)> progress;
};

struct BlamePoint {
  uint64_t event = 0;    // So many events are as they were.
  Duration since = {};   // The time then, since the start.
  uint64_t samples = 0;  // That were run. (One that does not leave the past as it was is not counted.)
  uint64_t failed = 0;   // Of them, by the word of the same oracle.
};

struct Blame {
  Verdict verdict;
  uint64_t events = 0;  // Of the whole run.
  uint64_t runs = 0;
  std::vector<BlamePoint> points;   // By event; at least two.
  size_t decided = 1;               // The share jumps most from the point before this one to this one.
  std::vector<std::string> moment;  // The events between those two, the fault first if one struck; a few at most.
};

// Nothing: the plan does not fail.
std::optional<Blame> BlameOf(const Plan& plan, const BlameOptions& options);

}  // namespace holdfast::sim
