#pragma once

// The primitives of stable-connection's wire, as it computes them: a 64-bit Diffie-Hellman group, one MD5 compression
// without padding, RC4 without its key schedule, and a fingerprint of 32 bits (docs/legacy.md).
//
// INSECURE: for interoperability only. Whoever hears a handshake can compute its secret.

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "core/base/bytes.h"
#include "core/base/digest.h"

namespace holdfast::legacy {

inline constexpr uint64_t kPrime = 0xffffffffffffffc5;  // 2^64 - 59.
inline constexpr uint64_t kGenerator = 5;

// Where random words come from: the caller's. Drawn from during the call that is given it, and not kept.
struct RandomSource {
  uint64_t (*draw)(void* context) = nullptr;
  void* context = nullptr;

  uint64_t Next() const { return draw(context); }
  uint64_t NextNotZero() const {
    const uint64_t word = Next();
    return word == 0 ? 1 : word;
  }
};

// base^exponent mod kPrime.
uint64_t Power(uint64_t base, uint64_t exponent);

// Whether a public value leaves no choice of the secret: 0, 1 and -1 modulo the prime; and what is not reduced, which
// no honest peer sends.
constexpr bool IsWeak(uint64_t public_value) { return public_value <= 1 || public_value >= kPrime - 1; }

// The public value that is as far from 0 on the other side, and its exponent: the generator's (p-1)/2-th power is -1.
constexpr uint64_t Negated(uint64_t public_value) { return kPrime - public_value; }
constexpr uint64_t ExponentOfNegated(uint64_t exponent) {
  constexpr uint64_t kHalf = (kPrime - 1) / 2;
  exponent %= kPrime - 1;
  return exponent >= kHalf ? exponent - kHalf : exponent + kHalf;
}

// H(x, y).
uint64_t Hash(uint64_t x, uint64_t y);

// The fingerprint of no bytes, of a session with this secret.
uint32_t InitialFingerprint(uint64_t secret);

// Rotated by four bits and combined with each byte; so eight bytes on it is where it was, combined with those.
class Fingerprint {
 public:
  explicit Fingerprint(uint32_t value = 0) : value_(value) {}
  uint32_t value() const { return value_; }
  void Add(ByteSpan bytes);

 private:
  uint32_t value_;
};

// One direction's cipher, encrypting or decrypting. Both directions of a session have the same.
class Keystream {
 public:
  explicit Keystream(uint64_t secret = 0);

  // `out` has room for all of `in`, and may be the same memory.
  void Apply(ByteSpan in, uint8_t* out);

  void DigestInto(Digest& digest) const { digest.Add(ByteSpan(state_)).Add(i_).Add(j_); }

 private:
  std::array<uint8_t, 256> state_;
  uint8_t i_ = 0;
  uint8_t j_ = 0;
};

// --- Little-endian words ---

template <typename Word>
Word Load(const uint8_t* from) {
  Word word = 0;
  std::memcpy(&word, from, sizeof(word));  // Every machine that we run on is little-endian: core/base/digest.h.
  return word;
}

template <typename Word>
void AppendWord(Bytes& to, Word word) {
  const size_t at = to.size();
  to.resize(at + sizeof(word));
  std::memcpy(to.data() + at, &word, sizeof(word));
}

}  // namespace holdfast::legacy
