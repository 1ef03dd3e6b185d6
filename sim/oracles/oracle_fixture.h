#pragma once

// What tests of oracles share: a world as far as oracles see it, whose events the test tells, and the judge.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "core/base/error.h"
#include "sim/oracles/oracles.h"

namespace holdfast::sim {

inline constexpr Actor kClient = Actor::Client(0);
inline constexpr Actor kServer = Actor::Server();
inline constexpr uint64_t kSession = 1;

inline uint64_t Of(Cause cause) { return static_cast<uint64_t>(cause); }

inline trace::Census CensusOf(uint64_t transports, uint64_t handshakes, uint64_t embryos, uint64_t sessions,
                              uint64_t tombstones) {
  return {.transports = transports,
          .handshakes = handshakes,
          .embryos = embryos,
          .sessions = sessions,
          .tombstones = tombstones};
}

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
    EXPECT_THAT(judge_.verdict()->sentence, testing::HasSubstr(std::string(sentence)));
  }

  Plan plan_;
  Content content_;
  Judge judge_;
  Oracles oracles_;
  Time now_ = Time(std::chrono::seconds(1));
};

}  // namespace holdfast::sim
