#pragma once

// one_attached: a session takes bytes from one transport at a time. What is delivered came over the transport that is
// attached; what is attached is open; and once a newer transport was attached, no older one ever is again. HF-RES-16,
// HF-RES-25, HF-RES-26.

#include <vector>

#include "sim/id_table.h"
#include "sim/oracles/scene.h"

namespace holdfast::sim {

class OneAttached {
 public:
  void Reset(const Plan& plan);
  void On(const Scene& scene, const trace::Deliver& event);
  void On(const Scene& scene, const trace::State& event);

 private:
  struct End {
    uint64_t attached_highest = 0;
    uint64_t delivered_over = kNoTransport;  // Since the last State.
  };
  End& EndOf(const Scene& scene, uint64_t client, uint64_t session);

  std::vector<End> clients_;
  IdTable<uint64_t, End> server_ends_;
};

}  // namespace holdfast::sim
