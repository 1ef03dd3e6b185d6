#include "core/pool/known_hosts.h"

#include <gtest/gtest.h>

namespace holdfast {
namespace {

using Standing = KnownHosts::Standing;
using Policy = KnownHosts::Policy;

constexpr PublicKey kOne = {1};
constexpr PublicKey kTwo = {2};

TEST(KnownHosts, KnowsAKeyByItsNameAlone) {
  KnownHosts hosts;
  EXPECT_EQ(hosts.StandingOf("alpha", kOne), Standing::kUnknown);
  ASSERT_TRUE(hosts.Learn("alpha", kOne));
  EXPECT_EQ(hosts.StandingOf("alpha", kOne), Standing::kKnown);
  EXPECT_EQ(hosts.StandingOf("alpha", kTwo), Standing::kChanged);
  EXPECT_EQ(hosts.StandingOf("beta", kTwo), Standing::kUnknown);
}

// HF-SEC-5.
TEST(KnownHosts, LetsOneKeyServeOneName) {
  KnownHosts hosts;
  ASSERT_TRUE(hosts.Learn("alpha", kOne));
  EXPECT_EQ(hosts.StandingOf("beta", kOne), Standing::kOfAnotherName);
  EXPECT_EQ(hosts.Learn("beta", kOne).error(), Error::kServerKeyRefused);
  EXPECT_EQ(hosts.entries().size(), 1U);
}

TEST(KnownHosts, NeverOverwritesAKey) {
  KnownHosts hosts;
  ASSERT_TRUE(hosts.Learn("alpha", kOne));
  EXPECT_EQ(hosts.Learn("alpha", kTwo).error(), Error::kServerKeyRefused);
  EXPECT_TRUE(hosts.Learn("alpha", kOne));
  EXPECT_EQ(hosts.StandingOf("alpha", kOne), Standing::kKnown);
  EXPECT_EQ(hosts.StandingOf("beta", kTwo), Standing::kUnknown);
}

TEST(KnownHosts, ForgetsNameAndKeyTogether) {
  KnownHosts hosts;
  ASSERT_TRUE(hosts.Learn("alpha", kOne));
  EXPECT_FALSE(hosts.Forget("beta"));
  EXPECT_TRUE(hosts.Forget("alpha"));
  EXPECT_EQ(hosts.StandingOf("alpha", kTwo), Standing::kUnknown);
  EXPECT_EQ(hosts.StandingOf("beta", kOne), Standing::kUnknown);
}

TEST(KnownHosts, AcceptsWhatItsPolicySaysAndNeverAChangedKey) {
  for (Policy policy : {Policy::kStrict, Policy::kTrustFirst}) {
    EXPECT_TRUE(KnownHosts::Accepts(policy, Standing::kKnown));
    EXPECT_EQ(KnownHosts::Accepts(policy, Standing::kUnknown), policy == Policy::kTrustFirst);
    EXPECT_FALSE(KnownHosts::Accepts(policy, Standing::kChanged));
    EXPECT_FALSE(KnownHosts::Accepts(policy, Standing::kOfAnotherName));
  }
}

}  // namespace
}  // namespace holdfast
