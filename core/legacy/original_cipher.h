#pragma once

// OriginalCipher, OriginalFingerprint: those of one direction of the original's, byte by byte as the description of the
// wire reads (docs/legacy.md). Whole in a header, so that whoever measures ours beside them measures no calls.
//
// INSECURE, as what it is a model of.

#include <array>
#include <cstdint>
#include <utility>

#include "core/legacy/primitives.h"

namespace holdfast::legacy {

class OriginalCipher {
 public:
  explicit OriginalCipher(uint64_t secret) {
    const uint64_t key = Hash(secret, 0);
    for (unsigned i = 0; i < 256; ++i) state_[i] = static_cast<uint8_t>(i + (key >> (i % 8 * 8) & 255));
  }

  // Enciphers or deciphers the next byte.
  uint8_t Next(uint8_t byte) {
    ++i_;
    j_ = static_cast<uint8_t>(j_ + state_[i_]);
    std::swap(state_[i_], state_[j_]);
    return byte ^ state_[static_cast<uint8_t>(state_[i_] + state_[j_])];
  }

 private:
  std::array<uint8_t, 256> state_;
  uint8_t i_ = 0;
  uint8_t j_ = 0;
};

// Of whichever bytes, ciphertext or plaintext: the original's ends do not agree on that.
class OriginalFingerprint {
 public:
  explicit OriginalFingerprint(uint64_t secret) {
    const uint64_t key = Hash(secret, 0);
    value_ = static_cast<uint32_t>(key) ^ static_cast<uint32_t>(key >> 32);
  }

  void Add(uint8_t byte) { value_ = (value_ << 4 | value_ >> 28) ^ byte; }
  uint32_t value() const { return value_; }

 private:
  uint32_t value_;
};

}  // namespace holdfast::legacy
