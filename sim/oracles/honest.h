#pragma once

// honest: no end breaks anything, and a transport delivers a part of what was written, in order. So no end ever finds
// fault with the bytes of the other: no bad tag, no bad length, no frame that may not be. Where an adversary touched a
// transport, the two ends of that one find what he did to its bytes; but under a key he has nothing to say, so still no
// frame and no claim that may not be.

#include <utility>
#include <vector>

#include "sim/oracles/scene.h"

namespace holdfast::sim {

class Honest {
 public:
  void Reset(const Plan&) { tainted_.clear(); }
  void On(const Scene& scene, const trace::Close& event) { Check(scene, event.client, event.transport, event.error); }
  void On(const Scene& scene, const trace::AttemptFailed& event) {
    Check(scene, event.client, event.transport, event.error);
  }
  void On(const Scene& scene, const trace::Suspended& event) {
    Check(scene, event.client, event.transport, event.error);
  }

  // On that transport bytes came that the other end had not written there.
  void OnTainted(uint64_t client, uint64_t transport);

 private:
  void Check(const Scene& scene, uint64_t client, uint64_t transport, uint64_t error) const;

  std::vector<std::pair<uint64_t, uint64_t>> tainted_;  // Client and transport, in the order in which it was noticed.
};

}  // namespace holdfast::sim
