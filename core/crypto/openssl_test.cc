// The real provider against published test vectors, and against OpenSSL called in the plainest way.

#include <openssl/err.h>
#include <openssl/evp.h>

#include <array>
#include <string>
#include <vector>

#include "core/base/random.h"
#include "core/crypto/crypto.h"
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

Key HexKey(std::string_view hex) { return Key(std::span<const uint8_t, kKeyBytes>(Hex(hex))); }

PublicKey HexPublicKey(std::string_view hex) {
  PublicKey key;
  std::ranges::copy(Hex(hex), key.begin());
  return key;
}

Bytes RandomBytes(uint64_t seed, size_t size) {
  Bytes bytes(size);
  NamedStream(seed, "openssl test").Fill(bytes);
  return bytes;
}

std::string AgreeHex(const Key& scalar, const PublicKey& coordinate) {
  return ToHex(KeyPair::FromPrivate(scalar.span()).Agree(coordinate).value().span());
}

// --- X25519: RFC 7748 ----------------------------------------------------------------------------------------------

TEST(X25519, GivesTheProductsOfRfc7748Section5) {
  EXPECT_EQ(AgreeHex(HexKey("a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4"),
                     HexPublicKey("e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c")),
            "c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552");
  EXPECT_EQ(AgreeHex(HexKey("4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d"),
                     HexPublicKey("e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493")),
            "95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957");
}

TEST(X25519, GivesTheResultsOfRfc7748Section5AfterOneAndAThousandRounds) {
  Key k = HexKey("0900000000000000000000000000000000000000000000000000000000000000");
  PublicKey u = HexPublicKey("0900000000000000000000000000000000000000000000000000000000000000");
  for (int round = 1; round <= 1000; ++round) {
    Key product = KeyPair::FromPrivate(k.span()).Agree(u).value();
    std::ranges::copy(k.span(), u.begin());
    k = std::move(product);
    if (round == 1) {
      EXPECT_EQ(ToHex(k.span()), "422c8e7a6227d7bca1350b3e2bb7279f7897b87bb6854b783c60e80311ae3079");
    }
  }
  EXPECT_EQ(ToHex(k.span()), "684cf59ba83309552800ef566f2f4d3c1c3887c49360e3875f2eb94d99532c51");
}

TEST(X25519, GivesTheKeysOfRfc7748Section6) {
  const KeyPair alice =
      KeyPair::FromPrivate(HexKey("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a").span());
  const KeyPair bob =
      KeyPair::FromPrivate(HexKey("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb").span());
  EXPECT_EQ(ToHex(alice.public_key()), "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a");
  EXPECT_EQ(ToHex(bob.public_key()), "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f");
  const Key shared = HexKey("4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742");
  EXPECT_EQ(alice.Agree(bob.public_key()).value(), shared);
  EXPECT_EQ(bob.Agree(alice.public_key()).value(), shared);
}

// --- AEAD ----------------------------------------------------------------------------------------------------------

// Noise fixes the first 32 bits of the nonce to zero, which leaves RFC 8439's appendix A.5 of its vectors.
TEST(ChaChaPoly, OpensTheVectorOfRfc8439AppendixA5) {
  const Key key = HexKey("1c9240a5eb55d38af333888604f6b5f0473917c1402b80099dca5cbc207075c0");
  const Bytes sealed =
      Hex("64a0861575861af460f062c79be643bd5e805cfd345cf389f108670ac76c8cb2"
          "4c6cfc18755d43eea09ee94e382d26b0bdb7b73c321b0100d4f03b7f355894cf"
          "332f830e710b97ce98c8a84abd0b948114ad176e008d33bd60f982b1ff37c855"
          "9797a06ef4f0ef61c186324e2b3506383606907b6a7c02b0f9f6157b53c867e4"
          "b9166c767b804d46a59b5216cde7a4e99040c5a40433225ee282a1b0a06c523e"
          "af4534d7f83fa1155b0047718cbc546a0d072b04b3564eea1b422273f548271a"
          "0bb2316053fa76991955ebd63159434ecebb4e466dae5a1073a6727627097a10"
          "49e617d91d361094fa68f0ff77987130305beaba2eda04df997b714d6c6f2c29"
          "a6ad5cb4022b02709b"
          "eead9d67890cbb22392336fea1851f38");
  const Bytes associated = Hex("f33388860000000000004e91");
  constexpr uint64_t kNonce = 0x0807060504030201;
  Aead aead(Suite::kChaChaPoly, key.span());
  Bytes plaintext(sealed.size() - kTagBytes);
  ASSERT_TRUE(aead.Open(kNonce, associated, sealed, plaintext));
  const std::string text(plaintext.begin(), plaintext.end());
  EXPECT_EQ(text,
            "Internet-Drafts are draft documents valid for a maximum of six months and may be updated, replaced, or "
            "obsoleted by other documents at any time. It is inappropriate to use Internet-Drafts as reference "
            "material or to cite them other than as /\xe2\x80\x9cwork in progress./\xe2\x80\x9d");
  Bytes again(sealed.size());
  const ByteSpan piece = plaintext;
  aead.Seal(kNonce, associated, {&piece, 1}, again);
  EXPECT_EQ(again, sealed);
}

// Test cases 13 and 14 of McGrew and Viega's "The Galois/Counter Mode of Operation": the ones whose nonce is zero.
TEST(AesGcm, SealsTheVectorsOfItsSpecification) {
  Aead aead(Suite::kAesGcm, Key().span());
  Bytes sealed(kTagBytes);
  aead.Seal(0, {}, {}, sealed);
  EXPECT_EQ(ToHex(sealed), "530f8afbc74536b9a963b4f1c4cb738b");
  const Bytes zeros(16);
  const ByteSpan piece = zeros;
  sealed.resize(32);
  aead.Seal(0, {}, {&piece, 1}, sealed);
  EXPECT_EQ(ToHex(sealed), "cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919");
}

// The plainest use of EVP: everything new for each message.
Bytes SealPlainly(Suite suite, const Key& key, uint64_t nonce, ByteSpan associated, ByteSpan plaintext) {
  // Noise sections 12.3 and 12.4.
  std::array<uint8_t, 12> iv = {};
  for (size_t i = 0; i < 8; ++i) {
    const uint8_t byte = static_cast<uint8_t>(nonce >> (8 * i));
    if (suite == Suite::kChaChaPoly) iv[4 + i] = byte;
    if (suite == Suite::kAesGcm) iv[11 - i] = byte;
  }
  EVP_CIPHER_CTX* context = EVP_CIPHER_CTX_new();
  const EVP_CIPHER* cipher = suite == Suite::kChaChaPoly ? EVP_chacha20_poly1305() : EVP_aes_256_gcm();
  EXPECT_EQ(EVP_EncryptInit_ex(context, cipher, nullptr, key.span().data(), iv.data()), 1);
  Bytes sealed(plaintext.size() + kTagBytes);
  int size = 0;
  EXPECT_EQ(EVP_EncryptUpdate(context, nullptr, &size, associated.data(), static_cast<int>(associated.size())), 1);
  EXPECT_EQ(EVP_EncryptUpdate(context, sealed.data(), &size, plaintext.data(), static_cast<int>(plaintext.size())), 1);
  uint8_t* const tag = sealed.data() + plaintext.size();
  EXPECT_EQ(EVP_EncryptFinal_ex(context, tag, &size), 1);
  EXPECT_EQ(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, kTagBytes, tag), 1);
  EVP_CIPHER_CTX_free(context);
  return sealed;
}

// HF-KEY-1.
TEST(OpensslAead, OneContextForAllRecordsGivesWhatANewOneForEachGives) {
  NamedStream chance(1, "sizes");
  for (Suite suite : {Suite::kChaChaPoly, Suite::kAesGcm}) {
    const Key key(std::span<const uint8_t, kKeyBytes>(RandomBytes(1, kKeyBytes)));
    Aead aead(suite, key.span());
    for (uint64_t seed = 0; seed < 500; ++seed) {
      const uint64_t nonce = seed % 2 == 0 ? seed : chance.Next() >> chance.Below(64);
      const Bytes plaintext = RandomBytes(seed, 1 + static_cast<size_t>(chance.Below(seed % 10 == 0 ? 20'000 : 300)));
      const Bytes associated = RandomBytes(seed + 1, 1 + static_cast<size_t>(chance.Below(50)));
      Bytes sealed(plaintext.size() + kTagBytes);
      const ByteSpan whole = plaintext;
      const size_t cut = static_cast<size_t>(chance.Below(plaintext.size() + 1));
      const std::array<ByteSpan, 2> pieces = {whole.first(cut), whole.subspan(cut)};
      aead.Seal(nonce, associated, pieces, sealed);
      ASSERT_EQ(sealed, SealPlainly(suite, key, nonce, associated, plaintext)) << seed;
    }
  }
}

// Noise section 4.2.
// HF-REC-3.
TEST(OpensslAead, RekeyTakesTheFirst32BytesOfZerosSealedUnderTheLastNonce) {
  for (Suite suite : {Suite::kChaChaPoly, Suite::kAesGcm}) {
    const Key key(std::span<const uint8_t, kKeyBytes>(RandomBytes(1, kKeyBytes)));
    Aead aead(suite, key.span());
    aead.Rekey();
    // EVP wants associated data here or none at all; an empty update is none to both ciphers.
    const Bytes sealed = SealPlainly(suite, key, ~uint64_t{0}, {}, Bytes(kKeyBytes));
    const Aead expected(suite, std::span(sealed).first<kKeyBytes>());
    Digest a, b;
    aead.DigestInto(a);
    expected.DigestInto(b);
    EXPECT_EQ(a, b);
  }
}

TEST(OpensslAead, FailuresLeaveNothingInTheThreadsErrorQueue) {
  ERR_clear_error();
  for (Suite suite : {Suite::kChaChaPoly, Suite::kAesGcm}) {
    Aead aead(suite, Key().span());
    Bytes out(20);
    EXPECT_FALSE(aead.Open(0, {}, Bytes(36), out));
  }
  EXPECT_FALSE(KeyPair::FromPrivate(Key().span()).Agree(PublicKey{}));
  EXPECT_EQ(ERR_peek_error(), 0u);
}

// --- SHA-256, HMAC, HKDF -------------------------------------------------------------------------------------------

TEST(Sha256, GivesTheHashesOfFips180) {
  const auto hash = [](std::string_view text) {
    const ByteSpan piece = AsBytes(text);
    return ToHex(HashOf({&piece, 1}));
  };
  EXPECT_EQ(hash(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(hash("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(hash("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

struct HmacVector {
  Bytes key;
  Bytes text;
  std::string_view mac;
};

TEST(HmacSha256, GivesTheMacsOfRfc4231) {
  const auto text = [](std::string_view it) { return ToBytes(AsBytes(it)); };
  const std::vector<HmacVector> vectors = {
      {Bytes(20, 0x0b), text("Hi There"), "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
      {text("Jefe"), text("what do ya want for nothing?"),
       "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
      {Bytes(20, 0xaa), Bytes(50, 0xdd), "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"},
      {Hex("0102030405060708090a0b0c0d0e0f10111213141516171819"), Bytes(50, 0xcd),
       "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"},
      {Bytes(131, 0xaa), text("Test Using Larger Than Block-Size Key - Hash Key First"),
       "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
      {Bytes(131, 0xaa),
       text("This is a test using a larger than block-size key and a larger than block-size data. The key needs to be "
            "hashed before being used by the HMAC algorithm."),
       "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"},
  };
  for (const HmacVector& vector : vectors) {
    Hash mac;
    const ByteSpan piece = vector.text;
    Hmac(vector.key, {&piece, 1}, mac);
    EXPECT_EQ(ToHex(mac), vector.mac);
  }
}

// RFC 5869 appendix A: PRK, info, OKM of test cases 1 to 3.
TEST(HkdfSha256, ExpandsTheVectorsOfRfc5869) {
  const auto expand = [](std::string_view prk, std::string_view info, size_t size) {
    Bytes out(size);
    HkdfExpand(HexKey(prk).span(), Hex(info), out);
    return ToHex(out);
  };
  EXPECT_EQ(expand("077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5", "f0f1f2f3f4f5f6f7f8f9", 42),
            "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865");
  std::string info;
  for (int byte = 0xb0; byte <= 0xff; ++byte) info += ToHex(Bytes{static_cast<uint8_t>(byte)});
  EXPECT_EQ(expand("06a6b88c5853361a06104c9ceb35b45cef760014904671014a193f40c15fc244", info, 82),
            "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09"
            "da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87");
  EXPECT_EQ(expand("19ef24a32c717b167f33a91d6f648bdf96596776afdb6377ac434c1c293ccb04", "", 42),
            "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8");
}

// Noise section 4.3: HKDF(chaining_key, input) is RFC 5869's with chaining_key as salt and empty info.
// HF-KEY-2.
TEST(HkdfSha256, NoisesOutputsAreThoseOfRfc5869) {
  const Key chaining_key(std::span<const uint8_t, kKeyBytes>(RandomBytes(1, kKeyBytes)));
  for (size_t size : {0u, 32u, 100u}) {
    const Bytes input = RandomBytes(2, size);
    std::array<Key, 3> outputs;
    NoiseHkdf(chaining_key.span(), input, outputs);
    Hash temp_key;
    const ByteSpan piece = input;
    Hmac(chaining_key.span(), {&piece, 1}, temp_key);
    Bytes expected(96);
    HkdfExpand(temp_key, {}, expected);
    for (size_t i = 0; i < 3; ++i) {
      EXPECT_EQ(ToHex(outputs[i].span()), ToHex(ByteSpan(expected).subspan(32 * i, 32)));
    }
  }
}

TEST(Openssl, SaysItsName) { EXPECT_EQ(CryptoProvider(), "openssl"); }

}  // namespace
}  // namespace holdfast
