#pragma once

// What shadowsocks asks for beyond crypto.h: AEADs under nonces of the caller's, AES on one block, MD5, HMAC-SHA-1, and
// stream ciphers. Implemented by both providers, like crypto.h. For core/relay alone: nothing of Holdfast's own
// protocol may stand on any of it.
//
// Sources: NIST SP 800-38D (AES-GCM), RFC 8439 (ChaCha20, ChaCha20-Poly1305), FIPS 197 (AES), NIST SP 800-38A (CFB,
// CTR), RFC 1321 (MD5), RFC 2104 and RFC 3174 (HMAC-SHA-1).

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "core/base/bytes.h"
#include "core/base/digest.h"
#include "core/base/error.h"
#include "core/crypto/crypto.h"

namespace holdfast {

class ForkKey;

// --- AEAD --------------------------------------------------------------------------------------------------------

enum class AeadKind : uint8_t { kAes128Gcm, kAes256Gcm, kChaChaPoly };
constexpr size_t KeyBytesOf(AeadKind kind) { return kind == AeadKind::kAes128Gcm ? 16 : 32; }

inline constexpr size_t kNonceBytes = 12;
using Nonce = std::array<uint8_t, kNonceBytes>;

// One cipher under one key. Which nonce comes when is the caller's care; move-only all the same.
class NonceAead {
 public:
  // `key` must have KeyBytesOf(kind).
  NonceAead(AeadKind kind, ByteSpan key);
  NonceAead(NonceAead&&) noexcept;
  NonceAead& operator=(NonceAead&&) noexcept;
  ~NonceAead();

  // No associated data. `out` has kTagBytes more than `plaintext`, and may begin where that does.
  void Seal(const Nonce& nonce, ByteSpan plaintext, MutableByteSpan out);

  // `out` has kTagBytes less than `sealed`, which has at least so many, and may begin where that does. kBadTag if the
  // tag does not verify: `out` is then zeroed.
  Status Open(const Nonce& nonce, ByteSpan sealed, MutableByteSpan out);

  NonceAead ForkForSimulation(const ForkKey&) const;
  void DigestInto(Digest& digest) const;

 private:
  struct State;
  explicit NonceAead(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// --- One block ---------------------------------------------------------------------------------------------------

inline constexpr size_t kCipherBlockBytes = 16;
using CipherBlock = std::array<uint8_t, kCipherBlockBytes>;

// AES. `key` has 16 or 32 bytes.
CipherBlock EncryptBlock(ByteSpan key, const CipherBlock& block);
CipherBlock DecryptBlock(ByteSpan key, const CipherBlock& block);

// --- Stream ciphers ----------------------------------------------------------------------------------------------

// Without any tag: whoever flips a bit of what they seal flips that bit of what is read.
enum class StreamCipherKind : uint8_t {
  kAes128Cfb,
  kAes192Cfb,
  kAes256Cfb,
  kAes128Ctr,
  kAes192Ctr,
  kAes256Ctr,
  kChaCha20Ietf,
  kRc4Md5,
};
inline constexpr size_t kStreamCipherKinds = 8;

struct StreamCipherInfo {
  std::string_view name;  // Shadowsocks' own.
  size_t key_bytes;
  size_t iv_bytes;
};
constexpr StreamCipherInfo InfoOf(StreamCipherKind kind) {
  constexpr std::array<StreamCipherInfo, kStreamCipherKinds> kInfos = {{
      {"aes-128-cfb", 16, 16},
      {"aes-192-cfb", 24, 16},
      {"aes-256-cfb", 32, 16},
      {"aes-128-ctr", 16, 16},
      {"aes-192-ctr", 24, 16},
      {"aes-256-ctr", 32, 16},
      {"chacha20-ietf", 32, 12},
      {"rc4-md5", 16, 16},
  }};
  return kInfos[static_cast<size_t>(kind)];
}

// One direction of a stream. Move-only.
class StreamCipher {
 public:
  enum class Direction : uint8_t { kEncrypt, kDecrypt };

  // Sizes must be those of the kind.
  StreamCipher(StreamCipherKind kind, Direction direction, ByteSpan key, ByteSpan iv);
  StreamCipher(StreamCipher&&) noexcept;
  StreamCipher& operator=(StreamCipher&&) noexcept;
  ~StreamCipher();

  // The next bytes of the stream, in place. How they are cut into calls does not show.
  void Apply(MutableByteSpan bytes);

  StreamCipher ForkForSimulation(const ForkKey&) const;
  // Key, IV and place in the stream.
  void DigestInto(Digest& digest) const;

 private:
  struct State;
  explicit StreamCipher(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// --- Hashes ------------------------------------------------------------------------------------------------------

inline constexpr size_t kMd5Bytes = 16;
inline constexpr size_t kSha1Bytes = 20;
using Md5 = std::array<uint8_t, kMd5Bytes>;
using Sha1 = std::array<uint8_t, kSha1Bytes>;

// Of the concatenation of `pieces`, each.
Md5 Md5Of(std::span<const ByteSpan> pieces);
Sha1 HmacSha1(ByteSpan key, std::span<const ByteSpan> pieces);

}  // namespace holdfast
