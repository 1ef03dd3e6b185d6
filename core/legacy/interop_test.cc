// Ours and the original's, in both roles: new sessions, data both ways, resumes.

#include <gtest/gtest.h>

#include "core/legacy/original.h"
#include "core/legacy/wires.h"

namespace holdfast::legacy {
namespace {

constexpr size_t kCounts[] = {1, 200, 255, 256, 257, 1000, 65535, 65536, 65537, 200000};

// Our client's messages go to the original's server whole, which is how it needs them.
class WithOriginalServer : public testing::Test {
 protected:
  void Connect() {
    server.NewSocket();
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
      Bytes answer;
      if (!server.Receive(write->bytes, answer)) {
        client.TransportClosed(now);
      } else if (!answer.empty()) {
        client.Receive(now, answer);
      }
    }
  }

  void Up(ByteSpan bytes) {
    client.Send(now, bytes);
    Append(up, bytes);
    Pump();
  }
  void Down(ByteSpan bytes) {
    const Bytes said = server.Send(bytes);
    Append(down, bytes);
    client.Receive(now, said);
    Pump();
  }

  Time now{1ns};
  OriginalServer server{77};
  Client client;
  Bytes delivered;
  Bytes up;
  Bytes down;

 private:
  NamedStream stream_{1, "interop"};
};

TEST_F(WithOriginalServer, OurClientOpensSpeaksAndResumesAtAnyByteCount) {
  for (size_t count : kCounts) {
    Connect();
    Up(Noise(count, count));
    Down(Noise(count, count + 1));
    server.Send(Noise(100, count));  // These and the next are lost.
    Append(down, Noise(100, count));
    client.Send(now, Noise(100, count));
    Append(up, Noise(100, count));
    client.TransportClosed(now);
    Connect();
    EXPECT_EQ(client.state(), Client::State::kOpen);
    EXPECT_EQ(server.delivered, up) << count;
    EXPECT_EQ(delivered, down) << count;
  }
  EXPECT_EQ(server.sessions, 1U);
}

TEST_F(WithOriginalServer, OurClientBeginsAnewIfNothingWasSaidYet) {
  Connect();
  client.TransportClosed(now);
  Connect();
  Up(Noise(10));
  EXPECT_EQ(server.delivered, up);
  EXPECT_EQ(server.sessions, 2U);
}

// Its server would take what was sent already for another session's.
TEST_F(WithOriginalServer, OurClientEndsWithACauseIfItHasSentAndReceivedNothing) {
  Connect();
  Up(Noise(10));
  client.TransportClosed(now);
  Connect();
  EXPECT_EQ(client.ended(), Reason::kServerForgot);
  EXPECT_EQ(server.sessions, 1U);
}

class WithOriginalClient : public testing::Test {
 protected:
  void Connect() {
    if (fd_ != 0) wires.pool.TransportClosed(wires.now, fd_);
    wires.wires.push_back({.fd = ++fd_});
    Say(client.Handshake());
  }

  void Say(const Bytes& bytes) {
    for (Bytes say = bytes; !say.empty();) {
      wires.pool.Receive(wires.now, fd_, say, wires.source());
      wires.PollPool();
      say = Heard();
    }
  }

  // Gives the client what the pool has said; what the client says to that.
  Bytes Heard() {
    Bytes out;
    const Bytes bytes = std::exchange(wires.wires.back().to_client, {});
    EXPECT_TRUE(bytes.empty() || client.Receive(bytes, out));
    return out;
  }

  Wires wires;
  OriginalClient client{4242};

 private:
  int fd_ = 0;
};

TEST_F(WithOriginalClient, OurPoolOpensSpeaksAndResumesAtAnyByteCount) {
  Bytes up;
  Bytes down;
  EXPECT_TRUE(client.Send(Noise(5)).empty());
  Append(up, Noise(5));
  for (size_t count : kCounts) {
    Connect();
    Say(client.Send(Noise(count, count)));
    Append(up, Noise(count, count));
    wires.Send(wires.last_id, Noise(count, count + 1));
    Append(down, Noise(count, count + 1));
    Heard();
    wires.Send(wires.last_id, Noise(100, count));  // These and the next are lost.
    Append(down, Noise(100, count));
    wires.wires.back().to_client.clear();
    client.Send(Noise(100, count));
    Append(up, Noise(100, count));
    Connect();
    EXPECT_EQ(wires.delivered[wires.last_id], up) << count;
    EXPECT_EQ(client.delivered, down) << count;
  }
  EXPECT_EQ(wires.pool.sessions(), 1U);
  EXPECT_EQ(Wires::Count(wires.log, "Opened"), 1U);
}

// It never seeds its chance, so every process says the same first: who they are is a matter of what they prove.
TEST(WithOriginalClients, OurPoolKeepsThoseApartThatSayTheSameHello) {
  constexpr uint64_t kExponent = 4242;
  Wires wires;
  const auto say = [&wires](OriginalClient& client, int fd, const Bytes& bytes) {
    for (Bytes said = bytes; !said.empty();) {
      wires.pool.Receive(wires.now, fd, said, wires.source());
      wires.PollPool();
      said.clear();
      const Bytes heard = std::exchange(wires.wires[static_cast<size_t>(fd) - 1].to_client, {});
      EXPECT_TRUE(heard.empty() || client.Receive(heard, said));
    }
  };
  std::vector<OriginalClient> clients(3, OriginalClient(kExponent));
  std::vector<int32_t> ids;
  for (int fd = 1; fd <= 3; ++fd) {
    wires.wires.push_back({.fd = fd});
    OriginalClient& client = clients[static_cast<size_t>(fd) - 1];
    say(client, fd, client.Handshake());
    say(client, fd, client.Send(Noise(10, static_cast<uint64_t>(fd))));
    ids.push_back(wires.last_id);
    if (fd == 2) wires.pool.End(wires.now, ids[1], Reason::kClosed);  // And the next says it once more.
  }
  EXPECT_EQ(Wires::Count(wires.log, "Opened"), 3U);
  for (uint64_t i = 0; i < 3; ++i) EXPECT_EQ(wires.delivered[ids[i]], Noise(10, i + 1));
  wires.Send(ids[0], Noise(20, 9));
  Bytes out;
  EXPECT_TRUE(clients[0].Receive(wires.wires[0].to_client, out));
  EXPECT_EQ(clients[0].delivered, Noise(20, 9));
}

}  // namespace
}  // namespace holdfast::legacy
