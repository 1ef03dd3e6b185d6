#pragma once

// Content: what the applications send. A pattern in which every byte is a function of (seed, client, direction,
// offset), so that megabytes can be checked without being kept; or files, the same for every client.

#include <array>
#include <cstdint>

#include "core/base/bytes.h"
#include "sim/plan.h"

namespace holdfast::sim {

class Content {
 public:
  Content() = default;
  explicit Content(uint64_t seed) : seed_(seed) {}
  // Views of the caller's, which must outlive the Content.
  Content(ByteSpan file_up, ByteSpan file_down) : files_{file_up, file_down}, is_files_(true) {}

  // The bytes of that stream from `offset` on, as many as out holds. Files must have so many.
  void Fill(uint32_t client, Direction direction, uint64_t offset, MutableByteSpan out) const;

  // How many of `bytes`, from the first, are those of the stream from `offset` on.
  size_t Matching(uint32_t client, Direction direction, uint64_t offset, ByteSpan bytes) const;

 private:
  uint64_t KeyOf(uint32_t client, Direction direction) const;

  uint64_t seed_ = 0;
  std::array<ByteSpan, 2> files_;
  bool is_files_ = false;
};

}  // namespace holdfast::sim
