#pragma once

// Diff runs: two runs side by side, event by event, until they part. The same plan twice must not part; if it does,
// something in the endpoints is not a function of the plan, and the first event that differs says where to look. Of two
// plans it says what the difference between them changed first. The worlds go in lock step, so only the last few events
// are kept, however long the runs are.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sim/plan.h"
#include "sim/run.h"

namespace holdfast::sim {

struct DiffOptions {
  RunOptions run;  // Of both.
  size_t lines_before = 5;
  size_t lines_after = 3;
};

// One of the two runs.
struct RunSide {
  uint64_t hash = 0;    // Up to the end, or to where they part and a little further.
  uint64_t events = 0;  // Likewise.
  std::optional<Verdict> verdict;
  std::vector<std::string> lines;  // From the first event that differs; empty if the run had ended.
};

struct RunsDiff {
  bool equal = false;
  uint64_t event = 0;               // The first that differs, counted from 1.
  std::vector<std::string> common;  // The events before it.
  RunSide first;
  RunSide second;
  // If the two lines read alike: the first byte written that differs, counted from 0.
  std::optional<size_t> byte;
};

RunsDiff DiffRuns(const Plan& first, const Plan& second, const DiffOptions& options);

}  // namespace holdfast::sim
