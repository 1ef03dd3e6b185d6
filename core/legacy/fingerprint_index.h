#pragma once

// FingerprintIndex: which sessions had a fingerprint after so many chunks. Strangers can bring it about that many do,
// so a look-up examines a bounded number, and the next one begins where it stopped: every session has its turn. Each
// step but growth takes constant time, however many entries there are; growth doubles, so it is rare.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "core/base/check.h"
#include "core/base/digest.h"
#include "core/base/random.h"
#include "core/legacy/limits.h"

namespace holdfast::legacy {

class FingerprintIndex {
 public:
  using Entry = uint32_t;
  static constexpr Entry kNone = UINT32_MAX;

  // Whoever does not know the seed cannot choose who shares a bucket, but by equal fingerprints.
  explicit FingerprintIndex(uint64_t seed) : seed_(seed) {}

  Entry Insert(uint64_t chunk, uint32_t fingerprint, int32_t session);
  void Remove(Entry entry);

  // Whether the next look-up begins behind the one that was found, or with it.
  enum class Next : bool { kBehind, kHere };

  // The first session with this fingerprint that `fits`, of at most kExaminedMax that are looked at.
  template <typename Fits>
  std::optional<int32_t> Find(uint64_t chunk, uint32_t fingerprint, Next next, Fits fits) {
    if (heads_.empty()) return std::nullopt;
    Entry& head = heads_[BucketOf(chunk, fingerprint)];
    if (head == kNone) return std::nullopt;
    Entry entry = head;
    for (size_t examined = 1;; ++examined, entry = nodes_[entry].next) {
      const Node& node = nodes_[entry];
      const bool found = node.chunk == chunk && node.fingerprint == fingerprint && fits(node.session);
      if (found && next == Next::kHere) head = entry;
      if (found && next == Next::kBehind) head = node.next;
      if (found) return node.session;
      if (node.next == head) return std::nullopt;  // All of them.
      if (examined == kExaminedMax) {
        head = node.next;
        return std::nullopt;
      }
    }
  }

  size_t size() const { return size_; }
  size_t MemoryBytes() const { return nodes_.capacity() * sizeof(Node) + heads_.capacity() * sizeof(Entry); }

 private:
  struct Node {
    uint64_t chunk;
    uint32_t fingerprint;
    int32_t session;
    Entry previous;
    Entry next;  // In a ring; of one that is free: the next free one.
  };

  size_t BucketOf(uint64_t chunk, uint32_t fingerprint) const {
    return static_cast<size_t>(Mix64(Mix64(chunk ^ seed_) ^ fingerprint)) & (heads_.size() - 1);
  }
  void Link(Entry entry);
  void Grow();

  uint64_t seed_;
  size_t size_ = 0;
  std::vector<Node> nodes_;
  std::vector<Entry> heads_;  // A power of two, or none.
  Entry free_ = kNone;
};

}  // namespace holdfast::legacy
