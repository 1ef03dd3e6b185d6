// What strikes all at once, or a host: restarts, blows to all clients, outages, scarce memory, storms.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <thread>

#include "core/base/try_allocate.h"
#include "sim/campaign.h"
#include "sim/generate.h"
#include "sim/plan_text.h"
#include "sim/scarcity.h"
#include "sim/world.h"

namespace holdfast::sim {
namespace {

using testing::HasSubstr;
using testing::Not;

struct Told {
  std::string trace;
  std::string verdict;
  Counters counters;
  Duration lasted = {};
};

Told Play(const std::string& text) {
  const auto plan = ParsePlan(text);
  EXPECT_TRUE(plan.has_value()) << plan.error();
  World world;
  world.Start(*plan, Holdfast(), {.keep_trace = true});
  while (world.Step()) continue;
  const Stage& stage = world.stage();
  return {.trace = TraceText(stage.trace),
          .verdict = stage.judge.failed() ? stage.judge.verdict()->oracle + ": " + stage.judge.verdict()->sentence : "",
          .counters = stage.counters,
          .lasted = world.ended_at() - kStart};
}

uint64_t Endings(const Told& told, Cause cause) { return told.counters.endings[static_cast<size_t>(cause)]; }
// Of the first line with these words, in seconds.
double FirstTime(const std::string& text, std::string_view what) {
  const size_t at = text.find(what);
  return at == std::string::npos ? 0 : std::stod(text.substr(text.rfind('\n', at) + 1));
}
size_t Count(const std::string& text, std::string_view what) {
  size_t count = 0;
  for (size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++count;
  return count;
}

// Five clients that are busy for about a second.
constexpr std::string_view kFive =
    "plan seed=7 heal=120s\nserver hold_max=60s\nclient id=0 count=5\n"
    "stream client=0 of=c>s bytes=5000 chunk=500 think=100ms\nstream client=0 of=s>c bytes=3000 chunk=300 "
    "think=100ms\n";
std::string Five(std::string_view lines) { return std::string(kFive) + std::string(lines); }

// --- Restarts ------------------------------------------------------------------------------------------------------

TEST(Restart, WithStateLosesNoByteOfAnySession) {
  for (std::string_view learns : {"", " client_learns=3s", " client_learns=never", " keep_down=0"}) {
    const Told told = Play(Five("restart at=500ms lasting=2s state=kept" + std::string(learns)));
    EXPECT_EQ(told.verdict, "") << learns;
    EXPECT_EQ(Endings(told, Cause::kFinished), 5U) << learns;
    EXPECT_EQ(told.counters.resumes, 5U) << learns;
    EXPECT_EQ(told.counters.sessions, 5U) << learns;
    EXPECT_EQ(Count(told.trace, " Exported "), 5U);
    EXPECT_EQ(Count(told.trace, " Imported "), 5U);
    EXPECT_EQ(Count(told.trace, " Lost "), 0U);
  }
}

TEST(Restart, WithoutStateEndsSessionsAfterTheirHoldTime) {
  const Told told = Play(Five("restart at=500ms lasting=2s"));
  EXPECT_EQ(told.verdict, "");
  EXPECT_EQ(Endings(told, Cause::kExpired), 5U);
  EXPECT_EQ(Count(told.trace, " Lost "), 5U);
  EXPECT_THAT(told.trace, HasSubstr("Down           kept=0\n"));
  EXPECT_THAT(told.trace, HasSubstr("Up             generation=1\n"));
}

TEST(Restart, RefusesDialsUntilTheServerIsUp) {
  const Told told = Play(Five("restart at=500ms lasting=5s state=kept"));
  EXPECT_EQ(told.verdict, "");
  EXPECT_GE(told.counters.dials_failed, 5U);
  EXPECT_GE(FirstTime(told.trace, " Resumed "), 5.5);
}

TEST(Restart, BeforeTheFirstDialArrivesLeavesNewSessions) {
  const Told told = Play(Five("restart at=1ms lasting=1s"));
  EXPECT_EQ(told.verdict, "");
  EXPECT_EQ(Endings(told, Cause::kFinished), 5U);
}

TEST(Restart, KeepsTombstonesForClientsThatComeLate) {
  // The client aborts in vain over a dead transport; meanwhile the server has given up, and restarts.
  const Told told = Play(
      "plan seed=7 heal=60s\nclient id=0\nstream client=0 of=c>s bytes=2000 chunk=100 think=100ms\n"
      "silence client=0 transport=0 of=s>c byte=200\nabort by=server code=3 at=1s\nrestart at=2s lasting=1s "
      "state=kept\n");
  EXPECT_EQ(told.verdict, "");
  EXPECT_EQ(Endings(told, Cause::kAborted), 1U);
  EXPECT_THAT(told.trace, HasSubstr("Imported"));
}

TEST(Restart, DeliversAgainWhatTheApplicationHadNotConsumed) {
  const Told told = Play(
      "plan seed=7 heal=60s\nserver explicit_consume=yes\nclient id=0\n"
      "stream client=0 of=c>s bytes=4000 chunk=500 think=50ms consume_chunk=500 consume_delay=400ms\n"
      "restart at=500ms lasting=100ms state=kept\n");
  EXPECT_EQ(told.verdict, "");
  EXPECT_EQ(Endings(told, Cause::kFinished), 1U);
  EXPECT_GT(told.counters.bytes_delivered, 4000U);
}

TEST(Restart, TakesASessionThatIsOnItsWayWhenItIsUp) {
  for (std::string_view live : {"yes", "no"}) {
    const Told told = Play(Five("move client=2 at=400ms lasting=300ms live=" + std::string(live) +
                                "\nrestart at=500ms lasting=2s state=kept\n"));
    EXPECT_EQ(told.verdict, "") << live;
    EXPECT_EQ(Endings(told, Cause::kFinished), 5U) << live;
  }
}

TEST(Restart, ForksAnywhereToTheSameTrace) {
  const auto plan =
      ParsePlan(Five("restart at=300ms lasting=700ms state=kept\nscarce by=server at=1200ms lasting=1s\n"
                     "restart at=1500ms lasting=100ms\n"));
  ASSERT_TRUE(plan.has_value()) << plan.error();
  World whole;
  whole.Start(*plan, Holdfast());
  while (whole.Step()) continue;
  for (uint64_t at = 0; at < whole.steps(); at += 1 + whole.steps() / 20) {
    World world;
    world.Start(*plan, Holdfast());
    while (world.steps() < at && world.Step()) continue;
    World fork = world.Fork(ForkKey());
    while (fork.Step()) continue;
    EXPECT_EQ(fork.stage().trace.hash(), whole.stage().trace.hash()) << at;
  }
}

// --- All at once ---------------------------------------------------------------------------------------------------

TEST(Blow, StrikesEveryClientsTransport) {
  const Told told = Play(Five("reset client=all at=300ms\nfin client=all at=600ms\n"));
  EXPECT_EQ(told.verdict, "");
  EXPECT_EQ(Count(told.trace, " Death "), 10U);
  EXPECT_EQ(told.counters.faults[static_cast<size_t>(FaultKind::kReset)], 1U);  // A fault, however many it strikes.
  EXPECT_EQ(Endings(told, Cause::kFinished), 5U);
}

TEST(Outage, RefusesWhatIsDialedWhileItLasts) {
  for (std::string_view kind : {"refuse", "hang"}) {
    const Told told =
        Play(Five("reset client=all at=300ms\n" + std::string(kind) + " client=all at=300ms lasting=4s\n"));
    EXPECT_EQ(told.verdict, "") << kind;
    EXPECT_GE(told.counters.dials_failed, 5U) << kind;
    EXPECT_GE(FirstTime(told.trace, " Resumed "), 4.3) << kind;
    EXPECT_EQ(Endings(told, Cause::kFinished), 5U) << kind;
  }
}

// --- Memory --------------------------------------------------------------------------------------------------------

TEST(Scarcity, IsOfLargeBlocksAndOfTheThreadThatHasIt) {
  EXPECT_NE(TryAllocate(5000), nullptr);
  {
    const Scarcity scarcity(4096);
    EXPECT_EQ(TryAllocate(5000), nullptr);
    EXPECT_NE(TryAllocate(4096), nullptr);
    std::jthread other([] { EXPECT_NE(TryAllocate(5000), nullptr); });
  }
  EXPECT_NE(TryAllocate(5000), nullptr);
}

TEST(Scarcity, CostsTransportsAndShortSendsButNoSession) {
  for (std::string_view who : {"client=all", "by=server"}) {
    const std::string plan =
        "plan seed=7 heal=120s\nclient id=0 count=3\nstream client=0 of=c>s bytes=200000 chunk=9000 think=20ms\n"
        "stream client=0 of=s>c bytes=200000 chunk=9000 think=20ms\n";
    const Told rich = Play(plan);
    const Told told = Play(plan + "scarce " + std::string(who) + " at=1ms lasting=30s\n");
    EXPECT_EQ(told.verdict, "") << who;
    EXPECT_EQ(Endings(told, Cause::kFinished), 3U) << who;
    EXPECT_EQ(told.counters.bytes_delivered, rich.counters.bytes_delivered) << who;
    EXPECT_GT(told.lasted, 2 * rich.lasted) << who;
  }
}

// --- Storms --------------------------------------------------------------------------------------------------------

TEST(Storm, ServesThousandsThatComeBackAtOnce) {
  const Told told = Play(
      "plan seed=7 heal=20s\nserver sessions_max=4000 handshakes_max=200 embryos_max=4000 "
      "handshakes_per_source_max=4000 embryos_per_source_max=4000\nclient id=0 count=2000\n"
      "stream client=0 of=c>s bytes=100\nstream client=0 of=s>c bytes=100 finish_delay=30s\n"
      "path client=all of=c>s latency=20ms jitter=50ms\nrestart at=5s lasting=3s state=kept\n");
  EXPECT_EQ(told.verdict, "");
  EXPECT_EQ(Endings(told, Cause::kFinished), 2000U);
  EXPECT_EQ(told.counters.resumes, 2000U);
}

TEST(Storm, WorldsAreShortTextsOfManyClients) {
  for (uint64_t seed = 1; seed <= 30; ++seed) {
    const Plan plan = PlanOfSeed(seed, Profile::kStorm);
    EXPECT_GE(plan.clients.size(), 450U);
    EXPECT_LE(plan.clients.size(), 3000U);
    EXPECT_LE(std::ranges::count(Print(plan), '\n'), 40);
    EXPECT_FALSE(plan.faults.empty());
  }
}

TEST(Storm, ACampaignOfThemHoldsEveryPromise) {
  CampaignOptions options;
  options.profile = Profile::kStorm;
  options.seed_last = 3;
  const CampaignReport report = RunCampaign(options);
  EXPECT_EQ(report.violation_count, 0U) << report.violations[0].verdict.sentence;
  EXPECT_GE(report.seeds_resumed, 1U);
  EXPECT_GT(report.sum.sessions, 1000U);
}

// --- Without -------------------------------------------------------------------------------------------------------

Plan PlanWithout(uint64_t seed, Feature feature) {
  GenerateOptions options;
  options.without.Add(feature);
  Choices choices(seed);
  return Generate(choices, options, seed);
}

TEST(Without, IsReadAsItIsWritten) {
  const auto two = Without::Named("heal,swarm");
  ASSERT_TRUE(two.has_value());
  EXPECT_TRUE(two->Has(Feature::kSwarm) && two->Has(Feature::kHeal) && !two->Has(Feature::kByteCuts));
  EXPECT_EQ(two->Text(), "swarm,heal");
  EXPECT_EQ(Without{}.Text(), "");
  for (std::string_view wrong : {"", ",", "swarm,", "swarms", "swarm heal"})
    EXPECT_FALSE(Without::Named(wrong)) << wrong;
}

TEST(Without, TakesAwayWhatItNames) {
  size_t stalls = 0, correlated = 0;
  for (uint64_t seed = 1; seed <= 300; ++seed) {
    for (const Fault& fault : PlanWithout(seed, Feature::kByteCuts).faults) {
      EXPECT_TRUE(fault.byte == kAll || IsAdversary(fault.kind));
    }
    EXPECT_FALSE(HasAdversary(PlanWithout(seed, Feature::kAdversary)));
    EXPECT_EQ(PlanWithout(seed, Feature::kHeal).heal, kNeverAfter);
    const Plan all = PlanWithout(seed, Feature::kSwarm);
    EXPECT_TRUE(HasFault(all, FaultKind::kMove));
    stalls += HasFault(all, FaultKind::kStall);
    const Plan alone = PlanWithout(seed, Feature::kCorrelated);
    EXPECT_FALSE(HasFault(alone, FaultKind::kRestart) || HasFault(alone, FaultKind::kScarce));
    EXPECT_LE(alone.clients.size(), 4U);
    const Plan usual = PlanOfSeed(seed, Profile::kDefault);
    correlated += usual.faults != alone.faults;
    if (usual.faults == alone.faults && usual.paths == alone.paths && usual.clocks == alone.clocks) {
      EXPECT_EQ(usual.clients, alone.clients);
    }
  }
  EXPECT_GT(stalls, 150U);
  EXPECT_GT(correlated, 60U);
}

TEST(Without, AHealIsRunToItsEndOrBrokenOff) {
  const std::string hopeless =
      "client id=0 attempt_timeout_first=200ms attempt_timeout_max=200ms hold=86400s\nstream client=0 of=c>s bytes=9\n"
      "path client=0 of=c>s latency=1s\n";
  const Told healed = Play("plan seed=1 heal=60s\n" + hopeless);
  EXPECT_EQ(Endings(healed, Cause::kFinished), 1U);
  const Told never = Play("plan seed=1 heal=never\n" + hopeless);
  EXPECT_EQ(never.verdict, "");
  EXPECT_EQ(Endings(never, Cause::kFinished), 0U);
  const Told good = Play("plan seed=1 heal=never\nclient id=0\nstream client=0 of=c>s bytes=9\n");
  EXPECT_EQ(Endings(good, Cause::kFinished), 1U);
  EXPECT_THAT(good.trace, HasSubstr("Quiet"));
  EXPECT_THAT(good.trace, Not(HasSubstr("Heal")));
}

// --- Text ----------------------------------------------------------------------------------------------------------

TEST(TroubleText, StandsForManyInAFewLines) {
  const std::string text =
      "plan seed=3 heal=60s\nclient id=0 count=2000 hold=5s\nstream client=0 of=c>s bytes=40\nclient id=2000 source=1\n"
      "clock client=all at=3s offset=-5s\npath client=all of=c>s latency=140ms\nreset client=all at=1s\n"
      "refuse client=all at=1s lasting=5s\nhang client=all dial=3\nrestart at=7s lasting=2s state=kept "
      "client_learns=never\n"
      "scarce by=server at=9s lasting=1s largest=700\nscarce client=all at=9s lasting=1s\n";
  const std::string expected = [&] {
    std::string out = text;
    const std::string clock = "clock client=all at=3s offset=-5s\n";
    out.replace(out.find(clock), clock.size(), "clock of=client client=all at=3s offset=-5s\n");
    const std::string scarce = "scarce by=server at=9s lasting=1s largest=700\n";
    out.replace(out.find(scarce), scarce.size(), "scarce at=9s lasting=1s by=server largest=700\n");
    const std::string restart = "restart at=7s lasting=2s state=kept client_learns=never\n";
    out.replace(out.find(restart), restart.size(), "restart at=7s client_learns=never lasting=2s state=kept\n");
    return out;
  }();
  const std::string given = [&] {
    std::string out = text;
    out.replace(out.find("clock client"), 12, "clock of=client client");
    return out;
  }();
  const auto plan = ParsePlan(given);
  ASSERT_TRUE(plan.has_value()) << plan.error();
  EXPECT_EQ(plan->clients.size(), 2001U);
  EXPECT_EQ(plan->clients[1999].up.bytes, 40U);
  EXPECT_EQ(plan->clients[2000].up.bytes, 0U);
  EXPECT_EQ(Print(*plan), expected);
  EXPECT_EQ(ParsePlan(Print(*plan)), plan);
}

TEST(TroubleText, RefusesWhatMakesNoSense) {
  const std::pair<std::string_view, std::string_view> kWrong[] = {
      {"reset client=all byte=3", "what strikes every client needs age=, at= or dial="},
      {"refuse client=all at=1s", "at= goes with lasting="},
      {"refuse client=0 dial=1 at=1s lasting=1s", "without dial="},
      {"refuse client=0 dial=1 lasting=1s", "lasting= goes with at="},
      {"restart lasting=1s", "it needs at="},
      {"restart at=1s client=0", "restart has no client="},
      {"restart at=1s state=gone", "no value for state"},
      {"scarce at=1s lasting=1s largest=10", "largest must be at least"},
      {"scarce by=server client=0 lasting=1s", "it needs at="},
      {"client id=1 count=0", "a count is from 1 to"},
      {"client id=1 count=99999", "a count is from 1 to"},
      {"path client=9 of=c>s", "a path names a client that is not there"},
  };
  for (const auto& [line, problem] : kWrong) {
    const auto plan = ParsePlan("client id=0\n" + std::string(line) + "\n");
    ASSERT_FALSE(plan.has_value()) << line;
    EXPECT_THAT(plan.error(), HasSubstr(problem)) << line;
  }
}

}  // namespace
}  // namespace holdfast::sim
