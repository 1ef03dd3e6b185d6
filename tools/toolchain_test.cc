// What Holdfast expects of a compiler and its library, before anything of ours is to blame.

#include <array>
#include <concepts>
#include <expected>
#include <span>
#include <string>
#include <version>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace holdfast {
namespace {

template <std::unsigned_integral T>
std::expected<T, std::string> Half(T value) {
  if (value % 2 != 0) return std::unexpected("odd");
  return static_cast<T>(value / 2);
}

struct Options {
  int tries = 3;
  int limit = 0;
};

TEST(Toolchain, HasExpected) {
  EXPECT_EQ(Half(8u), 4u);
  EXPECT_EQ(Half(7u).error(), "odd");
}

TEST(Toolchain, HasSpanAndDesignatedInitialisers) {
  const std::array<int, 3> values = {1, 2, 3};
  EXPECT_EQ(std::span(values).subspan(1).size(), 2u);
  constexpr Options kOptions{.limit = 7};
  EXPECT_EQ(kOptions.tries, 3);
  EXPECT_EQ(kOptions.limit, 7);
}

TEST(Toolchain, HasMatchers) { EXPECT_THAT(std::string("holdfast"), testing::StartsWith("hold")); }

}  // namespace
}  // namespace holdfast
