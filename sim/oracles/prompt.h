#pragma once

// prompt: on a good network nobody waits for long to hear what is done: what an application owns is acknowledged to the
// one who sent it within the time that an acknowledgement may take. HF-OFS-15.

#include <vector>

#include "sim/oracles/scene.h"

namespace holdfast::sim {

class Prompt {
 public:
  void Reset(const Plan& plan);
  void On(const Scene& scene, const trace::Heal& event);
  void On(const Scene& scene, const trace::Opened& event);
  void On(const Scene& scene, const trace::Deliver& event);
  void On(const Scene& scene, const trace::Consumed& event);
  void On(const Scene& scene, const trace::State& event);
  void On(const Scene&, const trace::Abort& event) { clients_[event.client].over = true; }
  void On(const Scene&, const trace::Ended& event) { clients_[event.client].over = true; }

 private:
  // Of one direction.
  struct Flow {
    uint64_t owned = 0;   // By the application at its end.
    uint64_t acked = 0;   // As far as its sender knows.
    Time since = kNever;  // When the second fell behind the first, or the transport came that is to tell.
  };
  struct Client {
    uint64_t good_from = kNoTransport;  // The first transport that was opened after the heal.
    uint64_t at_client = kNoTransport;  // Attached there.
    uint64_t at_server = kNoTransport;
    bool over = false;  // An application has given up, or the session has ended.
    Flow up;
    Flow down;
  };

  void Own(const Scene& scene, uint64_t client, uint64_t offset);
  void Check(const Scene& scene, uint64_t client, Direction direction, const Flow& flow) const;

  bool healed_ = false;
  std::vector<Client> clients_;
};

}  // namespace holdfast::sim
