// What a session costs while nothing happens, as malloc counts it, beside many others.
//
// All are copies of one that a real handshake made, with keys and places of their own; and all of them go on to
// exchange real keepalives, since what the one real client says is as good for each copy.

#include <gtest/gtest.h>

#include <iostream>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include "core/base/fork_key.h"
#include "core/pool/heap_bytes.h"
#include "core/pool/pair.h"

namespace holdfast {
namespace {

constexpr size_t kSessions = HOLDFAST_SESSIONS;  // From BUILD.
constexpr size_t kSuspendedBytesMax = 1024;
constexpr size_t kAttachedBytesMax = 4096;

class SessionMemory : public testing::TestWithParam<Suite> {
 protected:
  SessionMemory() : client_(Config(GetParam())) {}

  static ClientConfig Config(Suite suite) {
    ClientConfig config;
    config.server_key = Pair::ServerKey().public_key();
    config.suite = suite;
    return config;
  }

  void SetUp() override {
    if (!kMallocCounts) GTEST_SKIP() << "malloc is the sanitizer's";
    Pump();
    ASSERT_NE(session_, SessionId::kNone);
    server_.Send(now_, session_, AsBytes("greetings"));
    client_.Send(now_, AsBytes("hello"));
    Pump();
    Wait(1s);
  }

  // Lets both ends speak until neither has anything to say. What the client says is said by the client of every copy,
  // too; what the server says to copies is what it says to the original, and is only counted.
  void Pump() {
    PollClient();
    PollServer();
    while (!to_client_.empty()) {
      for (const Bytes& said : std::exchange(to_client_, {})) {
        client_.Receive(now_, up_, said);
        PollClient();
      }
    }
  }

  void PollClient() {
    while (auto event = client_.Poll(now_, entropy_)) {
      if (std::holds_alternative<event::Dial>(event->what)) {
        up_ = client_.TransportOpened(now_);
        down_ = server_.TransportOpened(now_);
      } else if (const auto* write = std::get_if<event::Write>(&event->what)) {
        const Bytes said = ToBytes(write->bytes);
        Say(down_, said);
        for (TransportId copy : copies_) Say(copy, said);
      }
    }
  }

  void Say(TransportId to, const Bytes& bytes) {
    server_.Receive(now_, to, bytes);
    PollServer();
  }

  void PollServer() {
    while (auto event = server_.Poll(now_, entropy_)) {
      if (const auto* write = std::get_if<event::Write>(&event->what)) {
        if (event->transport == down_) to_client_.push_back(ToBytes(write->bytes));
        if (event->transport != down_) ++writes_to_copies_;
      } else if (std::holds_alternative<event::Opened>(event->what)) {
        session_ = event->session;
      } else if (const auto* suspended = std::get_if<event::Suspended>(&event->what)) {
        if (suspended->why != Error::kTransportClosed) ++losses_;
      } else if (std::holds_alternative<event::Deliver>(event->what)) {
        ++deliveries_;
      }
    }
  }

  void Wait(Duration duration) {
    for (const Time until = now_ + duration;;) {
      const Time next = std::min(client_.Deadline(), server_.Deadline());
      now_ = std::max(now_, std::min(next, until));
      client_.Tick(now_);
      server_.Tick(now_);
      Pump();
      if (next > until) return;
    }
  }

  void Multiply(size_t count) {
    const auto next = static_cast<uint64_t>(down_) + 1;
    server_.MultiplyForSimulation(ForkKey(), session_, count, entropy_);
    for (uint64_t id = next; id < next + count; ++id) copies_.push_back(TransportId{id});
    EXPECT_EQ(server_.census().sessions, count + 1);
  }

  StreamEntropy entropy_{3, "memory"};
  Server server_{ServerConfig{.static_key = Pair::ServerKey()}};
  Client client_;
  Time now_{1ns};
  TransportId up_ = TransportId::kNone;
  TransportId down_ = TransportId::kNone;
  SessionId session_ = SessionId::kNone;
  std::vector<TransportId> copies_;
  std::vector<Bytes> to_client_;
  size_t writes_to_copies_ = 0;
  size_t deliveries_ = 0;
  size_t losses_ = 0;
};

INSTANTIATE_TEST_SUITE_P(Suites, SessionMemory, testing::Values(Suite::kChaChaPoly, Suite::kAesGcm),
                         [](const auto& suite) { return suite.param == Suite::kAesGcm ? "AesGcm" : "ChaChaPoly"; });

TEST_P(SessionMemory, OfOneThatIsAttachedAndIdleIsAtMost4KiBAndOfASuspendedOne1KiB) {
  copies_.reserve(kSessions);
  const size_t before = HeapBytes();
  Multiply(kSessions);
  // Data for each, so that every cipher and reader has been in use; then only keepalives for some periods of silence.
  client_.Send(now_, TestPattern(2000));
  Pump();
  EXPECT_GE(deliveries_, kSessions);
  Wait(10 * limits::kPingIdle);
  EXPECT_GE(writes_to_copies_, 8 * kSessions);
  EXPECT_EQ(losses_, 0U);
  const size_t attached = (HeapBytes() - before) / kSessions;
  EXPECT_LE(attached, kAttachedBytesMax);
  RecordProperty("attached_bytes", static_cast<int>(attached));

  client_.Send(now_, TestPattern(2000));  // None of them is at rest when it is suspended.
  Pump();
  for (TransportId copy : copies_) {
    server_.TransportClosed(now_, copy);
    PollServer();
  }
  const size_t suspended = (HeapBytes() - before) / kSessions;
  EXPECT_LE(suspended, kSuspendedBytesMax);
  RecordProperty("suspended_bytes", static_cast<int>(suspended));
  std::cout << "of " << kSessions << " sessions each takes " << attached << " bytes attached and idle, " << suspended
            << " suspended\n";
  EXPECT_EQ(server_.census().transports, 1U);
  EXPECT_EQ(server_.census().sessions, kSessions + 1);
}

}  // namespace
}  // namespace holdfast
