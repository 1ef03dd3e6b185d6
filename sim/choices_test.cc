#include "sim/choices.h"

#include <gtest/gtest.h>

#include <set>
#include <vector>

namespace holdfast::sim {
namespace {

constexpr Topic kTopic = Topic::kFaults;

std::vector<uint64_t> Draw(Choices& choices, size_t count) {
  std::vector<uint64_t> values;
  for (size_t i = 0; i < count; ++i) values.push_back(choices.Below(kTopic, 1000));
  return values;
}

TEST(Choices, OfOneSeedAreTheSameAgain) {
  Choices a(7), b(7), other(8);
  const auto values = Draw(a, 50);
  EXPECT_EQ(values, Draw(b, 50));
  EXPECT_NE(values, Draw(other, 50));
}

TEST(Choices, OfOneTopicDoNotShiftThoseOfAnother) {
  Choices a(7), b(7);
  for (int i = 0; i < 3; ++i) b.Below(Topic::kWorkload, 10);
  EXPECT_EQ(Draw(a, 20), Draw(b, 20));
}

TEST(Choices, FromBytesTakeWhatTheBoundNeedsAndThenZero) {
  const Bytes bytes = {5, 1, 2, 255};
  Choices choices = Choices::FromBytes(bytes);
  EXPECT_EQ(choices.Below(kTopic, 256), 5U);
  EXPECT_EQ(choices.Below(kTopic, 257), 0x0102U % 257);
  EXPECT_EQ(choices.Below(kTopic, 1), 0U);  // Nothing to decide: nothing is drawn.
  EXPECT_EQ(choices.Below(kTopic, 10), 255U % 10);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(choices.Below(kTopic, 1000), 0U);
}

TEST(Choices, OfARecordAreTheOnesRecorded) {
  Choices seeded(3);
  seeded.StartRecording();
  std::vector<uint64_t> values;
  for (uint64_t bound : {2U, 1000U, 1U, 7U}) values.push_back(seeded.Below(kTopic, bound));
  EXPECT_EQ(seeded.recorded().size(), 3U);  // The bound of 1 decides nothing.
  Choices replayed = Choices::FromRecord(seeded.recorded());
  for (size_t i = 0; uint64_t bound : {2U, 1000U, 1U, 7U}) EXPECT_EQ(replayed.Below(kTopic, bound), values[i++]);
  EXPECT_EQ(replayed.Below(kTopic, 1000), 0U);
}

TEST(Choices, OfAnOdometerGoThroughEverySequence) {
  std::set<std::vector<uint64_t>> seen;
  Odometer odometer;
  size_t count = 0;
  do {
    Choices choices(odometer);
    std::vector<uint64_t> values = {choices.Below(kTopic, 3)};
    if (values[0] == 1) values.push_back(choices.Below(kTopic, 4));  // What is asked may depend on what was answered.
    values.push_back(choices.Below(kTopic, 2));
    seen.insert(values);
    ++count;
  } while (odometer.Advance());
  EXPECT_EQ(count, 2U + 8U + 2U);
  EXPECT_EQ(seen.size(), count);
}

TEST(Choices, LogUniformKeepsItsBoundsAndMeetsEverySize) {
  Choices choices(1);
  std::vector<size_t> sizes(12);
  for (int i = 0; i < 3000; ++i) {
    const uint64_t value = choices.LogUniform(kTopic, 3, 1000);
    ASSERT_GE(value, 3U);
    ASSERT_LE(value, 1000U);
    size_t bits = 0;
    for (uint64_t rest = value; rest != 0; rest >>= 1) ++bits;
    ++sizes[bits];
  }
  for (size_t bits = 2; bits <= 10; ++bits) EXPECT_GT(sizes[bits], 200U) << bits;
  EXPECT_EQ(choices.LogUniform(kTopic, 0, 0), 0U);
}

TEST(Choices, WeightedNeverPicksWhatWeighsNothing) {
  Choices choices(1);
  const std::array<uint64_t, 3> weights = {0, 3, 1};
  std::array<int, 3> counts = {};
  for (int i = 0; i < 4000; ++i) ++counts[choices.Weighted(kTopic, weights)];
  EXPECT_EQ(counts[0], 0);
  EXPECT_NEAR(counts[1], 3000, 200);
}

TEST(Choices, ChanceOfZeroBytesIsNo) {
  Choices choices = Choices::FromBytes({});
  EXPECT_FALSE(choices.Chance(kTopic, 1, 2));
  EXPECT_TRUE(choices.Chance(kTopic, 2, 2));
}

}  // namespace
}  // namespace holdfast::sim
