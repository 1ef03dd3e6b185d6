// Keys of shadowsocks, against published results. Linked with the real provider.

#include "core/relay/shadowsocks_key.h"

#include <gtest/gtest.h>

#include <string>

#include "core/relay/blake3.h"

namespace holdfast {
namespace {

Bytes Counting(size_t size) {
  Bytes bytes(size);
  for (size_t i = 0; i < size; ++i) bytes[i] = static_cast<uint8_t>(i);
  return bytes;
}

TEST(KeyOfPassword, IsThatOfTheOriginalAtEverySize) {
  const std::string expected = "3858f62230ac3c915f300c664312c63f568378529614d22ddb49237d2f60bfdf";
  for (size_t size = 0; size <= 32; ++size) {
    EXPECT_EQ(ToHex(KeyOfPassword("foobar", size).span()), expected.substr(0, 2 * size));
  }
}

// RFC 5869, test cases 4 and 6, and what shadowsocks makes of a password and a salt.
TEST(HkdfSha1, GivesPublishedResults) {
  Bytes out(42);
  Bytes info;
  for (uint8_t byte = 0xf0; byte < 0xfa; ++byte) info.push_back(byte);
  const std::string text(info.begin(), info.end());
  HkdfSha1(Bytes(11, 0x0b), Counting(13), text, out);
  EXPECT_EQ(ToHex(out), "085a01ea1b10f36933068b56efa5ad81a4f14b822f5b091568a9cdd4f155fda2c22e422478d305f3f896");
  HkdfSha1(Bytes(22, 0x0b), {}, "", out);
  EXPECT_EQ(ToHex(out), "0ac1af7002b3d761d1e55298da9d0506b9ae52057220a306e07b6b87e8df21d0ea00033de03984d34918");
  Bytes subkey(32);
  HkdfSha1(KeyOfPassword("foobar", 32).span(), Counting(32), "ss-subkey", subkey);
  EXPECT_EQ(ToHex(subkey), "c4f0e9818348b2f30188d82b37a4cddc9f5ea531070ec67225160209faff573c");
}

// The one public vector of SIP022's derivation: zmax0's urban-spork.
TEST(Blake3DeriveKey, MakesTheSubkeyOfSip022) {
  const SecretBytes key = FromBase64("Lc3tTx0BY6ZJ/fCwOx3JvF0I/anhwJBO5p2+FA5Vce4=", 32).value();
  const SecretBytes salt = FromBase64("3oFO0VyLyGI4nFN0M9P+62vPND/L6v8IingaPJWTbJA=", 32).value();
  const SecretBytes subkey = FromBase64("EdNE+4U8dVnHT0+poAFDK2bdlwfrHT61sUNr9WYPh+E=", 32).value();
  const std::array<ByteSpan, 2> material = {key.span(), salt.span()};
  Bytes out(32);
  Blake3DeriveKey("shadowsocks 2022 session subkey", material, out);
  EXPECT_EQ(ToHex(out), ToHex(subkey.span()));
}

TEST(FromBase64, TakesOneFormOfEachSizeAndNothingElse) {
  EXPECT_EQ(ToHex(FromBase64("", 0)->span()), "");
  EXPECT_EQ(ToHex(FromBase64("Zg==", 1)->span()), "66");
  EXPECT_EQ(ToHex(FromBase64("Zm8=", 2)->span()), "666f");
  EXPECT_EQ(ToHex(FromBase64("Zm9v", 3)->span()), "666f6f");
  EXPECT_EQ(ToHex(FromBase64("+/A=", 2)->span()), "fbf0");
  for (const auto& [text, size] :
       {std::pair("Zg==", 2), std::pair("Zm9v", 2), std::pair("Zg", 1), std::pair("Zg=", 1), std::pair("Zg===", 1),
        std::pair("Zg= ", 1), std::pair("Zh==", 1), std::pair("Zm9=", 2), std::pair("Z===", 1), std::pair("Zm9\n", 3),
        std::pair("-_A=", 2), std::pair("====", 1), std::pair(" Zg=", 1)}) {
    EXPECT_FALSE(FromBase64(text, static_cast<size_t>(size))) << text;
  }
}

TEST(ShadowKey, OfAStreamCipherIsRefusedUnlessSomebodyAskedForIt) {
  for (size_t i = 0; i < kStreamCipherKinds; ++i) {
    const std::string_view name = InfoOf(static_cast<StreamCipherKind>(i)).name;
    EXPECT_EQ(ShadowKey::FromName(name, "foobar").error(), Error::kUnknownValue) << name;
    EXPECT_TRUE(ShadowKey::FromName(name, "foobar", Insecure::kAllowed)) << name;
    EXPECT_EQ(ShadowKey::FromName(name, "", Insecure::kAllowed).error(), Error::kBadLength) << name;
  }
}

// Passwords with an AEAD that does not commit to its key can be tried many at a time (Len, Grubbs, Ristenpart 2021).
TEST(ShadowKey, Of2022IsNoPassword) {
  for (std::string_view secret : {"foobar", "", "correct horse battery staple!!!!", "yMnKy8zNzs/Q0dLT1NXW1w="}) {
    EXPECT_FALSE(ShadowKey::FromName("2022-blake3-aes-128-gcm", secret)) << secret;
    EXPECT_FALSE(ShadowKey::FromName("2022-blake3-aes-256-gcm", secret)) << secret;
  }
  EXPECT_TRUE(ShadowKey::FromName("2022-blake3-aes-128-gcm", "yMnKy8zNzs/Q0dLT1NXW1w=="));
  EXPECT_FALSE(ShadowKey::FromName("2022-blake3-aes-256-gcm", "yMnKy8zNzs/Q0dLT1NXW1w=="));
}

TEST(ShadowKey, HasAMethodWithThatNameOnlyAndOneTimeAuthForStreamCiphersOnly) {
  for (std::string_view name : {"", "aes-192-gcm", "AES-128-GCM", "rc4", "plain", "none", "table", "aes-256-cfb8"}) {
    EXPECT_EQ(ShadowKey::FromName(name, "foobar", Insecure::kAllowed).error(), Error::kUnknownValue) << name;
  }
  EXPECT_EQ(ShadowKey::FromName("aes-128-gcm", "").error(), Error::kBadLength);
  EXPECT_FALSE(ShadowKey::FromName("aes-128-gcm", "foobar", Insecure::kAllowed, OneTimeAuth::kRequired));
}

}  // namespace
}  // namespace holdfast
