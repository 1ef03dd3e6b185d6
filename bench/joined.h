#pragma once

// Joined: a client and a server of the core that hand each other every Write as it is, with nothing in between: what is
// measured is the core alone. Time stands still.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include "core/base/bytes.h"
#include "core/base/check.h"
#include "core/base/time.h"
#include "core/crypto/test_entropy.h"
#include "core/pool/client.h"
#include "core/pool/server.h"

namespace holdfast::bench {

class Joined {
 public:
  // With a session open.
  explicit Joined(Suite suite = Suite::kChaChaPoly)
      : suite_(suite), key_(KeyPair::Generate(entropy_)), server_(ServerConfig{key_}), guest_{Client(Config())} {
    Connect(guest_);
    HOLDFAST_CHECK(opened_ == 1);
  }

  // Carries `bytes` from the client's application to the server's, and what acknowledgement they earn back.
  void Carry(ByteSpan bytes) {
    while (!bytes.empty()) {
      bytes = bytes.subspan(guest_.client.Send(now_, bytes));
      Pump(guest_);
    }
  }

  // Another client's, whose end is the server's.
  void NewSession() {
    Guest guest{Client(Config())};
    Connect(guest);
    server_.Abort(now_, newest_, 0);
    server_.TransportClosed(now_, guest.down);
    while (server_.Poll(now_, entropy_)) {
    }
  }

  // The client comes again on a new transport, and the old one is gone.
  void Resume() {
    guest_.client.TransportClosed(now_, guest_.up);
    server_.TransportClosed(now_, guest_.down);
    Connect(guest_);
  }

  // What the server has said: bytes that its application got, sessions.
  uint64_t delivered() const { return delivered_; }
  size_t opened() const { return opened_; }
  size_t resumed() const { return resumed_; }

 private:
  struct Guest {
    Client client;
    TransportId up = TransportId::kNone;  // The client's name of its transport, and the server's.
    TransportId down = TransportId::kNone;
  };

  ClientConfig Config() {
    ClientConfig config;
    config.server_key = key_.public_key();
    config.suite = suite_;
    return config;
  }

  void Connect(Guest& guest) {
    guest.up = guest.client.TransportOpened(now_);
    guest.down = server_.TransportOpened(now_);
    Pump(guest);
  }

  // Until neither says anything more.
  void Pump(Guest& guest) {
    while (std::optional<Event> event = guest.client.Poll(now_, entropy_)) {
      const auto* write = std::get_if<event::Write>(&event->what);
      if (write == nullptr) continue;
      server_.Receive(now_, guest.down, write->bytes);
      PollServer(guest);
    }
  }

  void PollServer(Guest& guest) {
    while (std::optional<Event> event = server_.Poll(now_, entropy_)) {
      if (const auto* deliver = std::get_if<event::Deliver>(&event->what)) {
        delivered_ += deliver->bytes.size();
      } else if (const auto* write = std::get_if<event::Write>(&event->what)) {
        replies_.emplace_back(ToBytes(write->bytes));
      } else if (std::holds_alternative<event::Opened>(event->what)) {
        newest_ = event->session;
        ++opened_;
      } else if (std::holds_alternative<event::Resumed>(event->what)) {
        ++resumed_;
      }
    }
    for (const Bytes& reply : std::exchange(replies_, {})) {
      guest.client.Receive(now_, guest.up, reply);
      Pump(guest);
    }
  }

  TestEntropy entropy_;
  Suite suite_;
  KeyPair key_;
  Server server_;
  Guest guest_;
  Time now_{1ns};
  SessionId newest_ = SessionId::kNone;
  std::vector<Bytes> replies_;
  uint64_t delivered_ = 0;
  size_t opened_ = 0;
  size_t resumed_ = 0;
};

}  // namespace holdfast::bench
