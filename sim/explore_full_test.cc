// Every second death behind every fourth place of the first: all of them are some minutes' work of
// `holdfast_fast explore --depth 2`.

#include <gtest/gtest.h>

#include "sim/explore.h"

namespace holdfast::sim {
namespace {

TEST(ExploreFull, FindsNothingWrongWithTwoDeaths) {
  ExploreOptions options;
  options.depth = 2;
  options.jobs = 2;
  options.bytes_stride = 4;
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
