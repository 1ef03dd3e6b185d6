// What oracles of how sessions begin, last and end must object to, and what they must not.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/oracles/oracle_fixture.h"

namespace holdfast::sim {
namespace {

using std::chrono::seconds;

using SameEndTest = OracleTest;

TEST_F(SameEndTest, AcceptsTheSameEnd) {
  Opened(kServer);
  Abort(kServer, 7);
  Ended(kServer, Cause::kAborted, Origin::kServer, 7);
  Ended(kClient, Cause::kAborted, Origin::kServer, 7);
  Heal(true);
  Quiet();
  ExpectContent();
}

TEST_F(SameEndTest, ObjectsToDifferentCauses) {
  Opened(kServer);
  Heal(true);
  now_ += RecoveryTime(plan_) * 2;
  Hear(kServer);
  Ended(kServer, Cause::kExpired);
  Ended(kClient, Cause::kAborted, Origin::kClient, 3);
  Quiet();
  ExpectVerdict("same_end", "client 0 reports aborted by the client with 3, the server expired");
}

TEST_F(SameEndTest, ObjectsToDifferentCodes) {
  Opened(kServer);
  Ended(kServer, Cause::kAborted, Origin::kServer, 7);
  Ended(kClient, Cause::kAborted, Origin::kServer, 8);
  Quiet();
  ExpectVerdict("same_end", "with 8, the server aborted by the server with 7");
}

TEST_F(SameEndTest, AcceptsCrossedAborts) {
  Opened(kServer);
  Abort(kClient, 3);
  Abort(kServer, 7);
  Ended(kServer, Cause::kAborted, Origin::kServer, 7);
  See(kServer, trace::Crossed{.client = 0, .session = kSession, .peer_code = 3});
  Ended(kClient, Cause::kAborted, Origin::kClient, 3, true, 7);
  Quiet();
  ExpectContent();
}

TEST_F(SameEndTest, ObjectsToACrossedAbortWithAnothersCode) {
  Opened(kServer);
  Abort(kClient, 3);
  Ended(kServer, Cause::kAborted, Origin::kServer, 7);
  See(kServer, trace::Crossed{.client = 0, .session = kSession, .peer_code = 4});
  Ended(kClient, Cause::kAborted, Origin::kClient, 3, true, 7);
  Quiet();
  ExpectVerdict("same_end", "crossed by 4");
}

TEST_F(SameEndTest, AcceptsAClientThatGaveUpBeforeTheHeal) {
  Opened(kServer);
  Ended(kClient, Cause::kExpired);
  Heal(true);
  Ended(kServer, Cause::kFinished);
  See(kServer, trace::PeerFinished{.client = 0, .session = kSession, .offset = 0});
  judge_.Reset();  // The other oracles have their own opinion of this.
  Quiet();
  ExpectContent();
}

TEST_F(SameEndTest, ObjectsToGivingUpAlthoughTheServerHoldsTheSession) {
  Opened(kServer);
  Heal(true);
  now_ += RecoveryTime(plan_) * 2;
  Hear(kClient);
  Hear(kServer);
  Ended(kClient, Cause::kExpired);
  Ended(kServer, Cause::kExpired);
  Quiet();
  ExpectVerdict("same_end", "gave up although the network had been made good in time");
}

TEST_F(SameEndTest, AcceptsNeverConfirmedOfASessionThatTheServerNeverOpened) {
  plan_.clients[0].settings.static_key = true;  // XX: its third message may have been lost.
  Heal(false);
  now_ += RecoveryTime(plan_) * 2;
  Ended(kClient, Cause::kNeverConfirmed);
  Quiet();
  ExpectContent();
}

TEST_F(SameEndTest, ObjectsToAViolationBetweenHonestEnds) {
  Ended(kServer, Cause::kViolation, Origin::kServer);
  ExpectVerdict("same_end", "with violation, but both ends are honest");
}

using HonestTest = OracleTest;

TEST_F(HonestTest, ObjectsToABadTagAndToNothingInnocent) {
  for (Error error : {Error::kTransportClosed, Error::kTimedOut, Error::kUnknownLocator, Error::kSuperseded}) {
    See(kServer, trace::Close{.client = 0, .transport = 0, .error = static_cast<uint64_t>(error)});
  }
  ExpectContent();
  See(kClient, trace::AttemptFailed{.client = 0, .transport = 0, .error = static_cast<uint64_t>(Error::kBadTag)});
  ExpectVerdict("honest", "a tag does not verify");
}

TEST_F(HonestTest, TakesAMisfitForWhatItIs) {
  plan_.server.network_key = true;
  See(kServer, trace::Close{.client = 0, .transport = 0, .error = static_cast<uint64_t>(Error::kBadTag)});
  ExpectContent();
  plan_.clients[0].settings.network_key = Known::kRight;
  See(kServer, trace::Close{.client = 0, .transport = 0, .error = static_cast<uint64_t>(Error::kBadTag)});
  ExpectVerdict("honest", "a tag does not verify");
}

using AdmissionTest = OracleTest;

TEST_F(AdmissionTest, ObjectsToASessionOfAClientThatIsNotOffered) {
  plan_.server.offer_nx = false;
  Opened(kServer);
  ExpectVerdict("admission", "the server opens a session of client 0, whom the server does not let in");
}

TEST_F(AdmissionTest, ObjectsToASessionOfAClientThatWasRefused) {
  plan_.clients[0].refuse = plan_.clients[0].settings.static_key = true;
  Opened(kClient);  // It does not know yet.
  ExpectContent();
  Opened(kServer);
  ExpectVerdict("admission", "though a key was refused");
}

TEST_F(AdmissionTest, ObjectsToAByteForAStranger) {
  plan_.server.network_key = true;
  plan_.clients[0].settings.network_key = Known::kWrong;
  const trace::Write write = {.client = 0, .transport = 0, .dir = 1, .offset = 0, .size = 34, .taken = 34};
  See(kClient, write);
  ExpectContent();
  See(kServer, write);
  ExpectVerdict("admission", "sends 34 bytes to client 0, who does not have its key");
}

TEST_F(AdmissionTest, ObjectsToAnEndThatNobodyDecided) {
  const trace::Unopened refused = {
      .client = 0, .session = kSession, .cause = Of(Cause::kRefused), .origin = static_cast<uint64_t>(Origin::kServer)};
  plan_.clients[0].refuse = true;
  See(kServer, refused);
  ExpectContent();
  plan_.clients[0].refuse = false;
  See(kServer, refused);
  ExpectVerdict("admission", "that was never open ends at the server with refused");
}

// Of clients 0 and 1, who come from one address, and client 2, who comes from another.
class RoomTest : public OracleTest {
 protected:
  RoomTest() {
    SetClients(3);
    plan_.clients[2].source = 1;
    plan_.server.handshakes_max = 4;
    See(kServer, CensusOf(2, 2, 0, 0, 0));
  }
  void Come(uint64_t client, uint64_t transport) {
    See(kServer, trace::Opened{.client = client, .transport = transport, .id = 3});
  }
  void GiveWay(uint64_t client, uint64_t transport) {
    See(kServer,
        trace::Close{.client = client, .transport = transport, .error = static_cast<uint64_t>(Error::kTableFull)});
  }
};

TEST_F(RoomTest, IsMadeByASourceItself) {
  Come(1, 0);
  GiveWay(0, 0);
  Come(0, kIntruders + 1);
  GiveWay(2, kIntruders);
  ExpectContent();
}

TEST_F(RoomTest, IsNotMadeByOthers) {
  Come(1, 0);
  GiveWay(2, 0);
  ExpectVerdict("admission", "closes a transport of client 2 to make room for one of client 1, whose source has");
}

TEST_F(RoomTest, IsNotMadeForAnIntruderByTheClientsThatHeReads) {
  Come(0, kIntruders);
  GiveWay(0, 0);
  ExpectVerdict("admission", "to make room for one of client 0");
}

TEST_F(RoomTest, MayBeMadeByTheOldestOfAllWhereThereIsNone) {
  See(kServer, CensusOf(4, 4, 0, 0, 0));
  Come(1, 0);
  GiveWay(2, 0);
  ExpectContent();
}

TEST_F(RoomTest, IsAnotherMatterBehindMessage1) {
  Come(1, 0);
  Hear(kServer);
  GiveWay(2, 0);
  ExpectContent();
}

using EarlyTest = OracleTest;

TEST_F(EarlyTest, ObjectsToMoreThanMayGoEarly) {
  plan_.clients[0].up.early = true;
  plan_.clients[0].settings.session.early_bytes_max = 100;
  oracles_.early.OnDeliver(SceneOf(kServer), 0, 1, 0, 60);
  oracles_.early.OnDeliver(SceneOf(kServer), 0, 1, 60, 40);
  oracles_.early.OnDeliver(SceneOf(kServer), 0, 2, 100, 100);
  ExpectContent();
  oracles_.early.OnDeliver(SceneOf(kServer), 0, 2, 200, 1);
  ExpectVerdict("early", "101 out of it so far; 100 may go early");
}

TEST_F(EarlyTest, ObjectsToAByteBetweenThoseThatMayGoEarly) {
  plan_.clients[0].up = {.bytes = 900, .chunk = 100, .early = true, .early_every = 3};
  plan_.clients[0].settings.session.early_bytes_max = 1000;
  oracles_.early.OnDeliver(SceneOf(kServer), 0, 1, 200, 100);
  oracles_.early.OnDeliver(SceneOf(kServer), 0, 2, 550, 50);
  ExpectContent();
  oracles_.early.OnDeliver(SceneOf(kServer), 0, 3, 550, 51);
  ExpectVerdict("early", "client 0's byte 600 was delivered before transport 3 was confirmed; it may not go early");
}

TEST_F(EarlyTest, ObjectsToBytesThatWereNotLetGoEarly) {
  plan_.clients[0].settings.session.early_bytes_max = 100;
  oracles_.early.OnDeliver(SceneOf(kServer), 0, 1, 0, 1);
  ExpectVerdict("early", "0 may go early");
}

using AttemptsTest = OracleTest;

TEST_F(AttemptsTest, ObjectsToASessionThatChanged) {
  oracles_.attempts.OnUnconfirmed(SceneOf(kServer), 0, 3, 77, 77);
  ExpectContent();
  oracles_.attempts.OnUnconfirmed(SceneOf(kServer), 0, 3, 77, 78);
  ExpectVerdict("attempts", "transport 3 changed client 0's session");
}

class PromisesTest : public OracleTest {
 protected:
  PromisesTest() { plan_.clients[0].settings.hold = seconds(100); }
};

TEST_F(PromisesTest, AcceptAnExpiryInTime) {
  Opened(kServer);
  now_ += seconds(50);
  Send(kClient, 0, 9);
  Deliver(kServer, 0, 9);
  See(kServer, State(0, 0, 0, 9));
  now_ += seconds(100);
  Ended(kServer, Cause::kExpired);
  ExpectContent();
}

TEST_F(PromisesTest, ObjectToAnExpiryTooSoonAfterASign) {
  Opened(kServer);
  now_ += seconds(50);
  Send(kClient, 0, 9);
  Deliver(kServer, 0, 9);
  See(kServer, State(0, 0, 0, 9));
  now_ += seconds(99);
  Ended(kServer, Cause::kExpired);
  ExpectVerdict("promises", "expired at the server 99.000 s after a sign of life; its hold time is 100.000 s");
}

TEST_F(PromisesTest, AcceptAnExpiryThatRanWhileTheVerdictWasOut) {
  plan_.clients[0].settings.hold = seconds(100);
  See(kServer, trace::Asked{.client = 0, .session = kSession});
  now_ += seconds(60);
  Opened(kServer);
  now_ += seconds(50);
  Ended(kServer, Cause::kExpired);
  ExpectContent();
}

TEST_F(PromisesTest, ObjectToATombstoneThatIsDroppedTooSoon) {
  Opened(kServer);
  See(kServer, CensusOf(0, 0, 0, 1, 0));
  Ended(kServer, Cause::kAborted, Origin::kServer);
  See(kServer, CensusOf(0, 0, 0, 0, 1));
  now_ += seconds(99);
  ExpectContent();
  See(kServer, CensusOf(0, 0, 0, 0, 0));
  ExpectVerdict("promises", "keeps 0 tombstones, but 1 sessions have ended within their hold times");
}

TEST_F(PromisesTest, AcceptATombstoneThatHasServedItsTime) {
  Opened(kServer);
  Ended(kServer, Cause::kAborted, Origin::kServer);
  See(kServer, CensusOf(0, 0, 0, 0, 1));
  now_ += seconds(100);
  See(kServer, CensusOf(0, 0, 0, 0, 0));
  ExpectContent();
}

TEST_F(PromisesTest, ObjectToNeverConfirmedTooSoon) {
  Opened(kClient);
  now_ += plan_.server.embryo_time - seconds(1);
  Ended(kClient, Cause::kNeverConfirmed);
  ExpectVerdict("promises", "says never_confirmed 299.000 s after its session opened");
}

TEST_F(PromisesTest, ObjectToNeverConfirmedOfASessionInWhichTheServerHasSpoken) {
  Opened(kClient);
  See(kClient, State(0, 0, 0, 9));
  now_ += plan_.server.embryo_time;
  Ended(kClient, Cause::kNeverConfirmed);
  ExpectVerdict("promises", "client 0 says never_confirmed, but it has received 9 bytes");
}

TEST_F(PromisesTest, ObjectToASessionThatIsHeldForTooLong) {
  Opened(kServer);
  Opened(kClient);
  now_ += seconds(50);
  Hear(kClient);
  now_ += seconds(101);
  Ended(kClient, Cause::kExpired);
  now_ += plan_.clients[0].settings.session.dead_transport - seconds(50);
  ExpectContent();
  now_ += Duration(1);
  Ended(kServer, Cause::kExpired);
  ExpectVerdict("promises", "client 0's session expired at the server only");
}

TEST_F(PromisesTest, AcceptALateExpiryOfASessionThatWasAway) {
  Opened(kServer);
  now_ += seconds(1000);
  See(kServer, trace::Imported{.client = 0, .session = kSession, .live = 0, .server = 0, .offset = 0});
  Ended(kServer, Cause::kExpired);
  ExpectContent();
}

}  // namespace
}  // namespace holdfast::sim
