#pragma once

// Digest: one number for the whole state of an object, for "nothing changed, to the bit" and for trace hashes. Not
// cryptographic: it is for finding mistakes, not for adversaries. The same on every compiler.

#include <chrono>
#include <concepts>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include "core/base/bytes.h"
#include "core/base/random.h"
#include "core/base/time.h"

namespace holdfast {

class Digest {
 public:
  template <typename T>
    requires std::integral<T> || std::is_enum_v<T>
  constexpr Digest& Add(T value) {
    return Word(static_cast<uint64_t>(value));
  }

  constexpr Digest& Add(Time time) { return Word(static_cast<uint64_t>(time.time_since_epoch().count())); }
  constexpr Digest& Add(Duration duration) { return Word(static_cast<uint64_t>(duration.count())); }

  // The length counts too, so that no two sequences of calls run together.
  Digest& Add(ByteSpan bytes) {
    Word(bytes.size());
    size_t i = 0;
    for (; i + 8 <= bytes.size(); i += 8) Word(Load(bytes.data() + i, 8));
    if (i < bytes.size()) Word(Load(bytes.data() + i, bytes.size() - i));
    return *this;
  }

  constexpr uint64_t value() const { return Mix64(state_); }

  bool operator==(const Digest&) const = default;

 private:
  static uint64_t Load(const uint8_t* from, size_t size) {
    uint64_t word = 0;
    std::memcpy(&word, from, size);  // Every machine that we run on is little-endian; see the assertion below.
    return word;
  }

  constexpr Digest& Word(uint64_t word) {
    state_ = (state_ ^ word) * 0x9e3779b97f4a7c15;
    state_ ^= state_ >> 32;
    return *this;
  }

  uint64_t state_ = 0x243f6a8885a308d3;
};

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__);

}  // namespace holdfast
