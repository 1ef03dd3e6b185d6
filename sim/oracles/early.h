#pragma once

// early: what is delivered out of a message 1, before its transport is confirmed, is what the client's application let
// ride there, byte for byte, and no more of it than the client may send so on one transport. HF-RES-29.

#include <vector>

#include "sim/oracles/scene.h"

namespace holdfast::sim {

class Early {
 public:
  void Reset(const Plan& plan) { clients_.assign(plan.clients.size(), {}); }

  void OnDeliver(const Scene& scene, uint64_t client, uint64_t transport, uint64_t offset, uint64_t size);

 private:
  struct Last {
    uint64_t transport = kNoTransport;
    uint64_t bytes = 0;  // Delivered early out of it.
  };
  std::vector<Last> clients_;
};

}  // namespace holdfast::sim
