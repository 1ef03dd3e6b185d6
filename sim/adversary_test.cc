// What the adversary of a plan does, in whole worlds: each kind of it strikes, and costs a transport at most.

#include "sim/adversary.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "sim/campaign.h"
#include "sim/plan_text.h"
#include "sim/trace.h"
#include "sim/world.h"

namespace holdfast::sim {
namespace {

using std::chrono::seconds;
using testing::HasSubstr;
using testing::Not;

struct Told {
  std::string trace;
  std::string verdict;
  Counters counters;
};

Told Play(const Plan& plan, bool keep_trace = true) {
  World world;
  world.Start(plan, Holdfast(), {.keep_trace = keep_trace});
  while (world.Step()) continue;
  const Judge& judge = world.stage().judge;
  return {.trace = TraceText(world.stage().trace),
          .verdict = judge.failed() ? judge.verdict()->oracle + ": " + judge.verdict()->sentence : "",
          .counters = world.stage().counters};
}

Plan PlanOf(std::string_view lines) {
  constexpr std::string_view kQuiet =
      "plan seed=7\nclient id=0\n"
      "stream client=0 of=c>s bytes=5000 chunk=700\nstream client=0 of=s>c bytes=3000 finish_delay=10s\n";
  auto plan = ParsePlan(std::string(kQuiet) + std::string(lines));
  EXPECT_TRUE(plan.has_value()) << plan.error();
  return *plan;
}

uint64_t Struck(const Told& told, FaultKind kind) { return told.counters.faults[static_cast<size_t>(kind)]; }

TEST(Adversary, FlipsABitWhichCostsATransport) {
  const Told told = Play(PlanOf("tamper client=0 transport=0 of=c>s message=1 byte=20 bit=5\n"));
  EXPECT_EQ(told.verdict, "");
  EXPECT_EQ(Struck(told, FaultKind::kTamper), 1U);
  EXPECT_THAT(told.trace, HasSubstr("error=kBadTag"));
  EXPECT_EQ(told.counters.transports, 2U);
  EXPECT_EQ(told.counters.bytes_delivered, 8000U);
}

TEST(Adversary, OmitsInsertsAndReplacesWhichCostsATransport) {
  for (const char* how :
       {"how=omit size=1", "how=omit", "how=insert with=noise size=9", "how=insert from_message=1",
        "how=insert from_of=s>c from_message=0", "how=replace with=noise size=5", "how=replace from_message=1",
        "how=insert with=framed size=18", "how=replace with=framed size=700"}) {
    SCOPED_TRACE(how);
    const Told told = Play(PlanOf("tamper client=0 transport=0 of=c>s message=3 byte=0 " + std::string(how) + "\n"));
    EXPECT_EQ(told.verdict, "");
    EXPECT_EQ(Struck(told, FaultKind::kTamper), 1U);
    EXPECT_EQ(told.counters.transports, 2U);
    EXPECT_EQ(told.counters.bytes_delivered, 8000U);
  }
}

// Where nothing was recorded there is nothing to say.
TEST(Adversary, DoesNotStrikeWithoutARecord) {
  const Told told =
      Play(PlanOf("tamper client=0 transport=0 of=c>s message=1 byte=0 how=insert from_transport=5\n"
                  "intrude client=0 transport=0 age=1s from_transport=5\n"));
  EXPECT_EQ(told.verdict, "");
  EXPECT_EQ(Struck(told, FaultKind::kTamper) + Struck(told, FaultKind::kIntrude), 0U);
  EXPECT_EQ(told.counters.transports, 1U);
}

TEST(Adversary, GetsNowhereAtAnyByteOfASmallSession) {
  Plan plan = *ParsePlan(
      "plan seed=3\nclient id=0\nstream client=0 of=c>s bytes=20\nstream client=0 of=s>c bytes=20\n"
      "tamper client=0 transport=0 of=c>s byte=0 with=noise size=3\n");
  World world;
  for (Tampering how : {Tampering::kFlip, Tampering::kOmit, Tampering::kInsert, Tampering::kReplace}) {
    for (Direction direction : {Direction::kUp, Direction::kDown}) {
      for (uint64_t byte = 0; byte < 160; ++byte) {
        Fault& fault = plan.faults[0];
        fault.how = how;
        fault.direction = direction;
        fault.byte = byte;
        fault.bit = byte % 8;
        world.Start(plan, Holdfast());
        while (world.Step()) continue;
        ASSERT_FALSE(world.stage().judge.failed()) << Print(plan) << world.stage().judge.verdict()->sentence;
        ASSERT_EQ(world.stage().counters.bytes_delivered, 40U) << Print(plan);
      }
    }
  }
}

// At once, while data flow, when all is said, after the end: each costs the session nothing, not even a transport.
TEST(Adversary, ChangesNothingByARepeatedMessage1) {
  for (const char* what : {"", "bit=200 ", "pace=1ms ", "lasting=0s ", "size=61 "}) {
    for (const char* when : {"age=0s", "age=20ms", "age=1s", "age=12s", "at=40s"}) {
      const std::string line =
          "intrude client=0 transport=0 from_message=0 " + std::string(what) + std::string(when) + "\n";
      SCOPED_TRACE(line);
      const Told told = Play(PlanOf(line));
      EXPECT_EQ(told.verdict, "");
      EXPECT_EQ(Struck(told, FaultKind::kIntrude), 1U);
      EXPECT_EQ(told.counters.transports, 1U);
      EXPECT_EQ(told.counters.resumes, 0U);
      EXPECT_EQ(told.counters.endings[static_cast<size_t>(Cause::kFinished)], 1U);
    }
  }
}

// The message 1 of the resume was lost; he has it, and brings it.
constexpr std::string_view kWithheld =
    "reset client=0 transport=0 of=c>s byte=3000\n"
    "reset client=0 transport=1 of=c>s byte=129 keep_up=0 client_learns=2s server_learns=never\n";

TEST(Adversary, BringsAWithheldMessage1WhichIsTheClientsWordAndNoResume) {
  const Told told =
      Play(PlanOf(std::string(kWithheld) + "intrude client=0 transport=1 age=1s from_transport=1 from_message=0\n"));
  EXPECT_EQ(told.verdict, "");
  EXPECT_THAT(told.trace, HasSubstr("candidate=intruder0"));
  EXPECT_THAT(told.trace, Not(HasSubstr("attached=intruder0")));
  EXPECT_EQ(told.counters.resumes, 1U);
}

TEST(Adversary, BringsAWithheldMessage1TooLate) {
  const Told told =
      Play(PlanOf(std::string(kWithheld) + "intrude client=0 transport=2 age=1s from_transport=1 from_message=0\n"));
  EXPECT_EQ(told.verdict, "");
  EXPECT_EQ(Struck(told, FaultKind::kIntrude), 1U);
  EXPECT_THAT(told.trace, Not(HasSubstr("candidate=intruder0")));
}

TEST(Adversary, IsNotBelievedInTheServersPlace) {
  for (const char* with : {"with=reflected", "with=noise", "from_of=s>c from_message=0", "from_of=s>c",
                           "from_of=s>c from_message=0 pace=1ms bit=77", "from_message=0"}) {
    SCOPED_TRACE(with);
    const Told told = Play(
        PlanOf("reset client=0 transport=0 of=c>s byte=3000\nimpostor client=0 dial=1 " + std::string(with) + "\n"));
    EXPECT_EQ(told.verdict, "");
    EXPECT_EQ(Struck(told, FaultKind::kImpostor), 1U);
    EXPECT_THAT(told.trace, HasSubstr("AttemptFailed  client=0 transport=1"));
    EXPECT_EQ(told.counters.transports, 3U);
    EXPECT_EQ(told.counters.bytes_delivered, 8000U);
  }
}

TEST(Adversary, IsGoneAfterTheHeal) {
  Plan plan = PlanOf(
      "plan heal=1s\nintrude client=0 transport=0 age=900ms from_message=0 pace=10ms\n"
      "impostor client=0 dial=0 with=noise\n");
  const Told told = Play(plan);
  EXPECT_EQ(told.verdict, "");
  EXPECT_THAT(told.trace, HasSubstr("server   Closed         client=0 transport=intruder0"));
}

TEST(Adversary, OfOneSessionIsAStrangerToAnother) {
  const Told told = Play(
      *ParsePlan("plan seed=7\nclient id=0\nstream client=0 of=c>s bytes=5000 chunk=500 think=10ms\n"
                 "client id=1\nstream client=1 of=c>s bytes=5000 chunk=500 think=10ms\n"
                 "tamper client=1 transport=0 of=c>s message=4 byte=0 how=replace from_client=0 from_message=4\n"));
  EXPECT_EQ(told.verdict, "");
  EXPECT_EQ(Struck(told, FaultKind::kTamper), 1U);
  EXPECT_EQ(told.counters.resumes, 1U);
}

TEST(Adversary, IsForkedWithTheWorld) {
  uint64_t plans = 0;
  for (uint64_t seed = 1; plans < 8; ++seed) {
    const Plan plan = PlanOfSeed(seed, Profile::kSmall);
    if (!HasAdversary(plan)) continue;
    ++plans;
    World whole;
    whole.Start(plan, Holdfast());
    while (whole.Step()) continue;
    for (uint64_t at = 0; at < whole.steps(); at += 1 + whole.steps() / 20) {
      World world;
      world.Start(plan, Holdfast());
      while (world.steps() < at && world.Step()) continue;
      World fork = world.Fork(ForkKey());
      while (fork.Step()) continue;
      ASSERT_EQ(fork.stage().trace.hash(), whole.stage().trace.hash()) << "seed " << seed << " at step " << at;
    }
  }
}

}  // namespace
}  // namespace holdfast::sim
