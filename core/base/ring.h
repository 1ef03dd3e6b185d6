#pragma once

// Ring: a byte queue of bounded capacity in one block of memory that grows with what it holds. Positions are absolute:
// the first byte ever pushed is at `start`. Holds the plaintext that a peer may still ask for.
//
// Invariant: begin <= end, end - begin <= capacity_max, block is a power of two or empty.

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <memory>

#include "core/base/bytes.h"
#include "core/base/digest.h"

namespace holdfast {

class Ring {
 public:
  static constexpr size_t kBlockBytesMin = 256;

  explicit Ring(size_t capacity_max, uint64_t start = 0) : capacity_max_(capacity_max), begin_(start), end_(start) {}

  uint64_t begin() const { return begin_; }
  uint64_t end() const { return end_; }
  size_t size() const { return static_cast<size_t>(end_ - begin_); }
  size_t room() const { return capacity_max_ - size(); }
  size_t capacity_max() const { return capacity_max_; }

  // Appends as much as there is room for; returns how much that was. The block grows by at most `allowance` bytes, and
  // not at all if there is no memory.
  size_t Push(ByteSpan bytes, size_t allowance = SIZE_MAX);

  // By how much the block must grow, at least and to take `size` bytes more, if it must.
  size_t growth_step() const { return block_size_ == 0 ? kBlockBytesMin : block_size_; }
  size_t GrowthFor(size_t bytes) const;
  // What can be pushed without growth.
  size_t room_in_block() const { return std::min(room(), block_size_ - size()); }

  // Forgets everything before `position`, which must lie in [begin, end].
  void TrimTo(uint64_t position);

  // The bytes [position, position + size) in at most two pieces; they must be held. Live until the next change.
  std::array<ByteSpan, 2> View(uint64_t position, size_t size) const;

  // Gives the memory back if nothing is held. For moments of rest: a busy ring is empty after many a TrimTo().
  void ReleaseIfEmpty();

  // Bytes of memory held, for budgets.
  size_t allocated() const { return block_size_; }

  Ring Clone() const;
  void DigestInto(Digest& digest) const;

 private:
  size_t BlockFor(size_t size) const { return std::bit_ceil(std::max(size, kBlockBytesMin)); }
  void Grow(size_t size_needed, size_t allowance);
  bool Move(size_t block_size);

  size_t capacity_max_;
  uint64_t begin_;
  uint64_t end_;
  size_t block_size_ = 0;
  std::unique_ptr<uint8_t[]> block_;
};

}  // namespace holdfast
