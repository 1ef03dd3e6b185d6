#pragma once

// FastMixer: the one construction under all of the fast provider: a keyed 256-bit state that absorbs bytes and is read
// out through an avalanche. It protects against accidents only. Every step is a bijection of the lane that it touches,
// so two inputs of one length that differ within one 64-bit word never give the same output, whatever the key.

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "core/base/bytes.h"
#include "core/base/random.h"

namespace holdfast {

inline uint64_t LoadLittleEndian64(const uint8_t* from) {
  uint64_t word = 0;
  std::memcpy(&word, from, 8);
  return word;
}

inline void StoreLittleEndian64(uint8_t* to, uint64_t word) { std::memcpy(to, &word, 8); }

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__);

class FastMixer {
 public:
  static constexpr size_t kBlockBytes = 32;

  // Mixers of different domains have nothing in common.
  explicit FastMixer(uint64_t domain) {
    for (size_t i = 0; i < lanes_.size(); ++i) lanes_[i] = domain * kOdd[0] + kOdd[i];
  }

  // How the bytes are cut into calls does not show. Inlined, and all below it, for the size of most is known where they
  // stand: it comes down to a few instructions, and the state stays in registers.
  [[gnu::always_inline]] void Absorb(ByteSpan bytes) {
    total_ += bytes.size();
    if (buffered_ > 0) {
      size_t count = bytes.size() < kBlockBytes - buffered_ ? bytes.size() : kBlockBytes - buffered_;
      Copy(buffer_.data() + buffered_, bytes.data(), count);
      buffered_ += count;
      bytes = bytes.subspan(count);
      if (buffered_ < kBlockBytes) return;
      Blocks(buffer_.data(), 1);
      buffered_ = 0;
    }
    Blocks(bytes.data(), bytes.size() / kBlockBytes);
    bytes = bytes.last(bytes.size() % kBlockBytes);
    if (bytes.empty()) return;
    buffer_.fill(0);  // What is not filled counts as zeros.
    Copy(buffer_.data(), bytes.data(), bytes.size());
    buffered_ = bytes.size();
  }

  // Ends what was absorbed so far, so that it cannot run together with what follows.
  void Separate() {
    if (buffered_ > 0) Blocks(buffer_.data(), 1);
    buffered_ = 0;
    lanes_[0] = Mix64(lanes_[0] + total_);
  }

  // Word `index` of the output. Only after Separate(), which must have been the last call.
  uint64_t Squeeze(uint64_t index) const {
    uint64_t word = Mix64(lanes_[0] + index * kOdd[1]);
    for (size_t i = 1; i < lanes_.size(); ++i) word = Mix64(word ^ (lanes_[i] + index * kOdd[i]));
    return word;
  }

  void SqueezeInto(uint64_t index, MutableByteSpan out) const {
    for (; out.size() >= 8; out = out.subspan(8)) StoreLittleEndian64(out.data(), Squeeze(index++));
    if (out.empty()) return;
    std::array<uint8_t, 8> last;
    StoreLittleEndian64(last.data(), Squeeze(index));
    std::memcpy(out.data(), last.data(), out.size());
  }

 private:
  static constexpr std::array<uint64_t, 4> kOdd = {0x9e3779b97f4a7c15, 0xd1b54a32d192ed03, 0xaef17502108ef2d9,
                                                   0xf1357aea2e62a9c5};

  // At most a block; a call of the C library's function costs more than the few bytes.
  [[gnu::always_inline]] static void Copy(uint8_t* to, const uint8_t* from, size_t size) {
    if (size >= 16) {
      std::memcpy(to, from, 16);
      std::memcpy(to + size - 16, from + size - 16, 16);
    } else if (size >= 8) {
      std::memcpy(to, from, 8);
      std::memcpy(to + size - 8, from + size - 8, 8);
    } else {
      for (size_t i = 0; i < size; ++i) to[i] = from[i];
    }
  }

  static uint64_t Step(uint64_t lane, const uint8_t* word, uint64_t odd) {
    lane = (lane ^ LoadLittleEndian64(word)) * odd;
    return lane ^ (lane >> 32);
  }

  [[gnu::always_inline]] void Blocks(const uint8_t* data, size_t count) {
    auto [a, b, c, d] = lanes_;
    for (; count > 0; --count, data += kBlockBytes) {
      a = Step(a, data, kOdd[0]);
      b = Step(b, data + 8, kOdd[1]);
      c = Step(c, data + 16, kOdd[2]);
      d = Step(d, data + 24, kOdd[3]);
    }
    lanes_ = {a, b, c, d};
  }

  std::array<uint64_t, 4> lanes_;
  std::array<uint8_t, kBlockBytes> buffer_;
  size_t buffered_ = 0;
  uint64_t total_ = 0;
};

}  // namespace holdfast
