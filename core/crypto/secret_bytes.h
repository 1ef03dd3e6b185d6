#pragma once

// SecretBytes: a block of memory that holds secrets. Wiped when it dies or is moved from; move-only, and without any
// way to be printed.

#include <utility>

#include "core/base/bytes.h"
#include "core/crypto/secret.h"

namespace holdfast {

class SecretBytes {
 public:
  SecretBytes() = default;
  explicit SecretBytes(size_t size) : bytes_(size) {}
  explicit SecretBytes(ByteSpan copied) : bytes_(copied.begin(), copied.end()) {}
  SecretBytes(SecretBytes&& other) noexcept : bytes_(std::exchange(other.bytes_, {})) {}
  SecretBytes& operator=(SecretBytes&& other) noexcept {
    Clear();
    bytes_ = std::exchange(other.bytes_, {});
    return *this;
  }
  ~SecretBytes() { Clear(); }

  ByteSpan span() const { return bytes_; }
  MutableByteSpan mutable_span() { return bytes_; }
  size_t size() const { return bytes_.size(); }

  void Clear() {
    Wipe(bytes_);
    bytes_ = Bytes();
  }

 private:
  Bytes bytes_;  // Never grows: what it leaves behind would not be wiped.
};

}  // namespace holdfast
