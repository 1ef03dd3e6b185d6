#include "core/relay/salt_set.h"

#include <gtest/gtest.h>

#include <map>

#include "core/base/random.h"

namespace holdfast {
namespace {

Bytes Salt(uint64_t number, size_t size = 16) {
  Bytes salt(size);
  for (size_t i = 0; i < 8; ++i) salt[i] = static_cast<uint8_t>(number >> (8 * i));
  return salt;
}

TEST(SaltSet, TakesASaltOnceForAsLongAsItIsKept) {
  for (Duration later : {0s, 29s, 31s, 60s}) {
    SaltSet salts;
    EXPECT_TRUE(salts.Admit(Time(5s), Salt(1)));
    EXPECT_EQ(salts.Admit(Time(5s) + later, Salt(1)).error(), Error::kReplayed);
    EXPECT_TRUE(salts.Admit(Time(5s) + later, Salt(2)));
  }
  SaltSet salts;
  EXPECT_TRUE(salts.Admit(Time(5s), Salt(1)));
  EXPECT_TRUE(salts.Admit(Time(65s) + 1ns, Salt(1)));
  EXPECT_EQ(salts.Admit(Time(100s), Salt(1)).error(), Error::kReplayed);
}

TEST(SaltSet, RefusesNewOnesWhenItIsFullAndForgetsNoneBeforeItsTime) {
  SaltSet salts(60s, 4);
  for (uint64_t i = 0; i < 4; ++i) EXPECT_TRUE(salts.Admit(Time(Duration(1 + i)), Salt(i)));
  for (uint64_t i = 4; i < 100; ++i) EXPECT_EQ(salts.Admit(Time(10s), Salt(i)).error(), Error::kTableFull);
  for (uint64_t i = 0; i < 4; ++i) EXPECT_EQ(salts.Admit(Time(60s), Salt(i)).error(), Error::kReplayed);
  EXPECT_EQ(salts.size(), 4U);
  EXPECT_TRUE(salts.Admit(Time(60s) + 2ns, Salt(100)));
}

// Against a model that remembers everything.
TEST(SaltSet, NeverTakesASaltTwiceWithinItsTimeAndNeverRefusesANewOneUnlessFull) {
  for (size_t count_max : {1U, 7U, 100U, 100000U}) {
    SaltSet salts(50ms, count_max);
    NamedStream random(count_max, "salts");
    std::map<uint64_t, Time> taken;
    Time now(1ms);
    for (int i = 0; i < 20000; ++i) {
      now += Milliseconds(random.Below(10) == 0 ? random.Below(5) : 0);
      const uint64_t number = random.Below(300);
      const Status admitted = salts.Admit(now, Salt(number));
      const auto before = taken.find(number);
      const bool replay = before != taken.end() && now - before->second <= 50ms;
      if (admitted) {
        EXPECT_FALSE(replay);
        taken[number] = now;
      } else if (admitted.error() == Error::kReplayed) {
        EXPECT_TRUE(replay);
      } else {
        EXPECT_LE(count_max, 100U);
      }
      EXPECT_LE(salts.size(), count_max);
    }
  }
}

TEST(SaltSet, ForgetsABurstInBoundedSteps) {
  SaltSet salts(1s, 10000);
  for (uint64_t i = 0; i < 5000; ++i) EXPECT_TRUE(salts.Admit(Time(1s), Salt(i)));
  size_t before = salts.size();
  for (uint64_t i = 0; i < 100; ++i) {
    EXPECT_TRUE(salts.Admit(Time(10s), Salt(100000 + i)));
    EXPECT_LE(before + 1 - salts.size(), limits::kSaltsForgottenAtOnce);
    before = salts.size();
  }
  EXPECT_EQ(salts.size(), 100U);
  EXPECT_TRUE(salts.Admit(Time(10s), Salt(4999)));
}

}  // namespace
}  // namespace holdfast
