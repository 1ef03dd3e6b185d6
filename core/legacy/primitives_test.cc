#include "core/legacy/primitives.h"

#include <gtest/gtest.h>

#include "core/base/random.h"

namespace holdfast::legacy {
namespace {

constexpr uint64_t kA = 0x0123456789abcdef;
constexpr uint64_t kB = 0xfedcba9876543210;
constexpr uint64_t kSecret = 0xeeb6c7ece537eae8;

TEST(LegacyPrimitives, AgreeWithTheOriginalOnKeys) {
  EXPECT_EQ(Power(kGenerator, kA), 0x445fea74f4a7a181U);
  EXPECT_EQ(Power(kGenerator, kB), 0x8ddf32664b4a7109U);
  EXPECT_EQ(Power(Power(kGenerator, kA), kB), kSecret);
  EXPECT_EQ(Power(Power(kGenerator, kB), kA), kSecret);
}

TEST(LegacyPrimitives, AgreeWithTheOriginalOnHashes) {
  EXPECT_EQ(Hash(0, 0), 0xe50e19ece50fa9a2U);
  EXPECT_EQ(Hash(kSecret, 0), 0xde0c0c7b331ce6c6U);
  EXPECT_EQ(Hash(0x1122334455667788, kSecret), 0x30accf5cdf1bd95cU);
}

TEST(LegacyPrimitives, AgreeWithTheOriginalOnKeystreamAndFingerprint) {
  Bytes bytes(256);
  Keystream(kSecret).Apply(bytes, bytes.data());
  EXPECT_EQ(ToHex(ByteSpan(bytes).first(16)), "270d1f6137deae55026f6f574da67e2d");
  EXPECT_EQ(InitialFingerprint(kSecret), 0xed10eabdU);
  Fingerprint fingerprint(InitialFingerprint(kSecret));
  fingerprint.Add(ByteSpan(bytes).first(16));
  EXPECT_EQ(fingerprint.value(), 0xd8213fc7U);
  fingerprint.Add(ByteSpan(bytes).subspan(16));
  EXPECT_EQ(fingerprint.value(), 0x1a088a69U);
}

TEST(LegacyPrimitives, PowersObeyTheirLawsAtTheEdgesOfTheGroup) {
  for (uint64_t base : {uint64_t{0}, uint64_t{1}, uint64_t{2}, kPrime - 1, kPrime, kPrime + 1, UINT64_MAX, kA, kB}) {
    EXPECT_EQ(Power(base, 0), 1U);
    EXPECT_EQ(Power(base, 1), base % kPrime);
    EXPECT_EQ(Power(base, kPrime), base % kPrime);  // Fermat's.
    EXPECT_EQ(Power(Power(base, kA), kB), Power(Power(base, kB), kA));
  }
  EXPECT_EQ(Power(kPrime - 1, 2), 1U);
  EXPECT_EQ(Power(2, 64), 59U);
  EXPECT_EQ(Power(UINT64_MAX, 2), 58U * 58U);
}

TEST(LegacyPrimitives, KnowThePublicValuesThatLeaveNoChoice) {
  for (uint64_t weak : {uint64_t{0}, uint64_t{1}, kPrime - 1, kPrime, kPrime + 1, UINT64_MAX})
    EXPECT_TRUE(IsWeak(weak));
  for (uint64_t good : {uint64_t{2}, kGenerator, kPrime - 2}) EXPECT_FALSE(IsWeak(good));
}

// Byte by byte, as the original does it.
uint32_t Slowly(uint32_t value, ByteSpan bytes) {
  for (uint8_t byte : bytes) value = (value << 4 | value >> 28) ^ byte;
  return value;
}

TEST(LegacyPrimitives, FingerprintAndKeystreamDoNotDependOnTheSplit) {
  Bytes bytes(70);
  NamedStream(1, "legacy").Fill(bytes);
  Bytes whole(bytes.size());
  Keystream(kA).Apply(bytes, whole.data());
  for (size_t first = 0; first <= bytes.size(); ++first) {
    for (size_t second = first; second <= bytes.size(); ++second) {
      Fingerprint fingerprint(0xdeadbeef);
      Keystream keystream(kA);
      Bytes out(bytes.size());
      for (auto [begin, end] : {std::pair{size_t{0}, first}, {first, second}, {second, bytes.size()}}) {
        fingerprint.Add(ByteSpan(bytes).subspan(begin, end - begin));
        keystream.Apply(ByteSpan(bytes).subspan(begin, end - begin), out.data() + begin);
      }
      ASSERT_EQ(fingerprint.value(), Slowly(0xdeadbeef, bytes));
      ASSERT_EQ(out, whole);
    }
  }
}

TEST(LegacyPrimitives, NegatesAPublicValueAndItsExponentAlike) {
  for (const uint64_t exponent : {uint64_t{1}, uint64_t{0x0123456789abcdef}, (kPrime - 1) / 2 + 1, UINT64_MAX}) {
    EXPECT_EQ(Power(kGenerator, ExponentOfNegated(exponent)), Negated(Power(kGenerator, exponent)));
    EXPECT_EQ(Power(kGenerator, ExponentOfNegated(ExponentOfNegated(exponent))), Power(kGenerator, exponent));
  }
}

}  // namespace
}  // namespace holdfast::legacy
