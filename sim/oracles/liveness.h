#pragma once

// liveness: once the network is good, every session gets on until it ends. The time allowed follows from the endpoints'
// own timeouts and begins again with each progress: bytes delivered or acknowledged, a stream complete, a session
// opened or ended. Coming and going of transports is progress only a few times. HF-RES-5.

#include <vector>

#include "sim/id_table.h"
#include "sim/oracles/scene.h"

namespace holdfast::sim {

class Liveness {
 public:
  void Reset(const Plan& plan);
  void On(const Scene& scene, const trace::Heal& event);
  void On(const Scene& scene, const trace::Deliver& event);
  void On(const Scene& scene, const trace::PeerFinished& event);
  void On(const Scene& scene, const trace::Consumed& event);
  void On(const Scene& scene, const trace::Verdict& event);
  void On(const Scene& scene, const trace::SessionOpened& event);
  void On(const Scene& scene, const trace::Resumed& event);
  void On(const Scene& scene, const trace::State& event);
  void On(const Scene& scene, const trace::Abort& event);
  void On(const Scene& scene, const trace::Ended& event);
  void On(const Scene& scene, const trace::Lost& event);

  // Every application has had its end.
  bool AllEnded() const { return clients_left_ == 0 && server_sessions_left_ == 0; }

  // When the world must have got on, at the latest; kNever before the heal.
  Time Limit(const Scene& scene) const;
  void Check(const Scene& scene, bool anything_scheduled);

 private:
  struct ClientState {
    bool ended = false;
    uint64_t server_session = 0;  // That has not ended; 0: none.
    uint64_t acked_up = 0;
    uint64_t acked_down = 0;
    uint32_t resumes = 0;  // Since the heal.
  };
  void ServerEnded(ClientState& client, uint64_t session);
  void Progress(const Scene& scene) { progress_at_ = scene.now; }
  std::string WhoIsLeft() const;

  std::vector<ClientState> clients_;
  uint64_t clients_left_ = 0;
  uint64_t server_sessions_left_ = 0;
  uint64_t pairs_left_ = 0;  // Clients of which both ends are alive.
  bool healed_ = false;
  Time progress_at_ = {};
  Duration patience_ = {};
  Duration patience_alone_ = {};
};

}  // namespace holdfast::sim
