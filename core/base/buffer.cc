#include "core/base/buffer.h"

#include <cstring>
#include <utility>

#include "core/base/check.h"
#include "core/base/try_allocate.h"

namespace holdfast {

Buffer::Buffer(const Buffer& other) {
  HOLDFAST_CHECK(Reserve(other.capacity_));
  Append(other.span());
}

Buffer& Buffer::operator=(const Buffer& other) {
  if (this != &other) *this = Buffer(other);
  return *this;
}

Buffer::Buffer(Buffer&& other) noexcept
    : size_(std::exchange(other.size_, 0)),
      capacity_(std::exchange(other.capacity_, 0)),
      memory_(std::move(other.memory_)) {}

Buffer& Buffer::operator=(Buffer&& other) noexcept {
  size_ = std::exchange(other.size_, 0);
  capacity_ = std::exchange(other.capacity_, 0);
  memory_ = std::move(other.memory_);
  return *this;
}

bool Buffer::Reserve(size_t capacity) {
  if (capacity <= capacity_) return true;
  std::unique_ptr<uint8_t[]> memory = TryAllocate(capacity);
  if (memory == nullptr) return false;
  if (size_ > 0) std::memcpy(memory.get(), memory_.get(), size_);
  memory_ = std::move(memory);
  capacity_ = capacity;
  return true;
}

void Buffer::Append(ByteSpan bytes) {
  HOLDFAST_CHECK(bytes.size() <= capacity_ - size_);
  if (bytes.empty()) return;
  std::memcpy(memory_.get() + size_, bytes.data(), bytes.size());
  size_ += bytes.size();
}

void Buffer::Release() {
  memory_.reset();
  size_ = capacity_ = 0;
}

}  // namespace holdfast
