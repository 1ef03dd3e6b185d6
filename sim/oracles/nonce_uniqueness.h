#pragma once

// nonce_uniqueness: no key seals two records under one nonce, whichever end holds it and whichever transport carries
// them. More strictly, the nonces of a key only rise. HF-REC-2, HF-REC-4, HF-SEC-2.

#include <cstdint>
#include <vector>

#include "sim/oracles/scene.h"

namespace holdfast::sim {

class NonceUniqueness {
 public:
  void Reset(const Plan& plan);
  void On(const Scene& scene, const trace::Seal& event);

 private:
  // An open hash table by key: its size is a power of two and it is never more than half full.
  struct Slot {
    uint64_t key = 0;
    uint64_t nonce_next = 0;  // 0: the slot is free.
  };
  Slot& Find(uint64_t key);
  void Grow();

  std::vector<Slot> slots_;
  size_t used_ = 0;
};

}  // namespace holdfast::sim
