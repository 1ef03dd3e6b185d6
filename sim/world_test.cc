#include "sim/world.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <variant>

#include "sim/decorated_endpoint.h"
#include "sim/generate.h"
#include "sim/plan_text.h"

namespace holdfast::sim {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::HasSubstr;
using testing::Not;

Plan PlanOf(std::string_view text) {
  auto plan = ParsePlan(text);
  EXPECT_TRUE(plan.has_value()) << plan.error();
  return *plan;
}

// A world that is run to its end and tells its story.
struct Told {
  std::string trace;
  std::string verdict;
  Counters counters;
  uint64_t hash = 0;
};

Told Tell(const World& world) {
  const Stage& stage = world.stage();
  return {.trace = TraceText(stage.trace),
          .verdict = stage.judge.failed() ? stage.judge.verdict()->oracle + ": " + stage.judge.verdict()->sentence : "",
          .counters = stage.counters,
          .hash = stage.trace.hash()};
}

Told Play(std::string_view text, const Protocol& protocol = Holdfast()) {
  World world;
  world.Start(PlanOf(text), protocol, {.keep_trace = true});
  while (world.Step()) continue;
  return Tell(world);
}

constexpr std::string_view kQuiet =
    "plan seed=7\nclient id=0\n"
    "stream client=0 of=c>s bytes=5000 chunk=700\nstream client=0 of=s>c bytes=3000\n";

std::string With(std::string_view lines) { return std::string(kQuiet) + std::string(lines); }

TEST(World, CarriesASessionFromEndToEnd) {
  const Told told = Play(kQuiet);
  EXPECT_EQ(told.verdict, "");
  EXPECT_EQ(told.counters.bytes_delivered, 8000U);
  EXPECT_EQ(told.counters.endings[static_cast<size_t>(Cause::kFinished)], 1U);
  EXPECT_EQ(told.counters.resumes, 0U);
  EXPECT_EQ(told.counters.transports, 1U);
  EXPECT_THAT(told.trace, HasSubstr("Quiet"));
}

// --- Each kind of fault --------------------------------------------------------------------------------------------

TEST(World, CutsAtTheVeryByte) {
  for (uint64_t byte : {0U, 1U, 61U, 62U, 63U, 500U, 4000U}) {
    const Told told = Play(With("fin client=0 transport=0 of=c>s byte=" + std::to_string(byte) + "\n"));
    EXPECT_EQ(told.verdict, "");
    EXPECT_THAT(told.trace, HasSubstr("up_bytes=" + std::to_string(byte) + " "));
    EXPECT_EQ(told.counters.bytes_delivered, 8000U);
    EXPECT_EQ(told.counters.transports, 2U);
    EXPECT_EQ(told.counters.resumes, byte < 62 ? 0U : 1U);
    EXPECT_EQ(told.counters.handshake_cuts, byte > 0 && byte <= 500 ? 1U : 0U);  // The first record has 1053 bytes.
  }
}

TEST(World, LosesWhatWasUnderWay) {
  const Told kept = Play(With("fin client=0 transport=0 of=s>c byte=2500\n"));
  const Told lost = Play(With("fin client=0 transport=0 of=s>c byte=2500 keep_down=0\n"));
  EXPECT_THAT(kept.trace, HasSubstr("down_bytes=2500\n"));
  EXPECT_THAT(lost.trace, Not(HasSubstr("down_bytes=2500\n")));
  EXPECT_GT(lost.counters.bytes_replayed, kept.counters.bytes_replayed);
  EXPECT_EQ(lost.counters.bytes_delivered, 8000U);
}

TEST(World, LetsEachSideLearnInItsOwnTime) {
  const Told told = Play(With("reset client=0 transport=0 of=s>c byte=300 client_learns=5ms server_learns=9s\n"));
  EXPECT_EQ(told.verdict, "");
  const size_t client = told.trace.find("client0  Closed ");
  const size_t resumed = told.trace.find("server   Resumed ");
  EXPECT_LT(client, resumed);  // The client resumes while the server still holds the old transport.
  EXPECT_THAT(told.trace, HasSubstr("server   Close          client=0 transport=0 error=kSuperseded"));
}

TEST(World, LeavesSilenceToTheProtocol) {
  const Told told = Play(With("silence client=0 transport=0 of=c>s byte=3000\n"));
  EXPECT_EQ(told.verdict, "");
  EXPECT_THAT(told.trace, HasSubstr("client0  Suspended      client=0 session=1 transport=0 error=kTimedOut"));
  EXPECT_EQ(told.counters.resumes, 1U);
}

TEST(World, DeliversLateBytesOfTheOldTransport) {
  const Told told = Play(With("reset client=0 transport=0 of=c>s byte=4000 server_learns=never late=60ms\n"));
  EXPECT_EQ(told.verdict, "");
  EXPECT_EQ(told.counters.bytes_delivered, 8000U);
  const size_t dialed = told.trace.find("client0  Opened         client=0 transport=1");
  EXPECT_THAT(told.trace.substr(dialed), HasSubstr("server   Deliver        client=0 session=1 transport=0"));
}

TEST(World, StallsAndGoesOn) {
  const Told told = Play(With("stall client=0 transport=0 of=s>c byte=200 lasting=3s\n"));
  EXPECT_EQ(told.verdict, "");
  EXPECT_EQ(told.counters.transports, 1U);
  EXPECT_GT(told.counters.bytes_delivered, 0U);
  EXPECT_THAT(told.trace, HasSubstr("\n         3."));
}

TEST(World, RefusesHangsGhostsAndSlowsDials) {
  const Told told =
      Play(With("plan heal=300s\nrefuse client=0 dial=0\nhang client=0 dial=1\nghost client=0 dial=2\n"
                "slow client=0 dial=3 lasting=2s\n"));
  EXPECT_EQ(told.verdict, "");
  EXPECT_EQ(told.counters.transports, 1U);
  for (FaultKind kind : {FaultKind::kRefuse, FaultKind::kHang, FaultKind::kGhost, FaultKind::kSlow}) {
    EXPECT_EQ(told.counters.faults[static_cast<size_t>(kind)], 1U) << NameOf(kind);
  }
  EXPECT_EQ(told.counters.dials_failed, 3U);
}

TEST(World, ProbesWhileTheOldTransportWorks) {
  const Told told = Play(With("path client=0 of=s>c bandwidth=20000\nprobe client=0 transport=0 age=60ms\n"));
  EXPECT_EQ(told.verdict, "");
  EXPECT_EQ(told.counters.transports, 2U);
  EXPECT_EQ(told.counters.resumes, 1U);
  EXPECT_THAT(told.trace, Not(HasSubstr("client0  Suspended")));
}

TEST(World, HealsWhatIsLeft) {
  const Told told = Play(
      "plan seed=7 heal=2s\nclient id=0\nstream client=0 of=c>s bytes=100000\n"
      "path client=0 of=c>s bandwidth=100 capacity=50\nstall client=0 transport=0 of=c>s byte=500 lasting=9999s\n"
      "reset client=0 transport=1 of=c>s byte=0\n");
  EXPECT_EQ(told.verdict, "");
  EXPECT_EQ(told.counters.bytes_delivered, 100000U);
  EXPECT_EQ(told.counters.transports, 1U);
  EXPECT_THAT(told.trace, HasSubstr("AllEnded       since_heal_ns=0."));
}

TEST(World, SurvivesEveryCutOfASmallSession) {
  World world;
  Plan plan = PlanOf("plan seed=3\nclient id=0\nstream client=0 of=c>s bytes=20\nstream client=0 of=s>c bytes=20\n");
  plan.faults.push_back(FaultOf(FaultKind::kReset));
  for (Direction direction : {Direction::kUp, Direction::kDown}) {
    for (uint64_t byte = 0; byte < 200; ++byte) {
      for (Duration server_learns : {Duration{}, kNeverAfter}) {
        plan.faults[0].direction = direction;
        plan.faults[0].byte = byte;
        plan.faults[0].server_learns = server_learns;
        world.Start(plan, Holdfast());
        while (world.Step()) continue;
        ASSERT_FALSE(world.stage().judge.failed()) << Print(plan) << world.stage().judge.verdict()->sentence;
        ASSERT_EQ(world.stage().counters.bytes_delivered, 40U) << Print(plan);
      }
    }
  }
}

TEST(World, CarriesTheAbortsOfBothSides) {
  const Told told = Play(With("abort code=5 sent=1400\nabort by=server code=9 delivered=700\n"));
  EXPECT_EQ(told.verdict, "");
  EXPECT_EQ(told.counters.endings[static_cast<size_t>(Cause::kAborted)], 1U);
}

TEST(World, KeepsSeveralClientsApart) {
  std::string text = "plan seed=7\n";
  for (int i = 0; i < 4; ++i) {
    const std::string id = std::to_string(i);
    text += "client id=" + id + "\nstream client=" + id + " of=c>s bytes=" + std::to_string(1000 + i) +
            "\nstream client=" + id + " of=s>c bytes=2000\nreset client=" + id + " transport=0 of=c>s byte=300\n";
  }
  const Told told = Play(text);
  EXPECT_EQ(told.verdict, "");
  EXPECT_EQ(told.counters.sessions, 4U);
  EXPECT_EQ(told.counters.resumes, 4U);
  EXPECT_EQ(told.counters.bytes_delivered, 4U * 3000 + 6);
}

// --- Forks ---------------------------------------------------------------------------------------------------------

// Wherever a world is forked, both go on to the same trace.
TEST(World, ForksGiveTheSameTrace) {
  for (uint64_t seed = 1; seed <= 12; ++seed) {
    Choices choices(seed);
    const Plan plan = Generate(choices, {.profile = Profile::kSmall, .up_bytes = {}, .down_bytes = {}}, seed);
    World whole;
    whole.Start(plan, Holdfast(), {.keep_trace = true});
    while (whole.Step()) continue;
    const Told expected = Tell(whole);
    for (uint64_t at = 0; at < whole.steps(); at += 1 + whole.steps() / 25) {
      World world;
      world.Start(plan, Holdfast(), {.keep_trace = true});
      while (world.steps() < at && world.Step()) continue;
      World fork = world.Fork(ForkKey());
      while (fork.Step()) continue;
      ASSERT_EQ(Tell(fork).trace, expected.trace) << "seed " << seed << " forked at step " << at;
      while (world.Step()) continue;
      ASSERT_EQ(world.stage().trace.hash(), expected.hash) << "seed " << seed << " forked at step " << at;
    }
  }
}

TEST(World, ForkedAtACutGoesAnotherWay) {
  World world;
  world.Start(PlanOf(kQuiet), Holdfast());
  world.RunUntil(kStart + milliseconds(12));  // Message 1 has arrived.
  World cut = world.Fork(ForkKey());
  Fault fault = FaultOf(FaultKind::kReset);
  fault.byte = 100;
  fault.direction = Direction::kUp;
  cut.AddFault(fault);
  while (world.Step()) continue;
  while (cut.Step()) continue;
  EXPECT_EQ(world.stage().counters.transports, 1U);
  EXPECT_EQ(cut.stage().counters.transports, 2U);
  EXPECT_FALSE(cut.stage().judge.failed());
  EXPECT_EQ(cut.stage().counters.bytes_delivered, 8000U);
}

// --- Endpoints that misbehave --------------------------------------------------------------------------------------

class Spinning final : public DecoratedEndpoint {
 public:
  using DecoratedEndpoint::DecoratedEndpoint;
  Time Deadline() const override { return Time(Duration(1)); }
};

TEST(World, ObjectsToADeadlineThatStaysInThePast) {
  EXPECT_THAT(Play(kQuiet, DecoratedHoldfast<Spinning>()).verdict, HasSubstr("asks to be called at once, again"));
}

class Chattering final : public DecoratedEndpoint {
 public:
  using DecoratedEndpoint::DecoratedEndpoint;
  std::optional<Event> Poll(Time now, Entropy& entropy) override {
    if (auto event = DecoratedEndpoint::Poll(now, entropy)) return event;
    return Event{SessionId{1}, TransportId::kNone, event::SpaceAvailable{}};
  }
};

TEST(World, ObjectsToEventsWithoutEnd) {
  EXPECT_THAT(Play(kQuiet, DecoratedHoldfast<Chattering>()).verdict, HasSubstr("contract: the endpoint of client0"));
}

class Forgetful final : public DecoratedEndpoint {
 public:
  using DecoratedEndpoint::DecoratedEndpoint;
  std::optional<Event> Poll(Time now, Entropy& entropy) override {
    auto event = DecoratedEndpoint::Poll(now, entropy);
    while (event && std::holds_alternative<event::SpaceAvailable>(event->what)) {
      event = DecoratedEndpoint::Poll(now, entropy);
    }
    return event;
  }
};

TEST(World, ObjectsToSpaceThatIsNeverToldOf) {
  const Told told = Play(
      "plan seed=1 heal=1s\nserver replay_bytes_max=100\nclient id=0 replay_bytes_max=100\n"
      "stream client=0 of=c>s bytes=1000\n",
      DecoratedHoldfast<Forgetful>());
  EXPECT_THAT(told.verdict, HasSubstr("liveness: the network is good and nothing got on"));
}

class Deaf final : public DecoratedEndpoint {
 public:
  using DecoratedEndpoint::DecoratedEndpoint;
  void TransportClosed(Time, TransportId) override {}
};

TEST(World, ObjectsToAnEndpointThatDoesNotHearOfAClose) {
  EXPECT_NE(Play(With("reset client=0 transport=0 of=c>s byte=400\n"), DecoratedHoldfast<Deaf>()).verdict, "");
}

}  // namespace
}  // namespace holdfast::sim
