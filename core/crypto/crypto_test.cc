// What every provider must do, beside its AEAD (aead_test.cc). Linked twice: with :openssl and with :fast.

#include "core/crypto/crypto.h"

#include <algorithm>
#include <bit>
#include <set>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

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

// HF-KEY-7.
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

// HF-KEY-6.
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
        const std::vector<ByteSpan> pieces = {
            whole.first(cut), {}, whole.subspan(cut, next - cut), whole.subspan(next, size - next)};
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

// HF-SEC-3.
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

// HF-SEC-3.
TEST(Secret, WipeLeavesZerosAndTouchesNothingElse) {
  Bytes bytes(70, 0xaa);
  Wipe(MutableByteSpan(bytes).subspan(3, 60));
  Wipe({});
  for (size_t i = 0; i < bytes.size(); ++i) EXPECT_EQ(bytes[i], i >= 3 && i < 63 ? 0 : 0xaa) << i;
}

}  // namespace
}  // namespace holdfast
