#include "sim/loopback.h"

#include <algorithm>
#include <utility>

namespace holdfast::sim {
namespace {

using std::chrono::microseconds;

constexpr uint64_t kCutsMax = 3;
constexpr uint64_t kLateMicroseconds = 2'000;
constexpr uint64_t kVeryLateMicroseconds = 500'000;  // Once in so many pieces:
constexpr uint64_t kVeryLateOneIn = 64;

}  // namespace

void Loopback::Push(Time now, ByteSpan bytes) {
  for (uint64_t cuts = chance_.Below(kCutsMax + 1); !bytes.empty(); cuts -= cuts > 0) {
    const bool cut = cuts > 0 && cuts_left_ > 0;
    cuts_left_ -= cut;
    const size_t size = cut ? 1 + static_cast<size_t>(chance_.Below(bytes.size())) : bytes.size();
    const bool very_late = chance_.Below(kVeryLateOneIn) == 0;
    const Time due = now + microseconds(chance_.Below(very_late ? kVeryLateMicroseconds : kLateMicroseconds));
    pieces_.push_back({pieces_.empty() ? due : std::max(due, pieces_.back().due), ToBytes(bytes.first(size))});
    size_ += size;
    bytes = bytes.subspan(size);
  }
}

ByteSpan Loopback::Front(Time now) const {
  if (pieces_.empty() || pieces_.front().due > now) return {};
  return ByteSpan(pieces_.front().bytes).subspan(taken_);
}

void Loopback::Take(size_t bytes) {
  size_ -= bytes;
  taken_ += bytes;
  if (taken_ < pieces_.front().bytes.size()) return;
  pieces_.pop_front();
  taken_ = 0;
}

void Loopback::DigestInto(Digest& digest) const {
  for (const Piece& piece : pieces_) digest.Add(piece.due).Add(ByteSpan(piece.bytes));
  digest.Add(taken_).Add(ended_);
}

}  // namespace holdfast::sim
