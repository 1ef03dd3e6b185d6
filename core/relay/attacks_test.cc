// The attacks that made shadowsocks what it is, one after the other (docs/relay.md, section 4). With the real provider:
// some of them turn on how a cipher spreads a change. A test whose name says that an attack succeeds holds the document
// to its word: what is open is written there.

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>

#include "core/relay/relay_fixture.h"
#include "core/relay/splits.h"

namespace holdfast {
namespace {

constexpr RelaySide kClient = RelaySide::kClient;

std::string TextIn(ByteSpan bytes) { return {bytes.begin(), bytes.end()}; }

// What a listener of this method remembers.
ShadowEnd FreshEnd(const ShadowKey& key) {
  ShadowEnd end;
  if (key.family() != ShadowFamily::k2022) end.salts = SaltSet(limits::kAeadSaltTime);
  return end;
}

Bytes Noise(size_t size, uint64_t seed = 1) {
  Bytes bytes(size);
  NamedStream(seed, "noise").Fill(bytes);
  return bytes;
}

// All that somebody sees who sends these bytes to a fresh server and waits.
SideSeen Probe(const ShadowKey& key, ByteSpan bytes, bool finish = false, Duration pause = Duration(0)) {
  RelayRig rig(ShadowServerConfig(key), 1, FreshEnd(key));
  for (ByteSpan piece : pause > Duration(0) ? InPieces(bytes, 1) : std::vector<ByteSpan>{bytes}) {
    rig.Say(kClient, piece);
    rig.Pass(pause);
  }
  EXPECT_TRUE(rig.waiting(kClient).empty());
  if (finish) rig.Finish(kClient);
  rig.Pass(600s);
  EXPECT_TRUE(rig.ended);
  return rig.client();
}

// A server that remembers what came before, at a later time.
bool Takes(const ShadowKey& key, ShadowEnd& end, ByteSpan bytes) {
  RelayRig rig(ShadowServerConfig(key), 1, end);
  rig.Say(kClient, bytes);
  end.salts = rig.end().salts;
  return rig.relay().target().has_value();
}

Bytes Hello(const ShadowKey& key, const ShadowEnd& at, uint64_t seed = 1, std::string_view more = "") {
  TestEntropy entropy(seed);
  ShadowEnd end = at;
  return ShadowHello(key, end, entropy, "GET /", more);
}

// --- One outward behaviour ---------------------------------------------------------------------------------------

TEST(Attacks, AnyFlippedBitLooksLikeNoise) {
  for (const ShadowKey& key : EveryAeadKey()) {
    const Bytes hello = Hello(key, FreshEnd(key), 1, "and more");
    const SideSeen expected = Probe(key, Noise(hello.size()));
    EXPECT_EQ(expected, (SideSeen{{}, false, false, Time(1s) + limits::kRelayGreetingTime}));
    for (size_t bit = 0; bit < 8 * hello.size(); ++bit) {
      Bytes changed = hello;
      changed[bit / 8] ^= static_cast<uint8_t>(1 << bit % 8);
      ASSERT_EQ(Probe(key, changed), expected) << bit;
    }
  }
}

// Servers were told apart by the number of bytes after which they close: 50 of noise, then 34, 42, 82.
TEST(Attacks, NoReactionIsAFunctionOfHowMuchNoiseCame) {
  for (const ShadowKey& key : EveryAeadKey()) {
    const SideSeen expected = Probe(key, {});
    for (size_t size = 1; size <= 120; ++size) {
      ASSERT_EQ(Probe(key, Noise(size)), expected) << size;
      ASSERT_EQ(Probe(key, Noise(size), false, 100ms), expected) << size;
    }
    ASSERT_EQ(Probe(key, Noise(1 << 20)), expected);
    const SideSeen finished = Probe(key, {}, true);
    for (size_t size = 1; size <= 120; ++size) ASSERT_EQ(Probe(key, Noise(size), true), finished) << size;
  }
}

TEST(Attacks, ARequestThatIsCutShortLooksLikeNoise) {
  for (const ShadowKey& key : EveryAeadKey()) {
    const Bytes hello = Hello(key, FreshEnd(key));
    const SideSeen expected = Probe(key, {});
    const SideSeen finished = Probe(key, {}, true);
    for (size_t size = 0; size < hello.size(); ++size) {
      ASSERT_EQ(Probe(key, ByteSpan(hello).first(size)), expected) << size;
      ASSERT_EQ(Probe(key, ByteSpan(hello).first(size), true), finished) << size;
    }
  }
}

TEST(Attacks, WhatIsRefusedLooksLikeNoise) {
  for (const ShadowKey& key : EveryAeadKey()) {
    ShadowEnd end = FreshEnd(key);
    const Bytes hello = Hello(key, end);
    ASSERT_TRUE(Takes(key, end, hello));
    RelayRig replay(ShadowServerConfig(key), 1, end);
    replay.Say(kClient, hello);
    replay.Pass(600s);
    EXPECT_EQ(replay.client(), Probe(key, {}));
  }
}

// --- Replay ------------------------------------------------------------------------------------------------------

TEST(Attacks, ARecordedRequestIsNeverTakenAgain) {
  for (const ShadowKey& key : EveryAeadKey()) {
    for (Duration later : {0s, 29s, 31s, 60s, 61s, 600s}) {
      ShadowEnd end = FreshEnd(key);
      const Bytes hello = Hello(key, end);
      ASSERT_TRUE(Takes(key, end, hello));
      end.now += later;
      EXPECT_FALSE(Takes(key, end, hello)) << later.count();
      EXPECT_TRUE(Takes(key, end, Hello(key, end, 2)));
    }
  }
}

// libev looked at the salt when it came, and so took both (issue 1948).
TEST(Attacks, OfTwoConnectionsAtOnceWithOneSaltOneIsTaken) {
  for (const ShadowKey& key : EveryAeadKey()) {
    ShadowEnd end = FreshEnd(key);
    const Bytes hello = Hello(key, end);
    for (size_t cut = 0; cut <= hello.size(); ++cut) {
      ShadowEnd at = end;
      std::array<ShadowServer, 2> servers = {ShadowServer(key), ShadowServer(key)};
      size_t taken = 0;
      for (ByteSpan piece : {ByteSpan(hello).first(cut), ByteSpan(hello).subspan(cut)}) {
        for (ShadowServer& server : servers) Hear(server, at.moment(), {piece});
      }
      for (const ShadowServer& server : servers) taken += server.target().has_value() ? 1 : 0;
      EXPECT_EQ(taken, 1U) << cut;
    }
  }
}

TEST(Attacks, AfterARestartTimeStampsRefuseWhatSaltsCannot) {
  for (const ShadowKey& key : EveryAeadKey()) {
    for (Duration later : {31s, 61s}) {
      ShadowEnd end = FreshEnd(key);
      const Bytes hello = Hello(key, end);
      end.now += later;
      EXPECT_EQ(Takes(key, end, hello), key.family() == ShadowFamily::kAead) << later.count();
    }
  }
}

TEST(Attacks, AReplaySucceedsWithinThirtySecondsOfARestartAndForeverWithoutTimeStamps) {
  for (const ShadowKey& key : EveryAeadKey()) {
    ShadowEnd end = FreshEnd(key);
    const Bytes hello = Hello(key, end);
    ASSERT_TRUE(Takes(key, end, hello));
    end.salts = FreshEnd(key).salts;  // The restart.
    end.now += 29s;
    EXPECT_TRUE(Takes(key, end, hello));
    end = FreshEnd(key);
    ASSERT_TRUE(Takes(key, end, hello));
    end.now += limits::kAeadSaltTime + 1s;
    EXPECT_EQ(Takes(key, end, hello), key.family() == ShadowFamily::kAead);
  }
}

TEST(Attacks, WhoIsOvertakenByHisOwnReplayIsRefusedAndMayTryAgain) {
  for (const ShadowKey& key : EveryAeadKey()) {
    ShadowEnd end = FreshEnd(key);
    const Bytes genuine = Hello(key, end);
    EXPECT_TRUE(Takes(key, end, genuine));  // The adversary's copy.
    EXPECT_FALSE(Takes(key, end, genuine));
    EXPECT_TRUE(Takes(key, end, Hello(key, end, 2)));
  }
}

// --- Reflection and swap -----------------------------------------------------------------------------------------

struct Exchange {
  ShadowEnd at_client;
  ShadowEnd at_server;
  std::optional<ShadowClient> client;
  Bytes request;
  Bytes response;

  explicit Exchange(const ShadowKey& key, uint64_t seed) : at_client(FreshEnd(key)), at_server(FreshEnd(key)) {
    TestEntropy entropy(seed);
    client.emplace(key);
    ShadowServer server(key);
    EXPECT_TRUE(client->Begin(at_client.moment(), ExampleTarget(), AsBytes("GET /"), entropy, request));
    EXPECT_FALSE(Hear(server, at_server.moment(), {request}).error);
    EXPECT_TRUE(server.Seal(at_server.moment(), AsBytes("HTTP/1.1 200 OK"), entropy, response));
  }
};

TEST(Attacks, NobodyTakesHisOwnWordsForAnAnswer) {
  for (const ShadowKey& key : EveryAeadKey()) {
    Exchange exchange(key, 1);
    const ShadowHeard heard = Hear(*exchange.client, exchange.at_client.moment(), {exchange.request});
    EXPECT_TRUE(heard.error);
    EXPECT_TRUE(heard.plaintext.empty());
    EXPECT_FALSE(Takes(key, exchange.at_server, exchange.response));
  }
}

TEST(Attacks, AnAnswerToAnotherIsTakenOnlyByMethodsThatDoNotSayWhatTheyAnswer) {
  for (const ShadowKey& key : EveryAeadKey()) {
    Exchange one(key, 1);
    Exchange two(key, 2);
    const ShadowHeard heard = Hear(*one.client, one.at_client.moment(), {two.response});
    EXPECT_EQ(heard.error.has_value(), key.family() == ShadowFamily::k2022);
    EXPECT_EQ(heard.plaintext.empty(), key.family() == ShadowFamily::k2022);
  }
}

// --- Stream ciphers ----------------------------------------------------------------------------------------------

// The probe of 2015: change the byte that says what kind of address follows, and watch. The original reacted in two
// ways and took 48 of 256 values.
TEST(Attacks, AChangedTypeByteIsSeenThroughAStreamCipherAndNoOther) {
  for (const ShadowKey& key : EveryKey()) {
    const Bytes hello = Hello(key, FreshEnd(key));
    size_t dialed = 0;
    for (unsigned change = 0; change < 256; ++change) {
      Bytes changed = hello;
      changed[key.salt_bytes()] ^= static_cast<uint8_t>(change);
      ShadowEnd end = FreshEnd(key);
      dialed += Takes(key, end, changed) ? 1 : 0;
    }
    const bool open = key.family() == ShadowFamily::kStream && key.one_time_auth() == OneTimeAuth::kOff;
    EXPECT_LE(dialed, open ? 3U : 1U);
    EXPECT_GE(dialed, open ? 2U : 1U);
  }
}

// Peng 2020: a recorded answer of which seven bytes are known becomes a request for an address of the adversary's, and
// the server decrypts the rest for him. CFB recovers after one block.
struct Redirect {
  ShadowKey key;
  ShadowEnd server;
  Bytes response;
  std::string secret = "HTTP/1.1 200 OK HTTP/1.1 200 OK the secret that nobody else should read";

  explicit Redirect(OneTimeAuth auth) : key(KeyFor("aes-256-cfb", auth)), server(FreshEnd(key)) {
    TestEntropy entropy(1);
    ShadowServer answering(key);
    EXPECT_TRUE(answering.Seal(server.moment(), AsBytes(secret), entropy, response));
  }

  // From the answer, a request of which `from` is the IV and the first block, seven bytes of it known, is the target.
  Bytes Forged(size_t from) const {
    Bytes forged = ToBytes(ByteSpan(response).subspan(from));
    const Bytes wanted = EncodeTarget(Target::Ipv4({198, 51, 100, 66}, 666));
    for (size_t i = 0; i < wanted.size(); ++i) {
      forged[16 + i] ^= static_cast<uint8_t>(wanted[i] ^ static_cast<uint8_t>(secret[from + i]));
    }
    return forged;
  }
};

TEST(Attacks, ARedirectUnderTheRecordedIvIsRefusedAsLongAsItIsRemembered) {
  Redirect redirect(OneTimeAuth::kOff);
  EXPECT_FALSE(Takes(redirect.key, redirect.server, redirect.Forged(0)));
  redirect.server.now += limits::kAeadSaltTime + 1s;
  EXPECT_TRUE(Takes(redirect.key, redirect.server, redirect.Forged(0)));
}

TEST(Attacks, ARedirectUnderALaterBlockSucceedsAgainstAStreamCipher) {
  Redirect redirect(OneTimeAuth::kOff);
  RelayRig rig(ShadowServerConfig(redirect.key), 1, redirect.server);
  rig.Say(kClient, redirect.Forged(16));
  EXPECT_EQ(rig.dialed, (std::vector<std::optional<Target>>{Target::Ipv4({198, 51, 100, 66}, 666)}));
  EXPECT_TRUE(TextIn(rig.remote().written).ends_with("nobody else should read"));
}

TEST(Attacks, ARedirectIsRefusedWhereOneTimeAuthIsRequired) {
  Redirect redirect(OneTimeAuth::kRequired);
  for (size_t from : {0U, 16U}) {
    ShadowEnd restarted = FreshEnd(redirect.key);
    EXPECT_FALSE(Takes(redirect.key, restarted, redirect.Forged(from)));
  }
}

// The length of a chunk has no MAC of its own: raise it, and the server waits.
TEST(Attacks, ARaisedLengthMakesAServerWaitUnderOneTimeAuthAndUnderNoAead) {
  const ShadowKey ota = KeyFor("aes-128-ctr", OneTimeAuth::kRequired);
  Bytes hello = Hello(ota, FreshEnd(ota));
  hello[16 + EncodedSize(ExampleTarget()) + 10] ^= 0x40;
  ShadowEnd end = FreshEnd(ota);
  ShadowServer waiting(ota);
  const ShadowHeard heard = Hear(waiting, end.moment(), {hello});
  EXPECT_FALSE(heard.error);
  EXPECT_TRUE(heard.target && heard.plaintext.empty());
  for (std::string_view name : kAeadNames) {
    const ShadowKey key = KeyFor(name);
    Bytes changed = Hello(key, FreshEnd(key));
    changed[key.salt_bytes()] ^= 0x20;
    ShadowEnd at = FreshEnd(key);
    ShadowServer server(key);
    EXPECT_EQ(Hear(server, at.moment(), {ByteSpan(changed).first(key.salt_bytes() + 18)}).error, Error::kBadTag);
  }
}

// --- Memory ------------------------------------------------------------------------------------------------------

TEST(Attacks, AStrangerHoldsNextToNothing) {
  for (const ShadowKey& key : EveryAeadKey()) {
    RelayRig rig(ShadowServerConfig(key), 1, FreshEnd(key));
    rig.Say(kClient, Noise(1 << 20));
    rig.Say(kClient, Noise(1 << 20));
    EXPECT_LE(rig.relay().MemoryBytes(), sizeof(Relay) + 4096U);
    EXPECT_EQ(rig.end().salts.size(), 0U);
  }
}

}  // namespace
}  // namespace holdfast
