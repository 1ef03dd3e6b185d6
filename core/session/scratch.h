#pragma once

// Scratch: memory for one message at a time, kept from one to the next, never initialised and never shrunk but by
// Release. Not part of anybody's state.

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "core/base/bytes.h"
#include "core/base/check.h"
#include "core/base/try_allocate.h"

namespace holdfast {

class Scratch {
 public:
  // Makes sure of memory for `size` bytes; false if there is none. Ends what Get returned.
  bool Reserve(size_t size) {
    if (size <= size_) return true;
    Release();
    const size_t rounded = std::bit_ceil(std::max<size_t>(size, 512));
    memory_ = TryAllocate(rounded);
    if (memory_ != nullptr) size_ = rounded;
    return memory_ != nullptr;
  }

  // `size` bytes of unspecified content; live until the next Get, Reserve or Release. Large sizes are to be reserved
  // before.
  MutableByteSpan Get(size_t size) {
    HOLDFAST_CHECK(Reserve(size));
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
