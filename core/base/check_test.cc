#include "core/base/check.h"

#include "gtest/gtest.h"

namespace holdfast {
namespace {

TEST(Check, PassesWhatHolds) {
  int evaluated = 0;
  HOLDFAST_CHECK(++evaluated == 1);
  EXPECT_EQ(evaluated, 1);
}

TEST(CheckDeathTest, NamesTheConditionAndThePlace) {
  EXPECT_DEATH(HOLDFAST_CHECK(1 + 1 == 3), "check_test.cc.*TestBody.*1 \\+ 1 == 3");
}

}  // namespace
}  // namespace holdfast
