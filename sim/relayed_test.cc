// Two applications that are connected through relays at both ends of a session (sim/relayed_endpoint.h).

#include <gtest/gtest.h>

#include <string>

#include "sim/campaign.h"
#include "sim/plan_text.h"
#include "sim/plug/survives.h"
#include "sim/relayed_endpoint.h"
#include "sim/run.h"
#include "sim/world.h"

namespace holdfast::sim {
namespace {

TEST(Relayed, StreamsAndTheirEndsSurviveBadNetworks) {
  EXPECT_TRUE(Survives(RelayedHoldfast(), {.seeds = {1, 300}}));
  EXPECT_TRUE(Survives(RelayedHoldfast(), {.seeds = {1, 1000}, .worlds = Profile::kSmall}));
}

TEST(Relayed, StreamsAndTheirEndsSurviveEveryCut) {
  const Survival survival = SurvivesEveryCut(RelayedHoldfast(), {.depth = 1, .jobs = 1, .sample = 4});
  EXPECT_TRUE(survival) << survival.text;
  EXPECT_GT(survival.cells, 1000U);
}

TEST(Relayed, SeedsAreDrawnInDefaultWorlds) {
  CampaignOptions campaign;
  uint64_t drawn = 0;
  for (uint64_t seed = 1; seed <= 1000; ++seed) {
    const Plan plan = PlanOfSeed(seed, campaign);
    if (plan.workload != Workload::kRelay) continue;
    ++drawn;
    EXPECT_EQ(plan.clients.size(), 1U);
    EXPECT_EQ(Problem(plan), std::nullopt) << Print(plan);
  }
  EXPECT_GT(drawn, 40U);
  EXPECT_LT(drawn, 90U);
}

TEST(Relayed, WorldsForkAnywhereAndGoOnAlike) {
  for (uint64_t seed = 1; seed <= 6; ++seed) {
    CampaignOptions campaign;
    campaign.profile = Profile::kSmall;
    campaign.protocol = &RelayedHoldfast();
    const Plan plan = PlanOfSeed(seed, campaign);
    World whole;
    whole.Start(plan, RelayedHoldfast());
    while (whole.Step()) continue;
    for (uint64_t at = 0; at < whole.steps(); at += 1 + whole.steps() / 25) {
      World world;
      world.Start(plan, RelayedHoldfast());
      while (world.steps() < at && world.Step()) continue;
      World fork = world.Fork(ForkKey());
      while (fork.Step()) continue;
      ASSERT_EQ(fork.stage().trace.hash(), whole.stage().trace.hash()) << "seed " << seed << " forked at step " << at;
      while (world.Step()) continue;
      ASSERT_EQ(world.stage().trace.hash(), whole.stage().trace.hash()) << "seed " << seed << " forked at step " << at;
    }
  }
}

// Where in the trace a line begins that has all of this; npos if none does.
size_t Find(const std::string& trace, std::string_view actor, std::string_view event) {
  for (size_t at = 0; at < trace.size(); at = trace.find('\n', at) + 1) {
    const std::string_view line = std::string_view(trace).substr(at, trace.find('\n', at) - at);
    if (line.find(actor) != line.npos && line.find(event) != line.npos) return at;
  }
  return std::string::npos;
}

// The side that waits hears of the other's end while its own stream has not begun, and says all of it then; cut in
// between, and within what follows.
TEST(Relayed, OneDirectionEndsWhileTheOtherGoesOn) {
  struct Case {
    std::string ends, goes_on, first_to_end, last_to_end;
  };
  for (const Case& c : {Case{"c>s", "s>c", "client0", "server"}, Case{"s>c", "c>s", "server", "client0"}}) {
    const auto plan = ParsePlan("plan seed=3 workload=relay heal=60s\nclient id=0\nstream client=0 of=" + c.ends +
                                " bytes=700\nstream client=0 of=" + c.goes_on +
                                " bytes=300000 start=after-peer start_delay=20s\nfin client=0 transport=0 age=9s\n" +
                                "reset client=0 transport=1 of=" + c.goes_on + " byte=100000\n");
    ASSERT_TRUE(plan.has_value()) << plan.error();
    const Report report = sim::Run(*plan, {.keep_trace = true});
    EXPECT_EQ(report.verdict, std::nullopt) << report.verdict->sentence;
    EXPECT_GE(report.counters.transports, 3U);
    const size_t heard = Find(report.trace, c.last_to_end, "PeerFinished");
    const size_t begun = Find(report.trace, c.first_to_end, "Deliver");
    ASSERT_NE(heard, std::string::npos);
    ASSERT_NE(begun, std::string::npos);
    EXPECT_LT(heard, begun);
    EXPECT_NE(Find(report.trace, c.first_to_end, "PeerFinished"), std::string::npos);
  }
}

TEST(Relayed, APlanSaysSoAndMayThenHaveNothingThatRelaysDoNotCarry) {
  const auto plan = ParsePlan("plan seed=1 workload=relay\nclient id=0\n");
  ASSERT_TRUE(plan.has_value()) << plan.error();
  EXPECT_EQ(plan->workload, Workload::kRelay);
  EXPECT_NE(Print(*plan).find("workload=relay"), std::string::npos);
  for (const std::string line : {"client id=1\n", "abort client=0 by=client at=1s\n", "restart at=1s\n"}) {
    const auto refused = ParsePlan("plan seed=1 workload=relay\nclient id=0\n" + line);
    ASSERT_FALSE(refused.has_value()) << line;
    EXPECT_NE(refused.error().find("workload=relay"), std::string::npos) << refused.error();
  }
}

}  // namespace
}  // namespace holdfast::sim
