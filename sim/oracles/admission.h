#pragma once

// admission: nobody gets in who must not: no session is open at the server whose client the server does not let in, or
// whose key an application refused; and in a private network a client without its key never gets a byte.
// HF-NEW-12.

#include "sim/oracles/scene.h"

namespace holdfast::sim {

class Admission {
 public:
  void Reset(const Plan&) {}
  void On(const Scene& scene, const trace::SessionOpened& event) const;
  void On(const Scene& scene, const trace::Write& event) const;
  void On(const Scene& scene, const trace::Unopened& event) const;
};

}  // namespace holdfast::sim
