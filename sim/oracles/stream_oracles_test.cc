// What oracles of bytes, keys, transports and memory must object to, and what they must not.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/oracles/oracle_fixture.h"

namespace holdfast::sim {
namespace {

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

TEST_F(BoundedMemoryTest, ObjectsToMemoryForWhatHasOnlyBeenAnnounced) {
  oracles_.bounded_memory.OnReading(SceneOf(kServer), 0, 60, 30);
  ExpectContent();
  oracles_.bounded_memory.OnReading(SceneOf(kServer), 0, 1042, 30);
  ExpectVerdict("bounded_memory", "holds 1042 bytes for messages that come in parts, but only 30 have come");
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

}  // namespace
}  // namespace holdfast::sim
