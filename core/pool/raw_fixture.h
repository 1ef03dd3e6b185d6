#pragma once

// RawClientTest and RawServerTest: one honest end, and a raw peer (raw_peer.h) that says to it whatever a test wants.

#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <set>
#include <utility>
#include <variant>
#include <vector>

#include "core/pool/raw_peer.h"

namespace holdfast {

// A server, and a raw client that talks to it over transports of its own.
class RawClientTest : public testing::Test {
 protected:
  // Polls the server; what it writes to `transport` is returned.
  Bytes Drain(TransportId transport) {
    Bytes written;
    while (auto event = server_.Poll(now_, entropy_)) {
      if (const auto* write = std::get_if<event::Write>(&event->what)) {
        if (event->transport == transport) Append(written, write->bytes);
      } else if (const auto* ended = std::get_if<event::Ended>(&event->what)) {
        ending_ = ended->ending;
        ++endings_;
      } else if (const auto* close = std::get_if<event::CloseTransport>(&event->what)) {
        closed_[event->transport] = close->why;
      } else if (std::holds_alternative<event::Opened>(event->what)) {
        session_ = event->session;
      } else if (const auto* deliver = std::get_if<event::Deliver>(&event->what)) {
        Append(delivered_, deliver->bytes);
      }
    }
    return written;
  }

  Bytes Say(TransportId transport, const Bytes& bytes) {
    server_.Receive(now_, transport, bytes);
    return Drain(transport);
  }

  // A session with one attached transport.
  TransportId Open() {
    const TransportId transport = server_.TransportOpened(now_);
    Bytes reply = Say(transport, client_.NewSession());
    client_.OnMessage2(reply, 1);
    Say(transport, client_.Seal({AckFrame{{0}, {1 << 20}, false}}));
    EXPECT_NE(session_, SessionId::kNone);
    return transport;
  }

  // An attempt to resume on a transport of its own, under the epoch that `as` has: what comes back.
  Bytes Ask(RawClient& as, const ResumeRequest& request) {
    asked_ = server_.TransportOpened(now_);
    return Say(asked_, as.Resume(request));
  }
  Bytes Ask(RawClient& as, uint64_t attempt) {
    ResumeRequest request;
    request.attempt = attempt;
    request.claims.credit_limit = {1 << 20};
    return Ask(as, request);
  }

  // Another client that holds the same resume key.
  static RawClient TwinOf(const RawClient& client) {
    RawClient twin;
    twin.epoch = client.epoch->ForkForSimulation(ForkKey());
    return twin;
  }

  void Close(TransportId transport) {
    server_.TransportClosed(now_, transport);
    Drain(transport);
  }

  // Lets time pass.
  void Wait(Duration duration) {
    now_ += duration;
    server_.Tick(now_);
    Drain(TransportId::kNone);
  }

  void ExpectClose(Bytes reply, Cause cause) {
    std::vector<Frame> last;
    while (!reply.empty()) last = client_.Open(reply);
    ASSERT_EQ(last.size(), 1U);
    const auto* close = std::get_if<CloseFrame>(&last[0]);
    ASSERT_NE(close, nullptr);
    EXPECT_EQ(close->end.cause, cause);
    EXPECT_EQ(close->end.origin, Origin::kServer);
  }

  Server server_{ServerConfig{Pair::ServerKey()}};
  RawClient client_;
  StreamEntropy entropy_{4, "server"};
  Time now_{1ns};
  SessionId session_ = SessionId::kNone;
  std::optional<Ending> ending_;
  int endings_ = 0;
  std::map<TransportId, Error> closed_;
  Bytes delivered_;
  TransportId asked_ = TransportId::kNone;  // Of the last Ask.
};

// A client, and a raw server that answers it.
class RawServerTest : public testing::Test {
 protected:
  void Drain() {
    while (auto event = client_.Poll(now_, entropy_)) {
      if (const auto* write = std::get_if<event::Write>(&event->what)) {
        Append(written_, write->bytes);
      } else if (const auto* ended = std::get_if<event::Ended>(&event->what)) {
        ending_ = ended->ending;
        ++endings_;
      } else if (const auto* close = std::get_if<event::CloseTransport>(&event->what)) {
        closed_[event->transport] = close->why;
        if (written_.empty()) closed_before_writing_.insert(event->transport);
      } else if (const auto* deliver = std::get_if<event::Deliver>(&event->what)) {
        Append(delivered_, deliver->bytes);
      } else if (std::holds_alternative<event::Dial>(event->what)) {
        ++dials_;
      } else if (std::holds_alternative<event::Suspended>(event->what)) {
        ++suspended_;
      } else if (const auto* failed = std::get_if<event::AttemptFailed>(&event->what)) {
        failure_ = failed->why;
      }
    }
  }
  void Say(const Bytes& bytes) {
    client_.Receive(now_, transport_, bytes);
    Drain();
  }
  void Dial() {
    written_.clear();
    transport_ = client_.TransportOpened(now_);
    Drain();
  }
  void Open() {
    Drain();
    Dial();
    Say(server_.Answer(std::exchange(written_, {}), Encode(ServerParameters{{1 << 20}, 3'600'000, 300'000})));
    ASSERT_EQ(client_.state(), ClientState::kOpen);
  }
  // The transport is gone.
  void Cut() {
    client_.TransportClosed(now_, transport_);
    Drain();
  }
  // Lets time pass.
  void Wait(Duration duration) {
    now_ += duration;
    client_.Tick(now_);
    Drain();
  }
  // The frames of every record that the client has written; the server must have read all before.
  std::vector<Frame> TakeFrames() {
    std::vector<Frame> frames;
    while (!written_.empty()) {
      for (const Frame& frame : server_.Open(written_)) frames.push_back(frame);
    }
    return frames;
  }
  static ClientConfig Config() {
    ClientConfig config;
    config.server_key = Pair::ServerKey().public_key();
    return config;
  }

  Client client_{Config()};
  RawServer server_;
  StreamEntropy entropy_{5, "client"};
  Time now_{1ns};
  TransportId transport_ = TransportId::kNone;
  Bytes written_;
  std::optional<Ending> ending_;
  int endings_ = 0;
  int dials_ = 0;
  std::map<TransportId, Error> closed_;
  std::set<TransportId> closed_before_writing_;  // Anything since written_ was emptied.
  Bytes delivered_;
  std::optional<Error> failure_;
  int suspended_ = 0;
};

}  // namespace holdfast
