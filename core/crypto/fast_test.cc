// The fast provider's own promises. What it shares with the real one is in crypto_test.cc.

#include <array>
#include <set>
#include <vector>

#include "core/base/random.h"
#include "core/crypto/crypto.h"
#include "core/crypto/fast_mixer.h"
#include "gtest/gtest.h"

namespace holdfast {
namespace {

Bytes Counting(size_t size) {
  Bytes bytes(size);
  for (size_t i = 0; i < size; ++i) bytes[i] = static_cast<uint8_t>(i);
  return bytes;
}

Key CountingKey() { return Key(std::span<const uint8_t, kKeyBytes>(Counting(kKeyBytes))); }

// Traces and their hashes are compared across compilers, options and years; all of them contain these bytes.
TEST(Fast, BytesMeanTheSameForEver) {
  const Bytes text = Counting(45);
  const ByteSpan piece = text;
  Bytes sealed(text.size() + kTagBytes);
  Aead aead(Suite::kChaChaPoly, CountingKey().span());
  aead.Seal(3, AsBytes("ad"), {&piece, 1}, sealed);
  EXPECT_EQ(ToHex(sealed),
            "a8403747d1d01dcb6fc0d5fc2b86d3dd6ba1580b6c5589ce1471d3a5d6e87effb2c17d3f3f8e04c009b09e5e41ca47a2336e8894a1"
            "9e7c7ba04ea73541");
  aead.Rekey();
  aead.Seal(3, AsBytes("ad"), {}, MutableByteSpan(sealed).first(kTagBytes));
  EXPECT_EQ(ToHex(ByteSpan(sealed).first(kTagBytes)), "268d613e0edc1b01939d9f3646bb6f3c");
  EXPECT_EQ(ToHex(HashOf({&piece, 1})), "6b330ea43b9d172743281b5f2328f79302bf012a65444599e1b010a744069000");
  Hash mac;
  Hmac(AsBytes("key"), {&piece, 1}, mac);
  EXPECT_EQ(ToHex(mac), "79a5880f208815c4f5d207c7540de8e75158af61fbc4863da3e88dc6e51f1d1d");
  std::array<Key, 3> outputs;
  NoiseHkdf(CountingKey().span(), text, outputs);
  EXPECT_EQ(ToHex(outputs[2].span()), "84b699622b8b61e3262c7e76c77a351da2ab2db235c530ba7e1735f50f983753");
  Bytes expanded(20);
  HkdfExpand(CountingKey().span(), AsBytes("info"), expanded);
  EXPECT_EQ(ToHex(expanded), "b30d10a3a502348866f39d89b66532e54f9b3c88");
  const KeyPair pair = KeyPair::FromPrivate(CountingKey().span());
  EXPECT_EQ(ToHex(pair.public_key()), "d309a5888c6f452b4c7c7a0e3a972722e042b13c364d1fbba1856807b5174d67");
  EXPECT_EQ(ToHex(pair.Agree(pair.public_key()).value().span()),
            "900aea2052ea5a48c6856e37d0587e0e2fd3ba574737b2ff2d7b3b286c2ab354");
}

TEST(FastMixer, EveryWordOfTheOutputDependsOnEveryBitOfTheInput) {
  NamedStream chance(1, "mixer");
  Bytes input(70);
  chance.Fill(input);
  const auto squeeze = [&input] {
    FastMixer mixer(9);
    mixer.Absorb(input);
    mixer.Separate();
    std::array<uint64_t, 8> words;
    for (size_t i = 0; i < words.size(); ++i) words[i] = mixer.Squeeze(i);
    return words;
  };
  const auto before = squeeze();
  for (size_t bit = 0; bit < 8 * input.size(); ++bit) {
    input[bit / 8] ^= static_cast<uint8_t>(1 << bit % 8);
    const auto after = squeeze();
    for (size_t i = 0; i < after.size(); ++i) EXPECT_NE(before[i], after[i]) << bit;
    input[bit / 8] ^= static_cast<uint8_t>(1 << bit % 8);
  }
}

TEST(FastMixer, DomainsHaveNothingInCommon) {
  std::set<uint64_t> words;
  for (uint64_t domain = 0; domain < 100; ++domain) {
    FastMixer mixer(domain);
    mixer.Separate();
    for (uint64_t i = 0; i < 10; ++i) words.insert(mixer.Squeeze(i));
  }
  EXPECT_EQ(words.size(), 1000u);
}

TEST(FastMixer, WhereInputIsSeparatedCounts) {
  std::set<uint64_t> words;
  const Bytes input = Counting(100);
  for (size_t cut = 0; cut <= input.size(); ++cut) {
    FastMixer mixer(1);
    mixer.Absorb(ByteSpan(input).first(cut));
    mixer.Separate();
    mixer.Absorb(ByteSpan(input).subspan(cut));
    mixer.Separate();
    words.insert(mixer.Squeeze(0));
  }
  EXPECT_EQ(words.size(), input.size() + 1);
}

TEST(Fast, SaysItsName) { EXPECT_EQ(CryptoProvider(), "fast"); }

}  // namespace
}  // namespace holdfast
