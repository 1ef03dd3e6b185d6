#include "core/demux/demultiplexer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>

#include "core/base/random.h"
#include "core/crypto/test_entropy.h"
#include "core/demux/client_hello_bytes.h"
#include "core/wire/limits.h"

namespace holdfast {
namespace {

const Key kNetworkKey(std::array<uint8_t, kKeyBytes>{1, 2, 3});

Port MustBuild(std::vector<Protocol> protocols, std::optional<Protocol> fallback = std::nullopt,
               std::vector<std::string> wss_names = {}) {
  PortConfig config;
  config.protocols = std::move(protocols);
  config.fallback = fallback;
  config.network_key = &kNetworkKey;
  config.wss_names = std::move(wss_names);
  auto port = Port::Build(config);
  EXPECT_TRUE(port) << port.error().Describe();
  return std::move(*port);
}

// Everything that can be told at all. (With an announced network or WebSocket over TLS, a hidden one cannot be here.)
Port Hidden(std::optional<Protocol> fallback = std::nullopt) {
  return MustBuild({Protocol::kHoldfast, Protocol::kHiddenNetwork, Protocol::kMultistream, Protocol::kTls,
                    Protocol::kLibp2pTls, Protocol::kHttp2Tls, Protocol::kHttp1, Protocol::kWebSocket, Protocol::kHttp2,
                    Protocol::kSsh, Protocol::kSocks4, Protocol::kSocks5, Protocol::kProxyV1, Protocol::kProxyV2},
                   fallback);
}

Port Open(std::optional<Protocol> fallback = std::nullopt) {
  return MustBuild({Protocol::kHoldfast, Protocol::kNetwork, Protocol::kMultistream, Protocol::kTls,
                    Protocol::kLibp2pTls, Protocol::kHttp2Tls, Protocol::kHttp1, Protocol::kWebSocket, Protocol::kHttp2,
                    Protocol::kSsh, Protocol::kSocks4, Protocol::kSocks5, Protocol::kProxyV1, Protocol::kProxyV2},
                   fallback);
}

struct Outcome {
  std::optional<Verdict> verdict;
  Bytes taken;
  Bytes rest;
  bool operator==(const Outcome&) const = default;
};

// Feeds `stream` in segments, those after the first of `segment` bytes.
Outcome Feed(const Port& port, ByteSpan stream, size_t first, size_t segment) {
  Demultiplexer demultiplexer(port);
  Outcome outcome;
  ByteSpan left = stream;
  for (size_t size = first; !outcome.verdict && !left.empty(); size = segment) {
    ByteSpan input = left.first(std::min(size, left.size()));
    left = left.subspan(input.size());
    const size_t may_need = demultiplexer.NeedAtMost();
    const size_t before = input.size();
    outcome.verdict = demultiplexer.Receive(input);
    EXPECT_LE(before - input.size(), may_need);
    EXPECT_TRUE(outcome.verdict || input.empty());
    outcome.rest = ToBytes(input);
  }
  Append(outcome.rest, left);
  EXPECT_TRUE(!outcome.verdict || demultiplexer.NeedAtMost() == 0);
  EXPECT_TRUE(std::ranges::equal(demultiplexer.bytes(), stream.first(demultiplexer.bytes().size())));
  outcome.taken = std::move(demultiplexer).TakeBytes();
  return outcome;
}

Outcome Feed(const Port& port, ByteSpan stream) { return Feed(port, stream, SIZE_MAX, SIZE_MAX); }

Bytes HiddenPreamble() {
  TestEntropy entropy(3);
  return MakeNetworkPreamble(NetworkKeys(kNetworkKey), NetworkRole::kClient, NetworkMode::kHidden, {}, entropy);
}

struct Example {
  Protocol protocol;
  Bytes first;   // The verdict comes with the last of these.
  Bytes second;  // What follows.
};

Bytes Text(std::string_view text) { return ToBytes(AsBytes(text)); }

std::vector<Example> Examples() {
  const Extension padding = {21, Bytes(30)};
  const auto hello = [&](const Extension& last) { return InRecords(HelloMessage({padding, last}), 60); };
  return {
      {Protocol::kHoldfast, Text("\xe8HLD\r\n\x1a\n"), {1, 1, 1, 1}},
      {Protocol::kMultistream, Text("\x13/m"), Text("ultistream/1.0.0\n")},
      {Protocol::kTls, hello(padding), Text("more")},
      {Protocol::kLibp2pTls, hello(AlpnExtension({"h2", "libp2p"})), {}},
      {Protocol::kHttp2Tls, hello(AlpnExtension({"h2", "http/1.1"})), {}},
      {Protocol::kHttp1, Text("GET / HTTP/1.1\r\nHost: a\r\n\r\n"), Text("GET")},
      {Protocol::kHttp1, Text("GET / HTTP/1.0\r\n"), Text("Upgrade: websocket\r\nConnection: upgrade\r\n\r\n")},
      {Protocol::kHttp1, Text("POST "), Text("/ HTTP/1.1\r\n")},
      {Protocol::kHttp1, Text("OPTIONS "), Text("* HTTP/1.1\r\n")},
      {Protocol::kWebSocket, Text("GET / HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"), Text("\r\n")},
      {Protocol::kHttp2, Text("PRI * HTTP/2.0"), Text("\r\n\r\nSM\r\n\r\n")},
      {Protocol::kSsh, Text("SSH-"), Text("2.0-x\r\n")},
      {Protocol::kSocks4, {4, 1}, {0, 80, 1, 2, 3, 4, 0}},
      {Protocol::kSocks5, {5, 1}, {0}},
      {Protocol::kProxyV1, Text("PROXY "), Text("TCP4 1.2.3.4 5.6.7.8 9 10\r\n")},
      {Protocol::kProxyV2, Text(std::string_view("\r\n\r\n\0\r\nQUIT\n", 12)), {0x21, 0x11, 0, 12}},
      {Protocol::kHiddenNetwork, HiddenPreamble(), {7, 7, 7}},
  };
}

TEST(Demultiplexer, KnowsEachProtocolFromEverySplitAndHandsEveryByteBack) {
  const Port port = Hidden();
  for (const Example& example : Examples()) {
    Bytes stream = example.first;
    Append(stream, example.second);
    const Outcome expected = {Verdict{.protocol = example.protocol}, example.first, example.second};
    for (size_t split = 0; split <= stream.size(); ++split) {
      ASSERT_EQ(Feed(port, stream, split, SIZE_MAX), expected) << NameOf(example.protocol) << " at " << split;
    }
    for (size_t segment = 1; segment <= 40; ++segment) {
      ASSERT_EQ(Feed(port, stream, segment, segment), expected) << NameOf(example.protocol) << " by " << segment;
    }
  }
}

TEST(Demultiplexer, KnowsAnAnnouncedNetworkByItsMagic) {
  const Port port = Open();
  for (size_t split = 0; split <= 10; ++split) {
    EXPECT_EQ(Feed(port, Text("\xe9HLN\r\n\x1a\n\x01\x01"), split, 1),
              (Outcome{Verdict{.protocol = Protocol::kNetwork}, Text("\xe9HLN\r\n\x1a\n"), Text("\x01\x01")}));
  }
}

TEST(Demultiplexer, HasNoVerdictOneByteEarlier) {
  const Port port = Hidden();
  for (const Example& example : Examples()) {
    for (size_t size = 0; size < example.first.size(); ++size) {
      EXPECT_FALSE(Feed(port, ByteSpan(example.first).first(size)).verdict) << NameOf(example.protocol) << " " << size;
    }
  }
}

// Where a prefix is complete it decides, and before that the next byte still can, in both directions.
TEST(Demultiplexer, DecidesByAPrefixNeitherEarlierNorLaterThanItCan) {
  for (const Prefix& prefix : kPrefixes) {
    for (Protocol protocol : {prefix.protocol, Protocol::kWebSocket, Protocol::kWss, Protocol::kLibp2pTls}) {
      if (!MayBegin(protocol, prefix)) continue;
      const Port port = MustBuild({protocol});
      Bytes bytes;
      for (size_t i = 0; i < prefix.size; ++i) {
        EXPECT_FALSE(Feed(port, bytes).verdict);
        for (unsigned value = 0; value < 256; ++value) {
          bytes.push_back(static_cast<uint8_t>(value));
          const Outcome outcome = Feed(port, bytes);
          if (!prefix.bytes[i].Has(bytes.back())) {
            const PrefixSet others = PossiblePrefixes(bytes) & port.prefixes();
            EXPECT_EQ(outcome.verdict.has_value(), others == 0);
            if (outcome.verdict) {
              EXPECT_EQ(outcome.verdict->protocol, std::nullopt);
            }
          } else if (i + 1 == prefix.size) {
            EXPECT_EQ(outcome.verdict, Verdict{.protocol = protocol});
          } else {
            EXPECT_FALSE(outcome.verdict);
          }
          bytes.pop_back();
        }
        bytes.push_back(prefix.bytes[i].first);
      }
    }
  }
}

TEST(Demultiplexer, AsksForNoMoreThanItSaysWhateverComes) {
  const Port ports[] = {Hidden(),
                        Open(),
                        Open(Protocol::kShadowsocks),
                        MustBuild({Protocol::kSocks5, Protocol::kSsh}),
                        MustBuild({Protocol::kTls}),
                        Hidden(Protocol::kPnet0)};
  const std::vector<Example> examples = Examples();
  for (uint64_t seed = 0; seed < 3000; ++seed) {
    NamedStream chance(seed, "need");
    const Port& port = ports[chance.Below(std::size(ports))];
    Demultiplexer demultiplexer(port);
    Bytes stream = examples[static_cast<size_t>(chance.Below(examples.size()))].first;
    stream.resize(static_cast<size_t>(chance.Below(stream.size() + 1)));
    const size_t need = demultiplexer.NeedAtMost();
    const size_t start = stream.size();
    if (need > start) {
      stream.resize(need);
      chance.Fill(MutableByteSpan(stream).subspan(start));
    }
    ByteSpan input = stream;
    EXPECT_TRUE(demultiplexer.Receive(input).has_value()) << seed;
  }
}

// --- What is nobody's --------------------------------------------------------------------------------------------

TEST(Demultiplexer, KnowsAtOnceWhatNobodyBeginsWith) {
  const Port port = Open();
  for (unsigned value = 0; value < 256; ++value) {
    const Bytes byte = {static_cast<uint8_t>(value)};
    const Outcome outcome = Feed(port, byte);
    EXPECT_EQ(outcome.verdict.has_value(), PossiblePrefixes(byte) == 0) << value;
    if (outcome.verdict) {
      EXPECT_EQ(*outcome.verdict, Verdict());
    }
  }
}

TEST(Demultiplexer, NamesWhatIsRegisteredAndNotServedHere) {
  const Port port = MustBuild({Protocol::kSsh});
  EXPECT_EQ(Feed(port, Text("GET / HTTP/1.1")).verdict, (Verdict{.looks_like = Protocol::kHttp1}));
  EXPECT_EQ(Feed(port, {{0x16, 3, 1}}).verdict, (Verdict{.looks_like = Protocol::kTls}));
  EXPECT_EQ(Feed(port, Text("P")).verdict, Verdict()) << "any of five";
  EXPECT_EQ(Feed(port, Text("SSh-")).verdict, Verdict());
}

TEST(Demultiplexer, KeepsMethodsThatDoNotUpgradeFromAWebSocket) {
  const Port port = MustBuild({Protocol::kWebSocket});
  EXPECT_EQ(Feed(port, Text("GET ")).verdict, Verdict{.protocol = Protocol::kWebSocket});
  EXPECT_EQ(Feed(port, Text("POST ")).verdict->protocol, std::nullopt);
}

TEST(Demultiplexer, GivesWhatStopsTooEarlyToNobody) {
  for (const Port& port : {Open(), Hidden()}) {
    Demultiplexer silent(port);
    EXPECT_EQ(silent.End(), Verdict());
  }
  const Port port = Open();
  for (const auto& [text, looks_like] :
       {std::pair{"SS", Protocol::kSsh}, std::pair{"GET / HTTP/1.1\r\n", Protocol::kHttp1},
        std::pair{"\x16\x03\x01", Protocol::kTls}}) {
    Demultiplexer demultiplexer(port);
    ByteSpan input = AsBytes(text);
    EXPECT_FALSE(demultiplexer.Receive(input));
    EXPECT_EQ(demultiplexer.End(), (Verdict{.looks_like = looks_like}));
  }
}

TEST(Demultiplexer, LeavesATooLongHeadToHttp) {
  Bytes stream = Text("GET / HTTP/1.1\r\nX: ");
  stream.resize(limits::kHttpHeadBytesMax + 100, 'x');
  const Outcome outcome = Feed(Open(), stream, 1, 1000);
  EXPECT_EQ(outcome.verdict, Verdict{.protocol = Protocol::kHttp1});
  EXPECT_EQ(outcome.taken.size(), limits::kHttpHeadBytesMax);
}

// --- The fallback ------------------------------------------------------------------------------------------------

TEST(Demultiplexer, GivesTheFallbackWhatBeginsLikeNothingElse) {
  for (Protocol fallback : {Protocol::kPnet0, Protocol::kShadowsocks, Protocol::kLegacy}) {
    const Port port = Open(fallback);
    EXPECT_EQ(Feed(port, Text("\x01\x02")).verdict, Verdict{.protocol = fallback});
    EXPECT_EQ(Feed(port, Text("SSX")).verdict, Verdict{.protocol = fallback});
    EXPECT_EQ(Feed(port, Text("SSH-")).verdict, Verdict{.protocol = Protocol::kSsh}) << "which is what it loses";
    Demultiplexer cut(port);
    ByteSpan input = AsBytes("SS");
    EXPECT_FALSE(cut.Receive(input));
    EXPECT_EQ(cut.End().protocol, fallback);
    Demultiplexer silent(port);
    EXPECT_EQ(silent.End().protocol, std::nullopt);
  }
}

TEST(Demultiplexer, NeedsNoByteWhereOnlyOneThingIsServed) {
  const Port port = MustBuild({Protocol::kPnet0});
  Demultiplexer demultiplexer(port);
  EXPECT_EQ(demultiplexer.NeedAtMost(), 0U);
  const Bytes stream = {1, 2, 3};
  ByteSpan input = stream;
  EXPECT_EQ(demultiplexer.Receive(input), Verdict{.protocol = Protocol::kPnet0});
  EXPECT_EQ(input.size(), 3U);
}

TEST(Demultiplexer, DoesNotWaitForAPrefixThatMeansTheFallbackAnyway) {
  const Port port = MustBuild({Protocol::kSsh}, Protocol::kHttp1);
  EXPECT_EQ(Feed(port, Text("G")).verdict->protocol, Protocol::kHttp1);
  EXPECT_EQ(Feed(port, Text("x")).verdict->protocol, Protocol::kHttp1);
  EXPECT_FALSE(Feed(port, Text("S")).verdict);
}

// --- TLS ---------------------------------------------------------------------------------------------------------

TEST(Demultiplexer, TellsTlsApartAsFarAsThePortAsks) {
  const auto verdict = [](const Port& port, const std::vector<Extension>& extensions) {
    return Feed(port, InRecords(HelloMessage(extensions))).verdict->protocol;
  };
  const Port all = MustBuild({Protocol::kTls, Protocol::kLibp2pTls, Protocol::kHttp2Tls, Protocol::kWss});
  EXPECT_EQ(verdict(all, {AlpnExtension({"http/1.1"})}), Protocol::kWss);
  EXPECT_EQ(verdict(all, {}), Protocol::kWss) << "or any other HTTP/1.1 over TLS";
  EXPECT_EQ(verdict(all, {AlpnExtension({"h2", "http/1.1"})}), Protocol::kHttp2Tls);
  EXPECT_EQ(verdict(all, {AlpnExtension({"imap"})}), Protocol::kTls);

  const Port named = MustBuild({Protocol::kTls, Protocol::kHttp2Tls, Protocol::kWss}, std::nullopt, {"ws.example"});
  EXPECT_EQ(verdict(named, {NameExtension("WS.example"), AlpnExtension({"h2"})}), Protocol::kWss);
  EXPECT_EQ(verdict(named, {AlpnExtension({"h2"}), NameExtension("ws.example")}), Protocol::kWss);
  EXPECT_EQ(verdict(named, {AlpnExtension({"h2"}), NameExtension("www.example")}), Protocol::kHttp2Tls);
  EXPECT_EQ(verdict(named, {AlpnExtension({"http/1.1"})}), Protocol::kTls);

  const Port two = MustBuild({Protocol::kLibp2pTls, Protocol::kHttp2Tls});
  EXPECT_EQ(verdict(two, {AlpnExtension({"http/1.1"})}), std::nullopt);
  EXPECT_EQ(Feed(two, InRecords(HelloMessage({AlpnExtension({"http/1.1"})}))).verdict->looks_like, Protocol::kTls);

  const Port one = MustBuild({Protocol::kWss, Protocol::kSsh});
  EXPECT_EQ(Feed(one, InRecords(HelloMessage({}))).taken.size(), 6U) << "nothing to tell apart";
}

TEST(Demultiplexer, LeavesWhatCannotBeReadToTls) {
  const Port port = MustBuild({Protocol::kTls, Protocol::kLibp2pTls});
  Bytes broken = InRecords(HelloMessage({AlpnExtension({"libp2p"})}));
  broken[43] = 33;  // The length of the session id.
  EXPECT_EQ(Feed(port, broken).verdict, Verdict{.protocol = Protocol::kTls});
  Bytes message = HelloMessage({{21, Bytes(16000)}, AlpnExtension({"libp2p"})});
  EXPECT_EQ(Feed(port, InRecords(message)).verdict->protocol, Protocol::kLibp2pTls);
  const Outcome slow = Feed(port, InRecords(message, 100));  // The heads of records make it longer than is read.
  EXPECT_EQ(slow.verdict->protocol, Protocol::kTls);
  EXPECT_EQ(slow.taken.size(), limits::kClientHelloBytesMax);
}

// --- A hidden network --------------------------------------------------------------------------------------------

// HF-NET-3.
TEST(Demultiplexer, RecognisesAHiddenNetworkByItsKeyAndByNothingElse) {
  const Port port = Hidden();
  const Bytes good = HiddenPreamble();
  EXPECT_EQ(Feed(port, good).verdict, Verdict{.protocol = Protocol::kHiddenNetwork});
  for (size_t bit = 0; bit < 8 * good.size(); ++bit) {
    Bytes bad = good;
    bad[bit / 8] ^= static_cast<uint8_t>(1 << bit % 8);
    const auto verdict = Feed(port, bad).verdict;
    EXPECT_NE(verdict.value_or(Verdict()).protocol, Protocol::kHiddenNetwork) << bit;
  }
  EXPECT_EQ(Feed(Hidden(Protocol::kPnet0), Bytes(24, 0xfe)).verdict->protocol, Protocol::kPnet0);
}

// Whatever two bytes come first, a third may still make it a nonce, unless that is something registered by then.
TEST(Demultiplexer, KnowsAfterThreeBytesWhetherItMayBeANonce) {
  const Port port = Hidden();
  for (unsigned a = 0; a < 256; ++a) {
    for (unsigned b = 0; b < 256; ++b) {
      for (unsigned c :
           {0U, 1U, 2U, 3U, 0x0aU, 0x0dU, 0x6dU, unsigned{'D'}, unsigned{'H'}, unsigned{'O'}, unsigned{'T'}}) {
        const Bytes bytes = {static_cast<uint8_t>(a), static_cast<uint8_t>(b), static_cast<uint8_t>(c)};
        Demultiplexer demultiplexer(port);
        ByteSpan input = bytes;
        const auto verdict = demultiplexer.Receive(input);
        if (!LooksRegistered(bytes)) {
          ASSERT_FALSE(verdict);
          ASSERT_EQ(demultiplexer.NeedAtMost(), 21U);
        } else if (!verdict) {
          ASSERT_NE(PossiblePrefixes(bytes) & port.prefixes(), 0U);
        }
      }
    }
  }
}

}  // namespace
}  // namespace holdfast
