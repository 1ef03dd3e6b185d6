#include "core/base/digest.h"

#include <set>

#include "gtest/gtest.h"

namespace holdfast {
namespace {

enum class Colour : uint8_t { kRed = 3 };

// Traces are compared across compilers and years.
TEST(Digest, ValueMeansTheSameForEver) {
  EXPECT_EQ(Digest().value(), 0xe9e0033e3badaf36u);
  EXPECT_EQ(Digest().Add(1).Add(Colour::kRed).Add(Time(1ns)).Add(2s).Add(AsBytes("hold fast!")).value(),
            0x20673d0928e553cau);
}

TEST(Digest, EveryFlippedBitShows) {
  std::set<uint64_t> values;
  Bytes bytes(37);
  values.insert(Digest().Add(bytes).value());
  for (size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
    bytes[bit / 8] ^= static_cast<uint8_t>(1 << bit % 8);
    EXPECT_TRUE(values.insert(Digest().Add(bytes).value()).second) << bit;
    bytes[bit / 8] ^= static_cast<uint8_t>(1 << bit % 8);
  }
}

TEST(Digest, LengthShows) {
  std::set<uint64_t> values;
  for (size_t size = 0; size <= 40; ++size) {
    EXPECT_TRUE(values.insert(Digest().Add(Bytes(size)).value()).second) << size;
  }
}

TEST(Digest, CallsDoNotRunTogether) {
  EXPECT_NE(Digest().Add(AsBytes("ab")).Add(AsBytes("c")), Digest().Add(AsBytes("a")).Add(AsBytes("bc")));
  EXPECT_NE(Digest().Add(AsBytes("")).Add(AsBytes("a")), Digest().Add(AsBytes("a")).Add(AsBytes("")));
  EXPECT_NE(Digest().Add(1).Add(2), Digest().Add(2).Add(1));
}

TEST(Digest, EqualCallsGiveEqualDigests) {
  EXPECT_EQ(Digest().Add(7u).Add(AsBytes("x")), Digest().Add(7u).Add(AsBytes("x")));
}

}  // namespace
}  // namespace holdfast
