#include "core/base/random.h"

#include <array>
#include <set>
#include <string>

#include "gtest/gtest.h"

namespace holdfast {
namespace {

// The first outputs of SplitMix64 from state 0, as its authors' program prints them.
TEST(Random, Mix64IsSplitMix64sFinalizer) {
  constexpr uint64_t kStep = 0x9e3779b97f4a7c15;
  EXPECT_EQ(Mix64(1 * kStep), 0xe220a8397b1dcdafu);
  EXPECT_EQ(Mix64(2 * kStep), 0x6e789e6aa1b965f4u);
  EXPECT_EQ(Mix64(3 * kStep), 0x06c45d188009454fu);
}

// If this fails, every seed that anybody wrote down has lost its meaning.
TEST(Random, SeedMeansTheSameForEver) {
  NamedStream stream(7, "plan");
  EXPECT_EQ(stream.Next(), 0x3bd80498c3c266deu);
  EXPECT_EQ(stream.Next(), 0xc3c7b65f4ddbcca6u);
  EXPECT_EQ(stream.Below(1000), 416u);
  std::array<uint8_t, 11> bytes;
  stream.Fill(bytes);
  EXPECT_EQ(ToHex(bytes), "2c536c704ed97e47cbca56");
  EXPECT_EQ(stream.Next(), 0x27a03e1bcf94bb93u);
}

TEST(Random, EverySeedAndNameHasItsOwnStream) {
  std::set<uint64_t> firsts;
  const std::array<std::string, 6> names = {"", "a", "b", "ab", "ba", std::string(1, '\0')};
  for (uint64_t seed = 0; seed < 100; ++seed) {
    for (const std::string& name : names) firsts.insert(NamedStream(seed, name).Next());
  }
  EXPECT_EQ(firsts.size(), 600u);
}

TEST(Random, BelowStaysBelowAndReachesEverything) {
  NamedStream stream(1, "below");
  for (uint64_t bound : {1u, 2u, 3u, 7u, 10u}) {
    std::set<uint64_t> seen;
    for (int i = 0; i < 1000; ++i) seen.insert(stream.Below(bound));
    EXPECT_EQ(seen.size(), bound);
    EXPECT_EQ(*seen.rbegin(), bound - 1);
  }
}

TEST(Random, BelowIsEven) {
  NamedStream stream(2, "even");
  std::array<int, 10> counts = {};
  for (int i = 0; i < 100'000; ++i) ++counts[stream.Below(counts.size())];
  for (int count : counts) {
    EXPECT_GT(count, 9'500);
    EXPECT_LT(count, 10'500);
  }
}

TEST(Random, FillDrawsEightBytesAtATime) {
  NamedStream words(3, "fill");
  NamedStream bytes(3, "fill");
  std::array<uint8_t, 9> out;
  bytes.Fill(out);
  const uint64_t first = words.Next();
  for (size_t i = 0; i < 8; ++i) EXPECT_EQ(out[i], static_cast<uint8_t>(first >> (8 * i)));
  EXPECT_EQ(out[8], static_cast<uint8_t>(words.Next()));
  EXPECT_EQ(bytes.Next(), words.Next());
}

TEST(Random, StreamsAreConstantExpressions) {
  constexpr uint64_t kFirst = NamedStream(7, "plan").Next();
  EXPECT_EQ(NamedStream(7, "plan").Next(), kFirst);
}

}  // namespace
}  // namespace holdfast
