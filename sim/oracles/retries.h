#pragma once

// retries: a client that has failed waits before it dials again, within the bounds of its settings, and the longer the
// more often it has failed in a row; and a part of each wait is drawn; so that a thousand clients do not storm a server
// that comes back. Once it has heard of the server, the waits begin anew. And it waits for an answer the longer the
// more often it has waited in vain, or over a long path it would never get one. HF-LIV-5, HF-LIV-6, HF-LIV-7, HF-LIV-8.

#include <array>
#include <string_view>
#include <vector>

#include "sim/oracles/scene.h"

namespace holdfast::sim {

class Retries {
 public:
  void Reset(const Plan& plan) { clients_.assign(plan.clients.size(), {}); }
  void On(const Scene& scene, const trace::DialWanted& event);
  void On(const Scene& scene, const trace::Opened& event);
  void On(const Scene& scene, const trace::Receive& event);
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
    // Attempts and dials that came to nothing since it heard anything at all. It may have counted more of them.
    uint32_t in_vain = 0;
    Time dial_until = kNever;        // The dial that it waits for must not be given up before that...
    uint64_t newest = kNoTransport;  // ...nor its newest transport...
    Time newest_until = kNever;      // ...before that.
  };

  static void CheckPatience(const Scene& scene, uint64_t client, std::string_view what, Time until);

  std::vector<Client> clients_;
};

}  // namespace holdfast::sim
