#pragma once

// retries: a client that has failed waits before it dials again, within the bounds of its settings, and the longer the
// more often it has failed in a row; so that a thousand clients do not storm a server that comes back. HF-LIV-8.

#include <vector>

#include "sim/oracles/scene.h"

namespace holdfast::sim {

class Retries {
 public:
  void Reset(const Plan& plan) { clients_.assign(plan.clients.size(), {}); }
  void On(const Scene& scene, const trace::DialWanted& event);
  void On(const Scene& scene, const trace::State& event);

 private:
  struct Client {
    uint64_t wishes = 0;  // Dials asked for since the last sign that the server is there.
    uint64_t received = 0;
    uint64_t acked = 0;
    bool first_done = false;
  };
  std::vector<Client> clients_;
};

}  // namespace holdfast::sim
