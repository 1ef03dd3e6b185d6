// What oracles of when things happen must object to, and what they must not.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/oracles/oracle_fixture.h"

namespace holdfast::sim {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

using SteadyTest = OracleTest;

TEST_F(SteadyTest, ObjectsToLosingAGoodTransport) {
  const trace::Suspended lost = {
      .client = 0, .session = kSession, .transport = 4, .error = static_cast<uint64_t>(Error::kTimedOut)};
  See(kClient, lost);
  Heal(true);
  See(kClient, lost);  // It was opened before.
  See(kClient, trace::Opened{.client = 0, .transport = 5, .id = 9});
  See(kServer, lost);
  ExpectContent();
  trace::Suspended good = lost;
  good.transport = 5;
  See(kClient, good);  // The server does not know the client yet, and may have needed its place.
  ExpectContent();
  See(kServer, trace::SessionOpened{.client = 0, .session = kSession, .transport = 5});
  See(kServer, good);
  ExpectVerdict("steady", "transport 5, which nothing disturbed (kTimedOut)");
}

TEST_F(SteadyTest, ObjectsToGivingUpForSilenceWhatWasNotSilent) {
  const auto lost = [](uint64_t transport, Error error) {
    return trace::Suspended{
        .client = 0, .session = kSession, .transport = transport, .error = static_cast<uint64_t>(error)};
  };
  for (uint64_t transport : {1U, 2U, 3U}) Hear(kClient, transport);
  now_ += plan_.clients[0].settings.session.dead_transport - seconds(1);
  Hear(kClient, 2);
  See(kClient, lost(2, Error::kTransportClosed));
  See(kServer, lost(2, Error::kTimedOut));  // There nothing came.
  now_ += seconds(1);
  See(kClient, lost(3, Error::kTimedOut));
  ExpectContent();
  See(kClient, lost(2, Error::kTimedOut));
  ExpectVerdict("steady",
                "the client gave client 0's transport 2 up for silence, on which something came 1000 ms before");
}

// A record of 1000 bytes comes to the client in parts, and then nothing.
class SlowRecordTest : public OracleTest {
 protected:
  SlowRecordTest() { plan_.clients[0].settings.hold = seconds(3600); }
  void Write() {
    See(kServer, trace::Write{.client = 0, .transport = 2, .dir = 1, .offset = 0, .size = 1000, .taken = 1000});
  }
  void Come(uint64_t offset, uint64_t size) {
    See(kClient, trace::Receive{.client = 0, .transport = 2, .dir = 1, .offset = offset, .size = size});
  }
  void Begin() {
    Write();
    Come(0, 1);
    now_ += dead_ - seconds(10);
    Come(1, 512);  // 2 s' worth.
    now_ += seconds(10);
  }
  void GiveUp() {
    See(kClient,
        trace::Suspended{
            .client = 0, .session = kSession, .transport = 2, .error = static_cast<uint64_t>(Error::kTimedOut)});
  }
  const Duration dead_ = plan_.clients[0].settings.session.dead_transport;
};

TEST_F(SlowRecordTest, MayBeGivenUpOnceItsBytesCountNoMore) {
  Begin();
  now_ += seconds(2);
  GiveUp();
  ExpectContent();
}

TEST_F(SlowRecordTest, MustNotBeGivenUpSooner) {
  Begin();
  now_ += seconds(1);
  GiveUp();
  ExpectVerdict("steady", "gave client 0's transport 2 up for silence, on which something came 11000 ms before");
}

TEST_F(SlowRecordTest, IsASignOfLifeWhenItIsComplete) {
  Begin();
  Come(513, 487);
  now_ += dead_ - seconds(1);
  GiveUp();
  ExpectVerdict("steady", "something came 44000 ms before");
}

TEST_F(SlowRecordTest, IsNotKnownToBeCompleteWhereAnAdversaryChangedIt) {
  Write();
  See(Actor::Network(),
      trace::Fault{.index = 0, .fault = static_cast<uint64_t>(FaultKind::kTamper), .client = 0, .number = 2});
  Come(0, 1000);
  Come(1000, 27);
  now_ += dead_ - seconds(1);
  Come(1027, 27);
  now_ += seconds(5);
  GiveUp();
  ExpectContent();
}

class PromptTest : public OracleTest {
 protected:
  PromptTest() {
    plan_.server.session.ack_delay = seconds(2);
    Begin(5);
  }
  void Begin(uint64_t good_from) {
    oracles_.Reset(plan_);
    Heal(true);
    See(kClient, trace::Opened{.client = 0, .transport = good_from, .id = 9});
    Attach(5);
    Send(kClient, 0, 10);
    Deliver(kServer, 0, 10, 5);
    Attach(5);
  }
  void Attach(uint64_t transport, uint64_t acked = 0) {
    See(kClient, State(transport, 10, acked));
    See(kServer, State(transport, 0, 0, 10));
  }
};

TEST_F(PromptTest, AcceptsAnAcknowledgementInTime) {
  now_ += seconds(3);
  Attach(5, 10);
  now_ += seconds(100);
  Attach(5, 10);
  ExpectContent();
}

TEST_F(PromptTest, ObjectsToALateAcknowledgement) {
  now_ += seconds(3) + Duration(1);
  Attach(5, 10);
  ExpectVerdict("prompt",
                "the server's application owns 10 bytes of client 0, of which 0 are acknowledged after 3000 ms");
}

TEST_F(PromptTest, BeginsAgainWithATransportAndWithEachAcknowledgement) {
  now_ += seconds(2);
  Attach(6);
  now_ += seconds(3);
  Attach(6, 5);
  now_ += seconds(3);
  Attach(6, 10);
  ExpectContent();
}

TEST_F(PromptTest, WaitsForWhatTheApplicationDoesNotOwn) {
  plan_.server.session.explicit_consume = true;
  Begin(5);
  now_ += seconds(100);
  Attach(5);
  See(kServer, trace::Consumed{.client = 0, .session = kSession, .offset = 10});
  now_ += seconds(3);
  Attach(5);
  ExpectContent();
  now_ += Duration(1);
  Attach(5);
  ExpectVerdict("prompt", "of which 0 are acknowledged");
}

TEST_F(PromptTest, AsksNothingOfABadNetwork) {
  Begin(6);
  now_ += seconds(100);
  Attach(5, 10);
  ExpectContent();
}

class RetriesTest : public OracleTest {
 protected:
  // For a dial, of which nothing comes.
  void Ask(uint64_t delay_ns) {
    See(kClient, trace::DialWanted{.client = 0, .delay_ns = delay_ns});
    See(kClient, trace::DialFailed{.client = 0, .dial = 0});
  }
};

TEST_F(RetriesTest, ObjectToADialAtOnce) {
  Ask(0);  // The first may be.
  Ask(50'000'000);
  ExpectContent();
  Ask(49'999'999);
  ExpectVerdict("retries", "asks for dial 2 in a row after 0.049999999 s; it should wait for 0.050000000 s");
}

TEST_F(RetriesTest, ObjectToAWaitThatDoesNotGrow) {
  for (uint64_t i = 0; i < 9; ++i) Ask(60'000'000 + i);
  ExpectContent();
  Ask(60'000'000);
  ExpectVerdict("retries", "it should wait for 0.200000000 s");
}

TEST_F(RetriesTest, ForgetFailuresWhenATransportIsAttached) {
  for (uint64_t i = 0; i < 30; ++i) {
    Ask(60'000'000 + i);
    if (i % 5 == 0) See(kClient, State(0, 0, 0));
  }
  ExpectContent();
}

TEST_F(RetriesTest, ObjectToAWaitBeyondTheLimit) {
  Ask(60'000'000);
  Ask(30'000'000'001);
  ExpectVerdict("retries", "longer than backoff_max");
}

TEST_F(RetriesTest, ObjectToWaitsThatAreNotDrawn) {
  for (int i = 0; i < 5; ++i) Ask(100'000'000);
  ExpectContent();
  Ask(100'000'000);
  ExpectVerdict("retries", "a wait of exactly 0.100000000 s: no part of it is drawn");
}

TEST_F(RetriesTest, ObjectToALongWaitOfAClientThatHasHeardFromTheServer) {
  const trace::DialWanted patient = {.client = 0, .delay_ns = 100'000'001};
  See(kClient, patient);
  See(kClient, State(0, 0, 0, 1));
  See(kClient, trace::DialFailed{.client = 0, .dial = 0});
  See(kClient, patient);  // A dial has failed since.
  See(kClient, trace::Opened{.client = 0, .transport = 0, .id = 1});
  See(kClient, State(0, 0, 0, 2));
  ExpectContent();  // It may have failed after what it heard.
  See(kClient, State(0, 0, 0, 3));
  See(kClient, patient);
  ExpectVerdict("retries", "client 0 waits 0.100000001 s before it dials, though it has just heard from the server");
}

// A client that gives each attempt 1 s, 2 s and then 3 s.
class PatienceTest : public OracleTest {
 protected:
  PatienceTest() {
    plan_.clients[0].settings.attempt_timeout_first = seconds(1);
    plan_.clients[0].settings.attempt_timeout_max = seconds(3);
  }
  void Open(uint64_t transport) { See(kClient, trace::Opened{.client = 0, .transport = transport, .id = 1}); }
  void GiveUp(uint64_t transport, Error error = Error::kTimedOut) {
    See(kClient, trace::AttemptFailed{.client = 0, .transport = transport, .error = static_cast<uint64_t>(error)});
  }
  void Attempt(uint64_t transport, Duration time) {
    Open(transport);
    now_ += time;
    GiveUp(transport);
  }
};

TEST_F(PatienceTest, IsEnoughIfItGrowsToItsLimit) {
  uint64_t transport = 0;
  for (int64_t time : {1, 2, 3, 3}) Attempt(transport++, seconds(time));
  Open(transport++);
  GiveUp(transport, Error::kSuperseded);
  Hear(kClient);
  Attempt(transport, seconds(1));
  ExpectContent();
}

TEST_F(PatienceTest, MustGrowWithEachAttemptInVain) {
  Attempt(0, seconds(1));
  Attempt(1, seconds(2) - Duration(1));
  ExpectVerdict("retries", "client 0 gives transport 1 up 0.000000001 s too soon");
}

TEST_F(PatienceTest, GrowsByNoDialThatTheClientHadNotAskedFor) {
  See(kClient, trace::DialFailed{.client = 0, .dial = 0});
  Attempt(0, seconds(1));
  ExpectContent();
}

TEST_F(PatienceTest, MustGrowForDialsToo) {
  const trace::DialWanted dial = {.client = 0, .delay_ns = 100'000'000};
  See(kClient, trace::DialWanted{.client = 0, .delay_ns = 0});
  now_ += seconds(1);
  See(kClient, dial);
  now_ += seconds(2) + milliseconds(100);
  See(kClient, dial);
  ExpectContent();
  now_ += seconds(3);
  See(kClient, dial);
  ExpectVerdict("retries", "client 0 gives a dial up 0.100000000 s too soon");
}

class LivenessTest : public OracleTest {
 protected:
  LivenessTest() { SetClients(2); }
};

TEST_F(LivenessTest, HasPatienceAndThenNot) {
  Opened(kServer);
  Heal(true);
  oracles_.liveness.Check(SceneOf(kServer), true);
  const Time limit = oracles_.liveness.Limit(SceneOf(kServer));
  EXPECT_GT(limit, now_);
  now_ = limit;
  oracles_.liveness.Check(SceneOf(kServer), true);
  ExpectContent();
  now_ += Duration(1);
  oracles_.liveness.Check(SceneOf(kServer), true);
  ExpectVerdict("liveness", "client 0's session, client 1's session at the client has not ended");
}

TEST_F(LivenessTest, BeginsAgainWithEachProgress) {
  Heal(true);
  const Time limit = oracles_.liveness.Limit(SceneOf(kServer));
  now_ += seconds(10);
  See(kServer, trace::Deliver{.client = 0, .session = kSession, .transport = 0, .offset = 0, .size = 0});
  EXPECT_EQ(oracles_.liveness.Limit(SceneOf(kServer)), limit + seconds(10));
}

TEST_F(LivenessTest, DoesNotTakeEndlessResumesForProgress) {
  Heal(true);
  const Time limit = oracles_.liveness.Limit(SceneOf(kServer));
  for (int i = 0; i < 100; ++i) {
    now_ += seconds(1);
    See(kClient, trace::Resumed{.client = 0, .session = kSession, .transport = 0});
  }
  EXPECT_EQ(oracles_.liveness.Limit(SceneOf(kServer)), limit + seconds(8));
}

TEST_F(LivenessTest, ObjectsWhenNothingIsLeftToHappen) {
  oracles_.liveness.Check(SceneOf(kServer), false);
  ExpectVerdict("liveness", "nothing will ever happen again");
}

TEST_F(LivenessTest, IsContentWhenAllHaveEnded) {
  Opened(kServer);
  Heal(true);
  Ended(kClient, Cause::kAborted);
  Ended(kServer, Cause::kAborted);
  EXPECT_FALSE(oracles_.liveness.AllEnded());
  See(Actor::Client(1), trace::Ended{.client = 1,
                                     .session = kSession,
                                     .cause = Of(Cause::kAborted),
                                     .origin = 0,
                                     .code = 0,
                                     .crossed = 0,
                                     .peer_code = 0});
  EXPECT_TRUE(oracles_.liveness.AllEnded());
  EXPECT_EQ(oracles_.liveness.Limit(SceneOf(kServer)), kNever);
  oracles_.liveness.Check(SceneOf(kServer), false);
  ExpectContent();
}

}  // namespace
}  // namespace holdfast::sim
