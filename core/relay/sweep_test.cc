#include "core/relay/sweep.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "core/base/random.h"

namespace holdfast {
namespace {

TEST(Sweep, LooksAtNoMoreThanItMayAndLosesNobody) {
  Sweep sweep(512);
  for (uint64_t id = 0; id < 5000; ++id) sweep.Watch(id, Time(1s));
  std::set<uint64_t> expired;
  size_t runs = 0;
  while (sweep.Deadline() <= Time(1s)) {
    const auto found = sweep.Run(Time(1s));
    EXPECT_LE(found.size(), 512U);
    expired.insert(found.begin(), found.end());
    ++runs;
  }
  EXPECT_EQ(expired.size(), 5000U);
  EXPECT_EQ(runs, 10U);
  EXPECT_EQ(sweep.size(), 0U);
}

// In the original, an entry that was used lately hides all that come after it until the next sweep.
TEST(Sweep, IsNotStoppedByThoseThatMovedBack) {
  Sweep sweep(4);
  for (uint64_t id = 0; id < 10; ++id) sweep.Watch(id, Time(1s));
  for (uint64_t id = 0; id < 8; ++id) sweep.Watch(id, Time(100s));
  EXPECT_TRUE(sweep.Run(Time(2s)).empty());
  EXPECT_TRUE(sweep.Run(Time(2s)).empty());
  EXPECT_EQ(sweep.Run(Time(2s)), (std::vector<uint64_t>{8, 9}));
  EXPECT_EQ(sweep.Deadline(), Time(100s));
}

// Against a model that looks at everything.
TEST(Sweep, FindsEachWhenItIsDueAndNotBefore) {
  NamedStream random(1, "sweep");
  Sweep sweep(16);
  std::map<uint64_t, Time> model;
  Time now(1ms);
  for (int i = 0; i < 50000; ++i) {
    const uint64_t id = random.Below(200);
    switch (random.Below(8)) {
      case 0: {
        sweep.Forget(id);
        model.erase(id);
        break;
      }
      case 1: {
        now += Milliseconds(random.Below(20));
        while (sweep.Deadline() <= now) {
          for (uint64_t expired : sweep.Run(now)) {
            ASSERT_TRUE(model.contains(expired));
            ASSERT_LE(model[expired], now);
            model.erase(expired);
          }
        }
        for (const auto& [left, due] : model) ASSERT_GT(due, now) << left;
        break;
      }
      default: {
        const Time due = random.Below(20) == 0 ? kNever : now + Milliseconds(random.Below(300));
        sweep.Watch(id, due);
        model[id] = due;
      }
    }
    ASSERT_EQ(sweep.size(), model.size());
  }
}

}  // namespace
}  // namespace holdfast
