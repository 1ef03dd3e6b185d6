// What happens when the allocator has nothing large to give: it refuses whatever is above a bound, and says so the way
// operator new does. A large request that could not be refused would end the test.

#include <gtest/gtest.h>

#include <cstdlib>
#include <deque>
#include <new>
#include <optional>
#include <utility>
#include <variant>

#include "core/pool/pair.h"

namespace {

// While a verb of ours runs: the largest block that there is.
size_t largest = SIZE_MAX;
size_t refusals = 0;

}  // namespace

void* operator new(size_t size) {
  void* memory = size <= largest ? std::malloc(size) : nullptr;
  if (memory == nullptr) std::abort();  // Nobody here asks for so much without being ready to do without.
  return memory;
}
void* operator new[](size_t size) { return operator new(size); }
void* operator new[](size_t size, const std::nothrow_t&) noexcept {
  if (size <= largest) return std::malloc(size);
  ++refusals;
  return nullptr;
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, size_t) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory, size_t) noexcept { std::free(memory); }

namespace holdfast {
namespace {

// A client and a server, joined byte by byte or whole; each of their verbs, and nothing else, meets the refusals.
class Ends {
 public:
  explicit Ends(size_t segment) : segment_(segment) {}

  size_t block_max = SIZE_MAX;
  Bytes at_server;
  Bytes at_client;
  size_t losses = 0;  // Of transports, for want of memory.
  size_t short_sends = 0;

  void Feed(ByteSpan to_server, ByteSpan to_client) {
    Guarded([&] { sent_up_ += client_.Send(now_, to_server.subspan(sent_up_)); });
    if (sent_up_ < to_server.size()) ++short_sends;
    if (session_ == SessionId::kNone) return;
    Guarded([&] { sent_down_ += server_.Send(now_, session_, to_client.subspan(sent_down_)); });
    if (sent_down_ < to_client.size()) ++short_sends;
  }

  void Step() {
    Poll();
    Bytes up = std::exchange(to_server_, {});
    for (size_t at = 0; at < up.size(); at += segment_) {
      const ByteSpan part = ByteSpan(up).subspan(at, std::min(segment_, up.size() - at));
      Guarded([&] { server_.Receive(now_, down_, part); });
      PollServer();
    }
    Bytes down = std::exchange(to_client_, {});
    for (size_t at = 0; at < down.size(); at += segment_) {
      const ByteSpan part = ByteSpan(down).subspan(at, std::min(segment_, down.size() - at));
      Guarded([&] { client_.Receive(now_, up_, part); });
      PollClient();
    }
    now_ += 1s;
    Guarded([&] {
      client_.Tick(now_);
      server_.Tick(now_);
    });
    if (!client_up_ || !server_up_) Redial();
  }

  ServerState state() const { return *server_.state(session_); }

 private:
  void Guarded(const auto& verb) {
    largest = block_max;
    verb();
    largest = SIZE_MAX;
  }

  void Redial() {
    if (std::exchange(client_up_, false)) Guarded([&] { client_.TransportClosed(now_, up_); });
    if (std::exchange(server_up_, false)) Guarded([&] { server_.TransportClosed(now_, down_); });
    Poll();
    to_server_.clear();
    to_client_.clear();
    Guarded([&] {
      up_ = client_.TransportOpened(now_);
      down_ = server_.TransportOpened(now_);
    });
    client_up_ = server_up_ = true;
  }

  void Poll() {
    PollClient();
    PollServer();
  }

  void PollClient() {
    for (std::optional<Event> event;;) {
      Guarded([&] { event = client_.Poll(now_, entropy_); });
      if (!event) return;
      if (const auto* write = std::get_if<event::Write>(&event->what)) {
        if (event->transport == up_) Append(to_server_, write->bytes);
      } else if (const auto* deliver = std::get_if<event::Deliver>(&event->what)) {
        ASSERT_EQ(deliver->offset, at_client.size());
        Append(at_client, deliver->bytes);
      } else if (const auto* close = std::get_if<event::CloseTransport>(&event->what)) {
        OnClose(close->why, event->transport == up_, client_up_);
      }
    }
  }

  void PollServer() {
    for (std::optional<Event> event;;) {
      Guarded([&] { event = server_.Poll(now_, entropy_); });
      if (!event) return;
      if (const auto* write = std::get_if<event::Write>(&event->what)) {
        if (event->transport == down_) Append(to_client_, write->bytes);
      } else if (const auto* deliver = std::get_if<event::Deliver>(&event->what)) {
        ASSERT_EQ(deliver->offset, at_server.size());
        Append(at_server, deliver->bytes);
      } else if (const auto* close = std::get_if<event::CloseTransport>(&event->what)) {
        OnClose(close->why, event->transport == down_, server_up_);
      } else if (std::holds_alternative<event::Opened>(event->what)) {
        session_ = event->session;
      }
    }
  }

  void OnClose(Error why, bool current, bool& up) {
    if (why == Error::kMemoryFull) ++losses;
    if (current) up = false;
  }

  static ClientConfig Config() {
    ClientConfig config;
    config.server_key = Pair::ServerKey().public_key();
    return config;
  }

  size_t segment_;
  StreamEntropy entropy_{8, "memory"};
  Time now_{1ns};
  Client client_{Config()};
  Server server_{ServerConfig{.static_key = Pair::ServerKey()}};
  SessionId session_ = SessionId::kNone;
  TransportId up_ = TransportId::kNone;
  TransportId down_ = TransportId::kNone;
  bool client_up_ = false;
  bool server_up_ = false;
  Bytes to_server_;
  Bytes to_client_;
  size_t sent_up_ = 0;
  size_t sent_down_ = 0;
};

// HF-LIM-10.
TEST(OutOfMemory, CostsAcceptedBytesAndTransportsButNoByteOfTheSession) {
  const Bytes up = TestPattern(60'000, 1);
  const Bytes down = TestPattern(60'000, 2);
  for (size_t segment : {size_t{700}, SIZE_MAX}) {
    Ends ends(segment);
    for (int i = 0; i < 5; ++i) ends.Step();
    ends.block_max = 2048;
    refusals = 0;
    for (int i = 0; i < 40; ++i) {
      ends.Feed(up, down);
      ends.Step();
    }
    EXPECT_GT(refusals, 0U);
    EXPECT_GT(ends.short_sends, 0U);
    EXPECT_GT(ends.losses, 0U);
    EXPECT_GT(ends.at_server.size(), 5000U);  // It goes on, slowly.
    EXPECT_GT(ends.at_client.size(), 5000U);
    EXPECT_LT(ends.at_server.size(), up.size());
    ends.block_max = SIZE_MAX;
    for (int i = 0; i < 200; ++i) {
      ends.Feed(up, down);
      ends.Step();
    }
    EXPECT_EQ(ends.at_server, up) << segment;
    EXPECT_EQ(ends.at_client, down) << segment;
    EXPECT_EQ(ends.state(), ServerState::kAttached);
  }
}

}  // namespace
}  // namespace holdfast
