// Both ends of a shadowsocks connection, every method.

#include "core/relay/shadowsocks.h"

#include <gtest/gtest.h>

#include <set>

#include "core/base/fork_key.h"
#include "core/crypto/test_entropy.h"
#include "core/relay/shadow_fixture.h"
#include "core/relay/splits.h"

namespace holdfast {
namespace {

Bytes Request(const ShadowKey& key, TestEntropy& entropy, std::string_view first, std::string_view more) {
  ShadowEnd end;
  ShadowClient client(key);
  Bytes written;
  EXPECT_TRUE(client.Begin(end.moment(), ExampleTarget(), AsBytes(first), entropy, written));
  client.Seal(AsBytes(more), written);
  return written;
}

ShadowHeard Serve(const ShadowKey& key, const std::vector<ByteSpan>& pieces) {
  ShadowEnd end;
  ShadowServer server(key);
  return Hear(server, end.moment(), pieces);
}

TEST(Shadowsocks, CarriesBothStreamsWhateverTheSplit) {
  TestEntropy entropy;
  for (const ShadowKey& key : EveryKey()) {
    const Bytes request = Request(key, entropy, "", "hello");
    const ShadowHeard expected = {ExampleTarget(), ToBytes(AsBytes("hello")), std::nullopt, true};
    if (key.family() == ShadowFamily::k2022) {
      EXPECT_EQ(Serve(key, {request}), expected);  // Padded, so it is long.
      EXPECT_EQ(Serve(key, InPieces(request, 1)), expected);
      continue;
    }
    ForEverySplit(request, [&](const std::vector<ByteSpan>& pieces) { EXPECT_EQ(Serve(key, pieces), expected); });
  }
}

TEST(Shadowsocks, CarriesMegabytesBothWaysInPiecesOfAnySize) {
  for (const ShadowKey& key : EveryKey()) {
    TestEntropy entropy;
    NamedStream random(1, "pieces");
    ShadowEnd at_client;
    ShadowEnd at_server;
    ShadowClient client(key);
    ShadowServer server(key);
    Bytes payload(1 << 18);
    random.Fill(payload);
    Bytes up;
    ASSERT_TRUE(client.Begin(at_client.moment(), ExampleTarget(), ByteSpan(payload).first(100), entropy, up));
    client.Seal(ByteSpan(payload).subspan(100), up);
    const ShadowHeard there = Hear(server, at_server.moment(), InPieces(up, 1 + random.Below(40000)));
    EXPECT_EQ(there.plaintext, payload);
    EXPECT_EQ(there.target, ExampleTarget());
    EXPECT_TRUE(there.may_end);
    Bytes down;
    for (ByteSpan piece : InPieces(payload, 70000)) {
      ASSERT_TRUE(server.Seal(at_server.moment(), piece, entropy, down));
    }
    const ShadowHeard back = Hear(client, at_client.moment(), InPieces(down, 1 + random.Below(40000)));
    EXPECT_EQ(back.plaintext, payload);
    EXPECT_TRUE(back.may_end);
    EXPECT_LE(client.allocated() + server.allocated(), 4U * 65536);
  }
}

// What is wrong in a later chunk does not take back what came before it, in the same piece or not.
TEST(Shadowsocks, HearsTheSameOfAStreamThatBreaksWhateverTheSplit) {
  TestEntropy entropy;
  for (const ShadowKey& key : EveryKey()) {
    Bytes request = Request(key, entropy, "first", "second");
    request.back() ^= 1;
    const ShadowHeard expected = Serve(key, {request});
    EXPECT_EQ(expected.target, ExampleTarget());
    ForEverySplit(request, [&](const std::vector<ByteSpan>& pieces) { EXPECT_EQ(Serve(key, pieces), expected); });
  }
}

// libev and the original want a target in one piece.
TEST(Shadowsocks, ReadsATargetThatLiesInManyChunks) {
  for (std::string_view name : kAeadNames) {
    const ShadowKey key = KeyFor(name);
    TestEntropy entropy;
    ShadowEnd sealing;
    AeadSealer sealer = AeadSealer::Begin(sealing.moment(), key, entropy).value();
    Bytes header = EncodeTarget(ExampleTarget());
    Append(header, AsBytes("hello"));
    Bytes stream;
    for (ByteSpan byte : InPieces(header, 1)) sealer.Seal(byte, stream);
    EXPECT_EQ(Serve(key, {stream}), (ShadowHeard{ExampleTarget(), ToBytes(AsBytes("hello")), std::nullopt, true}));
  }
}

TEST(Shadowsocks, TakesNoMoreThanItIsAskedToAndGoesOnLater) {
  TestEntropy entropy;
  for (const ShadowKey& key : EveryKey()) {
    const std::string payload(200000, 'x');
    const Bytes request = Request(key, entropy, "", payload);
    ShadowEnd end;
    ShadowServer server(key);
    ByteSpan input = request;
    size_t total = 0;
    while (!input.empty()) {
      Bytes plaintext;
      ASSERT_TRUE(server.Open(end.moment(), input, plaintext, 1000));
      EXPECT_LT(plaintext.size(), 1000U + limits::kShadow2022ChunkBytesMax + 1);
      total += plaintext.size();
    }
    EXPECT_EQ(total, payload.size());
  }
}

TEST(Shadowsocks, MayEndBetweenChunksOnly) {
  TestEntropy entropy;
  for (const ShadowKey& key : EveryAeadKey()) {
    const Bytes request = Request(key, entropy, "first", "second");
    const size_t last_chunk = 2 + kTagBytes + 6 + kTagBytes;
    for (size_t size = 0; size <= request.size(); ++size) {
      const bool may = size == 0 || size == request.size() - last_chunk || size == request.size();
      EXPECT_EQ(Serve(key, {ByteSpan(request).first(size)}).may_end, may) << size;
    }
  }
}

TEST(Shadowsocks, RefusesEveryLengthThatIsNone) {
  TestEntropy entropy;
  for (std::string_view name : kAeadNames) {
    const ShadowKey key = KeyFor(name);
    // The original takes no 0, libev masks the two upper bits.
    for (unsigned length : {0x0000U, 0x4000U, 0x8001U, 0xc00bU, 0xffffU}) {
      const Bytes salt = Bytes(key.salt_bytes(), static_cast<uint8_t>(length));
      ChunkSealer sealer(key.CipherOf(salt));
      Bytes stream = salt;
      sealer.SealPiece(Bytes{static_cast<uint8_t>(length >> 8), static_cast<uint8_t>(length)}, stream);
      EXPECT_EQ(Serve(key, {stream}).error, Error::kBadLength) << length;
    }
  }
}

TEST(Shadowsocks, OfAForkGoesOnAlike) {
  const ForkKey fork_key;
  for (const ShadowKey& key : EveryKey()) {
    TestEntropy entropy;
    ShadowEnd end;
    ShadowEnd at_server;
    ShadowClient client(key);
    ShadowServer server(key);
    Bytes request;
    ASSERT_TRUE(client.Begin(end.moment(), ExampleTarget(), AsBytes("first"), entropy, request));
    client.Seal(AsBytes("second"), request);
    const size_t cut = request.size() - 4;
    EXPECT_FALSE(Hear(server, at_server.moment(), {ByteSpan(request).first(cut)}).error);
    ShadowServer fork = server.ForkForSimulation(fork_key);
    ShadowClient client_fork = client.ForkForSimulation(fork_key);
    ShadowEnd of_fork = at_server;
    const ShadowHeard heard = Hear(server, at_server.moment(), {ByteSpan(request).subspan(cut)});
    EXPECT_EQ(Hear(fork, of_fork.moment(), {ByteSpan(request).subspan(cut)}), heard);
    Digest a;
    Digest b;
    server.DigestInto(a);
    fork.DigestInto(b);
    EXPECT_EQ(a, b);
    Bytes more;
    Bytes more_of_fork;
    client.Seal(AsBytes("third"), more);
    client_fork.Seal(AsBytes("third"), more_of_fork);
    EXPECT_EQ(more, more_of_fork);
  }
}

// --- SIP022 ------------------------------------------------------------------------------------------------------

// A request whose headers are the caller's.
Bytes Crafted(const ShadowKey& key, ByteSpan fixed, ByteSpan variable) {
  const Bytes salt(key.salt_bytes(), 9);
  ChunkSealer sealer(key.CipherOf(salt));
  Bytes stream = salt;
  sealer.SealPiece(fixed, stream);
  sealer.SealPiece(variable, stream);
  return stream;
}

Bytes Fixed(uint8_t type, uint64_t unix_s, size_t length) {
  Bytes bytes(11);
  Writer writer(bytes);
  writer.PutInteger(type, 1);
  writer.PutInteger(unix_s, 8);
  writer.PutInteger(length, 2);
  return bytes;
}

Bytes Variable(size_t padding, size_t said, std::string_view payload) {
  Bytes bytes = EncodeTarget(ExampleTarget());
  bytes.push_back(static_cast<uint8_t>(said >> 8));
  bytes.push_back(static_cast<uint8_t>(said));
  bytes.resize(bytes.size() + padding);
  Append(bytes, AsBytes(payload));
  return bytes;
}

TEST(Shadow2022, TakesHeadersThatAreInOrderAndNoOthers) {
  constexpr uint64_t kNow = kFixtureUnixMs / 1000;
  for (std::string_view name : k2022Names) {
    const ShadowKey key = KeyFor(name);
    const auto error = [&](uint8_t type, uint64_t unix_s, const Bytes& variable) {
      return Serve(key, {Crafted(key, Fixed(type, unix_s, variable.size()), variable)}).error;
    };
    const Bytes good = Variable(0, 0, "x");
    EXPECT_EQ(error(0, kNow, good), std::nullopt);
    EXPECT_EQ(error(1, kNow, good), Error::kUnknownValue);
    EXPECT_EQ(error(2, kNow, good), Error::kUnknownValue);
    EXPECT_EQ(error(0, kNow - 30, good), std::nullopt);
    EXPECT_EQ(error(0, kNow + 30, good), std::nullopt);
    EXPECT_EQ(error(0, kNow - 31, good), Error::kClockSkew);
    EXPECT_EQ(error(0, kNow + 31, good), Error::kClockSkew);
    EXPECT_EQ(error(0, 0, good), Error::kClockSkew);
    EXPECT_EQ(error(0, UINT64_MAX, good), Error::kClockSkew);
    EXPECT_EQ(error(0, kNow, Variable(1, 1, "")), std::nullopt);
    EXPECT_EQ(error(0, kNow, Variable(900, 900, "")), std::nullopt);
    EXPECT_EQ(error(0, kNow, Variable(0, 0, "")), Error::kBadLength);
    EXPECT_EQ(error(0, kNow, Variable(901, 901, "x")), Error::kBadLength);
    EXPECT_EQ(error(0, kNow, Variable(10, 11, "")), Error::kTruncated);
    EXPECT_EQ(error(0, kNow, Bytes{3, 0, 0, 80, 0, 0, 'x'}), Error::kBadLength);
    EXPECT_EQ(error(0, kNow, Bytes{0x13, 1, 'a', 0, 80, 0, 0, 'x'}), Error::kUnknownValue);
    EXPECT_EQ(error(0, kNow, Bytes{1}), Error::kTruncated);
    EXPECT_EQ(error(0, kNow, Bytes()), Error::kTruncated);
  }
}

TEST(Shadow2022, RefusesEverythingWithoutAClock) {
  TestEntropy entropy;
  for (std::string_view name : k2022Names) {
    const ShadowKey key = KeyFor(name);
    const Bytes request = Request(key, entropy, "x", "");
    ShadowEnd end;
    const ShadowMoment timeless = {end.now, std::nullopt, end.salts};
    ShadowServer server(key);
    EXPECT_EQ(Hear(server, timeless, {request}).error, Error::kClockSkew);
    Bytes out;
    EXPECT_EQ(ShadowClient(key).Begin(timeless, ExampleTarget(), {}, entropy, out).error(), Error::kClockSkew);
    EXPECT_TRUE(out.empty());
  }
}

// The length of the first write would else be that of the target.
TEST(Shadow2022, PadsARequestThatHasNoPayloadYet) {
  TestEntropy entropy;
  std::set<size_t> sizes;
  for (int i = 0; i < 200; ++i) sizes.insert(Request(KeyFor(k2022Names[0]), entropy, "", "").size());
  EXPECT_GT(sizes.size(), 150U);
  const size_t least = 16 + 11 + 16 + EncodedSize(ExampleTarget()) + 2 + 16;
  EXPECT_GT(*sizes.begin(), least);
  EXPECT_LE(*sizes.rbegin(), least + limits::kShadowPaddingBytesMax);
}

// --- One-time auth -----------------------------------------------------------------------------------------------

// The original loses a chunk that is followed by a part of the next one's head in the same read.
TEST(OneTimeAuth, LosesNoChunkWhateverTheSplit) {
  const ShadowKey key = KeyFor("aes-128-cfb", OneTimeAuth::kRequired);
  TestEntropy entropy;
  ShadowEnd end;
  ShadowClient client(key);
  Bytes request;
  ASSERT_TRUE(client.Begin(end.moment(), ExampleTarget(), AsBytes("first"), entropy, request));
  for (std::string_view text : {"second", "third", "f"}) client.Seal(AsBytes(text), request);
  ForEverySplit(request, [&](const std::vector<ByteSpan>& pieces) {
    EXPECT_EQ(Serve(key, pieces).plaintext, ToBytes(AsBytes("firstsecondthirdf")));
  });
}

TEST(OneTimeAuth, IsThereOrNotAsTheServerWasToldAndNeverEither) {
  TestEntropy entropy;
  for (size_t i = 0; i < kStreamCipherKinds; ++i) {
    const std::string_view name = InfoOf(static_cast<StreamCipherKind>(i)).name;
    const ShadowKey with = KeyFor(name, OneTimeAuth::kRequired);
    const ShadowKey without = KeyFor(name);
    EXPECT_EQ(Serve(with, {Request(without, entropy, "x", "y")}).error, Error::kUnknownValue);
    EXPECT_EQ(Serve(without, {Request(with, entropy, "x", "y")}).error, Error::kUnknownValue);
  }
}

TEST(OneTimeAuth, EndsTheStreamAtTheFirstChunkThatDoesNotMatch) {
  const ShadowKey key = KeyFor("chacha20-ietf", OneTimeAuth::kRequired);
  TestEntropy entropy;
  const Bytes request = Request(key, entropy, "first", "second");
  const size_t header = 12 + EncodedSize(ExampleTarget()) + 10;
  const size_t second = header + 12 + 5;
  for (size_t byte = header + 2; byte < request.size(); ++byte) {
    if (byte == second || byte == second + 1) continue;  // Lengths: see docs/relay.md.
    Bytes changed = request;
    changed[byte] ^= 1;
    const ShadowHeard heard = Serve(key, {changed});
    EXPECT_EQ(heard.error, Error::kBadTag) << byte;
    EXPECT_EQ(heard.plaintext, ToBytes(AsBytes(byte < second ? "" : "first"))) << byte;
  }
  for (size_t bit = 8 * 12; bit < 8 * header; ++bit) {
    Bytes changed = request;
    changed[bit / 8] ^= static_cast<uint8_t>(1 << bit % 8);
    const ShadowHeard heard = Serve(key, {changed});
    EXPECT_FALSE(heard.target) << bit;
    EXPECT_TRUE(heard.plaintext.empty()) << bit;
  }
}

}  // namespace
}  // namespace holdfast
