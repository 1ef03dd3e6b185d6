// What every provider's AEAD must do. Linked twice: with :openssl and with :fast.

#include <algorithm>
#include <set>
#include <type_traits>
#include <utility>
#include <vector>

#include "core/base/fork_key.h"
#include "core/base/random.h"
#include "core/crypto/crypto.h"
#include "gtest/gtest.h"

namespace holdfast {
namespace {

Bytes RandomBytes(uint64_t seed, size_t size) {
  Bytes bytes(size);
  NamedStream(seed, "aead test").Fill(bytes);
  return bytes;
}

Key RandomKey(uint64_t seed) { return Key(std::span<const uint8_t, kKeyBytes>(RandomBytes(seed, kKeyBytes))); }

void Flip(MutableByteSpan bytes, size_t bit) { bytes[bit / 8] ^= static_cast<uint8_t>(1 << bit % 8); }

uint64_t DigestOf(const Aead& aead) {
  Digest digest;
  aead.DigestInto(digest);
  return digest.value();
}

Bytes Seal(Aead& aead, uint64_t nonce, ByteSpan associated, ByteSpan plaintext) {
  Bytes sealed(plaintext.size() + kTagBytes);
  aead.Seal(nonce, associated, {&plaintext, 1}, sealed);
  return sealed;
}

Result<Bytes> Open(Aead& aead, uint64_t nonce, ByteSpan associated, ByteSpan sealed) {
  Bytes plaintext(sealed.size() - kTagBytes, 0xee);
  const Status opened = aead.Open(nonce, associated, sealed, plaintext);
  if (opened) return plaintext;
  EXPECT_TRUE(std::ranges::all_of(plaintext, [](uint8_t byte) { return byte == 0; }));
  return std::unexpected(opened.error());
}

class AeadTest : public testing::TestWithParam<Suite> {
 protected:
  Aead Make(uint64_t seed = 1) { return Aead(GetParam(), RandomKey(seed).span()); }
};

INSTANTIATE_TEST_SUITE_P(Suites, AeadTest, testing::Values(Suite::kChaChaPoly, Suite::kAesGcm),
                         [](const auto& suite) { return suite.param == Suite::kAesGcm ? "AesGcm" : "ChaChaPoly"; });

TEST_P(AeadTest, OpensWhatItSealedAtEverySize) {
  Aead sender = Make();
  Aead receiver = Make();
  std::vector<size_t> sizes;
  for (size_t size = 0; size <= 300; ++size) sizes.push_back(size);
  for (size_t size : {1000u, 4096u, 16384u, 65519u}) sizes.push_back(size);
  uint64_t nonce = 0;
  for (size_t size : sizes) {
    const Bytes plaintext = RandomBytes(size, size);
    const Bytes associated = RandomBytes(size + 1, size % 40);
    const Bytes sealed = Seal(sender, nonce, associated, plaintext);
    ASSERT_EQ(Open(receiver, nonce, associated, sealed), plaintext) << size;
    ++nonce;
  }
}

TEST_P(AeadTest, HidesThePlaintext) {
  Aead aead = Make();
  const Bytes zeros(64);
  const Bytes sealed = Seal(aead, 0, {}, zeros);
  const std::set<uint8_t> values(sealed.begin(), sealed.end());
  EXPECT_GT(values.size(), 30u);
}

TEST_P(AeadTest, EveryFlippedBitOfTheSealedBytesFails) {
  Aead sender = Make();
  Aead receiver = Make();
  for (size_t size : {0u, 1u, 7u, 8u, 33u, 100u}) {
    Bytes sealed = Seal(sender, size, AsBytes("ad"), RandomBytes(size, size));
    for (size_t bit = 0; bit < 8 * sealed.size(); ++bit) {
      Flip(sealed, bit);
      ASSERT_EQ(Open(receiver, size, AsBytes("ad"), sealed).error(), Error::kBadTag) << size << " " << bit;
      Flip(sealed, bit);
    }
    EXPECT_TRUE(Open(receiver, size, AsBytes("ad"), sealed));
  }
}

TEST_P(AeadTest, EveryFlippedBitOfNonceAssociatedDataAndKeyFails) {
  Aead sender = Make();
  Aead receiver = Make();
  Bytes associated = RandomBytes(3, 45);
  const Bytes sealed = Seal(sender, 5, associated, AsBytes("plaintext"));
  for (size_t bit = 0; bit < 64; ++bit) {
    ASSERT_EQ(Open(receiver, 5 ^ uint64_t{1} << bit, associated, sealed).error(), Error::kBadTag) << bit;
  }
  for (size_t bit = 0; bit < 8 * associated.size(); ++bit) {
    Flip(associated, bit);
    ASSERT_EQ(Open(receiver, 5, associated, sealed).error(), Error::kBadTag) << bit;
    Flip(associated, bit);
  }
  Key key = RandomKey(1);
  for (size_t bit = 0; bit < 8 * kKeyBytes; ++bit) {
    Flip(key.mutable_span(), bit);
    Aead other(GetParam(), key.span());
    ASSERT_EQ(Open(other, 5, associated, sealed).error(), Error::kBadTag) << bit;
    Flip(key.mutable_span(), bit);
  }
}

TEST_P(AeadTest, EveryTruncationAndExtensionFails) {
  Aead sender = Make();
  Aead receiver = Make();
  Bytes sealed = Seal(sender, 0, {}, RandomBytes(1, 70));
  for (size_t size = kTagBytes; size < sealed.size(); ++size) {
    ASSERT_FALSE(Open(receiver, 0, {}, ByteSpan(sealed).first(size))) << size;
    ASSERT_FALSE(Open(receiver, 0, {}, ByteSpan(sealed).last(size))) << size;
  }
  for (int i = 0; i < 40; ++i) {
    sealed.push_back(0);
    ASSERT_FALSE(Open(receiver, 0, {}, sealed)) << i;
  }
}

TEST_P(AeadTest, AssociatedDataAndPlaintextDoNotRunTogether) {
  Aead aead = Make();
  const Bytes zeros(64);
  std::set<Bytes> tags;
  for (size_t size = 0; size <= zeros.size(); ++size) {
    const Bytes sealed = Seal(aead, 1, ByteSpan(zeros).first(size), {});
    EXPECT_TRUE(tags.insert(sealed).second) << size;
  }
}

TEST_P(AeadTest, TheOtherSuiteDoesNotOpenIt) {
  Aead aead = Make();
  Aead other(GetParam() == Suite::kAesGcm ? Suite::kChaChaPoly : Suite::kAesGcm, RandomKey(1).span());
  EXPECT_EQ(Open(other, 0, {}, Seal(aead, 0, {}, AsBytes("text"))).error(), Error::kBadTag);
}

TEST_P(AeadTest, EveryCutIntoPiecesGivesTheSameBytes) {
  Aead aead = Make();
  for (size_t size : {0u, 1u, 16u, 63u, 64u, 65u, 130u}) {
    const Bytes plaintext = RandomBytes(size, size);
    const ByteSpan whole = plaintext;
    const Bytes expected = Seal(aead, 9, AsBytes("ad"), plaintext);
    Bytes sealed(expected.size());
    aead.Seal(9, AsBytes("ad"), std::vector<ByteSpan>(size == 0 ? 0 : 1, whole), sealed);
    ASSERT_EQ(sealed, expected);
    for (size_t first = 0; first <= size; ++first) {
      for (size_t second = first; second <= size; second += second % 5 + 1) {
        const std::vector<ByteSpan> pieces = {
            whole.first(first), whole.subspan(first, second - first), {}, whole.subspan(second)};
        aead.Seal(9, AsBytes("ad"), pieces, sealed);
        ASSERT_EQ(sealed, expected) << size << " " << first << " " << second;
      }
    }
    std::vector<ByteSpan> bytes;
    for (size_t i = 0; i < size; ++i) bytes.push_back(whole.subspan(i, 1));
    aead.Seal(9, AsBytes("ad"), bytes, sealed);
    ASSERT_EQ(sealed, expected) << size;
  }
}

TEST_P(AeadTest, SealsAndOpensInPlace) {
  Aead sender = Make();
  Aead receiver = Make();
  for (size_t size : {0u, 1u, 100u, 5000u}) {
    const Bytes plaintext = RandomBytes(size, size);
    const Bytes expected = Seal(sender, size, {}, plaintext);
    Bytes buffer = plaintext;
    buffer.resize(size + kTagBytes);
    const ByteSpan piece = ByteSpan(buffer).first(size);
    sender.Seal(size, {}, {&piece, 1}, buffer);
    ASSERT_EQ(buffer, expected);
    ASSERT_TRUE(receiver.Open(size, {}, buffer, MutableByteSpan(buffer).first(size)));
    buffer.resize(size);
    ASSERT_EQ(buffer, plaintext);
  }
}

TEST_P(AeadTest, SealingAndOpeningInTurnsChangesNothing) {
  Aead one_way = Make();
  Aead both_ways = Make();
  for (uint64_t nonce = 0; nonce < 20; ++nonce) {
    const Bytes sealed = Seal(both_ways, nonce, {}, AsBytes("there and back"));
    ASSERT_EQ(sealed, Seal(one_way, nonce, {}, AsBytes("there and back")));
    ASSERT_TRUE(Open(both_ways, nonce, {}, sealed));
    ASSERT_FALSE(Open(both_ways, nonce + 1, {}, sealed));
  }
}

TEST_P(AeadTest, EveryNonceGivesOtherBytes) {
  Aead aead = Make();
  std::set<Bytes> all;
  std::vector<uint64_t> nonces = {~uint64_t{0} - 1};
  for (uint64_t i = 0; i < 63; ++i) nonces.push_back(i), nonces.push_back(uint64_t{1} << 63 >> i);
  const std::set<uint64_t> distinct(nonces.begin(), nonces.end());
  for (uint64_t nonce : distinct) EXPECT_TRUE(all.insert(Seal(aead, nonce, {}, AsBytes("same"))).second) << nonce;
}

TEST_P(AeadTest, RekeyKeepsBothSidesInStep) {
  Aead sender = Make();
  Aead receiver = Make();
  const uint64_t fresh = DigestOf(sender);
  const Bytes before = Seal(sender, 7, {}, AsBytes("text"));
  Open(receiver, 7, {}, before).value();
  for (int i = 0; i < 5; ++i) {
    sender.Rekey();
    EXPECT_NE(DigestOf(sender), fresh);
    EXPECT_EQ(Open(receiver, 7, {}, Seal(sender, 7, {}, AsBytes("text"))).error(), Error::kBadTag);
    receiver.Rekey();
    EXPECT_EQ(DigestOf(sender), DigestOf(receiver));
    EXPECT_TRUE(Open(receiver, 7, {}, Seal(sender, 7, {}, AsBytes("text"))));
    EXPECT_EQ(Open(receiver, 7, {}, before).error(), Error::kBadTag);
  }
}

// Noise section 4.2: ENCRYPT(k, 2^64 - 1, zerolen, zeros), of which the first 32 bytes. That nonce has no other use.
TEST_P(AeadTest, RekeyDoesNotDependOnWhatWasDoneBefore) {
  Aead fresh = Make();
  Aead used = Make();
  Seal(used, 0, {}, AsBytes("text"));
  EXPECT_FALSE(Open(used, 0, {}, Bytes(20)));
  fresh.Rekey();
  used.Rekey();
  EXPECT_EQ(DigestOf(fresh), DigestOf(used));
  EXPECT_EQ(Seal(fresh, 1, {}, AsBytes("text")), Seal(used, 1, {}, AsBytes("text")));
}

TEST_P(AeadTest, RestChangesNothing) {
  Aead rested = Make();
  Aead other = Make();
  for (uint64_t nonce = 0; nonce < 5; ++nonce) {
    rested.Rest();
    EXPECT_EQ(DigestOf(rested), DigestOf(other));
    const Bytes sealed = Seal(rested, nonce, AsBytes("ad"), AsBytes("text"));
    EXPECT_EQ(sealed, Seal(other, nonce, AsBytes("ad"), AsBytes("text")));
    rested.Rest();
    EXPECT_TRUE(Open(rested, nonce, AsBytes("ad"), sealed));
    rested.Rest();
    rested.Rekey();
    other.Rekey();
  }
}

TEST_P(AeadTest, AForkDoesWhatTheOriginalDoes) {
  Aead aead = Make();
  aead.Rekey();
  Seal(aead, 0, {}, AsBytes("text"));
  Aead fork = aead.ForkForSimulation(ForkKey());
  EXPECT_EQ(fork.suite(), GetParam());
  EXPECT_EQ(DigestOf(fork), DigestOf(aead));
  EXPECT_EQ(Seal(fork, 1, AsBytes("ad"), AsBytes("text")), Seal(aead, 1, AsBytes("ad"), AsBytes("text")));
  fork.Rekey();
  EXPECT_NE(DigestOf(fork), DigestOf(aead));
}

// HF-SEC-2.
TEST_P(AeadTest, MovesWithItsKey) {
  static_assert(!std::is_copy_constructible_v<Aead> && !std::is_copy_assignable_v<Aead>);
  Aead aead = Make();
  const Bytes sealed = Seal(aead, 3, {}, AsBytes("text"));
  Aead moved = std::move(aead);
  EXPECT_EQ(Seal(moved, 3, {}, AsBytes("text")), sealed);
  Aead assigned = Make(2);
  assigned = std::move(moved);
  EXPECT_TRUE(Open(assigned, 3, {}, sealed));
}

TEST_P(AeadTest, DigestShowsKeyAndSuite) {
  std::set<uint64_t> digests;
  for (uint64_t seed = 0; seed < 10; ++seed) {
    digests.insert(DigestOf(Aead(Suite::kChaChaPoly, RandomKey(seed).span())));
    digests.insert(DigestOf(Aead(Suite::kAesGcm, RandomKey(seed).span())));
  }
  EXPECT_EQ(digests.size(), 20u);
}

using AeadDeathTest = AeadTest;
INSTANTIATE_TEST_SUITE_P(ChaChaPoly, AeadDeathTest, testing::Values(Suite::kChaChaPoly));

TEST_P(AeadDeathTest, RefusesSizesThatDoNotFitAndTheReservedNonce) {
  Aead aead = Make();
  Bytes buffer(100);
  const ByteSpan piece = ByteSpan(buffer).first(50);
  const std::vector<ByteSpan> two = {piece, piece};
  EXPECT_DEATH(aead.Seal(0, {}, {&piece, 1}, MutableByteSpan(buffer).first(65)), "Seal");
  EXPECT_DEATH(aead.Seal(0, {}, {&piece, 1}, MutableByteSpan(buffer).first(67)), "Seal");
  EXPECT_DEATH(aead.Seal(0, {}, {&piece, 1}, MutableByteSpan(buffer).first(15)), "Seal");
  EXPECT_DEATH(aead.Seal(0, {}, two, buffer), "Seal");
  EXPECT_DEATH((void)aead.Open(0, {}, ByteSpan(buffer).first(15), {}), "Open");
  EXPECT_DEATH((void)aead.Open(0, {}, ByteSpan(buffer).first(20), MutableByteSpan(buffer).first(5)), "Open");
  EXPECT_DEATH(aead.Seal(~uint64_t{0}, {}, {}, MutableByteSpan(buffer).first(16)), "nonce");
  EXPECT_DEATH((void)aead.Open(~uint64_t{0}, {}, ByteSpan(buffer).first(16), {}), "nonce");
}

}  // namespace
}  // namespace holdfast
