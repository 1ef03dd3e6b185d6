// The oracle of service is shown what it must object to and what it must not, and others what a server has lost.

#include "sim/oracles/served.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/error.h"
#include "sim/oracles/oracle_fixture.h"

namespace holdfast::sim {
namespace {

using std::chrono::hours;
using std::chrono::seconds;
using testing::HasSubstr;

class ServedTest : public OracleTest {
 protected:
  ServedTest() { SetPlan(Plan{}); }
  void SetPlan(Plan plan) {
    plan_ = std::move(plan);
    SetClients(2);
    judge_.Reset();
  }
  void Heal(bool holds) {
    See(Actor::Network(), trace::Heal{.faults_left = 0});
    for (uint64_t i = 0; i < 2; ++i) See(Actor::Server(), trace::Holds{.client = i, .holds = holds});
  }
  static trace::State State(uint64_t client, uint64_t epoch, uint64_t attached) {
    trace::State state = {};
    state.client = client;
    state.session = client + 1;
    state.epoch = epoch;
    state.attached = attached;
    state.candidate = kNoTransport;
    return state;
  }
  void Attach(uint64_t client) { See(Actor::Server(), State(client, 1, 0)); }
  void End(Actor actor, uint64_t client) {
    trace::Ended ended = {};
    ended.client = client;
    ended.session = client + 1;
    ended.cause = static_cast<uint64_t>(Cause::kAborted);
    See(actor, ended);
  }
  std::string VerdictAfter(Duration wait) {
    now_ += wait;
    oracles_.served.Check(SceneOf(Actor::Network()));
    return judge_.failed() ? judge_.verdict()->oracle + ": " + judge_.verdict()->sentence : "";
  }
};

TEST_F(ServedTest, ObjectsToAClientThatIsLeftOut) {
  Heal(true);
  Attach(0);
  EXPECT_EQ(VerdictAfter(seconds(1)), "");
  EXPECT_THAT(VerdictAfter(hours(1)), HasSubstr("served: "));
  EXPECT_THAT(judge_.verdict()->sentence, HasSubstr("client 1's session is neither attached nor over"));
}

TEST_F(ServedTest, IsContentWithClientsThatAreAttachedOrOver) {
  Heal(true);
  Attach(0);
  End(Actor::Client(1), 1);
  EXPECT_EQ(VerdictAfter(hours(1)), "");
}

TEST_F(ServedTest, LooksOnceAndOnlyAfterTheHeal) {
  EXPECT_EQ(VerdictAfter(hours(1)), "");
  Heal(true);
  Attach(0);
  Attach(1);
  EXPECT_EQ(VerdictAfter(hours(1)), "");
  See(Actor::Server(), State(1, 1, kNoTransport));
  EXPECT_EQ(VerdictAfter(hours(1)), "");
}

TEST_F(ServedTest, ExcusesThoseWhomTheServerHasForgotten) {
  for (uint64_t i = 0; i < 2; ++i) See(Actor::Client(static_cast<uint32_t>(i)), State(i, 1, kNoTransport));
  Heal(false);
  EXPECT_EQ(VerdictAfter(hours(1)), "");
}

TEST_F(ServedTest, ExcusesNobodyWhoHasYetToBegin) {
  Heal(false);
  EXPECT_THAT(VerdictAfter(hours(1)), HasSubstr("served: "));
}

TEST_F(ServedTest, ExcusesAllWhereThereIsNoRoom) {
  for (uint64_t ServerSettings::* limit : {&ServerSettings::sessions_max, &ServerSettings::handshakes_max,
                                           &ServerSettings::embryos_max, &ServerSettings::memory_max}) {
    Plan plan;
    plan.server.*limit = 3;
    SetPlan(plan);
    Heal(true);
    EXPECT_EQ(VerdictAfter(hours(1)), "");
  }
}

// --- What a server has lost ----------------------------------------------------------------------------------------

TEST_F(ServedTest, LivenessWaitsForNoSessionThatTheServerHasLost) {
  for (uint64_t i = 0; i < 2; ++i) {
    See(Actor::Server(), trace::SessionOpened{.client = i, .session = i + 1, .transport = 0});
    End(Actor::Client(static_cast<uint32_t>(i)), i);
  }
  End(Actor::Server(), 0);
  EXPECT_FALSE(oracles_.liveness.AllEnded());
  See(Actor::Server(), trace::Lost{.client = 0, .session = 1, .ended = true});
  EXPECT_FALSE(oracles_.liveness.AllEnded());
  See(Actor::Server(), trace::Lost{.client = 1, .session = 2, .ended = false});
  EXPECT_TRUE(oracles_.liveness.AllEnded());
}

TEST_F(ServedTest, TombstonesMayBeLostWithTheServerOrAwayButNotForgotten) {
  const auto census = [this](uint64_t tombstones) {
    trace::Census event = {};
    event.tombstones = tombstones;
    See(Actor::Server(), event);
    return !judge_.failed();
  };
  for (uint64_t i = 0; i < 2; ++i) {
    See(Actor::Server(), trace::SessionOpened{.client = i, .session = i + 1, .transport = 0});
    End(Actor::Server(), i);
  }
  EXPECT_TRUE(census(2));
  See(Actor::Server(), trace::Exported{.client = 0, .session = 1, .live = false});
  EXPECT_TRUE(census(1));
  See(Actor::Server(), trace::Imported{.client = 0, .session = 1, .live = false, .server = 0, .offset = 0});
  EXPECT_TRUE(census(2));
  See(Actor::Server(), trace::Lost{.client = 0, .session = 1, .ended = true});
  EXPECT_TRUE(census(1));
  EXPECT_FALSE(census(0));
}

}  // namespace
}  // namespace holdfast::sim
