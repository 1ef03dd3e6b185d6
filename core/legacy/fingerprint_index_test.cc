#include "core/legacy/fingerprint_index.h"

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <tuple>

#include "core/base/random.h"

namespace holdfast::legacy {
namespace {

using Next = FingerprintIndex::Next;

constexpr auto kAny = [](int32_t) { return true; };

TEST(FingerprintIndex, FindsWhatIsThereAndNothingElseOverRandomOperations) {
  NamedStream random(1, "index");
  FingerprintIndex index(7);
  std::map<FingerprintIndex::Entry, std::tuple<uint64_t, uint32_t, int32_t>> model;
  for (int step = 0; step < 20000; ++step) {
    const uint64_t chunk = random.Below(4);
    const auto fingerprint = static_cast<uint32_t>(random.Below(200));
    if (random.Below(2) == 0) {
      const auto session = static_cast<int32_t>(random.Below(1000));
      const FingerprintIndex::Entry entry = index.Insert(chunk, fingerprint, session);
      ASSERT_TRUE(model.emplace(entry, std::tuple{chunk, fingerprint, session}).second);
    } else if (!model.empty() && random.Below(5) < 4) {
      auto it = model.lower_bound(static_cast<FingerprintIndex::Entry>(random.Below(model.rbegin()->first + 1)));
      index.Remove(it->first);
      model.erase(it);
    }
    ASSERT_EQ(index.size(), model.size());
    std::set<int32_t> expected;
    for (const auto& [entry, what] : model) {
      if (std::get<0>(what) == chunk && std::get<1>(what) == fingerprint) expected.insert(std::get<2>(what));
    }
    const auto found = index.Find(chunk, fingerprint, Next::kBehind, kAny);
    ASSERT_EQ(found.has_value(), !expected.empty());
    ASSERT_TRUE(!found || expected.contains(*found));
  }
}

TEST(FingerprintIndex, GivesEachOfManyWithOneFingerprintItsTurn) {
  FingerprintIndex index(7);
  for (int32_t session = 1; session <= 1000; ++session) index.Insert(3, 99, session);
  std::set<int32_t> tried;
  for (int i = 0; i < 1000; ++i) tried.insert(*index.Find(3, 99, Next::kBehind, kAny));
  EXPECT_EQ(tried.size(), 1000U);
}

TEST(FingerprintIndex, LooksAtABoundedNumberAndGoesOnFromThere) {
  FingerprintIndex index(7);
  constexpr int32_t kSessions = 16384;
  for (int32_t session = 1; session <= kSessions; ++session) index.Insert(0, 5, session);
  for (int32_t wanted : {1, 64, 65, 8000, kSessions}) {
    size_t attempts = 0;
    for (bool found = false; !found; ++attempts) {
      size_t looked_at = 0;
      found = index
                  .Find(0, 5, Next::kBehind,
                        [&](int32_t session) {
                          ++looked_at;
                          return session == wanted;
                        })
                  .has_value();
      ASSERT_LE(looked_at, kExaminedMax);
      ASSERT_LE(attempts, kSessions / kExaminedMax);
    }
  }
}

TEST(FingerprintIndex, FindsAgainFirstTheOneItWasToldToStayAt) {
  FingerprintIndex index(7);
  for (int32_t session = 1; session <= 9; ++session) index.Insert(0, 5, session);
  EXPECT_EQ(index.Find(0, 5, Next::kHere, [](int32_t session) { return session == 6; }), 6);
  EXPECT_EQ(index.Find(0, 5, Next::kBehind, kAny), 6);
  EXPECT_EQ(index.Find(0, 5, Next::kBehind, kAny), 7);
}

}  // namespace
}  // namespace holdfast::legacy
