// Every second death behind every first.

#include <gtest/gtest.h>

#include "sim/explore.h"

namespace holdfast::sim {
namespace {

TEST(ExploreFull, FindsNothingWrongWithTwoDeaths) {
  ExploreOptions options;
  options.depth = 2;
  options.jobs = 2;
  const ExploreReport report = Explore(options);
  EXPECT_TRUE(report.complete);
  EXPECT_GT(report.cells[1], 1'000'000U);
  EXPECT_EQ(report.violation_count, 0U);
  for (const ExploreViolation& violation : report.violations) {
    ADD_FAILURE() << violation.verdict.oracle << ": " << violation.verdict.sentence << "\n" << violation.plan;
  }
}

}  // namespace
}  // namespace holdfast::sim
