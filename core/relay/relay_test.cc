#include "core/relay/relay.h"

#include <gtest/gtest.h>

#include <set>

#include "core/base/fork_key.h"
#include "core/relay/relay_fixture.h"
#include "core/relay/relay_states.h"
#include "core/relay/splits.h"

namespace holdfast {
namespace {

constexpr RelaySide kClient = RelaySide::kClient;
constexpr RelaySide kRemote = RelaySide::kRemote;

std::string TextIn(ByteSpan bytes) { return {bytes.begin(), bytes.end()}; }

Bytes Joined(std::initializer_list<Bytes> parts) {
  Bytes bytes;
  for (const Bytes& part : parts) Append(bytes, part);
  return bytes;
}

Target Ip() { return Target::Ipv4({203, 0, 113, 5}, 80); }
Bytes Granted(const Target& bound) { return Joined({{5, 0}, EncodeSocksReply(SocksReply::kSucceeded, bound)}); }

// --- The local side: SOCKS5 --------------------------------------------------------------------------------------

TEST(LocalRelay, AnswersWhenTheTargetIsConnectedAndNotBefore) {
  RelayRig rig(LocalConfig());
  rig.automatic = false;
  EXPECT_EQ(rig.relay().stage(), RelayStage::kInit);
  rig.Say(kClient, Bytes{5, 1, 0});
  EXPECT_EQ(rig.relay().stage(), RelayStage::kAddress);
  rig.Say(kClient, EncodeSocksRequest(SocksCommand::kConnect, ExampleTarget()));
  EXPECT_EQ(rig.relay().stage(), RelayStage::kDns);
  EXPECT_EQ(rig.resolved, std::vector<std::string>{"example.org"});
  EXPECT_TRUE(rig.dialed.empty());
  rig.Resolve(true);
  EXPECT_EQ(rig.relay().stage(), RelayStage::kConnecting);
  EXPECT_EQ(rig.dialed, std::vector<std::optional<Target>>{std::nullopt});
  EXPECT_EQ(rig.client().written, (Bytes{5, 0}));
  rig.Connect();
  EXPECT_EQ(rig.relay().stage(), RelayStage::kStreaming);
  EXPECT_EQ(rig.client().written, Granted(rig.bound));
  rig.Say(kClient, AsBytes("question"));
  rig.Say(kRemote, AsBytes("answer"));
  EXPECT_EQ(TextIn(rig.remote().written), "question");
  EXPECT_EQ(rig.client().written, Joined({Granted(rig.bound), ToBytes(AsBytes("answer"))}));
}

TEST(LocalRelay, DoesTheSameWhateverTheSplit) {
  const Bytes stream = Joined({SocksHello(Ip()), ToBytes(AsBytes("hello"))});
  ForEverySplit(stream, [&](const std::vector<ByteSpan>& pieces) {
    RelayRig rig(LocalConfig());
    rig.Say(kClient, pieces);
    EXPECT_EQ(rig.client().written, Granted(rig.bound));
    EXPECT_EQ(TextIn(rig.remote().written), "hello");
    EXPECT_EQ(rig.dialed, std::vector<std::optional<Target>>{Ip()});
  });
}

TEST(LocalRelay, SaysWhatWentWrongAndCloses) {
  for (unsigned code = 1; code <= 8; ++code) {
    const ConnectResult result = static_cast<ConnectResult>(code);
    RelayRig rig(LocalConfig());
    rig.automatic = false;
    rig.Say(kClient, SocksHello(Ip()));
    rig.Fail(result);
    EXPECT_EQ(rig.client().written, Joined({{5, 0}, EncodeSocksReply(ReplyOf(result))}));
    EXPECT_EQ(rig.client().closed, false);
    EXPECT_TRUE(rig.ended);
  }
  RelayRig unresolved(LocalConfig());
  unresolved.automatic = false;
  unresolved.Say(kClient, SocksHello(ExampleTarget()));
  unresolved.Resolve(false);
  EXPECT_EQ(unresolved.client().written, Joined({{5, 0}, EncodeSocksReply(SocksReply::kHostUnreachable)}));
  EXPECT_TRUE(unresolved.ended);
}

TEST(LocalRelay, GivesUpInEveryStageAtItsDeadline) {
  const RelayConfig defaults;
  for (const auto& [hello, wait, reply] :
       {std::tuple(Bytes{}, defaults.greeting_time, Bytes{}), std::tuple(Bytes{5, 1}, defaults.greeting_time, Bytes{}),
        std::tuple(SocksHello(ExampleTarget()), defaults.resolve_time,
                   Joined({{5, 0}, EncodeSocksReply(SocksReply::kExpired)})),
        std::tuple(SocksHello(Ip()), defaults.connect_time,
                   Joined({{5, 0}, EncodeSocksReply(SocksReply::kExpired)}))}) {
    RelayRig rig(LocalConfig());
    rig.automatic = false;
    rig.Say(kClient, hello);
    rig.Pass(wait - 1ns);
    EXPECT_FALSE(rig.ended);
    rig.Pass(1ns);
    EXPECT_EQ(rig.client().written, reply);
    EXPECT_EQ(rig.client().closed, false);
    EXPECT_TRUE(rig.ended);
    EXPECT_EQ(rig.why, Error::kTimedOut);
    EXPECT_EQ(rig.relay().Deadline(), kNever);
  }
}

TEST(LocalRelay, IsOverWhenBothSidesAreSilentForLongAndNotBefore) {
  RelayRig rig(LocalConfig());
  rig.Say(kClient, SocksHello(Ip()));
  for (int i = 0; i < 10; ++i) {
    rig.Pass(limits::kRelayIdleTime - 1s);
    rig.Say(i % 2 == 0 ? kClient : kRemote, AsBytes("x"));
  }
  EXPECT_FALSE(rig.ended);
  rig.Pass(limits::kRelayIdleTime);
  EXPECT_TRUE(rig.ended);
}

// RFC 1928: the connection is closed within 10 s of a failure's reply, also if the client does not read.
TEST(LocalRelay, WaitsForAClientThatDoesNotReadItsReplyTenSecondsAndNoLonger) {
  RelayRig rig(LocalConfig());
  rig.automatic = false;
  rig.Say(kClient, SocksHello(Ip()));
  rig.Writable(kClient, false);
  rig.Fail(ConnectResult::kRefused);
  rig.Pass(limits::kRelayReplyTime - 1ns);
  EXPECT_FALSE(rig.client().closed);
  rig.Pass(1ns);
  EXPECT_EQ(rig.client().closed, false);
  EXPECT_TRUE(rig.ended);
}

TEST(LocalRelay, HasTheFirstBytesReadyForTheDial) {
  for (size_t sent : {0U, 3U, 5U}) {
    RelayRig rig(LocalConfig());
    rig.automatic = false;
    rig.Say(kClient, Joined({SocksHello(ExampleTarget()), ToBytes(AsBytes("early"))}));
    rig.Resolve(true);
    EXPECT_EQ(TextIn(rig.first), "early");
    rig.Say(kClient, AsBytes(" and late"));
    rig.Connect(sent);
    EXPECT_EQ(TextIn(rig.remote().written), "early and late") << sent;
  }
}

TEST(LocalRelay, AssociatesAsLongAsTheClientIsConnected) {
  RelayRig rig(LocalConfig());
  rig.Say(kClient, SocksHello(Target(), SocksCommand::kUdpAssociate));
  EXPECT_EQ(rig.relay().stage(), RelayStage::kUdpAssociation);
  EXPECT_EQ(rig.associated, std::vector<Target>{Target()});
  EXPECT_EQ(rig.client().written, (Bytes{5, 0}));
  rig.Associate();
  EXPECT_EQ(rig.client().written, Granted(rig.bound));
  rig.Say(kClient, Bytes(1000000, 7));
  EXPECT_TRUE(rig.waiting(kClient).empty());
  for (int i = 0; i < 5; ++i) {
    rig.Pass(limits::kRelayIdleTime - 1s);
    rig.relay().Touch(rig.end().now);
  }
  EXPECT_FALSE(rig.ended);
  rig.Finish(kClient);
  EXPECT_TRUE(rig.ended);

  RelayConfig config = LocalConfig();
  config.udp = false;
  RelayRig without(std::move(config));
  without.Say(kClient, SocksHello(Target(), SocksCommand::kUdpAssociate));
  EXPECT_EQ(without.client().written, Joined({{5, 0}, EncodeSocksReply(SocksReply::kNotAllowed)}));
  EXPECT_TRUE(without.ended);
}

TEST(LocalRelay, LetsMembersIn) {
  RelayConfig config = LocalConfig();
  config.logins.push_back({"user", SecretBytes(AsBytes("secret"))});
  RelayRig rig(std::move(config));
  rig.Say(kClient, Joined({{5, 1, 2},
                           {1, 4, 'u', 's', 'e', 'r', 6, 's', 'e', 'c', 'r', 'e', 't'},
                           EncodeSocksRequest(SocksCommand::kConnect, Ip())}));
  EXPECT_EQ(rig.relay().stage(), RelayStage::kStreaming);
}

// --- Both streams ------------------------------------------------------------------------------------------------

// HF-RLY-6.
TEST(Relay, CarriesHalfCloseInEitherOrder) {
  for (RelaySide first : {kClient, kRemote}) {
    RelayRig rig(LocalConfig());
    rig.Say(kClient, SocksHello(Ip()));
    rig.Say(first, AsBytes("last"));
    rig.Finish(first);
    EXPECT_TRUE(rig.seen(Other(first)).half_closed);
    EXPECT_FALSE(rig.seen(first).half_closed);
    EXPECT_FALSE(rig.ended);
    rig.Say(Other(first), AsBytes("reply"));  // libev and the original lose it.
    const std::string got = TextIn(rig.seen(first).written);
    EXPECT_TRUE(got.ends_with("reply"));
    rig.Finish(Other(first));
    EXPECT_TRUE(rig.seen(first).half_closed);
    EXPECT_EQ(rig.client().closed, false);
    EXPECT_EQ(rig.remote().closed, false);
    EXPECT_TRUE(rig.ended);
    EXPECT_EQ(rig.why, std::nullopt);
  }
}

TEST(Relay, CarriesAnEndThatCameBeforeTheTargetWasConnected) {
  for (RelayProtocol back : {RelayProtocol::kPlain, RelayProtocol::kSession}) {
    RelayRig rig(LocalConfig(back));
    rig.automatic = false;
    rig.Say(kClient, Joined({SocksHello(Ip()), ToBytes(AsBytes("all"))}));
    rig.Finish(kClient);
    rig.Connect();
    if (back == RelayProtocol::kSession) rig.Say(kRemote, EncodeConnectAnswer({ConnectResult::kConnected, Ip()}));
    EXPECT_TRUE(TextIn(rig.remote().written).ends_with("all"));
    EXPECT_TRUE(rig.remote().half_closed);
    rig.Say(kRemote, AsBytes("reply"));
    EXPECT_TRUE(TextIn(rig.client().written).ends_with("reply"));
  }
}

TEST(Relay, DeliversWhatHadComeWhenATransportBreaksAndThenShowsTheFailure) {
  for (RelaySide broken : {kClient, kRemote}) {
    RelayRig rig(LocalConfig());
    rig.Say(kClient, SocksHello(Ip()));
    rig.Writable(Other(broken), false);
    rig.Say(broken, AsBytes("last"));
    rig.Close(broken);
    EXPECT_FALSE(rig.seen(Other(broken)).closed);
    rig.Writable(Other(broken), true);
    EXPECT_TRUE(TextIn(rig.seen(Other(broken)).written).ends_with("last"));
    EXPECT_EQ(rig.seen(Other(broken)).closed, true);
    EXPECT_FALSE(rig.seen(broken).closed);
    EXPECT_TRUE(rig.ended);
    EXPECT_EQ(rig.why, Error::kTransportClosed);
  }
}

TEST(Relay, IsOverWhenTheClientLeavesInAnyStage) {
  for (const Bytes& hello : {Bytes{}, Bytes{5, 1}, Bytes{5, 1, 0}, SocksHello(ExampleTarget()), SocksHello(Ip()),
                             SocksHello(Target(), SocksCommand::kUdpAssociate)}) {
    RelayRig rig(LocalConfig());
    rig.automatic = false;
    rig.Say(kClient, hello);
    rig.Close(kClient);
    EXPECT_TRUE(rig.ended);
    const uint64_t digest = rig.relay().StateDigest();
    rig.Resolve(true);
    rig.Connect();
    rig.Fail(ConnectResult::kFailed);
    rig.Associate();
    rig.Finish(kClient);
    rig.Close(kClient);
    rig.Pass(1000s);
    EXPECT_EQ(rig.relay().StateDigest(), digest);
  }
}

// The original appends without limit while it connects. HF-RLY-7.
TEST(Relay, HoldsABoundedAmountInEveryStageHoweverMuchComes) {
  const std::string flood(1 << 20, 'x');
  for (bool connected : {false, true}) {
    for (RelaySide side : {kClient, kRemote}) {
      RelayRig rig(LocalConfig());
      rig.automatic = false;
      rig.Say(kClient, SocksHello(Ip()));
      if (connected) {
        rig.Connect();
        rig.Writable(Other(side), false);
      } else if (side == kRemote) {
        continue;
      }
      rig.Say(side, AsBytes(flood));
      EXPECT_GT(rig.waiting(side).size(), flood.size() - 2 * limits::kRelayBufferBytes);
      EXPECT_LE(rig.memory_max, 4 * limits::kRelayBufferBytes);
      connected ? rig.Writable(Other(side), true) : rig.Connect();
      EXPECT_TRUE(rig.waiting(side).empty());
      EXPECT_TRUE(TextIn(rig.seen(Other(side)).written).ends_with(flood));
    }
  }
}

TEST(Relay, HoldsABoundedAmountOfWhatItDecrypts) {
  for (const ShadowKey& key : EveryKey()) {
    RelayRig rig(ShadowServerConfig(key));
    const std::string flood(1 << 18, 'x');
    rig.Say(kClient, ShadowHello(key, rig.end(), rig.entropy()));
    EXPECT_EQ(rig.relay().stage(), RelayStage::kStreaming);
    RelayRig again(ShadowServerConfig(key), 2);
    again.automatic = false;
    again.Say(kClient, ShadowHello(key, again.end(), again.entropy(), "GET /", flood, Ip()));
    EXPECT_GT(again.waiting(kClient).size(), 0U);
    EXPECT_LE(again.memory_max, 16 * limits::kRelayBufferBytes);
    again.Connect();
    EXPECT_EQ(TextIn(again.remote().written), "GET /" + flood);
    EXPECT_TRUE(again.waiting(kClient).empty());
  }
}

TEST(Relay, OfAForkGoesOnAlike) {
  for (const ShadowKey& key : EveryKey()) {
    RelayConfig config = ShadowServerConfig(key);
    RelayRig rig(std::move(config));
    const Bytes hello = ShadowHello(key, rig.end(), rig.entropy(), "GET /", "and more");
    rig.Say(kClient, ByteSpan(hello).first(hello.size() - 3));
    Relay fork = rig.relay().ForkForSimulation(ForkKey());
    EXPECT_EQ(fork.StateDigest(), rig.relay().StateDigest());
    ShadowEnd end = rig.end();
    fork.Receive(end.moment(), kClient, ByteSpan(hello).last(3));
    rig.relay().Receive(rig.end().moment(), kClient, ByteSpan(hello).last(3));
    EXPECT_EQ(fork.StateDigest(), rig.relay().StateDigest());
  }
}

// --- Relays behind each other ------------------------------------------------------------------------------------

// Joins what one relay writes to its remote side with what the other hears from its client.
class Joint {
 public:
  Joint(RelayRig& local, RelayRig& server) : local_(local), server_(server) {}

  // Until both are still.
  void Run() {
    for (bool moved = true; moved;) {
      moved = Carry(local_.remote().written, up_, server_, kClient);
      moved = Carry(server_.client().written, down_, local_, kRemote) || moved;
      moved = End(local_.remote(), ended_up_, server_, kClient) || moved;
      moved = End(server_.client(), ended_down_, local_, kRemote) || moved;
    }
  }

 private:
  static bool Carry(const Bytes& written, size_t& carried, RelayRig& to, RelaySide side) {
    if (written.size() == carried) return false;
    const Bytes bytes = ToBytes(ByteSpan(written).subspan(carried));
    carried = written.size();
    to.Say(side, bytes);
    return true;
  }

  static bool End(const SideSeen& seen, bool& ended, RelayRig& to, RelaySide side) {
    if (ended || !(seen.half_closed || seen.closed == false)) return false;
    ended = true;
    to.Finish(side);
    return true;
  }

  RelayRig& local_;
  RelayRig& server_;
  size_t up_ = 0;
  size_t down_ = 0;
  bool ended_up_ = false;
  bool ended_down_ = false;
};

TEST(Relay, CarriesAConnectionThroughAnotherInEveryProtocol) {
  std::vector<std::pair<RelayConfig, RelayConfig>> pairs;
  for (const ShadowKey& key : EveryKey()) {
    RelayConfig local = LocalConfig(RelayProtocol::kShadowsocks);
    local.back_key = key;
    local.upstream = Target::Named("proxy.example", 8388).value();
    pairs.emplace_back(std::move(local), ShadowServerConfig(key));
  }
  RelayConfig in_session = LocalConfig(RelayProtocol::kSession);
  RelayConfig at_server;
  at_server.front = RelayProtocol::kSession;
  pairs.emplace_back(std::move(in_session), std::move(at_server));
  RelayConfig through_socks = LocalConfig(RelayProtocol::kSocks5);
  through_socks.upstream = Ip();
  pairs.emplace_back(std::move(through_socks), LocalConfig());
  for (auto& [local_config, server_config] : pairs) {
    RelayRig local(std::move(local_config), 1);
    RelayRig server(std::move(server_config), 2);
    Joint joint(local, server);
    local.Say(kClient, SocksHello(ExampleTarget()));
    joint.Run();
    EXPECT_EQ(server.resolved, std::vector<std::string>{"example.org"});
    EXPECT_EQ(local.client().written, Granted(local.bound));
    const std::string question(80000, 'q');
    const std::string answer(90000, 'a');
    local.Say(kClient, AsBytes(question));
    local.Finish(kClient);
    joint.Run();
    EXPECT_EQ(TextIn(server.remote().written), question);
    EXPECT_TRUE(server.remote().half_closed);
    server.Say(kRemote, AsBytes(answer));
    server.Finish(kRemote);
    joint.Run();
    EXPECT_TRUE(TextIn(local.client().written).ends_with(answer));
    EXPECT_TRUE(local.client().half_closed);
    EXPECT_TRUE(local.ended && server.ended);
    EXPECT_EQ(local.why, std::nullopt);
    EXPECT_EQ(server.why, std::nullopt);
  }
}

// HF-RLY-2, HF-RLY-5.
TEST(Relay, TellsTheClientInsideASessionAndThroughSocksWhyItIsNotConnected) {
  for (RelayProtocol between : {RelayProtocol::kSession, RelayProtocol::kSocks5}) {
    for (ConnectResult result : {ConnectResult::kRefused, ConnectResult::kNotAllowed, ConnectResult::kTimedOut}) {
      RelayConfig config = LocalConfig(between);
      RelayConfig server_config;
      server_config.front = between;
      RelayRig local(std::move(config));
      RelayRig server(std::move(server_config));
      server.automatic = false;
      Joint joint(local, server);
      local.Say(kClient, SocksHello(Ip()));
      joint.Run();
      EXPECT_EQ(local.client().written, (Bytes{5, 0}));
      server.Fail(result);
      EXPECT_EQ(server.client().closed, false);
      joint.Run();
      EXPECT_EQ(local.client().written, Joined({{5, 0}, EncodeSocksReply(ReplyOf(result))}));
      EXPECT_TRUE(local.ended && server.ended);
    }
  }
}

// HF-RLY-1, HF-RLY-2.
TEST(Relay, AnswersWhatIsNoTargetInsideASessionAndFinishes) {
  RelayConfig config;
  config.front = RelayProtocol::kSession;
  RelayRig rig(std::move(config));
  rig.Say(kClient, Bytes{0x13, 1, 2, 3});
  EXPECT_EQ(rig.client().written, EncodeConnectAnswer({ConnectResult::kBadTarget, {}}));
  EXPECT_EQ(rig.client().closed, false);
  EXPECT_TRUE(rig.ended);
}

TEST(Relay, CutsShortWhatEndsInTheMiddleOfAChunk) {
  for (const ShadowKey& key : EveryAeadKey()) {
    RelayRig rig(ShadowServerConfig(key));
    const Bytes hello = ShadowHello(key, rig.end(), rig.entropy(), "GET /", "and more");
    rig.Say(kClient, ByteSpan(hello).first(hello.size() - 1));
    rig.Finish(kClient);
    EXPECT_FALSE(rig.remote().half_closed);
    EXPECT_EQ(rig.remote().closed, true);
    EXPECT_EQ(rig.why, Error::kTruncated);
  }
}

// Whatever order verbs come in: nobody trips, nothing is written to a side that was closed, little is held, and once
// time has passed it is over.
TEST(Relay, ComesToAnEndWhateverHappensInWhateverOrder) {
  const std::vector<ShadowKey> keys = EveryKey();
  std::set<RelayStage> met;
  for (uint64_t seed = 0; seed < 3000; ++seed) {
    NamedStream random(seed, "relay");
    const auto pick = [&](uint64_t below) { return static_cast<size_t>(random.Below(below)); };
    RelayConfig config;
    config.front = static_cast<RelayProtocol>(1 + pick(3));
    config.back = static_cast<RelayProtocol>(pick(4));
    const ShadowKey& key = keys[pick(keys.size())];
    config.front_key = config.back_key = key;
    if (pick(2) == 0) config.upstream = pick(2) == 0 ? Ip() : ExampleTarget();
    const RelayProtocol front = config.front;
    RelayRig rig(std::move(config), seed);
    rig.automatic = pick(2) == 0;
    Bytes hello = front == RelayProtocol::kSocks5
                      ? SocksHello(pick(2) == 0 ? Ip() : ExampleTarget(),
                                   pick(9) == 0 ? SocksCommand::kUdpAssociate : SocksCommand::kConnect)
                  : front == RelayProtocol::kShadowsocks ? ShadowHello(key, rig.end(), rig.entropy())
                                                         : EncodeTarget(Ip());
    if (pick(4) == 0) hello[pick(hello.size())] ^= static_cast<uint8_t>(1 << pick(8));
    const auto sides = std::to_array({kClient, kRemote});
    std::array<size_t, 2> written_when_closed = {};
    for (int step = 0; step < 30; ++step) {
      const RelaySide side = sides[pick(2)];
      switch (pick(11)) {
        case 0:
        case 1:
        case 2: {
          const size_t size = std::min(hello.size(), pick(200));
          rig.Say(kClient, ByteSpan(hello).first(size));
          hello.erase(hello.begin(), hello.begin() + static_cast<ptrdiff_t>(size));
          break;
        }
        case 3:
          rig.Say(side, Bytes(pick(2) == 0 ? pick(100) : pick(100000), 5));
          break;
        case 4:
          rig.Say(kRemote, pick(2) == 0 ? Bytes{0, 1, 0, 0, 0, 0, 0, 0} : Bytes{5, 0});
          break;
        case 5:
          rig.Writable(side, pick(3) != 0);
          break;
        case 6:
          pick(4) == 0 ? rig.Finish(side) : rig.Pass(1s);
          break;
        case 7:
          pick(8) == 0 ? rig.Close(side) : rig.Pass(Milliseconds(random.Below(20000)));
          break;
        case 8:
          rig.Resolve(pick(4) != 0);
          break;
        case 9:
          pick(6) == 0 ? rig.Fail(ConnectResult::kRefused) : rig.Connect();
          break;
        case 10:
          rig.Associate();
          break;
      }
      met.insert(rig.relay().stage());
      for (size_t i = 0; i < sides.size(); ++i) {
        if (!rig.seen(sides[i]).closed) continue;
        if (written_when_closed[i] == 0) written_when_closed[i] = 1 + rig.seen(sides[i]).written.size();
        ASSERT_EQ(written_when_closed[i], 1 + rig.seen(sides[i]).written.size()) << seed;
      }
      ASSERT_LE(rig.relay().MemoryBytes(), 20 * limits::kRelayBufferBytes) << seed;
    }
    rig.Pass(3000s);
    ASSERT_TRUE(rig.ended) << seed;
    ASSERT_EQ(rig.relay().stage(), RelayStage::kDestroyed) << seed;
  }
  EXPECT_EQ(met.size(), kRelayStageNames.size());
}

}  // namespace
}  // namespace holdfast
