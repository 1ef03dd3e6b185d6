// The legacy profile under plans that its wire can survive, and the same beside a model of the original.

#include <gtest/gtest.h>

#include "sim/campaign.h"
#include "sim/kept_plans.h"
#include "sim/legacy/legacy_protocol.h"
#include "sim/plan_text.h"
#include "sim/plug/survives.h"
#include "sim/run.h"

namespace holdfast::sim {
namespace {

using legacy::kMended;
using legacy::OriginalDefects;

std::string VerdictOn(const Plan& plan, const Protocol& protocol) {
  const Report report = sim::Run(plan, {.watch_marks = false, .protocol = &protocol});
  return report.verdict ? report.verdict->oracle + ": " + report.verdict->sentence : "";
}

TEST(LegacyWorlds, BothEndsOfOursSurviveBadNetworks) {
  const LegacyProtocol protocol;
  EXPECT_TRUE(Survives(protocol, {.seeds = {1, 400}}));
  EXPECT_TRUE(Survives(protocol, {.seeds = {1, 4000}, .worlds = Profile::kSmall}));
}

// Every plan of testdata/plans/legacy, for ever.
TEST(LegacyWorlds, HoldTheClaimsOfTheirPlans) {
  const LegacyProtocol protocol;
  ExpectKeptPlansHold("testdata/plans/legacy", 1, {.watch_marks = false, .protocol = &protocol});
}

// --- Beside the original -------------------------------------------------------------------------------------------

// Messages of handshakes come whole, as the original needs them.
Plan InWholeMessages(Plan plan) {
  for (PathRule& rule : plan.paths) rule.path.segments = Segments::kWhole;
  return plan;
}

TEST(LegacyWorlds, TheOriginalsClientSurvivesWithOurServer) {
  const LegacyProtocol protocol({.original_client = OriginalDefects{}, .careful = true});
  for (const Profile worlds : {Profile::kDefault, Profile::kSmall}) {
    CampaignOptions campaign;
    campaign.protocol = &protocol;
    campaign.profile = worlds;
    for (uint64_t seed = 1; seed <= 400; ++seed) {
      const Plan plan = InWholeMessages(PlanOfSeed(seed, campaign));
      ASSERT_EQ(VerdictOn(plan, protocol), "") << Print(plan);
    }
  }
}

// What was said to our client and lost is lost for good there (2), so nothing is under way when the transport dies.
TEST(LegacyWorlds, OurClientSurvivesWithTheOriginalsServerAsLongAsThatLosesNothing) {
  const LegacyProtocol protocol({.original_server = OriginalDefects{}, .careful = true});
  constexpr uint64_t kGreeted = 16 + 8 + 1;
  uint64_t resumes = 0;
  for (uint64_t byte = kGreeted + 1; byte < kGreeted + 300; ++byte) {
    const std::string how = byte % 2 == 0 ? "reset" : "fin";
    const auto plan = ParsePlan("plan seed=" + std::to_string(byte) +
                                " heal=60s\nclient id=0\nstream client=0 of=c>s bytes=290 chunk=100 think=50ms\n"
                                "stream client=0 of=s>c bytes=0 finish=after-peer\n" +
                                how + " client=0 transport=0 of=c>s byte=" + std::to_string(byte) + "\n");
    ASSERT_TRUE(plan.has_value()) << plan.error();
    ASSERT_EQ(VerdictOn(*plan, protocol), "") << Print(*plan);
    resumes += sim::Run(*plan, {.watch_marks = false, .protocol = &protocol}).counters.transports - 1;
  }
  EXPECT_GE(resumes, 290U);
}

// --- The model -----------------------------------------------------------------------------------------------------

Survival SurvivesWith(const OriginalDefects& defects) {
  const LegacyProtocol protocol({.original_client = defects, .original_server = defects, .careful = true});
  return Survives(protocol, {.seeds = {1, 2000}, .worlds = Profile::kSmall, .shrink_runs = 0});
}

TEST(LegacyModel, SurvivesWithAllOfItsDefectsMended) { EXPECT_TRUE(SurvivesWith(kMended)); }

TEST(LegacyModel, IsFoundOutForEachOfItsDefectsAlone) {
  for (const auto& [defect, name] : {std::pair{&OriginalDefects::fingerprint_of_plaintext, "1"},
                                     {&OriginalDefects::replay_goes_elsewhere, "2"},
                                     {&OriginalDefects::loses_while_detached, "3"},
                                     {&OriginalDefects::takes_twice, "8"}}) {
    OriginalDefects defects = kMended;
    defects.*defect = true;
    EXPECT_FALSE(SurvivesWith(defects)) << name;
  }
}

// It costs no session, as long as messages come whole some day (4, 5).
TEST(LegacyModel, GetsThroughNoHandshakeThatComesInPieces) {
  const auto plan = ParsePlan(
      "plan seed=1 heal=5s\nclient id=0\nstream client=0 of=c>s bytes=10\n"
      "path client=0 of=c>s segments=one-byte\npath client=0 of=s>c segments=one-byte\n");
  ASSERT_TRUE(plan.has_value()) << plan.error();
  for (const bool pieces : {false, true}) {
    OriginalDefects defects = kMended;
    defects.wants_messages_whole = pieces;
    const LegacyProtocol protocol({.original_client = defects, .original_server = defects, .careful = true});
    const Report report = sim::Run(*plan, {.watch_marks = false, .protocol = &protocol});
    EXPECT_EQ(report.verdict, std::nullopt);
    EXPECT_EQ(report.counters.transports > 1, pieces);
  }
}

}  // namespace
}  // namespace holdfast::sim
