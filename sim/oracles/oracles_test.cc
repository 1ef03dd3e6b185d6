// Each oracle is shown what it must object to, and what it must not.

#include "sim/oracles/oracles.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/error.h"
#include "core/wire/messages.h"

namespace holdfast::sim {
namespace {

using std::chrono::seconds;
using testing::HasSubstr;

constexpr Actor kClient = Actor::Client(0);
constexpr Actor kServer = Actor::Server();
constexpr uint64_t kSession = 1;

uint64_t Of(Cause cause) { return static_cast<uint64_t>(cause); }

// A world of one client as far as oracles see it.
class OracleTest : public testing::Test {
 protected:
  OracleTest() : content_(7) { SetClients(1); }
  void SetClients(size_t count) {
    plan_.clients.resize(count);
    oracles_.Reset(plan_);
  }

  template <typename Event>
  void See(Actor actor, const Event& event, ByteSpan bytes = {}) {
    oracles_.See(SceneOf(actor, bytes), event);
  }
  Scene SceneOf(Actor actor, ByteSpan bytes = {}) {
    return {.now = now_, .actor = actor, .bytes = bytes, .plan = plan_, .content = content_, .judge = judge_};
  }

  void Send(Actor actor, uint64_t offset, uint64_t size) {
    See(actor, trace::Send{.client = 0, .session = kSession, .offset = offset, .size = size, .accepted = size});
  }
  void Hear(Actor actor, uint64_t transport = 0) {
    See(actor, trace::Receive{.client = 0, .transport = transport, .dir = 0, .offset = 0, .size = 1});
  }
  void Deliver(Actor actor, uint64_t offset, uint64_t size, uint64_t transport = 0) {
    Hear(actor, transport);
    Bytes bytes(static_cast<size_t>(size));
    content_.Fill(0, actor.is_client() ? Direction::kDown : Direction::kUp, offset, bytes);
    See(actor, trace::Deliver{.client = 0, .session = kSession, .transport = transport, .offset = offset, .size = size},
        bytes);
  }
  void Finish(Actor actor, uint64_t offset) {
    See(actor, trace::Finish{.client = 0, .session = kSession, .offset = offset});
  }
  void PeerFinished(Actor actor, uint64_t offset) {
    See(actor, trace::PeerFinished{.client = 0, .session = kSession, .offset = offset});
  }
  void Opened(Actor actor) { See(actor, trace::SessionOpened{.client = 0, .session = kSession, .transport = 0}); }
  void Abort(Actor actor, uint64_t code) { See(actor, trace::Abort{.client = 0, .session = kSession, .code = code}); }
  void Ended(Actor actor, Cause cause, Origin origin = Origin::kNobody, uint64_t code = 0, bool crossed = false,
             uint64_t peer_code = 0) {
    See(actor, trace::Ended{.client = 0,
                            .session = kSession,
                            .cause = Of(cause),
                            .origin = static_cast<uint64_t>(origin),
                            .code = code,
                            .crossed = crossed,
                            .peer_code = peer_code});
  }
  void Seal(uint64_t key, uint64_t nonce) { See(kClient, trace::Seal{.key = key, .nonce = nonce}); }
  void Heal(bool holds) {
    See(Actor::Network(), trace::Heal{.faults_left = 0});
    See(kServer, trace::Holds{.client = 0, .holds = holds});
  }
  void Quiet() { See(Actor::Network(), trace::Quiet{.events = 0}); }
  trace::State State(uint64_t attached, uint64_t sent, uint64_t acked, uint64_t received = 0) const {
    return {.client = 0,
            .session = kSession,
            .epoch = 1,
            .attempt = 0,
            .attached = attached,
            .candidate = kNoTransport,
            .sent = sent,
            .acked = acked,
            .received = received,
            .consumed = received,
            .replay_bytes = sent - acked};
  }

  void ExpectContent() { EXPECT_FALSE(judge_.failed()) << judge_.verdict()->sentence; }
  void ExpectVerdict(std::string_view oracle, std::string_view sentence) {
    ASSERT_TRUE(judge_.failed());
    EXPECT_EQ(judge_.verdict()->oracle, oracle);
    EXPECT_THAT(judge_.verdict()->sentence, HasSubstr(std::string(sentence)));
  }

  Plan plan_;
  Content content_;
  Judge judge_;
  Oracles oracles_;
  Time now_ = Time(seconds(1));
};

using ExactDeliveryTest = OracleTest;

TEST_F(ExactDeliveryTest, AcceptsAStreamInOrder) {
  Send(kClient, 0, 10);
  Deliver(kServer, 0, 4);
  Deliver(kServer, 4, 6);
  Send(kServer, 0, 3);
  Deliver(kClient, 0, 3);
  ExpectContent();
}

TEST_F(ExactDeliveryTest, ObjectsToBytesDeliveredTwice) {
  Send(kClient, 0, 10);
  Deliver(kServer, 0, 4);
  Deliver(kServer, 2, 4);
  ExpectVerdict("exact_delivery", "from 2 on, after it had delivered up to 4");
}

TEST_F(ExactDeliveryTest, ObjectsToAGap) {
  Send(kServer, 0, 10);
  Deliver(kClient, 3, 4);
  ExpectVerdict("exact_delivery", "from 3 on, after it had delivered up to 0");
}

TEST_F(ExactDeliveryTest, ObjectsToBytesThatNobodySent) {
  Send(kClient, 0, 3);
  Deliver(kServer, 0, 4);
  ExpectVerdict("exact_delivery", "has only sent up to 3");
}

TEST_F(ExactDeliveryTest, ObjectsToAWrongByte) {
  Send(kClient, 0, 10);
  Bytes bytes(10);
  content_.Fill(0, Direction::kUp, 0, bytes);
  bytes[6] ^= 0x80;
  See(kServer, trace::Deliver{.client = 0, .session = kSession, .transport = 0, .offset = 0, .size = 10}, bytes);
  ExpectVerdict("exact_delivery", "byte 6 was delivered");
}

TEST_F(ExactDeliveryTest, ObjectsToASecondSessionWithTheSameBytes) {
  Send(kClient, 0, 10);
  Deliver(kServer, 0, 4);
  Bytes bytes(4);
  content_.Fill(0, Direction::kUp, 0, bytes);
  See(kServer, trace::Deliver{.client = 0, .session = 2, .transport = 1, .offset = 0, .size = 4}, bytes);
  ExpectVerdict("exact_delivery", "in session 1 and again in session 2");
}

TEST_F(ExactDeliveryTest, ObjectsToAFinishWithBytesMissing) {
  Send(kClient, 0, 10);
  Deliver(kServer, 0, 9);
  Ended(kServer, Cause::kFinished);
  ExpectVerdict("exact_delivery", "10 bytes c>s 9 were delivered");
}

using NonceUniquenessTest = OracleTest;

TEST_F(NonceUniquenessTest, AcceptsRisingNoncesOfManyKeys) {
  for (uint64_t key = 0; key < 500; ++key) {
    for (uint64_t nonce = 0; nonce < 5; ++nonce) Seal(key * 977, nonce);
  }
  ExpectContent();
  Seal(0, 4);
  ExpectVerdict("nonce_uniqueness", "under nonce 4 after one under 4");
}

TEST_F(NonceUniquenessTest, ObjectsToOneKeyAtBothEnds) {
  Seal(5, 0);
  See(kServer, trace::Seal{.key = 5, .nonce = 0});
  ExpectVerdict("nonce_uniqueness", "key 0000000000000005");
}

using OneAttachedTest = OracleTest;

TEST_F(OneAttachedTest, AcceptsASwitch) {
  Send(kClient, 0, 10);
  See(kServer, State(0, 0, 0));
  Deliver(kServer, 0, 4, 0);
  See(kServer, State(0, 0, 0, 4));
  Deliver(kServer, 4, 4, 2);
  See(kServer, State(2, 0, 0, 8));
  See(kServer, State(kNoTransport, 0, 0, 8));
  ExpectContent();
}

TEST_F(OneAttachedTest, ObjectsToBytesOfAReplacedTransport) {
  Send(kClient, 0, 10);
  See(kServer, State(1, 0, 0));
  Deliver(kServer, 0, 4, 0);
  ExpectVerdict("one_attached", "transport 0 after transport 1 had taken its place");
}

TEST_F(OneAttachedTest, ObjectsToBytesOfATransportThatIsNotAttached) {
  Send(kClient, 0, 10);
  See(kServer, State(0, 0, 0));
  Deliver(kServer, 0, 4, 1);
  See(kServer, State(0, 0, 0, 4));
  ExpectVerdict("one_attached", "transport 1 while transport 0 is attached");
}

TEST_F(OneAttachedTest, ObjectsToGoingBack) {
  See(kClient, State(2, 0, 0));
  See(kClient, State(1, 0, 0));
  ExpectVerdict("one_attached", "went back from transport 2 to transport 1");
}

TEST_F(OneAttachedTest, ObjectsToAnAttachedTransportThatIsGone) {
  See(kClient, State(kGoneTransport, 0, 0));
  ExpectVerdict("one_attached", "attached to a transport that is gone");
}

using AcknowledgedTest = OracleTest;

TEST_F(AcknowledgedTest, ObjectsToMoreThanWasDelivered) {
  Send(kClient, 0, 10);
  Deliver(kServer, 0, 4);
  See(kClient, State(0, 10, 4));
  ExpectContent();
  See(kClient, State(0, 10, 5));
  ExpectVerdict("acknowledged", "takes 5 bytes");
}

TEST_F(AcknowledgedTest, ObjectsToMoreThanWasConsumedWhereThatIsSaid) {
  plan_.server.session.explicit_consume = true;
  See(kClient, State(0, 10, 0));
  Send(kClient, 0, 10);
  Deliver(kServer, 0, 10);
  See(kServer, trace::Consumed{.client = 0, .session = kSession, .offset = 4});
  See(kClient, State(0, 10, 4));
  ExpectContent();
  See(kClient, State(0, 10, 5));
  ExpectVerdict("acknowledged", "5 bytes of client 0's session as acknowledged, but the other application owns 4");
}

using BoundedMemoryTest = OracleTest;

TEST_F(BoundedMemoryTest, ObjectsToAReplayBufferBeyondItsLimit) {
  plan_.clients[0].settings.session.replay_bytes_max = 100;
  oracles_.bounded_memory.OnView(SceneOf(kClient), 0, {.replay_bytes = 100});
  ExpectContent();
  oracles_.bounded_memory.OnView(SceneOf(kClient), 0, {.replay_bytes = 101});
  ExpectVerdict("bounded_memory", "replay_bytes_max is 100");
}

TEST_F(BoundedMemoryTest, ObjectsToMemoryBeyondTheOptions) {
  oracles_.bounded_memory.OnView(SceneOf(kServer), 0, {.memory_bytes = 1 << 20});
  ExpectContent();
  oracles_.bounded_memory.OnView(SceneOf(kServer), 0, {.memory_bytes = 2 << 20});
  ExpectVerdict("bounded_memory", "its options allow for");
}

trace::Census CensusOf(uint64_t transports, uint64_t handshakes, uint64_t embryos, uint64_t sessions,
                       uint64_t tombstones) {
  return {.transports = transports,
          .handshakes = handshakes,
          .embryos = embryos,
          .sessions = sessions,
          .tombstones = tombstones};
}

TEST_F(BoundedMemoryTest, ObjectsToFullTables) {
  plan_.server.embryos_max = 2;
  See(kServer, CensusOf(3, 1, 2, 0, 0));
  ExpectContent();
  See(kServer, CensusOf(3, 0, 3, 0, 0));
  ExpectVerdict("bounded_memory", "3 unconfirmed sessions; the limit is 2");
}

TEST_F(BoundedMemoryTest, ObjectsToTransportsThatAreClosed) {
  See(kServer, CensusOf(2, 0, 0, 0, 0));
  oracles_.bounded_memory.OnTransports(SceneOf(kServer), 1);
  ExpectVerdict("bounded_memory", "holds 2 transports, but 1 are open");
}

TEST_F(BoundedMemoryTest, ObjectsToAClientThatForgetsATransport) {
  const SessionView view = {.attached = TransportId{3}, .candidate = TransportId{4}};
  oracles_.bounded_memory.OnTransports(SceneOf(kClient), view, 2);
  ExpectContent();
  oracles_.bounded_memory.OnTransports(SceneOf(kClient), view, 3);
  ExpectVerdict("bounded_memory", "client 0 knows 2 transports, but 3 are open");
}

TEST_F(BoundedMemoryTest, ObjectsToMoreWithTheApplicationThanTheWindow) {
  plan_.server.session.receive_window = 100;
  oracles_.bounded_memory.OnView(SceneOf(kServer), 0, {.received = 150, .consumed = 50});
  ExpectContent();
  oracles_.bounded_memory.OnView(SceneOf(kServer), 0, {.received = 151, .consumed = 50});
  ExpectVerdict("bounded_memory", "at the server has left 101 bytes with its application; its window is 100");
}

TEST_F(BoundedMemoryTest, ObjectsToLeftovers) {
  See(kServer, CensusOf(0, 0, 0, 0, 1));
  oracles_.bounded_memory.On(SceneOf(kServer), trace::Quiet{.events = 0});
  ExpectVerdict("bounded_memory", "1 tombstones");
}

using FinOnceTest = OracleTest;

TEST_F(FinOnceTest, AcceptsAnOrderlyEnd) {
  Opened(kServer);
  Send(kClient, 0, 4);
  Finish(kClient, 4);
  Deliver(kServer, 0, 4);
  PeerFinished(kServer, 4);
  Ended(kServer, Cause::kFinished);
  ExpectContent();
}

TEST_F(FinOnceTest, ObjectsToBytesThatAreTakenAfterTheEnd) {
  Send(kClient, 0, 4);
  Finish(kClient, 4);
  See(kClient, trace::Send{.client = 0, .session = kSession, .offset = 4, .size = 1, .accepted = 0});
  ExpectContent();
  Send(kClient, 4, 1);
  ExpectVerdict("fin_once", "accepts bytes after the end of its own stream");
}

TEST_F(FinOnceTest, ObjectsToAnEndThatNobodySaid) {
  PeerFinished(kServer, 0);
  ExpectVerdict("fin_once", "nobody has said so");
}

TEST_F(FinOnceTest, ObjectsToAnEndBeforeTheLastByte) {
  Send(kClient, 0, 4);
  Finish(kClient, 4);
  Deliver(kServer, 0, 3);
  PeerFinished(kServer, 3);
  ExpectVerdict("fin_once", "after 3 of 4 bytes");
}

TEST_F(FinOnceTest, ObjectsToASecondEnd) {
  Finish(kClient, 0);
  PeerFinished(kServer, 0);
  PeerFinished(kServer, 0);
  ExpectVerdict("fin_once", "told twice");
}

TEST_F(FinOnceTest, ObjectsToBytesAfterTheEnd) {
  Send(kClient, 0, 4);
  Finish(kClient, 0);
  PeerFinished(kServer, 0);
  Deliver(kServer, 0, 4);
  ExpectVerdict("fin_once", "after its peer's stream was complete");
}

TEST_F(FinOnceTest, ObjectsToAnythingAfterTheSessionsEnd) {
  Ended(kClient, Cause::kAborted);
  See(kClient, trace::Resumed{.client = 0, .session = kSession, .transport = 1});
  ExpectVerdict("fin_once", "resumed after it had ended");
}

TEST_F(FinOnceTest, ObjectsToASessionOpenedTwice) {
  Opened(kServer);
  Opened(kServer);
  ExpectVerdict("fin_once", "opened twice");
}

TEST_F(FinOnceTest, ObjectsToFinishedWithoutThePeersEnd) {
  Ended(kClient, Cause::kFinished);
  ExpectVerdict("fin_once", "was never told");
}

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
  See(kServer, trace::Imported{.client = 0, .session = kSession, .live = 0, .offset = 0});
  Ended(kServer, Cause::kExpired);
  ExpectContent();
}

using RetriesTest = OracleTest;

TEST_F(RetriesTest, ObjectToADialAtOnce) {
  See(kClient, trace::DialWanted{.client = 0, .delay_ns = 0});  // The first may be.
  See(kClient, trace::DialWanted{.client = 0, .delay_ns = 50'000'000});
  ExpectContent();
  See(kClient, trace::DialWanted{.client = 0, .delay_ns = 49'999'999});
  ExpectVerdict("retries", "asks for dial 2 in a row after 0.049999999 s; it should wait for 0.050000000 s");
}

TEST_F(RetriesTest, ObjectToAWaitThatDoesNotGrow) {
  for (uint64_t i = 0; i < 9; ++i) See(kClient, trace::DialWanted{.client = 0, .delay_ns = 60'000'000 + i});
  ExpectContent();
  See(kClient, trace::DialWanted{.client = 0, .delay_ns = 60'000'000});
  ExpectVerdict("retries", "it should wait for 0.200000000 s");
}

TEST_F(RetriesTest, ForgetFailuresWhenATransportIsAttached) {
  for (uint64_t i = 0; i < 30; ++i) {
    See(kClient, trace::DialWanted{.client = 0, .delay_ns = 60'000'000 + i});
    if (i % 5 == 0) See(kClient, State(0, 0, 0));
  }
  ExpectContent();
}

TEST_F(RetriesTest, ObjectToAWaitBeyondTheLimit) {
  See(kClient, trace::DialWanted{.client = 0, .delay_ns = 60'000'000});
  See(kClient, trace::DialWanted{.client = 0, .delay_ns = 30'000'000'001});
  ExpectVerdict("retries", "longer than backoff_max");
}

TEST_F(RetriesTest, ObjectToWaitsThatAreNotDrawn) {
  for (int i = 0; i < 5; ++i) See(kClient, trace::DialWanted{.client = 0, .delay_ns = 100'000'000});
  ExpectContent();
  See(kClient, trace::DialWanted{.client = 0, .delay_ns = 100'000'000});
  ExpectVerdict("retries", "a wait of exactly 0.100000000 s: no part of it is drawn");
}

TEST_F(RetriesTest, ObjectToALongWaitOfAClientThatHasHeardFromTheServer) {
  const trace::DialWanted patient = {.client = 0, .delay_ns = 100'000'001};
  See(kClient, patient);
  See(kClient, State(0, 0, 0, 1));
  See(kClient, trace::DialFailed{.client = 0, .dial = 0});
  See(kClient, patient);  // A dial has failed since.
  See(kClient, State(0, 0, 0, 2));
  ExpectContent();  // It may have failed after what it heard.
  See(kClient, State(0, 0, 0, 3));
  See(kClient, patient);
  ExpectVerdict("retries", "client 0 waits 0.100000001 s before it dials, though it has just heard from the server");
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
