#pragma once

// served: however many clients come at once, soon after the network was made good each has what it came for: its
// session is attached at the server, or over. Not judged are those whom a verdict, a full table or a clock keeps out,
// and those whose session the server no longer had. HF-RES-5, HF-LIV-8.

#include <vector>

#include "sim/oracles/scene.h"

namespace holdfast::sim {

class Served {
 public:
  void Reset(const Plan& plan);
  void On(const Scene& scene, const trace::Heal& event);
  void On(const Scene& scene, const trace::Holds& event);
  void On(const Scene& scene, const trace::State& event);
  void On(const Scene& scene, const trace::Ended& event);

  // To be asked before each step; it looks once.
  void Check(const Scene& scene);

 private:
  struct Client {
    bool has_epoch = false;  // It knows a session, open or not...
    bool held = false;       // ...which the server had when the network was made good.
    bool attached = false;   // At the server, now.
    bool ended = false;      // At either end.
  };
  std::vector<Client> clients_;
  Time due_ = kNever;
};

}  // namespace holdfast::sim
