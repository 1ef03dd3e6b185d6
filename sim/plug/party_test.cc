#include "sim/plug/party.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/fork_key.h"
#include "sim/campaign.h"
#include "sim/examples/ferry.h"
#include "sim/plan_text.h"
#include "sim/plug/party_protocol.h"
#include "sim/plug/survives.h"
#include "sim/world.h"

namespace holdfast::sim {
namespace {

using testing::HasSubstr;
using FerryProtocol = PartyProtocol<ferry::Client, ferry::Server>;

TEST(Party, OfAGoodProtocolSurvives) {
  const FerryProtocol protocol({.name = "ferry", .memory_max = 1 << 20});
  for (Profile worlds : {Profile::kDefault, Profile::kSmall}) {
    const Survival survival = Survives(protocol, {.seeds = {1, 400}, .worlds = worlds});
    EXPECT_TRUE(survival);
    EXPECT_EQ(survival.seeds, 400U);
  }
}

TEST(Party, WorldsThatAreForkedGoOnAlike) {
  const FerryProtocol protocol({.name = "ferry"});
  ASSERT_TRUE(protocol.CanFork());
  CampaignOptions campaign;
  campaign.protocol = &protocol;
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    World world;
    world.Start(PlanOfSeed(seed, campaign), protocol);
    for (int i = 0; i < 200 && world.Step(); ++i) continue;
    World copy = world.Fork(ForkKey());
    while (world.Step()) continue;
    while (copy.Step()) continue;
    EXPECT_EQ(world.stage().trace.hash(), copy.stage().trace.hash()) << seed;
  }
}

TEST(Party, IsToldInOneTextWhatFailedAndHowToSeeItAgain) {
  const FerryProtocol protocol({.name = "ferry", .memory_max = 1000});
  const Survival survival = Survives(protocol, {.seeds = {1, 100}});
  EXPECT_FALSE(survival);
  EXPECT_EQ(survival.oracle, "bounded_memory");
  EXPECT_THAT(survival.text, HasSubstr("worlds of ferry: VIOLATION of bounded_memory"));
  EXPECT_THAT(survival.text, HasSubstr("the plan, shrunk:\nplan seed="));
  EXPECT_TRUE(ParsePlan(survival.plan).has_value());
  EXPECT_EQ(testing::AssertionResult(survival).message(), survival.text);
  EXPECT_FALSE(testing::AssertionResult(survival));
}

TEST(Party, WorldsAreChosenByAFuzzersBytes) {
  const FerryProtocol good({.name = "ferry"});
  Bytes bytes;
  for (int i = 0; i < 300; ++i) {
    FuzzOneWorld(good, bytes);
    bytes.push_back(static_cast<uint8_t>(37 * i));
  }
  const FerryProtocol greedy({.name = "ferry", .memory_max = 0});
  EXPECT_DEATH(FuzzOneWorld(greedy, bytes), "VIOLATION of bounded_memory");
}

// --- Types that do not fit ------------------------------------------------------------------------------------------

struct Deaf : ferry::Server {
  void Receive(Time now, TransportId transport) = delete;
};

static_assert(ServerParty<ferry::Server> && ClientParty<ferry::Client>);
static_assert(!ClientParty<ferry::Server>, "it cannot hear that a dial failed");
static_assert(!ServerParty<Deaf>);
static_assert(!ServerParty<int>);

// --- Ends that break the rules --------------------------------------------------------------------------------------

// A client that says the same again and again.
struct Babbler : ferry::Client {
  std::optional<Output> Poll(Time) { return output::Dial{}; }
};
// One that writes where it may not.
struct Intruder : ferry::Client {
  std::optional<Output> Poll(Time now) {
    if (std::exchange(once, false)) return output::Write{TransportId{5}, AsBytes("x")};
    return ferry::Client::Poll(now);
  }
  bool once = true;
};

template <typename C>
std::string VerdictOn() {
  const PartyProtocol<C, ferry::Server> protocol({.name = "bad"});
  const auto plan = ParsePlan("plan seed=1\nclient id=0\nstream client=0 of=c>s bytes=10\n");
  const Report report = sim::Run(*plan, {.watch_marks = false, .protocol = &protocol});
  return report.verdict ? report.verdict->oracle + ": " + report.verdict->sentence : "good";
}

TEST(Party, ThatHasAlwaysMoreToSayIsAVerdict) {
  EXPECT_EQ(VerdictOn<Babbler>(), "contract: the endpoint of client0 yields events without end");
}

TEST(Party, ThatWritesToATransportThatIsNotThereIsAVerdict) {
  EXPECT_EQ(VerdictOn<Intruder>(), "contract: the endpoint of client0 writes to a transport that it was never given");
}

}  // namespace
}  // namespace holdfast::sim
