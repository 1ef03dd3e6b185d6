#pragma once

// Buffer: bytes that are appended at the end and dropped all at once. Memory that cannot be had is an answer.
//
// Invariant: size <= capacity.

#include <cstdint>
#include <memory>

#include "core/base/bytes.h"

namespace holdfast {

class Buffer {
 public:
  Buffer() = default;
  // A copy has the same capacity. That there is no memory for it ends the program: only simulations copy.
  Buffer(const Buffer& other);
  Buffer& operator=(const Buffer& other);
  Buffer(Buffer&& other) noexcept;
  Buffer& operator=(Buffer&& other) noexcept;
  ~Buffer() = default;

  size_t size() const { return size_; }
  size_t capacity() const { return capacity_; }
  bool empty() const { return size_ == 0; }
  ByteSpan span() const { return {memory_.get(), size_}; }

  // Makes the capacity `capacity` if it is less. False if there is no memory: nothing has changed then.
  bool Reserve(size_t capacity);

  // Must fit into the capacity.
  void Append(ByteSpan bytes);

  void Clear() { size_ = 0; }
  void Release();

 private:
  size_t size_ = 0;
  size_t capacity_ = 0;
  std::unique_ptr<uint8_t[]> memory_;
};

}  // namespace holdfast
