#include "core/base/time.h"

#include "gtest/gtest.h"

namespace holdfast {
namespace {

TEST(Time, AfterAdds) {
  EXPECT_EQ(After(Time(5ns), 3s), Time(5ns + 3s));
  EXPECT_EQ(After(Time(5ns), 0ns), Time(5ns));
}

TEST(Time, AfterEndsAtNever) {
  EXPECT_EQ(After(Time(1ns), Duration::max()), kNever);
  EXPECT_EQ(After(kNever, 1ns), kNever);
  EXPECT_EQ(After(kNever - 1ns, 1ns), kNever);
  EXPECT_EQ(After(kNever - 2ns, 1ns), kNever - 1ns);
}

TEST(Time, MillisecondsAreMillionsOfNanoseconds) { EXPECT_EQ(Milliseconds(7), 7'000'000ns); }

}  // namespace
}  // namespace holdfast
