#pragma once

// ExpectKeptPlansHold: replays every plan of a folder of testdata, for tests: none breaks its claim again, and none has
// become empty words, for each of its faults must still strike.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <numeric>
#include <sstream>
#include <vector>

#include "sim/plan_text.h"
#include "sim/run.h"

namespace holdfast::sim {

inline void ExpectKeptPlanHolds(const std::filesystem::path& path, const RunOptions& options) {
  SCOPED_TRACE(path.filename().string());
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  const auto plan = ParsePlan(text.str());
  ASSERT_TRUE(plan.has_value()) << plan.error();
  const Report report = sim::Run(*plan, options);
  EXPECT_FALSE(report.verdict.has_value()) << report.verdict->oracle << ": " << report.verdict->sentence;
  const auto& struck = report.counters.faults;
  EXPECT_EQ(std::accumulate(struck.begin(), struck.end(), uint64_t{0}), plan->faults.size());
}

// Not those of the folders in it. There must be `plans_min` at least.
inline void ExpectKeptPlansHold(const std::filesystem::path& folder, size_t plans_min, const RunOptions& options = {}) {
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() == ".plan") paths.push_back(entry.path());
  }
  std::ranges::sort(paths);
  EXPECT_GE(paths.size(), plans_min);
  for (const auto& path : paths) ExpectKeptPlanHolds(path, options);
}

}  // namespace holdfast::sim
