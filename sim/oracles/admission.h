#pragma once

// admission: nobody gets in who must not: no session is open at the server whose client the server does not let in, or
// whose key an application refused; and in a private network a client without its key never gets a byte. And nobody is
// kept out by somebody else: a source that has more transports under way than it may makes room with its own.
// HF-NEW-12, HF-LIM-1.

#include <optional>

#include "sim/oracles/scene.h"

namespace holdfast::sim {

class Admission {
 public:
  void Reset(const Plan&) {
    handshakes_ = 0;
    newcomer_.reset();
  }
  void On(const Scene& scene, const trace::SessionOpened& event) const;
  void On(const Scene& scene, const trace::Write& event) const;
  void On(const Scene& scene, const trace::Unopened& event) const;
  void On(const Scene&, const trace::Census& event) { handshakes_ = event.handshakes; }
  void On(const Scene& scene, const trace::Opened& event);
  void On(const Scene& scene, const trace::Receive& event);
  void On(const Scene& scene, const trace::Close& event) const;

 private:
  struct Newcomer {
    uint64_t client;
    uint64_t transport;
    Time came;
  };
  uint64_t handshakes_ = 0;           // Transports before message 1, when the server was last looked at.
  std::optional<Newcomer> newcomer_;  // At the server, until something comes over any transport, or later.
};

}  // namespace holdfast::sim
