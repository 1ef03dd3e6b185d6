#pragma once

// Rewound: a connection of which some bytes were read already, as its next owner sees it: from the first byte on. The
// connection itself is out of reach until those are gone: whatever would read from it by another way (a system call on
// its number, a copy that the system makes) would else skip them.

#include <algorithm>
#include <cstddef>
#include <span>
#include <utility>

#include "core/base/bytes.h"
#include "core/base/check.h"

namespace holdfast {

// `Connection`: whatever the caller reads with. Owned.
template <typename Connection>
class Rewound {
 public:
  Rewound(Bytes taken, Connection connection) : taken_(std::move(taken)), connection_(std::move(connection)) {}

  // The bytes that come before what the connection gives next. Lives until the next call of another verb.
  ByteSpan pending() const { return ByteSpan(taken_).subspan(at_); }

  // Moves pending bytes into `out`; how many. 0 once there is none: then read from connection().
  size_t Read(MutableByteSpan out) {
    const size_t count = std::min(out.size(), pending().size());
    std::copy_n(pending().begin(), count, out.begin());
    Skip(count);
    return count;
  }

  // The same into several buffers, one after the other.
  size_t Read(std::span<const MutableByteSpan> outs) {
    size_t total = 0;
    for (MutableByteSpan out : outs) total += Read(out);
    return total;
  }

  // Without taking them.
  size_t Peek(MutableByteSpan out) const {
    const size_t count = std::min(out.size(), pending().size());
    std::copy_n(pending().begin(), count, out.begin());
    return count;
  }

  // Forgets pending bytes that were used where they lie. `count` is at most pending().size().
  void Skip(size_t count) {
    HOLDFAST_CHECK(count <= pending().size());
    at_ += count;
    if (at_ == taken_.size()) taken_ = Bytes();
    if (taken_.empty()) at_ = 0;
  }

  // Null while bytes are pending.
  Connection* connection() { return pending().empty() ? &connection_ : nullptr; }

  // Both parts, to whoever gives them on.
  std::pair<Bytes, Connection> Release() && { return {ToBytes(pending()), std::move(connection_)}; }

 private:
  Bytes taken_;
  size_t at_ = 0;
  Connection connection_;
};

}  // namespace holdfast
