#include "sim/plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/choices.h"
#include "sim/generate.h"
#include "sim/plan_text.h"

namespace holdfast::sim {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;

constexpr std::string_view kExample = R"(# A reset while data replays.
plan seed=42 heal=20s
server replay_bytes_max=4096
client id=0 suite=aes-gcm hold=5s
stream client=0 of=c>s bytes=40000 chunk=1000 think=1ms
clock of=client at=2s offset=-300s
path client=0 of=s>c latency=140ms segments=one-byte
abort by=server code=7 delivered=1000

reset client=0 transport=1 of=c>s byte=137 server_learns=30s keep_down=0  # and nobody hears of it
refuse client=0 dial=2
tamper client=0 transport=1 of=s>c message=2 byte=0 how=replace from_transport=0 from_of=c>s from_message=3
intrude client=0 transport=1 age=2s from_transport=1 from_message=0 bit=77 pace=10ms lasting=1s
impostor client=0 dial=4 with=reflected
)";

TEST(Plan, ReadsAsItIsWritten) {
  auto plan = ParsePlan(kExample);
  ASSERT_TRUE(plan.has_value()) << plan.error();
  EXPECT_EQ(plan->seed, 42U);
  EXPECT_EQ(plan->heal, std::chrono::seconds(20));
  EXPECT_EQ(plan->server.session.replay_bytes_max, 4096U);
  EXPECT_EQ(plan->clients[0].settings.suite, Suite::kAesGcm);
  EXPECT_EQ(plan->clients[0].up.bytes, 40000U);
  EXPECT_EQ(plan->clients[0].up.think, milliseconds(1));
  EXPECT_EQ(plan->clocks[0].of, Side::kClient);
  EXPECT_EQ(plan->clocks[0].offset, std::chrono::seconds(-300));
  EXPECT_EQ(plan->paths[0].path.latency, milliseconds(140));
  EXPECT_EQ(plan->aborts[0].delivered, 1000U);
  ASSERT_EQ(plan->faults.size(), 5U);
  EXPECT_EQ(plan->faults[0].byte, 137U);
  EXPECT_EQ(plan->faults[0].server_learns, std::chrono::seconds(30));
  EXPECT_EQ(plan->faults[0].keep_down, 0U);
  EXPECT_EQ(plan->faults[1].dial, 2U);
  EXPECT_EQ(plan->faults[2].how, Tampering::kReplace);
  EXPECT_EQ(plan->faults[2].message, 2U);
  EXPECT_EQ(plan->faults[2].from_direction, Direction::kUp);
  EXPECT_EQ(plan->faults[2].from_message, 3U);
  EXPECT_EQ(plan->faults[3].bit, 77U);
  EXPECT_EQ(plan->faults[3].pace, milliseconds(10));
  EXPECT_EQ(plan->faults[4].with, Forging::kReflected);
}

TEST(Plan, PrintsWhatParsesToTheSame) {
  for (uint64_t seed = 0; seed < 500; ++seed) {
    for (Profile profile : {Profile::kDefault, Profile::kSmall}) {
      Choices choices(seed);
      const Plan plan = Generate(choices, {.profile = profile, .up_bytes = {}, .down_bytes = {}}, seed);
      EXPECT_EQ(Problem(plan), std::nullopt);
      auto again = ParsePlan(Print(plan));
      ASSERT_TRUE(again.has_value()) << again.error() << "\n" << Print(plan);
      ASSERT_EQ(*again, plan) << Print(plan);
    }
  }
}

TEST(Plan, OfDefaultsIsTwoLines) {
  Plan plan;
  plan.clients.resize(1);
  EXPECT_EQ(Print(plan), "plan seed=0 heal=60s\nclient id=0\n");
}

struct Wrong {
  std::string_view line;
  std::string_view problem;
};

TEST(Plan, RefusesEachMistakeWithItsLine) {
  const Wrong kWrong[] = {
      {"nonsense client=0", "line 2: nothing begins with \"nonsense\""},
      {"plan seed=x", "line 2: \"x\" is no value for seed"},
      {"plan sed=1", "line 2: plan has no sed=, or has it twice"},
      {"plan seed=1 seed=2", "line 2: plan has no seed=, or has it twice"},
      {"reset client=0 lasting=3s at=1s", "line 2: reset has no lasting="},
      {"client id=2", "line 2: the next client's id is 1"},
      {"client", "line 2: client needs id="},
      {"stream client=3 of=c>s", "line 2: there is no line for client 3 above"},
      {"stream client=0 of=up", "line 2: \"up\" is no value for of"},
      {"path client=0 of=c>s latency=5", "line 2: \"5\" is no value for latency"},
      {"path client=0 of=c>s latency=99999999999999s", "is no value for latency"},
      {"fin loose", "line 2: \"loose\" should read key=value"},
      {"reset client=0 transport=0", "it needs one of byte=, age= and at="},
      {"reset client=0 byte=1 at=1s", "it needs one of byte=, age= and at="},
      {"reset client=1 byte=1", "there is no such client"},
      {"probe client=0", "it needs one of age= and at="},
      {"tamper client=0 transport=0", "it needs byte="},
      {"tamper client=0 transport=0 at=1s", "line 2: tamper has no at="},
      {"tamper client=0 byte=1 bit=8", "bit must be at most 7"},
      {"tamper client=0 byte=1 how=bend", "\"bend\" is no value for how"},
      {"tamper client=0 byte=1 how=insert with=reflected", "only an impostor reflects"},
      {"intrude client=0", "it needs one of age= and at="},
      {"intrude client=0 at=1s size=0", "a size must be at least 1"},
      {"intrude client=0 at=1s from_client=4", "there is no such from_client"},
      {"impostor client=0 dial=1 age=1s", "line 2: impostor has no age="},
      {"stall client=0 byte=1 lasting=never", "a time is out of bounds"},
      {"abort client=9", "an abort names a client that is not there"},
      {"abort code=4611686018427387904", "code must be at most 2^62 - 1"},
      {"clock client=3", "a clock names a client that is not there"},
      {"clock at=-1s", "clock: a time is out of bounds"},
      {"path client=0 of=c>s latency=-1s", "a time of a path is out of bounds"},
      {"stream client=0 of=c>s early_every=0", "early_every must be at least 1"},
      {"stream client=0 of=c>s consume_chunk=0", "a consume_chunk must be at least 1"},
      {"server offer_nx=no", "client 0: the server never lets it in, so it needs an abort with at="},
      {"server network_key=yes", "client 0: the server never lets it in, so it needs an abort with at="},
      {"path client=7 of=c>s", "a path names a client that is not there"},
      {"path client=0 of=c>s capacity=0", "a capacity must be at least 1"},
      {"server data_bytes_max=65001", "data_bytes_max must be at most 65000"},
      {"server data_bytes_first=2000 data_bytes_max=1000", "data_bytes_first must be at most data_bytes_max"},
      {"server replay_bytes_max=0", "a size or a number of a session is 0"},
      {"server rekey_interval=5", "client 0: rekey_interval must be the server's"},
      {"server ping_idle=50s", "ping_idle must be less than dead_transport"},
      {"stream client=0 of=c>s chunk=0", "a chunk must be at least 1"},
      {"stream client=0 of=c>s finish=after-peer\nstream client=0 of=s>c finish=after-peer",
       "the two applications wait for each other"},
      {"stream client=0 of=c>s start=after-peer\nstream client=0 of=s>c finish=after-peer",
       "the two applications wait for each other"},
  };
  for (const Wrong& wrong : kWrong) {
    auto plan = ParsePlan("client id=0\n" + std::string(wrong.line) + "\n");
    ASSERT_FALSE(plan.has_value()) << wrong.line;
    EXPECT_THAT(plan.error(), HasSubstr(wrong.problem));
  }
  EXPECT_THAT(ParsePlan("").error(), HasSubstr("a plan needs a client"));
}

TEST(Plan, LaterPathRuleWins) {
  Plan plan;
  plan.clients.resize(1);
  plan.paths.push_back({.client = 0, .direction = Direction::kUp, .path = {.latency = milliseconds(1)}});
  plan.paths.push_back(
      {.client = 0, .direction = Direction::kUp, .transport = 2, .path = {.latency = milliseconds(2)}});
  EXPECT_EQ(PathOf(plan, 0, 1, Direction::kUp).latency, milliseconds(1));
  EXPECT_EQ(PathOf(plan, 0, 2, Direction::kUp).latency, milliseconds(2));
  EXPECT_EQ(PathOf(plan, 0, 2, Direction::kDown), Path{});
}

}  // namespace
}  // namespace holdfast::sim
