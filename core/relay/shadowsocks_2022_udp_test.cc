#include "core/relay/shadowsocks_2022_udp.h"

#include <gtest/gtest.h>

#include <set>

#include "core/base/fork_key.h"
#include "core/crypto/test_entropy.h"
#include "core/relay/shadow_fixture.h"

namespace holdfast {
namespace {

Target Address(uint8_t host) { return Target::Ipv4({192, 0, 2, host}, 4000); }

class Udp2022 : public testing::Test {
 protected:
  Result<ShadowUdpServer::Received> Serve(ByteSpan packet, uint8_t from = 1) {
    return server_.Open(end_.now, end_.moment().wall, Address(from), packet);
  }
  Bytes Say(ShadowUdpClient& client, std::string_view text) {
    return client.Seal(end_.moment().wall, ExampleTarget(), AsBytes(text)).value();
  }
  Bytes Answer(const ShadowSessionId& session, std::string_view text) {
    return server_.Seal(end_.moment().wall, session, ExampleTarget(), AsBytes(text), entropy_).value();
  }
  Result<ShadowDatagram> Hear(ShadowUdpClient& client, ByteSpan packet) {
    return client.Open(end_.now, end_.moment().wall, packet);
  }

  TestEntropy entropy_;
  ShadowEnd end_;
  ShadowKey key_ = KeyFor(k2022Names[0]);
  ShadowUdpServer server_{key_, 4};
};

TEST_F(Udp2022, CarriesDatagramsBothWaysEachOnce) {
  ShadowUdpClient client(key_, entropy_);
  for (int i = 0; i < 100; ++i) {
    const Bytes packet = Say(client, "question");
    const auto received = Serve(packet);
    ASSERT_TRUE(received);
    EXPECT_EQ(received->is_new, i == 0);
    EXPECT_EQ(received->datagram.payload, ToBytes(AsBytes("question")));
    EXPECT_EQ(Serve(packet).error(), Error::kReplayed);
    const Bytes answer = Answer(received->session, "answer");
    EXPECT_EQ(Hear(client, answer)->payload, ToBytes(AsBytes("answer")));
    EXPECT_EQ(Hear(client, answer).error(), Error::kReplayed);
  }
}

TEST_F(Udp2022, RefusesAPacketWithAnyBitFlippedAndIsAsItWas) {
  ShadowUdpClient client(key_, entropy_);
  ASSERT_TRUE(Serve(Say(client, "one")));
  Bytes packet = Say(client, "two");
  Digest before;
  server_.DigestInto(before);
  for (size_t bit = 0; bit < 8 * packet.size(); ++bit) {
    packet[bit / 8] ^= static_cast<uint8_t>(1 << bit % 8);
    EXPECT_FALSE(Serve(packet, 9)) << bit;
    packet[bit / 8] ^= static_cast<uint8_t>(1 << bit % 8);
  }
  for (size_t size = 0; size < packet.size(); ++size) EXPECT_FALSE(Serve(ByteSpan(packet).first(size), 9));
  Digest after;
  server_.DigestInto(after);
  EXPECT_EQ(before, after);
  EXPECT_EQ(*server_.AddressOf(client.id()), Address(1));
  EXPECT_TRUE(Serve(packet));
}

TEST_F(Udp2022, AnswersToWhereTheLastValidPacketCameFrom) {
  ShadowUdpClient client(key_, entropy_);
  const Bytes first = Say(client, "one");
  ASSERT_TRUE(Serve(first, 1));
  ASSERT_TRUE(Serve(Say(client, "two"), 2));
  EXPECT_EQ(*server_.AddressOf(client.id()), Address(2));
  EXPECT_FALSE(Serve(first, 3));
  EXPECT_EQ(*server_.AddressOf(client.id()), Address(2));
}

TEST_F(Udp2022, TakesNothingThatIsReflectedOrMeantForAnother) {
  ShadowUdpClient one(key_, entropy_);
  ShadowUdpClient two(key_, entropy_);
  const Bytes said = Say(one, "one");
  ASSERT_TRUE(Serve(said));
  ASSERT_TRUE(Serve(Say(two, "two")));
  const Bytes answer = Answer(one.id(), "for one");
  EXPECT_FALSE(Hear(one, said));
  EXPECT_FALSE(Serve(answer));
  EXPECT_EQ(Hear(two, answer).error(), Error::kUnknownLocator);
  EXPECT_TRUE(Hear(one, answer));
}

TEST_F(Udp2022, RefusesOldTimeStampsAtAnyTime) {
  for (Duration later : {0s, 29s, 31s, 61s, 200s}) {
    ShadowUdpServer server(key_);
    ShadowEnd end;
    ShadowUdpClient client(key_, entropy_);
    const Bytes packet = client.Seal(end.moment().wall, ExampleTarget(), AsBytes("x")).value();
    ASSERT_TRUE(server.Open(end.now, end.moment().wall, Address(1), packet));
    end.now += later;
    while (server.TakeExpired(end.now)) {
    }
    EXPECT_FALSE(server.Open(end.now, end.moment().wall, Address(1), packet));
    EXPECT_FALSE(server.Open(end.now, std::nullopt, Address(1), packet));
  }
}

TEST_F(Udp2022, RefusesNewSessionsWhenItIsFullAndForgetsNoneBeforeItsTime) {
  std::vector<ShadowUdpClient> clients;
  for (int i = 0; i < 5; ++i) clients.emplace_back(key_, entropy_);
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(Serve(Say(clients[static_cast<size_t>(i)], "x")));
  EXPECT_EQ(Serve(Say(clients[4], "x")).error(), Error::kTableFull);
  end_.now += 30s;
  ASSERT_TRUE(Serve(Say(clients[0], "y")));
  end_.now += 30s;
  EXPECT_EQ(server_.TakeExpired(end_.now), std::nullopt);
  end_.now += 1ns;
  std::set<ShadowSessionId> expired;
  while (const auto id = server_.TakeExpired(end_.now)) expired.insert(*id);
  EXPECT_EQ(expired, (std::set{clients[1].id(), clients[2].id(), clients[3].id()}));
  EXPECT_TRUE(Serve(Say(clients[4], "x")));
  EXPECT_EQ(server_.AddressOf(clients[1].id()), nullptr);
}

TEST_F(Udp2022, LetsAServerRestartOnceAMinute) {
  ShadowUdpClient client(key_, entropy_);
  std::vector<ShadowUdpServer> servers;
  for (int i = 0; i < 4; ++i) {
    servers.emplace_back(key_);
    ASSERT_TRUE(servers.back().Open(end_.now, end_.moment().wall, Address(1), Say(client, "x")));
  }
  const auto answer = [&](size_t i) {
    return servers[i].Seal(end_.moment().wall, client.id(), ExampleTarget(), AsBytes("y"), entropy_).value();
  };
  EXPECT_TRUE(Hear(client, answer(0)));
  EXPECT_TRUE(Hear(client, answer(1)));
  EXPECT_EQ(Hear(client, answer(2)).error(), Error::kTableFull);
  EXPECT_TRUE(Hear(client, answer(0)));
  end_.now += 60s + 1ns;
  EXPECT_TRUE(Hear(client, answer(2)));
}

TEST_F(Udp2022, OfAForkDoesTheSame) {
  ShadowUdpClient client(key_, entropy_);
  ASSERT_TRUE(Serve(Say(client, "x")));
  Answer(client.id(), "y");
  ShadowUdpServer fork = server_.ForkForSimulation(ForkKey());
  Digest a;
  Digest b;
  server_.DigestInto(a);
  fork.DigestInto(b);
  EXPECT_EQ(a, b);
  EXPECT_EQ(fork.Seal(end_.moment().wall, client.id(), ExampleTarget(), AsBytes("z"), entropy_).value(),
            Answer(client.id(), "z"));
  ShadowUdpClient client_fork = client.ForkForSimulation(ForkKey());
  EXPECT_EQ(Say(client_fork, "z"), Say(client, "z"));
}

// Against a model that remembers everything.
TEST(PacketWindow, IsExactForTheLastThousandAndRefusesAllThatIsOlder) {
  for (uint64_t start : {uint64_t{0}, uint64_t{1} << 40, UINT64_MAX - 100000}) {
    PacketWindow window;
    std::set<uint64_t> taken;
    uint64_t highest = start;
    NamedStream random(start, "window");
    for (int i = 0; i < 30000; ++i) {
      const uint64_t jump = random.Below(100) == 0 ? random.Below(3000) : random.Below(4);
      const uint64_t id = random.Below(2) == 0 && highest < UINT64_MAX - 5000
                              ? highest + jump
                              : highest - std::min(highest - start, random.Below(1200));
      const bool too_old = !taken.empty() && highest >= id && highest - id >= limits::kPacketWindow;
      ASSERT_EQ(window.IsNew(id), !taken.contains(id) && !too_old) << id;
      if (!window.IsNew(id)) continue;
      window.Take(id);
      taken.insert(id);
      highest = std::max(highest, id);
    }
  }
}

}  // namespace
}  // namespace holdfast
