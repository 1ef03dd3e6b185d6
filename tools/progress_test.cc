#include "tools/progress.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace holdfast::tools {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;

TEST(Progress, TellsSeedsSpeedViolationsAndTheTimeLeft) {
  EXPECT_EQ(ProgressText({.seeds_done = 500, .seeds_total = 2000, .violations = 1, .elapsed = 10s}),
            "500 of 2,000 seeds [======>                 ] 25.0 %  50.0 seeds/s  1 violation  30 s left");
}

TEST(Progress, TheBudgetEndsTheTimeLeft) {
  EXPECT_THAT(ProgressText({.seeds_done = 1, .seeds_total = 100'000, .elapsed = 1s, .budget = 90s}),
              EndsWith("1 min 29 s left"));
  EXPECT_THAT(ProgressText({.seeds_done = 1, .seeds_total = 100, .elapsed = 91s, .budget = 90s}),
              EndsWith(" 0 s left"));
}

TEST(Progress, PromisesNothingBeforeTheFirstSeedIsDone) {
  EXPECT_THAT(ProgressText({.seeds_done = 0, .seeds_total = 2000, .elapsed = 1s}), Not(HasSubstr("left")));
  EXPECT_THAT(ProgressText({.seeds_done = 0, .seeds_total = 2000}), Not(HasSubstr("left")));
}

TEST(Progress, SaysThatItStops) {
  EXPECT_THAT(ProgressText({.seeds_done = 5, .seeds_total = 9, .elapsed = 1s, .stopping = true}),
              HasSubstr("stopping"));
}

}  // namespace
}  // namespace holdfast::tools
