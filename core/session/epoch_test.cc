#include "core/session/epoch.h"

#include <gtest/gtest.h>

#include "core/base/fork_key.h"

namespace holdfast {
namespace {

NoiseSplit SplitOf(uint8_t third, uint8_t hash) {
  NoiseSplit split;
  split.third.mutable_span()[0] = third;
  split.handshake_hash = {hash};
  return split;
}

// HF-KEY-10.
TEST(Epoch, FollowsFromTheThirdOutputAndTheHandshakeHash) {
  NoiseSplit a = SplitOf(1, 1);
  NoiseSplit b = SplitOf(1, 1);
  NoiseSplit other_third = SplitOf(2, 1);
  NoiseSplit other_hash = SplitOf(1, 2);
  const Epoch epoch = DeriveEpoch(1, a);
  EXPECT_EQ(DeriveEpoch(1, b).resume_key, epoch.resume_key);
  for (NoiseSplit* other : {&other_third, &other_hash}) {
    const Epoch changed = DeriveEpoch(1, *other);
    EXPECT_FALSE(changed.resume_key == epoch.resume_key);
    EXPECT_NE(changed.locator, epoch.locator);
  }
}

// HF-KEY-11.
TEST(Epoch, LeavesNoTraceOfTheThirdOutput) {
  NoiseSplit split = SplitOf(1, 1);
  DeriveEpoch(1, split);
  EXPECT_EQ(split.third, Key());
}

TEST(Epoch, GivesALocatorThatIsNotPartOfTheKey) {
  NoiseSplit split = SplitOf(1, 1);
  const Epoch epoch = DeriveEpoch(1, split);
  EXPECT_FALSE(EqualInConstantTime(epoch.resume_key.span().first(kLocatorBytes), epoch.locator));
}

TEST(Epoch, ForksToTheBit) {
  NoiseSplit split = SplitOf(1, 1);
  Epoch epoch = DeriveEpoch(7, split);
  epoch.attempt = 3;
  Digest a;
  Digest b;
  epoch.DigestInto(a);
  epoch.ForkForSimulation(ForkKey()).DigestInto(b);
  EXPECT_EQ(a.value(), b.value());
}

// HF-RES-21.
TEST(AttemptId, IsOrderedByEpochFirst) {
  EXPECT_LT((AttemptId{1, 9}), (AttemptId{2, 1}));
  EXPECT_LT((AttemptId{2, 1}), (AttemptId{2, 2}));
}

}  // namespace
}  // namespace holdfast
