#pragma once

// Secret: key material of a fixed size. Wiped when it dies or is moved from, compared in constant time, copied only by
// name (Clone), and without any way to be printed.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "core/base/bytes.h"

namespace holdfast {

// Overwrites memory in a way that the compiler may not leave out. Implemented by both providers. HF-SEC-3.
void Wipe(MutableByteSpan memory);

// Constant time in the contents; false at once when the sizes differ. Implemented by both providers. HF-SEC-4.
bool EqualInConstantTime(ByteSpan a, ByteSpan b);

template <size_t kSize>
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::span<const uint8_t, kSize> bytes) { std::copy(bytes.begin(), bytes.end(), bytes_.begin()); }
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;
  Secret(Secret&& other) noexcept : bytes_(other.bytes_) { other.Clear(); }
  Secret& operator=(Secret&& other) noexcept {
    if (this != &other) {
      bytes_ = other.bytes_;
      other.Clear();
    }
    return *this;
  }
  ~Secret() { Clear(); }

  Secret Clone() const { return Secret(span()); }
  void Clear() { Wipe(bytes_); }

  std::span<const uint8_t, kSize> span() const { return bytes_; }
  std::span<uint8_t, kSize> mutable_span() { return bytes_; }

  bool operator==(const Secret& other) const { return EqualInConstantTime(span(), other.span()); }

 private:
  std::array<uint8_t, kSize> bytes_ = {};
};

}  // namespace holdfast
