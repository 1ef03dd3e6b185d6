#pragma once

// The cryptographic primitives that core uses, as one interface with two implementations chosen when a program is
// linked: //core/crypto:openssl, the real one, and //core/crypto:fast (testonly), which is deterministic, keyed and
// cheap, has the same sizes and the same failures, and protects nothing. Protocol code cannot tell them apart.
//
// Sources: RFC 7748 (X25519), RFC 8439 (ChaCha20-Poly1305), NIST SP 800-38D (AES-256-GCM), RFC 6234 (SHA-256),
// RFC 2104 (HMAC), RFC 5869 (HKDF-Expand), Noise rev 34 sections 4 and 12 (nonce layout, HKDF).

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "core/base/bytes.h"
#include "core/base/digest.h"
#include "core/base/error.h"
#include "core/crypto/secret.h"

namespace holdfast {

class ForkKey;

inline constexpr size_t kKeyBytes = 32;
inline constexpr size_t kHashBytes = 32;
inline constexpr size_t kTagBytes = 16;

using Key = Secret<kKeyBytes>;
using PublicKey = std::array<uint8_t, kKeyBytes>;
using Hash = std::array<uint8_t, kHashBytes>;

// Values are on the wire (docs/protocol.md 3): never renumber. HF-KEY-1.
enum class Suite : uint8_t { kChaChaPoly = 1, kAesGcm = 2 };

// "openssl" or "fast".
std::string_view CryptoProvider();

// --- Entropy -----------------------------------------------------------------------------------------------------

// Where randomness comes from. Passed into the verbs that draw, never kept. HF-SEC-1.
class Entropy {
 public:
  virtual ~Entropy() = default;
  virtual void Fill(MutableByteSpan out) = 0;
};

// --- AEAD --------------------------------------------------------------------------------------------------------

// One cipher under one key. Move-only: a copy could seal a second plaintext under a used nonce. HF-SEC-2.
class Aead {
 public:
  Aead(Suite suite, std::span<const uint8_t, kKeyBytes> key);
  Aead(Aead&&) noexcept;
  Aead& operator=(Aead&&) noexcept;
  ~Aead();

  // Encrypts the concatenation of `pieces` into `out`, tag last; out.size() must be their total + kTagBytes. `out` may
  // be the memory of a piece only if there is exactly one and it begins where `out` does.
  void Seal(uint64_t nonce, ByteSpan associated, std::span<const ByteSpan> pieces, MutableByteSpan out);

  // Decrypts `sealed` (ciphertext and tag) into `out`; sealed.size() must be >= kTagBytes and out.size() must be
  // sealed.size() - kTagBytes. In place is allowed. kBadTag if the tag does not verify: `out` is then zeroed.
  Status Open(uint64_t nonce, ByteSpan associated, ByteSpan sealed, MutableByteSpan out);

  // Noise section 4.2 REKEY: the key becomes the first 32 bytes of an encryption of zeros under nonce 2^64 - 1.
  // HF-REC-3.
  void Rekey();

  // Gives back the memory that the next Seal or Open makes again: about 1 KiB, for a quarter of a microsecond. Changes
  // nothing else. For sessions at rest.
  void Rest();

  // Gives the key away, to go on elsewhere; only destruction is left. HF-MOV-10.
  Key TakeKey() &&;

  Suite suite() const;
  Aead ForkForSimulation(const ForkKey&) const;
  void DigestInto(Digest& digest) const;

 private:
  struct State;
  explicit Aead(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// --- Diffie-Hellman ----------------------------------------------------------------------------------------------

// An X25519 key pair. Immutable, so copies share it, also between threads.
class KeyPair {
 public:
  // Draws the private key.
  static KeyPair Generate(Entropy& entropy);
  // From a private key as RFC 7748 has it; clamping is done inside.
  static KeyPair FromPrivate(std::span<const uint8_t, kKeyBytes> private_key);

  KeyPair(const KeyPair&);
  KeyPair(KeyPair&&) noexcept;
  KeyPair& operator=(const KeyPair&);
  KeyPair& operator=(KeyPair&&) noexcept;
  ~KeyPair();

  const PublicKey& public_key() const { return public_key_; }

  // The shared secret, or kWeakKey if it is all zero (RFC 7748 section 6.1). HF-KEY-6.
  Result<Key> Agree(const PublicKey& peer) const;

 private:
  struct State;
  KeyPair(std::shared_ptr<const State> state, const PublicKey& public_key);
  std::shared_ptr<const State> state_;
  PublicKey public_key_;
};

// --- Hash, HMAC, HKDF --------------------------------------------------------------------------------------------

// SHA-256 of the concatenation of `pieces`.
Hash HashOf(std::span<const ByteSpan> pieces);

// HMAC-SHA-256 (RFC 2104) of the concatenation of `pieces`. `out` must be kHashBytes long.
void Hmac(ByteSpan key, std::span<const ByteSpan> pieces, std::span<uint8_t, kHashBytes> out);

// Noise section 4.3 HKDF: up to three outputs of 32 bytes. Not RFC 5869's interface, though its construction. HF-KEY-2.
void NoiseHkdf(std::span<const uint8_t, kKeyBytes> chaining_key, ByteSpan input, std::span<Key> outputs);

// RFC 5869 section 2.3, HKDF-Expand; out.size() <= 255 * 32.
void HkdfExpand(std::span<const uint8_t, kKeyBytes> pseudorandom_key, ByteSpan info, MutableByteSpan out);

}  // namespace holdfast
