// A server under a flood of everything that strangers can send: what it holds stays below what its limits say.

#include <gtest/gtest.h>

#include <algorithm>

#include "core/pool/heap_bytes.h"
#include "core/pool/raw_fixture.h"

namespace holdfast {
namespace {

// At most, of one thing: with its ciphers, its places in the indices, and a handshake message that waits to be written.
constexpr size_t kTransportBytes = 2048;
constexpr size_t kSessionBytes = 1024;

class Flood : public RawClientTest {
 protected:
  static ServerConfig Limits() {
    ServerConfig config{Pair::ServerKey()};
    config.handshakes_max = 500;
    config.handshakes_per_source_max = 100;
    config.embryos_max = 300;
    config.embryos_per_source_max = 50;
    config.sessions_max = 400;
    config.handshake_bytes_max = 1 << 18;
    config.memory_max = 1 << 19;
    return config;
  }

  static size_t Bound(const ServerConfig& config) {
    const size_t sessions = config.sessions_max + 2 * config.embryos_max;  // HF-LIM-3.
    return config.handshakes_max * kTransportBytes + sessions * (kTransportBytes + kSessionBytes) +
           config.handshake_bytes_max + config.memory_max + 2 * std::size_t{65536};
  }

  // One stranger does one thing.
  void Act(NamedStream& chance, SourceKey source) {
    const TransportId transport = server_.TransportOpened(now_, source);
    Bytes greeting = Encode(PreambleOf(Kind::kNew, PatternId::kNx, Suite::kChaChaPoly));
    switch (chance.Below(6)) {
      case 0:  // Says nothing.
        break;
      case 1:  // Half a message, of the largest size.
        Append(greeting, Bytes{0x10, 0x00});
        greeting.resize(greeting.size() + static_cast<size_t>(chance.Below(4096)));
        Say(transport, greeting);
        break;
      case 2:  // Drips.
        for (size_t i = 0; i < 20 && i < greeting.size(); ++i) Say(transport, {greeting[i]});
        break;
      case 3: {  // A session that nobody confirms.
        RawClient client;
        client.entropy = StreamEntropy(chance.Next(), "flood");
        Say(transport, client.NewSession());
        break;
      }
      default: {  // A session, with half a record, and an application that sends to it.
        RawClient client;
        client.entropy = StreamEntropy(chance.Next(), "flood");
        Bytes reply = Say(transport, client.NewSession());
        if (reply.empty()) break;
        client.OnMessage2(reply, 1);
        session_ = SessionId::kNone;
        Say(transport, client.Seal({AckFrame{{0}, {1 << 20}, false}}));
        if (session_ == SessionId::kNone) break;
        server_.Send(now_, session_, Bytes(static_cast<size_t>(chance.Below(20'000))));
        const Bytes record = client.SealPlaintext(Bytes(60'000));
        Say(transport, ToBytes(ByteSpan(record).first(static_cast<size_t>(chance.Below(record.size())))));
        if (chance.Below(2) == 0) Close(transport);
      }
    }
  }
};

// HF-LIM-1, HF-LIM-2, HF-LIM-3, HF-LIM-7, HF-LIM-8.
TEST_F(Flood, HoldsNoMoreThanTheLimitsAllow) {
  if (!kMallocCounts) GTEST_SKIP() << "malloc is the sanitizer's";
  for (uint64_t sources : {1U, 1000U}) {
    const ServerConfig config = Limits();
    server_ = Server(config);
    NamedStream chance(sources, "flood");
    const size_t before = HeapBytes();
    size_t most = 0;
    for (int i = 0; i < 8000; ++i) {
      Act(chance, SourceKey{chance.Below(sources)});
      if (i % 100 == 0) Wait(100ms);
      closed_.clear();
      delivered_.clear();
      const Server::Census census = server_.census();
      ASSERT_LE(census.handshakes, config.handshakes_max);
      ASSERT_LE(census.embryos, config.embryos_max);
      ASSERT_LE(census.sessions + census.tombstones, config.sessions_max + config.embryos_max);
      ASSERT_LE(census.handshake_bytes, config.handshake_bytes_max);
      ASSERT_LE(census.memory_bytes, config.memory_max);
      most = std::max(most, HeapBytes() - std::min(before, HeapBytes()));
    }
    EXPECT_LE(most, Bound(config));
    EXPECT_GT(most, config.handshake_bytes_max / 2);  // It was a flood.
    RecordProperty(sources == 1 ? "one_source_bytes" : "many_sources_bytes", static_cast<int>(most));
    RecordProperty("bound_bytes", static_cast<int>(Bound(config)));
    // It passes, and everything but what was promised is given back.
    Wait(2 * limits::kEmbryoTime);
    EXPECT_EQ(server_.census().handshakes, 0U);
    EXPECT_EQ(server_.census().embryos, 0U);
    EXPECT_EQ(server_.census().handshake_bytes, 0U);
  }
}

}  // namespace
}  // namespace holdfast
