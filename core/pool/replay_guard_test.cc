#include "core/pool/replay_guard.h"

#include <gtest/gtest.h>

#include <set>
#include <utility>

#include "core/base/random.h"

namespace holdfast {
namespace {

PublicKey KeyNumber(uint64_t n) {
  PublicKey key = {};
  for (size_t i = 0; i < 8; ++i) key[i] = static_cast<uint8_t>(n >> (8 * i));
  return key;
}

TEST(ReplayGuard, TakesWhatLiesWithinTheWindowAndNothingElse) {
  for (uint64_t stamp : {uint64_t{0}, uint64_t{899}, uint64_t{1101}, UINT64_MAX}) {
    ReplayGuard guard(100ms, 8);
    EXPECT_EQ(guard.Admit({1000}, stamp, KeyNumber(1)).error(), Error::kClockSkew) << stamp;
  }
  for (uint64_t stamp : {uint64_t{900}, uint64_t{1000}, uint64_t{1100}}) {
    ReplayGuard guard(100ms, 8);
    EXPECT_TRUE(guard.Admit({1000}, stamp, KeyNumber(1))) << stamp;
  }
}

TEST(ReplayGuard, NeverTakesAGreetingTwiceWhateverTheOrderAndHoweverFewItRemembers) {
  for (size_t count_max : {1U, 2U, 7U, 64U}) {
    ReplayGuard guard(50ms, count_max);
    NamedStream random(count_max, "greetings");
    std::set<std::pair<uint64_t, uint64_t>> taken;
    uint64_t now = 1000;
    for (int i = 0; i < 4000; ++i) {
      now += random.Below(3);
      const uint64_t stamp = now - 60 + random.Below(120);
      const uint64_t number = random.Below(4);
      if (!guard.Admit({now}, stamp, KeyNumber(number))) continue;
      EXPECT_TRUE(taken.emplace(stamp, number).second);
      EXPECT_LE(guard.size(), count_max);
    }
    EXPECT_GT(taken.size(), 50U);
  }
}

TEST(ReplayGuard, TakesTheCurrentTimeThoughItIsFull) {
  ReplayGuard guard(1000ms, 4);
  for (uint64_t i = 0; i < 1000; ++i) EXPECT_TRUE(guard.Admit({5000 + i}, 5000 + i, KeyNumber(i)));
  EXPECT_EQ(guard.Admit({6000}, 5500, KeyNumber(5)).error(), Error::kReplayed);
}

TEST(ReplayGuard, WorksOnAfterAClockWasSetBack) {
  ReplayGuard guard(100ms, 1);
  EXPECT_TRUE(guard.Admit({900'000}, 900'000, KeyNumber(1)));
  EXPECT_TRUE(guard.Admit({900'001}, 900'001, KeyNumber(2)));  // Forgets the one before.
  EXPECT_TRUE(guard.Admit({5000}, 5000, KeyNumber(3)));
}

TEST(ReplayGuard, ForgetsWhatTheWindowRefusesByItself) {
  ReplayGuard guard(100ms, 1000);
  for (uint64_t i = 0; i < 100; ++i) EXPECT_TRUE(guard.Admit({1000}, 1000, KeyNumber(i)));
  EXPECT_TRUE(guard.Admit({2000}, 2000, KeyNumber(0)));
  EXPECT_EQ(guard.size(), 1U);
}

}  // namespace
}  // namespace holdfast
