// What every provider must do. Linked twice: with :openssl and with :fast.

#include "core/crypto/crypto.h"

#include <algorithm>
#include <bit>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "core/base/fork_key.h"
#include "core/base/random.h"
#include "core/crypto/test_entropy.h"
#include "gtest/gtest.h"

namespace holdfast {
namespace {

Bytes RandomBytes(uint64_t seed, size_t size) {
  Bytes bytes(size);
  NamedStream(seed, "crypto test").Fill(bytes);
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

// --- AEAD --------------------------------------------------------------------------------------------------------

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
        const std::vector<ByteSpan> pieces = {whole.first(first), whole.subspan(first, second - first), {},
                                              whole.subspan(second)};
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

// --- Diffie-Hellman ----------------------------------------------------------------------------------------------

PublicKey FromHex(std::string_view hex) {
  PublicKey key;
  for (size_t i = 0; i < key.size(); ++i) {
    key[i] = static_cast<uint8_t>(std::stoul(std::string(hex.substr(2 * i, 2)), nullptr, 16));
  }
  return key;
}

// All encodings of the points of order 1, 2, 4 and 8, of the curve and of its twist.
const std::vector<PublicKey>& LowOrderPoints() {
  static const std::vector<PublicKey> points = {
      FromHex("0000000000000000000000000000000000000000000000000000000000000000"),
      FromHex("0100000000000000000000000000000000000000000000000000000000000000"),
      FromHex("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800"),
      FromHex("5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157"),
      FromHex("ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
      FromHex("edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
      FromHex("eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
  };
  return points;
}

TEST(KeyPair, BothSidesAgree) {
  TestEntropy entropy;
  std::set<Bytes> secrets;
  for (int i = 0; i < 100; ++i) {
    const KeyPair a = KeyPair::Generate(entropy);
    const KeyPair b = KeyPair::Generate(entropy);
    const Key shared = a.Agree(b.public_key()).value();
    EXPECT_EQ(shared, b.Agree(a.public_key()).value());
    EXPECT_TRUE(secrets.insert(ToBytes(shared.span())).second);
  }
}

TEST(KeyPair, DrawsItsPrivateKeyAndNothingElse) {
  TestEntropy entropy(5);
  Key private_key;
  TestEntropy(5).Fill(private_key.mutable_span());
  EXPECT_EQ(KeyPair::Generate(entropy).public_key(), KeyPair::FromPrivate(private_key.span()).public_key());
  EXPECT_EQ(entropy.drawn(), kKeyBytes);
}

TEST(KeyPair, OneCanBeUsedForManyAgreements) {
  TestEntropy entropy;
  const KeyPair one = KeyPair::Generate(entropy);
  const KeyPair copy = one;
  const KeyPair other = KeyPair::Generate(entropy);
  const Key shared = one.Agree(other.public_key()).value();
  for (int i = 0; i < 10; ++i) {
    const KeyPair passing = KeyPair::Generate(entropy);
    EXPECT_EQ(copy.Agree(passing.public_key()).value(), passing.Agree(one.public_key()).value());
    EXPECT_FALSE(one.Agree(LowOrderPoints()[2]));
    EXPECT_EQ(one.Agree(other.public_key()).value(), shared);
  }
}

TEST(KeyPair, OneCanBeUsedInManyThreads) {
  TestEntropy entropy;
  const KeyPair one = KeyPair::Generate(entropy);
  std::vector<KeyPair> peers;
  for (int i = 0; i < 50; ++i) peers.push_back(KeyPair::Generate(entropy));
  std::vector<int> wrong(4);
  std::vector<std::thread> threads;
  for (int& count : wrong) {
    threads.emplace_back([&one, &peers, &count] {
      for (const KeyPair& peer : peers) {
        if (one.Agree(peer.public_key()).value() != peer.Agree(one.public_key()).value()) ++count;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, std::vector<int>(4));
}

// RFC 7748 section 5: clamping, and the top bit of a coordinate.
TEST(KeyPair, FiveBitsOfAPrivateKeyDoNotCountAndAllOthersDo) {
  Key private_key = RandomKey(1);
  const PublicKey public_key = KeyPair::FromPrivate(private_key.span()).public_key();
  EXPECT_EQ(public_key.back() & 0x80, 0);
  for (size_t bit = 0; bit < 8 * kKeyBytes; ++bit) {
    const bool counts = bit >= 3 && bit < 254;
    Flip(private_key.mutable_span(), bit);
    EXPECT_EQ(KeyPair::FromPrivate(private_key.span()).public_key() != public_key, counts) << bit;
    Flip(private_key.mutable_span(), bit);
  }
}

TEST(KeyPair, TheTopBitOfAPublicKeyDoesNotCountAndAllOthersDo) {
  TestEntropy entropy;
  const KeyPair pair = KeyPair::Generate(entropy);
  PublicKey peer = KeyPair::Generate(entropy).public_key();
  const Key shared = pair.Agree(peer).value();
  for (size_t bit = 0; bit < 8 * kKeyBytes; ++bit) {
    Flip(peer, bit);
    EXPECT_EQ(pair.Agree(peer).value() != shared, bit != 255) << bit;
    Flip(peer, bit);
  }
}

TEST(KeyPair, EveryLowOrderPointIsAWeakKey) {
  TestEntropy entropy;
  for (PublicKey point : LowOrderPoints()) {
    for (unsigned top : {0x00u, 0x80u}) {
      point.back() = static_cast<uint8_t>((point.back() & 0x7fu) | top);
      for (int i = 0; i < 4; ++i) {
        const Result<Key> shared = KeyPair::Generate(entropy).Agree(point);
        ASSERT_FALSE(shared) << ToHex(point);
        EXPECT_EQ(shared.error(), Error::kWeakKey);
      }
    }
  }
}

// --- Hash, HMAC, HKDF --------------------------------------------------------------------------------------------

Hash HashOne(ByteSpan bytes) { return HashOf({&bytes, 1}); }

Hash HmacOne(ByteSpan key, ByteSpan bytes) {
  Hash out;
  Hmac(key, {&bytes, 1}, out);
  return out;
}

int BitsThatDiffer(const Hash& a, const Hash& b) {
  int count = 0;
  for (size_t i = 0; i < a.size(); ++i) count += std::popcount(static_cast<uint8_t>(a[i] ^ b[i]));
  return count;
}

TEST(HashOf, EveryCutIntoPiecesGivesTheSameHash) {
  const Bytes bytes = RandomBytes(1, 150);
  const ByteSpan whole = bytes;
  for (size_t size : {0u, 1u, 31u, 32u, 33u, 64u, 100u, 150u}) {
    const Hash expected = HashOne(whole.first(size));
    for (size_t cut = 0; cut <= size; ++cut) {
      for (size_t next = cut; next <= size; next += next % 7 + 1) {
        const std::vector<ByteSpan> pieces = {whole.first(cut), {}, whole.subspan(cut, next - cut),
                                              whole.subspan(next, size - next)};
        ASSERT_EQ(HashOf(pieces), expected) << size << " " << cut << " " << next;
      }
    }
  }
  EXPECT_EQ(HashOf({}), HashOne({}));
}

TEST(HashOf, EveryFlippedBitChangesAboutHalfOfTheHash) {
  for (size_t size : {1u, 8u, 32u, 40u, 200u}) {
    Bytes bytes = RandomBytes(size, size);
    const Hash hash = HashOne(bytes);
    int total = 0;
    for (size_t bit = 0; bit < 8 * size; ++bit) {
      Flip(bytes, bit);
      const int differ = BitsThatDiffer(hash, HashOne(bytes));
      ASSERT_GT(differ, 80) << size << " " << bit;
      ASSERT_LT(differ, 176) << size << " " << bit;
      total += differ;
      Flip(bytes, bit);
    }
    EXPECT_NEAR(total / static_cast<double>(8 * size), 128, size == 1 ? 16 : 4) << size;
  }
}

TEST(HashOf, LengthCounts) {
  std::set<Hash> hashes;
  for (size_t size = 0; size <= 200; ++size) EXPECT_TRUE(hashes.insert(HashOne(Bytes(size))).second) << size;
}

TEST(HashOf, CountersDoNotCollideEvenInTheirFirstEightBytes) {
  std::vector<uint64_t> seen;
  for (uint64_t i = 0; i < 200'000; ++i) {
    std::array<uint8_t, 16> bytes = {};
    for (size_t j = 0; j < 8; ++j) bytes[8 * (i % 2) + j] = static_cast<uint8_t>(i >> (8 * j));
    const Hash hash = HashOne(bytes);
    uint64_t word = 0;
    for (size_t j = 0; j < 8; ++j) word = word << 8 | hash[j];
    seen.push_back(word);
  }
  std::ranges::sort(seen);
  EXPECT_EQ(std::ranges::adjacent_find(seen), seen.end());
}

TEST(Hmac, EveryFlippedBitOfKeyAndTextCounts) {
  Bytes key = RandomBytes(1, 70);
  Bytes text = RandomBytes(2, 70);
  std::set<Hash> macs = {HmacOne(key, text)};
  for (Bytes* bytes : {&key, &text}) {
    for (size_t bit = 0; bit < 8 * bytes->size(); ++bit) {
      Flip(*bytes, bit);
      EXPECT_TRUE(macs.insert(HmacOne(key, text)).second) << bit;
      Flip(*bytes, bit);
    }
  }
}

TEST(Hmac, KeyAndTextDoNotRunTogetherAndPiecesDo) {
  EXPECT_NE(HmacOne(AsBytes("ab"), AsBytes("c")), HmacOne(AsBytes("a"), AsBytes("bc")));
  const std::vector<ByteSpan> pieces = {AsBytes("b"), {}, AsBytes("c")};
  Hash out;
  Hmac(AsBytes("a"), pieces, out);
  EXPECT_EQ(out, HmacOne(AsBytes("a"), AsBytes("bc")));
}

TEST(NoiseHkdf, FewerOutputsAreThePrefixOfMore) {
  const Key chaining_key = RandomKey(1);
  std::array<Key, 3> three;
  NoiseHkdf(chaining_key.span(), AsBytes("input"), three);
  EXPECT_NE(three[0], three[1]);
  EXPECT_NE(three[1], three[2]);
  EXPECT_NE(three[0], three[2]);
  for (size_t count = 0; count < 3; ++count) {
    std::array<Key, 3> fewer;
    NoiseHkdf(chaining_key.span(), AsBytes("input"), std::span(fewer).first(count));
    const Key untouched;
    for (size_t i = 0; i < 3; ++i) EXPECT_EQ(fewer[i], i < count ? three[i] : untouched);
  }
}

TEST(NoiseHkdf, EveryFlippedBitOfKeyAndInputCounts) {
  Key chaining_key = RandomKey(1);
  Bytes input = RandomBytes(2, 32);
  std::set<Bytes> outputs;
  const auto fresh = [&] {
    std::array<Key, 2> keys;
    NoiseHkdf(chaining_key.span(), input, keys);
    return outputs.insert(ToBytes(keys[0].span())).second && outputs.insert(ToBytes(keys[1].span())).second;
  };
  EXPECT_TRUE(fresh());
  for (size_t bit = 0; bit < 256; ++bit) {
    Flip(chaining_key.mutable_span(), bit);
    EXPECT_TRUE(fresh()) << bit;
    Flip(chaining_key.mutable_span(), bit);
    Flip(input, bit);
    EXPECT_TRUE(fresh()) << bit;
    Flip(input, bit);
  }
  input.clear();
  EXPECT_TRUE(fresh());
}

TEST(HkdfExpand, ShorterOutputsArePrefixesOfLonger) {
  const Key key = RandomKey(1);
  Bytes longest(255 * kHashBytes);
  HkdfExpand(key.span(), AsBytes("info"), longest);
  for (size_t size : {0u, 1u, 16u, 31u, 32u, 33u, 64u, 100u, 8000u}) {
    Bytes out(size);
    HkdfExpand(key.span(), AsBytes("info"), out);
    EXPECT_TRUE(std::ranges::equal(out, ByteSpan(longest).first(size))) << size;
  }
  std::set<Bytes> blocks;
  for (size_t at = 0; at < longest.size(); at += kHashBytes) {
    EXPECT_TRUE(blocks.insert(ToBytes(ByteSpan(longest).subspan(at, kHashBytes))).second);
  }
}

TEST(HkdfExpand, EveryFlippedBitOfKeyAndInfoCounts) {
  Key key = RandomKey(1);
  Bytes info = RandomBytes(2, 50);
  std::set<Bytes> outputs;
  const auto fresh = [&] {
    Bytes out(16);
    HkdfExpand(key.span(), info, out);
    return outputs.insert(out).second;
  };
  EXPECT_TRUE(fresh());
  for (size_t bit = 0; bit < 256; ++bit) {
    Flip(key.mutable_span(), bit);
    EXPECT_TRUE(fresh()) << bit;
    Flip(key.mutable_span(), bit);
  }
  for (size_t bit = 0; bit < 8 * info.size(); ++bit) {
    Flip(info, bit);
    EXPECT_TRUE(fresh()) << bit;
    Flip(info, bit);
  }
}

TEST(HkdfDeathTest, RefusesMoreThanThereIs) {
  const Key key;
  Bytes out(255 * kHashBytes + 1);
  EXPECT_DEATH(HkdfExpand(key.span(), {}, out), "255");
  std::array<Key, 4> four;
  EXPECT_DEATH(NoiseHkdf(key.span(), {}, four), "3");
}

// --- Secret ------------------------------------------------------------------------------------------------------

TEST(Secret, IsCopiedByNameOnly) {
  static_assert(!std::is_copy_constructible_v<Key> && !std::is_copy_assignable_v<Key>);
  const Key key = RandomKey(1);
  EXPECT_EQ(key.Clone(), key);
  EXPECT_NE(RandomKey(2), key);
}

TEST(Secret, LeavesZerosWhenMovedFromOrCleared) {
  Key key = RandomKey(1);
  Key moved = std::move(key);
  EXPECT_EQ(moved, RandomKey(1));
  EXPECT_EQ(key, Key());  // NOLINT: that is the claim.
  Key assigned = RandomKey(2);
  assigned = std::move(moved);
  EXPECT_EQ(assigned, RandomKey(1));
  EXPECT_EQ(moved, Key());  // NOLINT
  assigned.Clear();
  EXPECT_EQ(assigned, Key());
}

TEST(Secret, EveryFlippedBitMakesItUnequal) {
  Key key = RandomKey(1);
  const Key same = key.Clone();
  for (size_t bit = 0; bit < 8 * kKeyBytes; ++bit) {
    Flip(key.mutable_span(), bit);
    EXPECT_NE(key, same) << bit;
    Flip(key.mutable_span(), bit);
  }
  EXPECT_TRUE(EqualInConstantTime({}, {}));
  EXPECT_FALSE(EqualInConstantTime(same.span(), same.span().first(31)));
}

TEST(Secret, WipeLeavesZerosAndTouchesNothingElse) {
  Bytes bytes(70, 0xaa);
  Wipe(MutableByteSpan(bytes).subspan(3, 60));
  Wipe({});
  for (size_t i = 0; i < bytes.size(); ++i) EXPECT_EQ(bytes[i], i >= 3 && i < 63 ? 0 : 0xaa) << i;
}

}  // namespace
}  // namespace holdfast
