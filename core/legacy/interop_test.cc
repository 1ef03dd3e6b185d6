// Ours and the original's, in both roles: new sessions, data both ways, resumes.

#include <gtest/gtest.h>

#include <array>
#include <utility>
#include <vector>

#include "core/legacy/original.h"
#include "core/legacy/wires.h"

namespace holdfast::legacy {
namespace {

constexpr size_t kCounts[] = {1, 200, 255, 256, 257, 1000, 65535, 65536, 65537, 200000};

// Of its defects only that one is mended with which no replay can work. Our client's messages go to it whole, which is
// how it needs them.
class WithOriginalServer : public testing::Test {
 protected:
  void Connect() {
    server.Closed(now, socket_++);
    client.TransportOpened(now, {DrawFromStream, &stream_});
    Pump();
  }

  void Pump() {
    for (;;) {
      auto event = client.Poll();
      if (!event) return;
      if (const auto* deliver = std::get_if<client_event::Deliver>(&*event)) Append(delivered, deliver->bytes);
      const auto* write = std::get_if<client_event::Write>(&*event);
      if (write == nullptr) continue;
      server.Receive(now, socket_, write->bytes);
      PollServer();
    }
  }

  void PollServer() {
    while (const auto act = server.Poll()) {
      if (act->kind == Act::Kind::kOpened) {
        ++sessions;
        received.clear();
      }
      if (act->kind == Act::Kind::kDeliver) Append(received, act->bytes);
      if (act->kind == Act::Kind::kWrite && act->socket == socket_) client.Receive(now, act->bytes);
      if (act->kind == Act::Kind::kHangUp && act->socket == socket_) client.TransportClosed(now);
    }
  }

  void Up(ByteSpan bytes) {
    client.Send(now, bytes);
    Append(up, bytes);
    Pump();
  }
  void Down(ByteSpan bytes) {
    server.Send(now, bytes);
    Append(down, bytes);
    PollServer();
    Pump();
  }

  Time now{1ns};
  OriginalAcceptor server{77, {.replay_goes_elsewhere = false}};
  Client client;
  size_t sessions = 0;
  Bytes received;  // By the server, in its newest session.
  Bytes delivered;
  Bytes up;
  Bytes down;

 private:
  int socket_ = 0;
  NamedStream stream_{1, "interop"};
};

TEST_F(WithOriginalServer, OurClientOpensSpeaksAndResumesAtAnyByteCount) {
  for (size_t count : kCounts) {
    Connect();
    Up(Noise(count, count));
    Down(Noise(count, count + 1));
    server.Send(now, Noise(100, count));  // These and the next are lost.
    while (server.Poll()) {
    }
    Append(down, Noise(100, count));
    client.Send(now, Noise(100, count));
    Append(up, Noise(100, count));
    client.TransportClosed(now);
    Connect();
    EXPECT_EQ(client.state(), Client::State::kOpen);
    EXPECT_EQ(received, up) << count;
    EXPECT_EQ(delivered, down) << count;
  }
  EXPECT_EQ(sessions, 1U);
}

TEST_F(WithOriginalServer, OurClientBeginsAnewIfNothingWasSaidYet) {
  Connect();
  client.TransportClosed(now);
  Connect();
  Up(Noise(10));
  EXPECT_EQ(received, up);
  EXPECT_EQ(sessions, 2U);
}

// Its server would take what was sent already for another session's.
TEST_F(WithOriginalServer, OurClientEndsWithACauseIfItHasSentAndReceivedNothing) {
  Connect();
  Up(Noise(10));
  client.TransportClosed(now);
  Connect();
  EXPECT_EQ(client.ended(), Reason::kServerForgot);
  EXPECT_EQ(sessions, 1U);
}

// A client of the original's, on the wires of our pool.
class OriginalGuest {
 public:
  // On a fresh transport; `early` is sent before the pool has answered.
  void Connect(Wires& wires, ByteSpan early = {}) {
    if (fd_ != 0) wires.pool.TransportClosed(wires.now, fd_);
    dialer_.Closed(wires.now);
    fd_ = static_cast<int>(wires.wires.size()) + 1;
    wires.wires.push_back({.fd = fd_});
    dialer_.Opened(wires.now);
    EXPECT_EQ(dialer_.Send(wires.now, early), early.size());
    Talk(wires);
  }

  void Send(Wires& wires, ByteSpan bytes) {
    EXPECT_EQ(dialer_.Send(wires.now, bytes), bytes.size());
    Talk(wires);
  }

  // Until neither says anything more.
  void Talk(Wires& wires) {
    for (bool moved = true; std::exchange(moved, false);) {
      const Bytes heard = std::exchange(WireOf(wires).to_client, {});
      if (!heard.empty()) dialer_.Receive(wires.now, heard);
      const Bytes said = Said();
      if (!said.empty()) wires.pool.Receive(wires.now, fd_, said, wires.source());
      wires.PollPool();
      moved = !heard.empty() || !said.empty();
    }
  }

  // Sends these, and they are lost with what the pool has under way.
  void SendAndLose(Wires& wires, ByteSpan bytes) {
    EXPECT_EQ(dialer_.Send(wires.now, bytes), bytes.size());
    Said();
    WireOf(wires).to_client.clear();
  }

  const Bytes& delivered() const { return delivered_; }

 private:
  TestWire& WireOf(Wires& wires) const { return wires.wires[static_cast<size_t>(fd_) - 1]; }

  Bytes Said() {
    Bytes out;
    while (const auto act = dialer_.Poll()) {
      EXPECT_NE(act->kind, Act::Kind::kHangUp);
      if (act->kind == Act::Kind::kWrite) Append(out, act->bytes);
      if (act->kind == Act::Kind::kDeliver) Append(delivered_, act->bytes);
    }
    return out;
  }

  OriginalDialer dialer_{4242, OriginalDefects{}};
  int fd_ = 0;
  Bytes delivered_;
};

TEST(WithOriginalClient, OurPoolOpensSpeaksAndResumesAtAnyByteCount) {
  Wires wires;
  OriginalGuest client;
  Bytes early = Noise(5);
  Bytes up = early;
  Bytes down;
  for (size_t count : kCounts) {
    client.Connect(wires, std::exchange(early, {}));
    client.Send(wires, Noise(count, count));
    Append(up, Noise(count, count));
    wires.Send(wires.last_id, Noise(count, count + 1));
    Append(down, Noise(count, count + 1));
    client.Talk(wires);
    wires.Send(wires.last_id, Noise(100, count));  // These and the next are lost.
    Append(down, Noise(100, count));
    client.SendAndLose(wires, Noise(100, count));
    Append(up, Noise(100, count));
    client.Connect(wires);
    EXPECT_EQ(wires.delivered[wires.last_id], up) << count;
    EXPECT_EQ(client.delivered(), down) << count;
  }
  EXPECT_EQ(wires.pool.sessions(), 1U);
  EXPECT_EQ(Wires::Count(wires.log, "Opened"), 1U);
}

// It never seeds its chance, so every process says the same first: who they are is a matter of what they prove.
TEST(WithOriginalClients, OurPoolKeepsThoseApartThatSayTheSameHello) {
  Wires wires;
  std::array<OriginalGuest, 3> clients;
  std::vector<int32_t> ids;
  for (uint64_t i = 0; i < clients.size(); ++i) {
    clients[i].Connect(wires);
    clients[i].Send(wires, Noise(10, i + 1));
    ids.push_back(wires.last_id);
    if (i == 1) wires.pool.End(wires.now, ids[1], Reason::kClosed);  // And the next says it once more.
  }
  EXPECT_EQ(Wires::Count(wires.log, "Opened"), 3U);
  for (uint64_t i = 0; i < clients.size(); ++i) EXPECT_EQ(wires.delivered[ids[i]], Noise(10, i + 1));
  wires.Send(ids[0], Noise(20, 9));
  clients[0].Talk(wires);
  EXPECT_EQ(clients[0].delivered(), Noise(20, 9));
}

}  // namespace
}  // namespace holdfast::legacy
