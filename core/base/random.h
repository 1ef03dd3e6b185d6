#pragma once

// NamedStream: a pseudo-random stream that is a pure function of (seed, name), so that one more draw in one stream
// never shifts another. Not for keys. The generator is SplitMix64 (Steele, Lea, Flood, OOPSLA 2014): eight bytes of
// state, so that a fork of a world copies little. Distributions are ours: those of <random> differ between libraries.

#include <cstdint>
#include <cstring>
#include <string_view>

#include "core/base/bytes.h"

namespace holdfast {

constexpr uint64_t Mix64(uint64_t x) {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

class NamedStream {
 public:
  constexpr NamedStream(uint64_t seed, std::string_view name) : state_(Mix64(seed + kStep)) {
    for (char c : name) state_ = Mix64(state_ ^ static_cast<uint8_t>(c)) + kStep;
  }

  constexpr uint64_t Next() {
    state_ += kStep;
    return Mix64(state_);
  }

  // Uniform in [0, bound); bound must not be 0. Multiply-shift: the bias, below bound / 2^64, is of no account here.
  constexpr uint64_t Below(uint64_t bound) {
    __extension__ using Wide = unsigned __int128;
    return static_cast<uint64_t>((static_cast<Wide>(Next()) * bound) >> 64);
  }

  void Fill(MutableByteSpan out) {
    size_t i = 0;
    for (; i + 8 <= out.size(); i += 8) {
      const uint64_t word = Next();
      std::memcpy(out.data() + i, &word, 8);  // Little-endian, as core/base/digest.h asserts.
    }
    if (i == out.size()) return;
    const uint64_t word = Next();
    std::memcpy(out.data() + i, &word, out.size() - i);
  }

 private:
  static constexpr uint64_t kStep = 0x9e3779b97f4a7c15;
  uint64_t state_;
};

}  // namespace holdfast
