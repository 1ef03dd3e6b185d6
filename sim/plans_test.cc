// Every plan of testdata/plans, for ever: none breaks its claim again, and none has become empty words, for each of its
// faults must still strike.

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <numeric>
#include <sstream>
#include <vector>

#include "sim/plan_text.h"
#include "sim/run.h"

namespace holdfast::sim {
namespace {

std::vector<std::filesystem::path> AllPlans() {
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator("testdata/plans")) {
    if (entry.path().extension() == ".plan") paths.push_back(entry.path());
  }
  std::ranges::sort(paths);
  return paths;
}

TEST(Plans, HoldTheirClaims) {
  const auto paths = AllPlans();
  EXPECT_GE(paths.size(), 16U);
  for (const auto& path : paths) {
    SCOPED_TRACE(path.filename().string());
    std::ostringstream text;
    text << std::ifstream(path, std::ios::binary).rdbuf();
    const auto plan = ParsePlan(text.str());
    ASSERT_TRUE(plan.has_value()) << plan.error();
    const Report report = sim::Run(*plan, {});
    EXPECT_FALSE(report.verdict.has_value()) << report.verdict->oracle << ": " << report.verdict->sentence;
    const auto& struck = report.counters.faults;
    EXPECT_EQ(std::accumulate(struck.begin(), struck.end(), uint64_t{0}), plan->faults.size());
  }
}

}  // namespace
}  // namespace holdfast::sim
