#include "sim/oracles/nonce_uniqueness.h"

#include <fmt/format.h>

#include "core/base/random.h"

namespace holdfast::sim {
namespace {

constexpr size_t kSlotsFirst = 64;

}  // namespace

void NonceUniqueness::Reset(const Plan&) {
  slots_.assign(kSlotsFirst, {});
  used_ = 0;
}

NonceUniqueness::Slot& NonceUniqueness::Find(uint64_t key) {
  size_t at = Mix64(key) & (slots_.size() - 1);
  while (slots_[at].nonce_next != 0 && slots_[at].key != key) at = (at + 1) & (slots_.size() - 1);
  return slots_[at];
}

void NonceUniqueness::Grow() {
  std::vector<Slot> old(2 * slots_.size());
  old.swap(slots_);
  for (const Slot& slot : old) {
    if (slot.nonce_next != 0) Find(slot.key) = slot;
  }
}

void NonceUniqueness::On(const Scene& scene, const trace::Seal& event) {
  if (2 * used_ >= slots_.size()) Grow();
  Slot& slot = Find(event.key);
  if (slot.nonce_next == 0) {
    ++used_;
    slot.key = event.key;
  } else if (event.nonce < slot.nonce_next) {
    scene.judge.Fail("nonce_uniqueness", fmt::format("key {:016x} sealed a record under nonce {} after one under {}",
                                                     event.key, event.nonce, slot.nonce_next - 1));
  }
  slot.nonce_next = event.nonce + 1;
}

}  // namespace holdfast::sim
