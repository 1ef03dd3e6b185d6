#include "tools/units.h"

#include <cstdint>

#include "gtest/gtest.h"

namespace holdfast::tools {
namespace {

TEST(Units, CountsAreGroupedByThousands) {
  EXPECT_EQ(Grouped(0), "0");
  EXPECT_EQ(Grouped(999), "999");
  EXPECT_EQ(Grouped(1000), "1,000");
  EXPECT_EQ(Grouped(UINT64_MAX), "18,446,744,073,709,551,615");
  EXPECT_EQ(Counted(1, "seed"), "1 seed");
  EXPECT_EQ(Counted(2000, "seed"), "2,000 seeds");
}

TEST(Units, SizesHaveTheLargestUnitThatLeavesALeadingDigit) {
  EXPECT_EQ(SizeText(0), "0 B");
  EXPECT_EQ(SizeText(1023), "1023 B");
  EXPECT_EQ(SizeText(1024), "1.0 KiB");
  EXPECT_EQ(SizeText((1 << 20) - 1), "1.0 MiB");
  EXPECT_EQ(SizeText(37ull << 20), "37.0 MiB");
  EXPECT_EQ(SizeText(UINT64_MAX), "16.0 EiB");
}

TEST(Units, DurationsHaveTheirTwoLargestUnits) {
  EXPECT_EQ(DurationText(0s), "0 s");
  EXPECT_EQ(DurationText(-1s), "0 s");
  EXPECT_EQ(DurationText(999ns), "999 ns");
  EXPECT_EQ(DurationText(15us), "15 us");
  EXPECT_EQ(DurationText(999'999us), "999 ms");
  EXPECT_EQ(DurationText(34'290ms), "34.2 s");
  EXPECT_EQ(DurationText(184s), "3 min 4 s");
  EXPECT_EQ(DurationText(7620s), "2 h 7 min");
  EXPECT_EQ(DurationText(28h), "1 d 4 h");
  EXPECT_EQ(DurationText(Duration::max()), "106,751 d 23 h");
}

TEST(Units, OnlyAllIsAHundredPercentAndOnlyNothingIsNone) {
  EXPECT_EQ(PercentText(0, 0), "-");
  EXPECT_EQ(PercentText(0, 7), "0 %");
  EXPECT_EQ(PercentText(7, 7), "100 %");
  EXPECT_EQ(PercentText(1, 1'000'000), "0.1 %");
  EXPECT_EQ(PercentText(999'999, 1'000'000), "99.9 %");
  EXPECT_EQ(PercentText(3, 2), "150.0 %");
}

TEST(Units, RatesHaveThreeDigitsOrMore) {
  EXPECT_EQ(RateText(0), "0");
  EXPECT_EQ(RateText(0.724), "0.72");
  EXPECT_EQ(RateText(48.34), "48.3");
  EXPECT_EQ(RateText(12'345.4), "12,345");
}

}  // namespace
}  // namespace holdfast::tools
