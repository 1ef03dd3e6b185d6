#pragma once

// fin_once: each end hears of the end of the peer's stream once, after every byte of it and not before the peer's
// application said it; nothing is accepted after it; "finished" comes only after it; and the end of a session is told
// once, and last.
// HF-OFS-20, HF-END-4.

#include <vector>

#include "sim/id_table.h"
#include "sim/oracles/scene.h"

namespace holdfast::sim {

class FinOnce {
 public:
  void Reset(const Plan& plan);
  void On(const Scene& scene, const trace::Send& event);
  void On(const Scene& scene, const trace::Finish& event);
  void On(const Scene& scene, const trace::Deliver& event);
  void On(const Scene& scene, const trace::PeerFinished& event);
  void On(const Scene& scene, const trace::Imported& event);
  void On(const Scene& scene, const trace::Ended& event);
  void On(const Scene& scene, const trace::SessionOpened& event);
  void On(const Scene& scene, const trace::Suspended& event);
  void On(const Scene& scene, const trace::Resumed& event);
  void On(const Scene& scene, const trace::SpaceAvailable& event);

 private:
  struct End {
    uint64_t delivered = 0;
    bool opened = false;
    bool finished = false;  // By its own application.
    bool peer_finished = false;
    bool ended = false;
  };
  struct Final {
    bool said = false;
    uint64_t offset = 0;
  };
  End& EndOf(const Scene& scene, uint64_t client, uint64_t session);
  // Nothing happens in a session after its end.
  void CheckAlive(const Scene& scene, const End& end, uint64_t client, std::string_view what);

  std::vector<End> clients_;
  IdTable<uint64_t, End> server_ends_;
  std::vector<Final> final_up_;  // What each client's application said, and the server's to it last.
  std::vector<Final> final_down_;
};

}  // namespace holdfast::sim
