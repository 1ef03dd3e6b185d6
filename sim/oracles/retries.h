#pragma once

// retries: a client that has failed waits before it dials again, within the bounds of its settings, and the longer the
// more often it has failed in a row; and a part of each wait is drawn; so that a thousand clients do not storm a server
// that comes back. Once it has heard of the server, the waits begin anew. HF-LIV-6, HF-LIV-8.

#include <array>
#include <vector>

#include "sim/oracles/scene.h"

namespace holdfast::sim {

class Retries {
 public:
  void Reset(const Plan& plan) { clients_.assign(plan.clients.size(), {}); }
  void On(const Scene& scene, const trace::DialWanted& event);
  void On(const Scene& scene, const trace::AttemptFailed& event);
  void On(const Scene& scene, const trace::DialFailed& event);
  void On(const Scene& scene, const trace::Resumed& event);
  void On(const Scene& scene, const trace::State& event);

 private:
  struct Client {
    uint64_t wishes = 0;  // Dials asked for since the last sign that the server is there.
    uint64_t received = 0;
    uint64_t acked = 0;
    bool first_done = false;
    bool failed = false;                 // Since the last State: it may have been after what that State tells.
    bool heard = false;                  // From the server, and nothing has failed since.
    std::array<uint64_t, 8> waits = {};  // The last few that it asked for.
    uint64_t waits_count = 0;
    uint32_t repeats = 0;  // Of a wait, to the nanosecond.
  };
  std::vector<Client> clients_;
};

}  // namespace holdfast::sim
