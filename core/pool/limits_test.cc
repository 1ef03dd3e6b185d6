// What strangers and peers can make a server hold, and what happens when it holds that (docs/protocol.md 9.2).

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <vector>

#include "core/pool/raw_fixture.h"

namespace holdfast {
namespace {

constexpr SourceKey kHere{1};
constexpr SourceKey kThere{2};

// A bound of which applications may fill `bytes`.
constexpr size_t RoomToSend(size_t bytes) { return (8 * bytes + 6) / 7; }

class LimitsTest : public RawClientTest {
 protected:
  void Restart(const std::function<void(ServerConfig&)>& change) {
    ServerConfig config{Pair::ServerKey()};
    change(config);
    server_ = Server(config);
    closed_.clear();
  }

  // Preamble and the first `size` bytes of a message 1 that says it has 4096.
  TransportId HalfMessage(SourceKey source, size_t size) {
    const TransportId transport = server_.TransportOpened(now_, source);
    Bytes bytes = Encode(PreambleOf(Kind::kNew, PatternId::kNx, Suite::kChaChaPoly));
    Append(bytes, Bytes{0x10, 0x00});
    bytes.resize(bytes.size() + size);
    Say(transport, bytes);
    return transport;
  }

  // A session of a client of its own, attached.
  struct Peer {
    RawClient client;
    TransportId transport = TransportId::kNone;
    SessionId session = SessionId::kNone;
  };
  Peer OpenPeer(SourceKey source = {}) {
    Peer peer;
    session_ = SessionId::kNone;
    peer.transport = server_.TransportOpened(now_, source);
    Bytes reply = Say(peer.transport, peer.client.NewSession());
    if (reply.empty()) return peer;
    peer.client.OnMessage2(reply, 1);
    Say(peer.transport, peer.client.Seal({AckFrame{{0}, {1 << 20}, false}}));
    peer.session = session_;
    return peer;
  }

  // Which sessions are told that there is space.
  std::vector<SessionId> SpaceNotices() {
    std::vector<SessionId> told;
    while (auto event = server_.Poll(now_, entropy_)) {
      if (std::holds_alternative<event::SpaceAvailable>(event->what)) told.push_back(event->session);
    }
    return told;
  }
};

// HF-LIM-1.
TEST_F(LimitsTest, ATransportMakesRoomForANewerOneOfItsOwnSourceFirst) {
  Restart([](ServerConfig& config) {
    config.handshakes_per_source_max = 3;
    config.handshakes_max = 5;
  });
  std::vector<TransportId> opened;
  for (SourceKey source : {kThere, kHere, kHere, kHere, kHere, kThere}) {
    opened.push_back(server_.TransportOpened(now_, source));
    Drain(TransportId::kNone);
  }
  // The fourth of "here" was one too many of its source.
  EXPECT_EQ(closed_, (std::map<TransportId, Error>{{opened[1], Error::kTableFull}}));
  EXPECT_EQ(server_.census().handshakes, 5U);
  server_.TransportOpened(now_, kThere);  // One too many in all: the oldest of "there", not of all but one.
  Drain(TransportId::kNone);
  EXPECT_EQ(closed_.size(), 2U);
  EXPECT_TRUE(closed_.contains(opened[0]));
  server_.TransportOpened(now_, SourceKey{3});  // A source that has none: the oldest of all.
  Drain(TransportId::kNone);
  EXPECT_EQ(closed_.size(), 3U);
  EXPECT_TRUE(closed_.contains(opened[2]));
}

// HF-LIM-1: however many come from one source, a client from elsewhere is served.
TEST_F(LimitsTest, AFloodFromOneSourceLeavesTheOthersAlone) {
  Restart([](ServerConfig& config) {
    config.handshakes_per_source_max = 50;
    config.handshakes_max = 100;
    config.embryos_per_source_max = 10;
    config.embryos_max = 20;
  });
  RawClient slow;
  const Bytes greeting = slow.NewSession();
  const TransportId transport = server_.TransportOpened(now_, kThere);
  Bytes reply;
  for (uint8_t byte : greeting) {
    for (int i = 0; i < 60; ++i) server_.TransportOpened(now_, kHere);
    OpenPeer(kHere);
    RawClient silent;  // An embryo that nobody confirms.
    Say(server_.TransportOpened(now_, kHere), silent.NewSession());
    Append(reply, Say(transport, {byte}));
    ASSERT_FALSE(closed_.contains(transport));
  }
  for (int i = 0; i < 100; ++i) {
    RawClient silent;
    Say(server_.TransportOpened(now_, kHere), silent.NewSession());
  }
  EXPECT_LE(server_.census().embryos, 11U);
  slow.OnMessage2(reply, 1);
  session_ = SessionId::kNone;
  Say(transport, slow.Seal({AckFrame{{0}, {1 << 20}, false}}));
  EXPECT_NE(session_, SessionId::kNone);
}

// HF-LIM-2.
TEST_F(LimitsTest, AnEmbryoMakesRoomForANewerOneOfItsOwnSourceFirst) {
  Restart([](ServerConfig& config) {
    config.embryos_per_source_max = 2;
    config.embryos_max = 4;
  });
  std::vector<TransportId> opened;
  for (SourceKey source : {kThere, kHere, kHere, kHere}) {
    RawClient client;
    opened.push_back(server_.TransportOpened(now_, source));
    Say(opened.back(), client.NewSession());
  }
  EXPECT_EQ(closed_, (std::map<TransportId, Error>{{opened[1], Error::kTableFull}}));
  EXPECT_EQ(server_.census().embryos, 3U);
}

// HF-LIM-7.
TEST_F(LimitsTest, WhatCameOfMessages1IsBoundedAndTheOldestOfTheSourceMakesRoom) {
  Restart([](ServerConfig& config) { config.handshake_bytes_max = 5000; });
  const TransportId silent = server_.TransportOpened(now_, kHere);
  const TransportId there = HalfMessage(kThere, 1000);
  const TransportId first = HalfMessage(kHere, 1000);
  EXPECT_TRUE(closed_.empty());
  EXPECT_GE(server_.census().handshake_bytes, 2000U);
  const TransportId second = HalfMessage(kHere, 3500);
  EXPECT_EQ(closed_, (std::map<TransportId, Error>{{first, Error::kMemoryFull}}));
  const TransportId third = HalfMessage(SourceKey{3}, 1000);  // Has no other of its own: the oldest of all.
  EXPECT_TRUE(closed_.contains(there));
  EXPECT_FALSE(closed_.contains(second) || closed_.contains(third) || closed_.contains(silent));
  for (int i = 0; i < 200; ++i) {
    HalfMessage(SourceKey{static_cast<uint64_t>(i % 7)}, static_cast<size_t>(20 * i));
    EXPECT_LE(server_.census().handshake_bytes, 5000U);
  }
  EXPECT_FALSE(closed_.contains(silent));  // It holds nothing.
  Restart([](ServerConfig& config) { config.handshake_bytes_max = 100; });
  EXPECT_TRUE(closed_.contains(HalfMessage(kHere, 1000)));  // Too much by itself.
  EXPECT_EQ(server_.census().handshake_bytes, 0U);
}

// HF-LIM-8.
TEST_F(LimitsTest, SendAcceptsLessWhenMemoryIsFullAndSpaceFollowsInTurn) {
  Restart([](ServerConfig& config) { config.memory_max = RoomToSend(8192); });
  std::vector<Peer> peers;
  for (int i = 0; i < 4; ++i) peers.push_back(OpenPeer());
  const Bytes much(20'000, 7);
  EXPECT_EQ(server_.Send(now_, peers[0].session, much), 8192U);
  EXPECT_EQ(server_.census().memory_bytes, 8192U);
  for (size_t i : {2U, 1U, 3U}) EXPECT_EQ(server_.Send(now_, peers[i].session, much), 0U);
  EXPECT_EQ(server_.census().memory_waits, 4U);
  EXPECT_TRUE(SpaceNotices().empty());
  // Nobody spins: a second try changes nothing.
  EXPECT_EQ(server_.Send(now_, peers[1].session, much), 0U);
  EXPECT_TRUE(SpaceNotices().empty());

  server_.Abort(now_, peers[0].session, 1);
  // Who has nothing yet comes before who came first; among equals, in order. Each is told while there is something.
  const std::vector<SessionId> told = SpaceNotices();
  EXPECT_EQ(told, (std::vector<SessionId>{peers[2].session, peers[1].session, peers[3].session}));
  EXPECT_EQ(server_.Send(now_, told[0], Bytes(4000)), 4000U);
  EXPECT_EQ(server_.Send(now_, told[1], much), 4096U);
  EXPECT_EQ(server_.Send(now_, told[2], much), 0U);
  EXPECT_EQ(server_.census().memory_bytes, 8192U);
  EXPECT_TRUE(SpaceNotices().empty());
  server_.Abort(now_, told[0], 1);
  EXPECT_EQ(SpaceNotices(), (std::vector<SessionId>{told[2], told[1]}));
}

// HF-LIM-8: room in what a session has already needs no memory.
TEST_F(LimitsTest, SpaceFollowsAlsoWhenThePeerHasConsumedWhatFillsTheMemory) {
  Restart([](ServerConfig& config) { config.memory_max = RoomToSend(4096); });
  Peer peer = OpenPeer();
  EXPECT_EQ(server_.Send(now_, peer.session, Bytes(10'000)), 4096U);
  EXPECT_TRUE(SpaceNotices().empty());
  Drain(peer.transport);
  const Bytes ack = peer.client.Seal({AckFrame{{4096}, {1 << 20}, false}});
  server_.Receive(now_, peer.transport, ack);
  EXPECT_EQ(SpaceNotices(), std::vector<SessionId>{peer.session});
  EXPECT_EQ(server_.Send(now_, peer.session, Bytes(10'000)), 4096U);
}

// HF-LIM-8, HF-LIM-3.
TEST_F(LimitsTest, NewSessionsAreRefusedWhileMemoryIsFullAndOldOnesAreNot) {
  Restart([](ServerConfig& config) { config.memory_max = RoomToSend(4096); });
  Peer first = OpenPeer();
  Peer second = OpenPeer();
  EXPECT_EQ(server_.Send(now_, first.session, Bytes(10'000)), 4096U);
  Drain(first.transport);
  const Peer refused = OpenPeer();
  EXPECT_EQ(refused.session, SessionId::kNone);
  EXPECT_EQ(closed_[refused.transport], Error::kTableFull);
  Close(second.transport);
  Bytes reply = Ask(second.client, 1);
  ASSERT_FALSE(reply.empty());
  second.client.OnMessage2(reply, 2);
  Say(asked_, second.client.Seal({DataFrame{{0}, {AsBytes("still here")}}}));
  EXPECT_EQ(delivered_, ToBytes(AsBytes("still here")));
  EXPECT_EQ(server_.state(first.session), ServerState::kAttached);
}

// HF-LIM-8.
TEST_F(LimitsTest, ARecordInPartsCostsTheTransportWhenMemoryIsFullButNotTheSession) {
  Restart([](ServerConfig& config) { config.memory_max = RoomToSend(4096); });
  Peer first = OpenPeer();
  Peer second = OpenPeer();
  server_.Send(now_, first.session, Bytes(10'000));
  Drain(first.transport);
  const Bytes data(3000, 5);
  const Bytes record = second.client.Seal({DataFrame{{0}, {data}}});
  Say(second.transport, ToBytes(ByteSpan(record).first(2000)));
  EXPECT_EQ(closed_[second.transport], Error::kMemoryFull);
  EXPECT_EQ(server_.state(second.session), ServerState::kSuspended);
  EXPECT_EQ(server_.census().memory_bytes, 4096U);
  EXPECT_EQ(server_.state(first.session), ServerState::kAttached);

  Bytes reply = Ask(second.client, 1);
  ASSERT_FALSE(reply.empty());
  second.client.OnMessage2(reply, 2);
  Say(asked_, second.client.Seal({DataFrame{{0}, {data}}}));  // Whole: it needs no memory of ours.
  EXPECT_EQ(delivered_, data);
}

// HF-LIM-9, HF-LIM-3.
TEST_F(LimitsTest, RoomIsMadeByWhatIsBeyondItsPromiseAndByNothingElse) {
  Restart([](ServerConfig& config) { config.memory_max = RoomToSend(8192); });
  Peer old = OpenPeer();  // H is an hour, D is 45 s.
  server_.Send(now_, old.session, Bytes(4096));
  Close(old.transport);
  Wait(1800s);
  Peer young = OpenPeer();
  server_.Send(now_, young.session, Bytes(2048));
  Close(young.transport);
  Wait(1800s - 1ns);
  Peer asking = OpenPeer();
  EXPECT_EQ(server_.Send(now_, asking.session, Bytes(8192)), 2048U);
  EXPECT_EQ(server_.state(old.session), ServerState::kSuspended);  // To the last nanosecond.
  Wait(1ns);
  EXPECT_EQ(server_.state(old.session), ServerState::kSuspended);  // Nobody needs its room.
  EXPECT_EQ(server_.Send(now_, asking.session, Bytes(6144)), 2048U);
  Drain(TransportId::kNone);
  EXPECT_EQ(server_.state(old.session), ServerState::kTombstone);
  ASSERT_TRUE(ending_.has_value());
  EXPECT_EQ(ending_->cause, Cause::kExpired);
  EXPECT_EQ(ending_->origin, Origin::kNobody);
  EXPECT_EQ(ending_->error, Error::kMemoryFull);
  EXPECT_EQ(server_.state(young.session), ServerState::kSuspended);
  EXPECT_EQ(endings_, 1);
  EXPECT_LE(server_.census().memory_bytes, RoomToSend(8192));
  EXPECT_FALSE(Ask(old.client, 1).empty());  // And its tombstone tells it.
}

// HF-LIM-9: an authentic word renews the promise.
TEST_F(LimitsTest, WhoIsHeardFromAgainIsWithinItsPromiseAgain) {
  Restart([](ServerConfig& config) { config.memory_max = RoomToSend(4096); });
  Peer old = OpenPeer();
  Peer asking = OpenPeer();
  server_.Send(now_, old.session, Bytes(4096));
  Close(old.transport);
  for (int i = 0; i < 240; ++i) {  // The other is not idle.
    Wait(15s);
    Say(asking.transport, asking.client.Seal({PingFrame{}}));
  }
  Wait(1s);
  EXPECT_FALSE(Ask(old.client, 1).empty());
  Close(asked_);
  EXPECT_EQ(server_.Send(now_, asking.session, Bytes(4096)), 0U);
  EXPECT_EQ(server_.state(old.session), ServerState::kSuspended);
}

// What time makes a server do depends on what happens, not on how many sessions rest.
TEST_F(LimitsTest, TimeCostsNothingForSessionsThatAreSuspended) {
  for (size_t count : {10U, 10'000U}) {
    Restart([](ServerConfig&) {});
    Peer peer = OpenPeer();
    Close(peer.transport);
    Wait(400s);  // The deadlines of an embryo are behind it.
    server_.MultiplyForSimulation(ForkKey(), peer.session, count, entropy_);
    const uint64_t before = server_.census().deadlines;
    for (int i = 0; i < 3199; ++i) Wait(1s);
    EXPECT_EQ(server_.census().deadlines, before) << count;
    EXPECT_FALSE(Ask(peer.client, 1).empty());  // A resume among them.
    Close(asked_);
    EXPECT_EQ(server_.census().deadlines, before) << count;
    Wait(1s);
    EXPECT_EQ(server_.census().deadlines - before, count + 1) << count;  // The end of each one's promise, once.
    Wait(45s);
    EXPECT_EQ(server_.census().deadlines - before, 2 * count + 1) << count;
    EXPECT_EQ(server_.census().tombstones, count);
  }
}

TEST_F(LimitsTest, TimeCostsAFewStepsInEachPeriodForASessionThatIsAttached) {
  Restart([](ServerConfig&) {});
  const Peer peer = OpenPeer();
  constexpr size_t kCount = 1000;
  server_.MultiplyForSimulation(ForkKey(), peer.session, kCount, entropy_);
  // A record that comes in parts, each as long in coming as it may be (HF-LIV-12).
  constexpr size_t kPart = 2600;
  Bytes drip(25 * kPart, 0xff);
  const uint64_t before = server_.census().deadlines;
  for (size_t second = 0; second < 10 * drip.size() / kPart; ++second) {
    Wait(1s);
    if (second % 10 != 0) continue;
    for (uint64_t id = 0; id <= kCount; ++id) {
      server_.Receive(now_, TransportId{static_cast<uint64_t>(peer.transport) + id},
                      ByteSpan(drip).subspan(second / 10 * kPart, kPart));
      Drain(TransportId::kNone);
    }
  }
  EXPECT_EQ(server_.census().transports, kCount + 1);
  EXPECT_GT(server_.census().deadlines - before, 10 * kCount);
  EXPECT_LE(server_.census().deadlines - before, 40 * (kCount + 1));  // In 17 periods.
}

}  // namespace
}  // namespace holdfast
