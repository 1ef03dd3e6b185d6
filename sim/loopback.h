#pragma once

// Loopback: one direction of a connection within one host, between an application and a relay. It loses nothing and
// keeps the order; but it holds little, cuts what it carries anywhere, and is a little late, now and then a lot.

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string_view>

#include "core/base/bytes.h"
#include "core/base/digest.h"
#include "core/base/random.h"
#include "core/base/time.h"

namespace holdfast::sim {

class Loopback {
 public:
  static constexpr size_t kBytesMax = 16384;

  Loopback(uint64_t seed, std::string_view name) : chance_(seed, name) {}

  // What it takes before it is full. Push takes more.
  size_t room() const { return kBytesMax - std::min(kBytesMax, size_); }
  void Push(Time now, ByteSpan bytes);
  // Nothing is pushed any more: the reader sees the end after the last byte.
  void End() { ended_ = true; }

  // What has come by now, up to where it was cut. Lives until the next Push or Take.
  ByteSpan Front(Time now) const;
  void Take(size_t bytes);
  bool AtEnd() const { return ended_ && size_ == 0; }

  // When there is something new at the front; kNever if nothing is under way.
  Time Due() const { return pieces_.empty() ? kNever : pieces_.front().due; }
  size_t MemoryBytes() const { return size_; }
  void DigestInto(Digest& digest) const;

 private:
  struct Piece {
    Time due;
    Bytes bytes;
  };

  // What is consumed in pieces may come back as credit for pieces, to be cut again: so not for ever.
  static constexpr uint64_t kCutsInAll = 400;

  NamedStream chance_;
  uint64_t cuts_left_ = kCutsInAll;
  std::deque<Piece> pieces_;
  size_t taken_ = 0;  // Of the first piece.
  size_t size_ = 0;
  bool ended_ = false;
};

}  // namespace holdfast::sim
