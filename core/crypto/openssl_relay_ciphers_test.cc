// The real provider of what the relay asks for, against published vectors.

#include <string>

#include "core/crypto/relay_ciphers.h"
#include "gtest/gtest.h"

namespace holdfast {
namespace {

Bytes Hex(std::string_view hex) {
  Bytes bytes;
  for (size_t i = 0; i < hex.size(); i += 2) {
    bytes.push_back(static_cast<uint8_t>(std::stoul(std::string(hex.substr(i, 2)), nullptr, 16)));
  }
  return bytes;
}

CipherBlock BlockOf(std::string_view hex) {
  CipherBlock block;
  std::ranges::copy(Hex(hex), block.begin());
  return block;
}

std::string Encrypted(StreamCipherKind kind, std::string_view key, std::string_view iv, ByteSpan plaintext) {
  Bytes bytes = ToBytes(plaintext);
  StreamCipher(kind, StreamCipher::Direction::kEncrypt, Hex(key), Hex(iv)).Apply(bytes);
  return ToHex(bytes);
}

std::string HashHex(std::string_view text) {
  const ByteSpan piece = AsBytes(text);
  return ToHex(Md5Of({&piece, 1}));
}

// Test cases 2 and 14 of the GCM specification: one block of zeros under a key and a nonce of zeros.
TEST(NonceAead, GivesTheResultsOfTheGcmSpecification) {
  Bytes sealed(32);
  NonceAead(AeadKind::kAes128Gcm, Bytes(16)).Seal({}, Bytes(16), sealed);
  EXPECT_EQ(ToHex(sealed), "0388dace60b6a392f328c2b971b2fe78ab6e47d42cec13bdf53a67b21257bddf");
  NonceAead(AeadKind::kAes256Gcm, Bytes(32)).Seal({}, Bytes(16), sealed);
  EXPECT_EQ(ToHex(sealed), "cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919");
}

// FIPS 197, appendix C.1 and C.3.
TEST(CipherBlock, IsThatOfFips197) {
  const CipherBlock plain = BlockOf("00112233445566778899aabbccddeeff");
  EXPECT_EQ(EncryptBlock(Hex("000102030405060708090a0b0c0d0e0f"), plain), BlockOf("69c4e0d86a7b0430d8cdb78070b4c55a"));
  EXPECT_EQ(EncryptBlock(Hex("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"), plain),
            BlockOf("8ea2b7ca516745bfeafc49904b496089"));
}

// NIST SP 800-38A, F.3.13 (CFB128) and F.5.1 (CTR): the first two blocks.
TEST(StreamCipher, GivesTheResultsOfSp80038a) {
  const Bytes plain = Hex("6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51");
  const std::string_view key = "2b7e151628aed2a6abf7158809cf4f3c";
  EXPECT_EQ(Encrypted(StreamCipherKind::kAes128Cfb, key, "000102030405060708090a0b0c0d0e0f", plain),
            "3b3fd92eb72dad20333449f8e83cfb4ac8a64537a0b3a93fcde3cdad9f1ce58b");
  EXPECT_EQ(Encrypted(StreamCipherKind::kAes128Ctr, key, "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff", plain),
            "874d6191b620e3261bef6864990db6ce9806f66b7970fdff8617187bb9fffdff");
}

// RFC 8439 section 2.4.2 begins at block 1; the key stream of block 0 is that of its appendix A.1, test vector 1.
TEST(StreamCipher, BeginsChaChaAtBlockZero) {
  EXPECT_EQ(Encrypted(StreamCipherKind::kChaCha20Ietf, std::string(64, '0'), std::string(24, '0'), Bytes(64)),
            "76b8e0ada0f13d90405d6ae55386bd28bdd219b8a08ded1aa836efcc8b770dc7"
            "da41597c5157488d7724e03fb8d84a376a43b8f41518a11cc387b669b2ee6586");
}

// Computed by `openssl enc -rc4` of the legacy provider under MD5(key || iv).
TEST(StreamCipher, OfRc4Md5IsRc4UnderTheMixedKey) {
  const std::string_view key = "000102030405060708090a0b0c0d0e0f";
  const std::string_view iv = "101112131415161718191a1b1c1d1e1f";
  EXPECT_EQ(Encrypted(StreamCipherKind::kRc4Md5, key, iv, Bytes(24)),
            "c69642d91c4a01d51a08079cbe4930f2ab8ea3afcd742b64");
}

// RFC 1321, appendix A.5.
TEST(Md5, GivesTheResultsOfRfc1321) {
  EXPECT_EQ(HashHex(""), "d41d8cd98f00b204e9800998ecf8427e");
  EXPECT_EQ(HashHex("message digest"), "f96b697d7cb7938d525a2f31aaf161d0");
}

// RFC 2202, test cases 1, 2 and 6.
TEST(HmacSha1, GivesTheResultsOfRfc2202) {
  const auto mac = [](const Bytes& key, std::string_view text) {
    const ByteSpan piece = AsBytes(text);
    return ToHex(HmacSha1(key, {&piece, 1}));
  };
  EXPECT_EQ(mac(Bytes(20, 0x0b), "Hi There"), "b617318655057264e28bc0b6fb378c8ef146be00");
  EXPECT_EQ(mac(ToBytes(AsBytes("Jefe")), "what do ya want for nothing?"), "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
  EXPECT_EQ(mac(Bytes(80, 0xaa), "Test Using Larger Than Block-Size Key - Hash Key First"),
            "aa4ae5e15272d00e95705637ce8a3b55ed402112");
}

}  // namespace
}  // namespace holdfast
