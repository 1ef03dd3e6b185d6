#pragma once

// acknowledged: no end believes that more of its bytes are owned by the other end's application than were delivered to
// it, or consumed by it where it says so itself: what is acknowledged is never sent again. HF-OFS-2.

#include <vector>

#include "sim/id_table.h"
#include "sim/oracles/scene.h"

namespace holdfast::sim {

class Acknowledged {
 public:
  void Reset(const Plan& plan);
  void On(const Scene& scene, const trace::Deliver& event);
  void On(const Scene& scene, const trace::Consumed& event);
  void On(const Scene& scene, const trace::State& event);

 private:
  // Of one direction of a client's sessions; it has one at a time.
  struct Flow {
    uint64_t sent = 0;   // As its sender has ever known: a session that is over may have forgotten.
    uint64_t owned = 0;  // By the application at its end: delivered, or if it says so itself, consumed.
  };
  struct Flows {
    Flow up;
    Flow down;
  };
  std::vector<Flows> clients_;
};

}  // namespace holdfast::sim
