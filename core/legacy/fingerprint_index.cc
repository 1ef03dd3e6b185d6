#include "core/legacy/fingerprint_index.h"

#include <algorithm>
#include <utility>

namespace holdfast::legacy {
namespace {

constexpr size_t kBucketsMin = 16;

}  // namespace

FingerprintIndex::Entry FingerprintIndex::Insert(uint64_t chunk, uint32_t fingerprint, int32_t session) {
  if (size_ >= heads_.size()) Grow();
  Entry entry = free_;
  if (entry == kNone) {
    entry = static_cast<Entry>(nodes_.size());
    nodes_.emplace_back();
  } else {
    free_ = nodes_[entry].next;
  }
  nodes_[entry] = {chunk, fingerprint, session, kNone, kNone};
  Link(entry);
  ++size_;
  return entry;
}

void FingerprintIndex::Remove(Entry entry) {
  Node& node = nodes_[entry];
  HOLDFAST_CHECK(node.previous != kNone);
  Entry& head = heads_[BucketOf(node.chunk, node.fingerprint)];
  if (head == entry) head = node.next == entry ? kNone : node.next;
  nodes_[node.previous].next = node.next;
  nodes_[node.next].previous = node.previous;
  node.previous = kNone;
  node.next = std::exchange(free_, entry);
  if (--size_ == 0) *this = FingerprintIndex(seed_);
}

// Last in its bucket's ring: who was there before has the first turn.
void FingerprintIndex::Link(Entry entry) {
  Node& node = nodes_[entry];
  Entry& head = heads_[BucketOf(node.chunk, node.fingerprint)];
  if (head == kNone) {
    head = node.previous = node.next = entry;
    return;
  }
  node.next = head;
  node.previous = std::exchange(nodes_[head].previous, entry);
  nodes_[node.previous].next = entry;
}

void FingerprintIndex::Grow() {
  std::vector<Entry> used;
  used.reserve(size_);
  for (Entry head : heads_) {  // In each bucket's order, which is whose turn it is.
    if (head == kNone) continue;
    Entry entry = head;
    do {
      used.push_back(entry);
      entry = nodes_[entry].next;
    } while (entry != head);
  }
  heads_.assign(std::max(kBucketsMin, 2 * heads_.size()), kNone);
  for (Entry entry : used) Link(entry);
}

}  // namespace holdfast::legacy
