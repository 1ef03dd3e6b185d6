#pragma once

// PacketWindow: which packets of a session came before. Exact for the last limits::kPacketWindow numbers below the
// highest that was taken; everything older is refused. As RFC 6479 does it: a ring of words, of which one is always
// empty ahead. A value.

#include <array>
#include <cstddef>
#include <cstdint>

#include "core/base/digest.h"
#include "core/relay/limits.h"

namespace holdfast {

class PacketWindow {
 public:
  // Whether Take would be of a new packet.
  bool IsNew(uint64_t id) const {
    if (!any_ || id > highest_) return true;
    if (highest_ - id >= limits::kPacketWindow) return false;
    return (words_[WordOf(id)] >> (id % 64) & 1) == 0;
  }

  // Once the packet was found authentic and valid; IsNew(id).
  void Take(uint64_t id) {
    if (!any_ || id > highest_) {
      const uint64_t from = any_ ? highest_ / 64 : 0;
      const uint64_t to = id / 64;
      if (!any_ || to - from >= words_.size()) {
        words_ = {};
      } else {
        for (uint64_t word = from + 1; word <= to; ++word) words_[word % words_.size()] = 0;
      }
      highest_ = id;
      any_ = true;
    }
    words_[WordOf(id)] |= uint64_t{1} << (id % 64);
  }

  void DigestInto(Digest& digest) const {
    digest.Add(any_).Add(highest_);
    for (uint64_t word : words_) digest.Add(word);
  }

 private:
  static constexpr size_t kWords = limits::kPacketWindow / 64 + 1;
  static size_t WordOf(uint64_t id) { return static_cast<size_t>(id / 64 % kWords); }

  bool any_ = false;
  uint64_t highest_ = 0;
  std::array<uint64_t, kWords> words_ = {};
};

}  // namespace holdfast
