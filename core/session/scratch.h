#pragma once

// Scratch: memory for one message at a time, kept from one to the next, never initialised and never shrunk but by
// Release. Not part of anybody's state.

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "core/base/bytes.h"

namespace holdfast {

class Scratch {
 public:
  // `size` bytes of unspecified content; live until the next Get or Release.
  MutableByteSpan Get(size_t size) {
    if (size > size_) {
      size_ = std::bit_ceil(std::max<size_t>(size, 512));
      memory_ = std::make_unique_for_overwrite<uint8_t[]>(size_);
    }
    return {memory_.get(), size};
  }

  void Release() {
    memory_.reset();
    size_ = 0;
  }

  size_t allocated() const { return size_; }

 private:
  size_t size_ = 0;
  std::unique_ptr<uint8_t[]> memory_;
};

}  // namespace holdfast
