#include "sim/content.h"

#include <algorithm>
#include <cstring>

#include "core/base/check.h"
#include "core/base/random.h"

namespace holdfast::sim {
namespace {

uint64_t WordAt(uint64_t key, uint64_t index) { return Mix64(key + index * 0x9e3779b97f4a7c15); }

uint8_t ByteAt(uint64_t key, uint64_t offset) {
  return static_cast<uint8_t>(WordAt(key, offset / 8) >> (offset % 8 * 8));
}

}  // namespace

uint64_t Content::KeyOf(uint32_t client, Direction direction) const {
  return Mix64(Mix64(seed_ + 1) ^ (uint64_t{client} << 1 | static_cast<uint64_t>(direction)));
}

void Content::Fill(uint32_t client, Direction direction, uint64_t offset, MutableByteSpan out) const {
  if (is_files_) {
    ByteSpan file = files_[static_cast<size_t>(direction)];
    HOLDFAST_CHECK(offset <= file.size() && out.size() <= file.size() - offset);
    std::copy_n(file.begin() + static_cast<std::ptrdiff_t>(offset), out.size(), out.begin());
    return;
  }
  const uint64_t key = KeyOf(client, direction);
  size_t i = 0;
  for (; i < out.size() && (offset + i) % 8 != 0; ++i) out[i] = ByteAt(key, offset + i);
  for (; i + 8 <= out.size(); i += 8) {
    uint64_t word = WordAt(key, (offset + i) / 8);
    std::memcpy(out.data() + i, &word, 8);  // Little-endian, as core/base/digest.h asserts.
  }
  for (; i < out.size(); ++i) out[i] = ByteAt(key, offset + i);
}

size_t Content::Matching(uint32_t client, Direction direction, uint64_t offset, ByteSpan bytes) const {
  if (is_files_) {
    ByteSpan file = files_[static_cast<size_t>(direction)];
    if (offset >= file.size()) return 0;
    ByteSpan rest = file.subspan(static_cast<size_t>(offset));
    auto [first, second] = std::ranges::mismatch(bytes, rest);
    return static_cast<size_t>(first - bytes.begin());
  }
  const uint64_t key = KeyOf(client, direction);
  size_t i = 0;
  for (; i < bytes.size() && (offset + i) % 8 != 0; ++i) {
    if (bytes[i] != ByteAt(key, offset + i)) return i;
  }
  for (; i + 8 <= bytes.size(); i += 8) {
    uint64_t word = 0;
    std::memcpy(&word, bytes.data() + i, 8);
    if (word != WordAt(key, (offset + i) / 8)) break;
  }
  for (; i < bytes.size(); ++i) {
    if (bytes[i] != ByteAt(key, offset + i)) return i;
  }
  return i;
}

}  // namespace holdfast::sim
