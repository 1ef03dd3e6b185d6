#pragma once

// Gather: the beginning of a message that comes in parts, whose size shows step by step. It grows with what has come,
// never with what was announced, and is wiped when it is cleared: there are passwords among them.

#include <algorithm>
#include <cstddef>

#include "core/base/bytes.h"
#include "core/base/digest.h"
#include "core/crypto/secret.h"

namespace holdfast {

class Gather {
 public:
  // Moves bytes from the front of `input` until `size` are held; whether they are.
  bool Fill(ByteSpan& input, size_t size) {
    if (bytes_.size() < size) {
      const size_t count = std::min(size - bytes_.size(), input.size());
      Append(bytes_, input.first(count));
      input = input.subspan(count);
    }
    return bytes_.size() >= size;
  }

  // Live until the next call.
  ByteSpan span() const { return bytes_; }
  MutableByteSpan mutable_span() { return bytes_; }
  size_t size() const { return bytes_.size(); }

  void Clear() {
    Wipe(bytes_);
    bytes_.clear();
  }

  // Clear, and gives the memory back.
  void Release() {
    Wipe(bytes_);
    bytes_ = Bytes();
  }

  size_t allocated() const { return bytes_.capacity(); }
  void DigestInto(Digest& digest) const { digest.Add(bytes_); }

 private:
  Bytes bytes_;
};

}  // namespace holdfast
