#include "core/base/ring.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "core/base/check.h"
#include "core/base/try_allocate.h"

namespace holdfast {

size_t Ring::Push(ByteSpan bytes, size_t allowance) {
  bytes = bytes.first(std::min(bytes.size(), room()));
  if (bytes.empty()) return 0;
  if (size() + bytes.size() > block_size_) Grow(size() + bytes.size(), allowance);
  bytes = bytes.first(std::min(bytes.size(), block_size_ - size()));
  if (bytes.empty()) return 0;
  size_t at = static_cast<size_t>(end_) & (block_size_ - 1);
  size_t head = std::min(bytes.size(), block_size_ - at);
  std::memcpy(block_.get() + at, bytes.data(), head);
  if (head < bytes.size()) std::memcpy(block_.get(), bytes.data() + head, bytes.size() - head);
  end_ += bytes.size();
  return bytes.size();
}

void Ring::TrimTo(uint64_t position) {
  HOLDFAST_CHECK(begin_ <= position && position <= end_);
  begin_ = position;
}

std::array<ByteSpan, 2> Ring::View(uint64_t position, size_t size) const {
  HOLDFAST_CHECK(begin_ <= position && position <= end_ && size <= end_ - position);
  if (size == 0) return {};
  size_t at = static_cast<size_t>(position) & (block_size_ - 1);
  size_t head = std::min(size, block_size_ - at);
  return {ByteSpan(block_.get() + at, head), ByteSpan(block_.get(), size - head)};
}

void Ring::ReleaseIfEmpty() {
  if (begin_ != end_) return;
  block_.reset();
  block_size_ = 0;
}

size_t Ring::GrowthFor(size_t bytes) const {
  const size_t needed = size() + std::min(bytes, room());
  return needed <= block_size_ ? 0 : BlockFor(needed) - block_size_;
}

Ring Ring::Clone() const {
  Ring copy(capacity_max_, begin_);
  if (block_size_ > 0) HOLDFAST_CHECK(copy.Move(block_size_));
  for (ByteSpan piece : View(begin_, size())) copy.Push(piece);
  return copy;
}

void Ring::DigestInto(Digest& digest) const {
  digest.Add(begin_).Add(end_);
  uint64_t word = 0;  // Across the pieces: where the ring wraps must not show.
  size_t in_word = 0;
  for (ByteSpan piece : View(begin_, size())) {
    for (size_t i = 0; i < piece.size();) {
      if (in_word == 0 && piece.size() - i >= sizeof(word)) {  // As a rule, and then no call copies it.
        uint64_t whole = 0;
        std::memcpy(&whole, &piece[i], sizeof(whole));
        digest.Add(whole);
        i += sizeof(whole);
        continue;
      }
      const size_t count = std::min(sizeof(word) - in_word, piece.size() - i);
      std::memcpy(reinterpret_cast<uint8_t*>(&word) + in_word, &piece[i], count);
      i += count;
      in_word = (in_word + count) % sizeof(word);
      if (in_word == 0) digest.Add(std::exchange(word, 0));
    }
  }
  if (in_word > 0) digest.Add(word);
}

// To the size that is needed, or the largest below it that can be had.
void Ring::Grow(size_t size_needed, size_t allowance) {
  for (size_t block_size = BlockFor(size_needed); block_size > block_size_ && block_size >= kBlockBytesMin;
       block_size /= 2) {
    if (block_size - block_size_ <= allowance && Move(block_size)) return;
  }
}

bool Ring::Move(size_t block_size) {
  std::unique_ptr<uint8_t[]> block = TryAllocate(block_size);
  if (block == nullptr) return false;
  uint64_t position = begin_;
  for (ByteSpan piece : View(begin_, size())) {
    for (size_t done = 0; done < piece.size();) {
      size_t at = static_cast<size_t>(position) & (block_size - 1);
      size_t count = std::min(piece.size() - done, block_size - at);
      std::memcpy(block.get() + at, piece.data() + done, count);
      done += count;
      position += count;
    }
  }
  block_ = std::move(block);
  block_size_ = block_size;
  return true;
}

}  // namespace holdfast
