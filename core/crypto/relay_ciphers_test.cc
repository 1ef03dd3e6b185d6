// What every provider must do for the relay. Linked twice: with :openssl and with :fast.

#include "core/crypto/relay_ciphers.h"

#include <algorithm>
#include <set>
#include <vector>

#include "core/base/fork_key.h"
#include "core/base/random.h"
#include "gtest/gtest.h"

namespace holdfast {
namespace {

Bytes RandomBytes(uint64_t seed, size_t size) {
  Bytes bytes(size);
  NamedStream(seed, "relay ciphers test").Fill(bytes);
  return bytes;
}

void Flip(MutableByteSpan bytes, size_t bit) { bytes[bit / 8] ^= static_cast<uint8_t>(1 << bit % 8); }

constexpr std::array<AeadKind, 3> kAeadKinds = {AeadKind::kAes128Gcm, AeadKind::kAes256Gcm, AeadKind::kChaChaPoly};

std::vector<StreamCipherKind> StreamKinds() {
  std::vector<StreamCipherKind> kinds;
  for (size_t i = 0; i < kStreamCipherKinds; ++i) kinds.push_back(static_cast<StreamCipherKind>(i));
  return kinds;
}

Bytes Sealed(NonceAead& aead, const Nonce& nonce, ByteSpan plaintext) {
  Bytes sealed(plaintext.size() + kTagBytes);
  aead.Seal(nonce, plaintext, sealed);
  return sealed;
}

TEST(NonceAead, OpensWhatItSealedAlsoInPlace) {
  for (AeadKind kind : kAeadKinds) {
    NonceAead aead(kind, RandomBytes(1, KeyBytesOf(kind)));
    for (size_t size : {0U, 1U, 2U, 15U, 16U, 17U, 1000U, 65535U}) {
      const Bytes plaintext = RandomBytes(size, size);
      const Nonce nonce = {static_cast<uint8_t>(size), 2, 3};
      Bytes sealed = Sealed(aead, nonce, plaintext);
      Bytes in_place = plaintext;
      in_place.resize(size + kTagBytes);
      aead.Seal(nonce, ByteSpan(in_place).first(size), in_place);
      EXPECT_EQ(in_place, sealed);
      Bytes opened(size);
      EXPECT_TRUE(aead.Open(nonce, sealed, opened));
      EXPECT_EQ(opened, plaintext);
      EXPECT_TRUE(aead.Open(nonce, sealed, MutableByteSpan(sealed).first(size)));
      EXPECT_TRUE(std::ranges::equal(ByteSpan(sealed).first(size), plaintext));
    }
  }
}

TEST(NonceAead, OpensNothingWithAnyBitFlippedInTextTagOrNonceAndLeavesZeros) {
  for (AeadKind kind : kAeadKinds) {
    NonceAead aead(kind, RandomBytes(1, KeyBytesOf(kind)));
    Nonce nonce = {9};
    Bytes sealed = Sealed(aead, nonce, RandomBytes(2, 20));
    Bytes opened(20);
    for (size_t bit = 0; bit < 8 * sealed.size(); ++bit) {
      Flip(sealed, bit);
      std::ranges::fill(opened, uint8_t{7});
      EXPECT_EQ(aead.Open(nonce, sealed, opened).error(), Error::kBadTag) << bit;
      EXPECT_EQ(opened, Bytes(20)) << bit;
      Flip(sealed, bit);
    }
    for (size_t bit = 0; bit < 8 * nonce.size(); ++bit) {
      Flip(nonce, bit);
      EXPECT_FALSE(aead.Open(nonce, sealed, opened)) << bit;
      Flip(nonce, bit);
    }
    EXPECT_TRUE(aead.Open(nonce, sealed, opened));
  }
}

TEST(NonceAead, DiffersByKindKeyAndNonce) {
  std::set<Bytes> seen;
  const Bytes text(32);
  for (AeadKind kind : kAeadKinds) {
    for (uint64_t key = 0; key < 3; ++key) {
      NonceAead aead(kind, RandomBytes(key, KeyBytesOf(kind)));
      for (uint8_t number = 0; number < 3; ++number) {
        EXPECT_TRUE(seen.insert(Sealed(aead, Nonce{number}, text)).second);
        EXPECT_EQ(Sealed(aead, Nonce{number}, text), Sealed(aead, Nonce{number}, text));
      }
    }
  }
}

TEST(NonceAead, OfAForkDoesTheSame) {
  NonceAead aead(AeadKind::kAes128Gcm, RandomBytes(1, 16));
  NonceAead fork = aead.ForkForSimulation(ForkKey());
  EXPECT_EQ(Sealed(aead, Nonce{1}, Bytes(10)), Sealed(fork, Nonce{1}, Bytes(10)));
  Digest a;
  Digest b;
  aead.DigestInto(a);
  fork.DigestInto(b);
  EXPECT_EQ(a, b);
}

TEST(CipherBlock, IsDecryptedToWhatItWasUnderTheSameKeyAlone) {
  for (size_t key_bytes : {16U, 32U}) {
    Bytes key = RandomBytes(1, key_bytes);
    std::set<CipherBlock> seen;
    CipherBlock block = {};
    for (size_t bit = 0; bit < 8 * block.size(); ++bit) {
      Flip(block, bit);
      const CipherBlock encrypted = EncryptBlock(key, block);
      EXPECT_EQ(DecryptBlock(key, encrypted), block);
      EXPECT_TRUE(seen.insert(encrypted).second);
      Flip(key, bit);
      EXPECT_NE(DecryptBlock(key, encrypted), block);
      Flip(key, bit);
      Flip(block, bit);
    }
  }
}

TEST(StreamCipher, DecryptsWhatItEncryptedHoweverBothAreCut) {
  for (StreamCipherKind kind : StreamKinds()) {
    const Bytes key = RandomBytes(1, InfoOf(kind).key_bytes);
    const Bytes iv = RandomBytes(2, InfoOf(kind).iv_bytes);
    const Bytes plaintext = RandomBytes(3, 200);
    Bytes whole = plaintext;
    StreamCipher(kind, StreamCipher::Direction::kEncrypt, key, iv).Apply(whole);
    EXPECT_NE(whole, plaintext);
    for (size_t piece = 1; piece < 40; ++piece) {
      StreamCipher encrypt(kind, StreamCipher::Direction::kEncrypt, key, iv);
      StreamCipher decrypt(kind, StreamCipher::Direction::kDecrypt, key, iv);
      Bytes bytes = plaintext;
      for (size_t at = 0; at < bytes.size(); at += piece) {
        encrypt.Apply(MutableByteSpan(bytes).subspan(at, std::min(piece, bytes.size() - at)));
      }
      EXPECT_EQ(bytes, whole) << InfoOf(kind).name << " " << piece;
      for (size_t at = 0; at < bytes.size(); at += piece + 3) {
        decrypt.Apply(MutableByteSpan(bytes).subspan(at, std::min(piece + 3, bytes.size() - at)));
      }
      EXPECT_EQ(bytes, plaintext) << InfoOf(kind).name << " " << piece;
    }
  }
}

TEST(StreamCipher, OfAForkGoesOnInTheMiddle) {
  for (StreamCipherKind kind : StreamKinds()) {
    const Bytes key = RandomBytes(1, InfoOf(kind).key_bytes);
    const Bytes iv = RandomBytes(2, InfoOf(kind).iv_bytes);
    StreamCipher cipher(kind, StreamCipher::Direction::kEncrypt, key, iv);
    Bytes before(37);
    cipher.Apply(before);
    StreamCipher fork = cipher.ForkForSimulation(ForkKey());
    Bytes a(50);
    Bytes b(50);
    cipher.Apply(a);
    fork.Apply(b);
    EXPECT_EQ(a, b) << InfoOf(kind).name;
    Digest of_cipher;
    Digest of_fork;
    cipher.DigestInto(of_cipher);
    fork.DigestInto(of_fork);
    EXPECT_EQ(of_cipher, of_fork) << InfoOf(kind).name;
  }
}

TEST(RelayHashes, DependOnEveryBitAndNotOnThePieces) {
  Bytes text = RandomBytes(1, 70);
  Bytes key = RandomBytes(2, 70);
  const ByteSpan whole = text;
  std::set<Md5> hashes = {Md5Of({&whole, 1})};
  std::set<Sha1> macs = {HmacSha1(key, {&whole, 1})};
  for (size_t bit = 0; bit < 8 * text.size(); ++bit) {
    Flip(text, bit);
    EXPECT_TRUE(hashes.insert(Md5Of({&whole, 1})).second);
    EXPECT_TRUE(macs.insert(HmacSha1(key, {&whole, 1})).second);
    Flip(text, bit);
    Flip(key, bit);
    EXPECT_TRUE(macs.insert(HmacSha1(key, {&whole, 1})).second);
    Flip(key, bit);
  }
  for (size_t cut = 0; cut <= text.size(); ++cut) {
    const std::array<ByteSpan, 3> pieces = {whole.first(cut), ByteSpan(), whole.subspan(cut)};
    EXPECT_EQ(Md5Of(pieces), Md5Of({&whole, 1}));
    EXPECT_EQ(HmacSha1(key, pieces), HmacSha1(key, {&whole, 1}));
  }
}

TEST(RelayCiphersDeathTest, RefuseKeysOfAnotherSize) {
  EXPECT_DEATH(NonceAead(AeadKind::kAes128Gcm, Bytes(32)), "KeyBytesOf");
  EXPECT_DEATH(EncryptBlock(Bytes(24), {}), "16");
  EXPECT_DEATH(StreamCipher(StreamCipherKind::kRc4Md5, StreamCipher::Direction::kEncrypt, Bytes(16), Bytes(12)), "iv");
}

}  // namespace
}  // namespace holdfast
