// Properties of every handshake that we speak. Linked twice: with the real provider and with the fast one. Known
// answers are in tools/noise_vectors_test.

#include "core/noise/noise.h"

#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/base/fork_key.h"
#include "core/base/random.h"
#include "core/crypto/test_entropy.h"
#include "gtest/gtest.h"

namespace holdfast {
namespace {

constexpr PublicKey kLowOrderPoint = {1};

Key TestKey(uint64_t seed) {
  Key key;
  TestEntropy(seed).Fill(key.mutable_span());
  return key;
}

uint64_t DigestOf(const NoiseHandshake& handshake) {
  Digest digest;
  handshake.DigestInto(digest);
  return digest.value();
}

void Flip(MutableByteSpan bytes, size_t bit) { bytes[bit / 8] ^= static_cast<uint8_t>(1 << bit % 8); }

Bytes Payload(size_t message) { return Bytes(3 + message, static_cast<uint8_t>('a' + message)); }

// What one side brings.
struct Side {
  Suite suite = Suite::kChaChaPoly;
  Bytes prologue = ToBytes(AsBytes("prologue"));
  uint64_t psk_seed = 100;
};

NoiseHandshake Start(const Pattern& pattern, bool initiator, const Side& side = {}) {
  std::vector<Key> psks;
  for (size_t i = 0; i < pattern.psk_count(); ++i) psks.push_back(TestKey(side.psk_seed + i));
  std::optional<KeyPair> local_static;
  if (pattern.SendsStatic(initiator)) local_static = KeyPair::FromPrivate(TestKey(initiator ? 1 : 2).span());
  return NoiseHandshake({.pattern = &pattern,
                         .suite = side.suite,
                         .initiator = initiator,
                         .prologue = side.prologue,
                         .local_static = local_static,
                         .psks = psks});
}

// Two sides and the messages between them.
struct Pair {
  explicit Pair(const Pattern& pattern, const Side& initiators = {}, const Side& responders = {})
      : initiator(Start(pattern, true, initiators)), responder(Start(pattern, false, responders)) {}
  Pair(NoiseHandshake its_initiator, NoiseHandshake its_responder, const Pair& other)
      : initiator(std::move(its_initiator)), responder(std::move(its_responder)), next(other.next) {}

  Pair Fork() const {
    return Pair(initiator.ForkForSimulation(ForkKey()), responder.ForkForSimulation(ForkKey()), *this);
  }

  NoiseHandshake& writer() { return next % 2 == 0 ? initiator : responder; }
  NoiseHandshake& reader() { return next % 2 == 0 ? responder : initiator; }

  Bytes Write() {
    TestEntropy entropy(10 + next);
    Bytes message;
    EXPECT_TRUE(writer().WriteMessage(entropy, Payload(next), message));
    return message;
  }

  Result<Bytes> Read(ByteSpan message) {
    Bytes payload = {0xee};
    const Status read = reader().ReadMessage(message, payload);
    EXPECT_EQ(payload.front(), 0xee);
    if (!read) {
      EXPECT_EQ(payload.size(), 1u);
      return std::unexpected(read.error());
    }
    payload.erase(payload.begin());
    return payload;
  }

  // Writes and reads what is left. The first error of a reader, if there is one.
  Status Finish() {
    while (!initiator.finished() || !responder.finished()) {
      const Result<Bytes> payload = Read(Write());
      if (!payload) return std::unexpected(payload.error());
      payloads_arrived = payloads_arrived && *payload == Payload(next);
      ++next;
    }
    return {};
  }

  NoiseHandshake initiator;
  NoiseHandshake responder;
  size_t next = 0;  // Messages read.
  bool payloads_arrived = true;
};

// Whether both sides have finished in the belief that they share everything.
bool Agree(const Pair& pair) {
  return pair.initiator.finished() && pair.responder.finished() &&
         pair.initiator.handshake_hash() == pair.responder.handshake_hash();
}

class EveryPattern : public testing::TestWithParam<Pattern> {};

INSTANTIATE_TEST_SUITE_P(Noise, EveryPattern, testing::ValuesIn(kPatterns), [](const auto& pattern) {
  std::string name(pattern.param.name());
  std::ranges::replace(name, '+', '_');
  return name;
});

TEST_P(EveryPattern, EndsWithTheSameKeysAndHashOnBothSides) {
  for (Suite suite : {Suite::kChaChaPoly, Suite::kAesGcm}) {
    Pair pair(GetParam(), {.suite = suite}, {.suite = suite});
    ASSERT_TRUE(pair.Finish());
    EXPECT_TRUE(pair.payloads_arrived);
    EXPECT_EQ(pair.initiator.handshake_hash(), pair.responder.handshake_hash());
    const NoiseSplit a = pair.initiator.Split();
    const NoiseSplit b = pair.responder.Split();
    EXPECT_EQ(a.first, b.first);
    EXPECT_EQ(a.second, b.second);
    EXPECT_EQ(a.third, b.third);
    EXPECT_EQ(a.handshake_hash, b.handshake_hash);
    EXPECT_EQ(a.handshake_hash, pair.initiator.handshake_hash());
    EXPECT_NE(a.first, a.second);
    EXPECT_NE(a.first, a.third);
    EXPECT_NE(a.second, a.third);
  }
}

TEST_P(EveryPattern, TellsEachSideTheOthersStaticKey) {
  Pair pair(GetParam());
  ASSERT_TRUE(pair.Finish());
  const auto expected = [](bool sent, uint64_t seed) {
    return sent ? std::optional(KeyPair::FromPrivate(TestKey(seed).span()).public_key()) : std::nullopt;
  };
  EXPECT_EQ(pair.responder.remote_static(), expected(GetParam().SendsStatic(true), 1));
  EXPECT_EQ(pair.initiator.remote_static(), expected(GetParam().SendsStatic(false), 2));
}

TEST_P(EveryPattern, AddsToEachMessageWhatItSaysItWill) {
  Pair pair(GetParam());
  while (!pair.initiator.finished()) {
    EXPECT_TRUE(pair.writer().my_turn());
    EXPECT_FALSE(pair.reader().my_turn());
    const size_t overhead = pair.writer().OverheadOfNext();
    EXPECT_EQ(pair.reader().OverheadOfNext(), overhead);
    const Bytes message = pair.Write();
    EXPECT_EQ(message.size(), overhead + Payload(pair.next).size());
    ASSERT_TRUE(pair.Read(message));
    ++pair.next;
  }
  EXPECT_FALSE(pair.initiator.my_turn());
  EXPECT_FALSE(pair.responder.my_turn());
}

// HF-KEY-7.
TEST_P(EveryPattern, DrawsOneEphemeralKeyOnEachSide) {
  Pair pair(GetParam());
  for (; !pair.initiator.finished(); ++pair.next) {
    TestEntropy entropy;
    Bytes message;
    ASSERT_TRUE(pair.writer().WriteMessage(entropy, {}, message));
    EXPECT_EQ(entropy.drawn(), pair.next < 2 ? kKeyBytes : 0);
    ASSERT_TRUE(pair.Read(message));
  }
}

TEST_P(EveryPattern, NoticesEveryFlippedBit) {
  Pair pair(GetParam());
  for (; !pair.initiator.finished(); ++pair.next) {
    Bytes message = pair.Write();
    for (size_t bit = 0; bit < 8 * message.size(); ++bit) {
      Pair fork = pair.Fork();
      Flip(message, bit);
      const bool read = fork.Read(message).has_value();
      if (read) {
        ++fork.next;
        // What no tag covers yet, the handshake hash does: the next tag fails, or the hashes differ at the end.
        ASSERT_FALSE(fork.Finish() && Agree(fork)) << pair.next << " " << bit;
      }
      Flip(message, bit);
    }
    ASSERT_TRUE(pair.Read(message));
  }
}

// HF-KEY-3.
TEST_P(EveryPattern, NoticesEveryTruncationAndExtension) {
  Pair pair(GetParam());
  for (; !pair.initiator.finished(); ++pair.next) {
    const size_t overhead = pair.writer().OverheadOfNext();
    const Bytes message = pair.Write();
    for (size_t size = 0; size <= message.size() + 20; ++size) {
      if (size == message.size()) continue;
      Bytes changed = message;
      changed.resize(size);
      Pair fork = pair.Fork();
      const Result<Bytes> payload = fork.Read(changed);
      if (size < overhead) {
        ASSERT_FALSE(payload);
        EXPECT_EQ(payload.error(), Error::kTruncated);
      }
      ++fork.next;
      ASSERT_FALSE(payload && fork.Finish() && Agree(fork)) << pair.next << " " << size;
    }
    ASSERT_TRUE(pair.Read(message));
  }
}

// HF-PRE-2.
TEST_P(EveryPattern, NeedsTheSamePrologueSuiteAndKeysOnBothSides) {
  for (const Side& other : {Side{.prologue = {}}, Side{.suite = Suite::kAesGcm}, Side{.psk_seed = 200}}) {
    if (other.psk_seed == 200 && GetParam().psk_count() == 0) continue;
    Pair pair(GetParam(), {}, other);
    EXPECT_FALSE(pair.Finish() && Agree(pair));
  }
}

TEST_P(EveryPattern, NeedsTheSamePatternOnBothSides) {
  for (const Pattern& other : kPatterns) {
    if (other.name() == GetParam().name() || other.messages().size() != GetParam().messages().size()) continue;
    Pair pair(Start(GetParam(), true), Start(other, false), Pair(GetParam()));
    EXPECT_FALSE(pair.Finish() && Agree(pair)) << other.name();
  }
}

TEST_P(EveryPattern, AForkGoesOnAsTheOriginalDoes) {
  Pair pair(GetParam());
  for (; !pair.initiator.finished(); ++pair.next) {
    Pair fork = pair.Fork();
    EXPECT_EQ(DigestOf(fork.initiator), DigestOf(pair.initiator));
    EXPECT_EQ(DigestOf(fork.responder), DigestOf(pair.responder));
    const uint64_t before = DigestOf(pair.writer());
    const Bytes message = pair.Write();
    EXPECT_NE(DigestOf(pair.writer()), before);
    Pair written = pair.Fork();
    EXPECT_EQ(fork.Write(), message);
    ASSERT_TRUE(fork.Read(message));
    ++fork.next;
    ASSERT_TRUE(fork.Finish());
    ASSERT_TRUE(written.Read(message));
    ++written.next;
    ASSERT_TRUE(written.Finish());
    EXPECT_EQ(written.initiator.Split().third, fork.initiator.Split().third);
    ASSERT_TRUE(pair.Read(message));
  }
}

TEST_P(EveryPattern, DependsOnEveryBitOfEveryPsk) {
  if (GetParam().psk_count() == 0) return;
  std::vector<Key> psks;
  for (size_t i = 0; i < GetParam().psk_count(); ++i) psks.push_back(TestKey(100 + i));
  const std::optional<KeyPair> local_static = KeyPair::FromPrivate(TestKey(1).span());
  const auto hash_after_all = [&] {
    const NoiseConfig config = {.pattern = &GetParam(), .initiator = true, .local_static = local_static, .psks = psks};
    NoiseConfig other = config;
    other.initiator = false;
    Pair pair{NoiseHandshake(config), NoiseHandshake(other), Pair(GetParam())};
    EXPECT_TRUE(pair.Finish());
    return pair.initiator.handshake_hash();
  };
  std::set<Hash> hashes = {hash_after_all()};
  for (Key& psk : psks) {
    for (size_t bit = 0; bit < 256; bit += 37) {
      Flip(psk.mutable_span(), bit);
      EXPECT_TRUE(hashes.insert(hash_after_all()).second);
      Flip(psk.mutable_span(), bit);
    }
  }
}

// --- Failures
// ----------------------------------------------------------------------------------------------------------

// HF-KEY-6.
TEST(Noise, AWeakEphemeralKeyFailsTheFirstDhThatItEnters) {
  for (const Pattern& pattern : kPatterns) {
    Pair pair(pattern);
    if (pair.initiator.OverheadOfNext() != kKeyBytes) continue;  // A tag covers it already.
    ASSERT_TRUE(pair.Read(kLowOrderPoint)) << pattern.name();
    TestEntropy entropy;
    Bytes out = {1, 2, 3};
    const Status written = pair.responder.WriteMessage(entropy, {}, out);
    ASSERT_FALSE(written);
    EXPECT_EQ(written.error(), Error::kWeakKey);
    EXPECT_EQ(out, (Bytes{1, 2, 3}));
  }
}

// HF-KEY-6.
TEST(Noise, AWeakEphemeralKeyInTheAnswerFailsBeforeAnyTagIsTried) {
  Pair pair(*FindPattern("XX"));
  ASSERT_TRUE(pair.Read(pair.Write()));
  ++pair.next;
  Bytes message = pair.Write();
  std::ranges::copy(kLowOrderPoint, message.begin());
  EXPECT_EQ(pair.Read(message).error(), Error::kWeakKey);
}

// A responder who authenticates a static key of low order could share the chaining key of a stranger's handshake.
// HF-KEY-6.
TEST(Noise, AWeakStaticKeyFailsThoughItsTagVerifies) {
  const Pattern& pattern = *FindPattern("NX");
  NoiseHandshake initiator = Start(pattern, true);
  TestEntropy entropy;
  Bytes first;
  ASSERT_TRUE(initiator.WriteMessage(entropy, {}, first));
  PublicKey initiators_ephemeral;
  std::ranges::copy(first, initiators_ephemeral.begin());

  SymmetricState responder(Suite::kChaChaPoly, NoiseProtocolName(pattern, Suite::kChaChaPoly));
  responder.MixHash(Side().prologue);
  responder.MixHash(initiators_ephemeral);
  responder.MixHash({});
  const KeyPair ephemeral = KeyPair::Generate(entropy);
  Bytes second = ToBytes(ephemeral.public_key());
  responder.MixHash(ephemeral.public_key());
  responder.MixKey(ephemeral.Agree(initiators_ephemeral).value().span());
  responder.EncryptAndHash(kLowOrderPoint, second);
  responder.MixKey(Key().span());
  responder.EncryptAndHash({}, second);

  Bytes payload;
  EXPECT_EQ(initiator.ReadMessage(second, payload).error(), Error::kWeakKey);
}

// HF-RES-9.
TEST(Noise, TheFirstTagOfAResumeIsVerifiedBeforeAnyDh) {
  Pair pair(*FindPattern("NNpsk0"), {}, {.psk_seed = 200});
  Bytes message = pair.Write();
  std::ranges::copy(kLowOrderPoint, message.begin());
  EXPECT_EQ(pair.Read(message).error(), Error::kBadTag);
}

TEST(Noise, MessagesOfTheLargestSizePassAndLargerOnesDoNot) {
  Pair pair(*FindPattern("NNpsk0"));
  TestEntropy entropy;
  const Bytes payload(kNoiseMessageBytesMax - pair.initiator.OverheadOfNext(), 'x');
  Bytes message;
  ASSERT_TRUE(pair.initiator.WriteMessage(entropy, payload, message));
  EXPECT_EQ(message.size(), kNoiseMessageBytesMax);
  Pair fork = pair.Fork();
  EXPECT_EQ(pair.Read(message).value(), payload);
  message.push_back(0);
  EXPECT_EQ(fork.Read(message).error(), Error::kBadLength);
}

TEST(Noise, AMessageIsAppendedToWhatIsThere) {
  Pair pair(*FindPattern("NN"));
  TestEntropy entropy(10);
  Bytes out = {1, 2, 3};
  Pair fork = pair.Fork();
  ASSERT_TRUE(pair.initiator.WriteMessage(entropy, Payload(0), out));
  EXPECT_EQ(ToBytes(ByteSpan(out).first(3)), (Bytes{1, 2, 3}));
  EXPECT_EQ(ToBytes(ByteSpan(out).subspan(3)), fork.Write());
}

// HF-NEW-1.
TEST(Noise, ProtocolNamesAreThoseOfSection8) {
  EXPECT_EQ(NoiseProtocolName(*FindPattern("NX"), Suite::kChaChaPoly), "Noise_NX_25519_ChaChaPoly_SHA256");
  EXPECT_EQ(NoiseProtocolName(*FindPattern("XXpsk0+psk3"), Suite::kAesGcm), "Noise_XXpsk0+psk3_25519_AESGCM_SHA256");
}

TEST(NoiseDeathTest, CallsOutOfTurnAreOurOwnMistake) {
  TestEntropy entropy;
  Bytes out;
  Pair pair(*FindPattern("NN"));
  EXPECT_DEATH((void)pair.responder.WriteMessage(entropy, {}, out), "my_turn");
  EXPECT_DEATH((void)pair.initiator.ReadMessage(Bytes(32), out), "my_turn");
  EXPECT_DEATH((void)pair.initiator.Split(), "finished");
  EXPECT_DEATH((void)pair.initiator.WriteMessage(entropy, Bytes(kNoiseMessageBytesMax), out), "kNoiseMessageBytesMax");
  ASSERT_TRUE(pair.Finish());
  EXPECT_DEATH((void)pair.initiator.WriteMessage(entropy, {}, out), "my_turn");
  EXPECT_DEATH((void)pair.initiator.OverheadOfNext(), "finished");
  (void)pair.initiator.Split();
  EXPECT_DEATH((void)pair.initiator.Split(), "phase_");
}

// HF-KEY-8.
TEST(NoiseDeathTest, AFailedHandshakeIsDead) {
  TestEntropy entropy;
  Bytes out;
  Pair pair(*FindPattern("NN"));
  EXPECT_FALSE(pair.Read(Bytes(31)));
  EXPECT_DEATH((void)pair.responder.ReadMessage(Bytes(32), out), "phase_");
}

TEST(NoiseDeathTest, MissingKeysAreOurOwnMistake) {
  EXPECT_DEATH(NoiseHandshake({.pattern = FindPattern("NX"), .initiator = false}), "local_static_");
  EXPECT_DEATH(NoiseHandshake({.pattern = FindPattern("NNpsk0")}), "psk_count");
}

}  // namespace
}  // namespace holdfast
