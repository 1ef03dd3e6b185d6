#pragma once

// honest: nobody in this world forges or breaks anything, and a transport delivers a part of what was written, in
// order. So no end ever finds fault with the bytes of the other: no bad tag, no bad length, no frame that may not be.

#include "sim/oracles/scene.h"

namespace holdfast::sim {

class Honest {
 public:
  void Reset(const Plan&) {}
  void On(const Scene& scene, const trace::Close& event) { Check(scene, event.client, event.error); }
  void On(const Scene& scene, const trace::AttemptFailed& event) { Check(scene, event.client, event.error); }
  void On(const Scene& scene, const trace::Suspended& event) { Check(scene, event.client, event.error); }

 private:
  void Check(const Scene& scene, uint64_t client, uint64_t error) const;
};

}  // namespace holdfast::sim
