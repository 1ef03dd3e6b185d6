#pragma once

// exact_delivery: at every instant the bytes delivered are a prefix of the bytes that the peer's application sent, each
// delivered once to an owner, in order, at its offset; and a session that says "finished" has delivered all of them.
// HF-OFS-1, HF-OFS-11, HF-END-5.

#include <vector>

#include "sim/id_table.h"
#include "sim/oracles/scene.h"

namespace holdfast::sim {

class ExactDelivery {
 public:
  void Reset(const Plan& plan);
  void On(const Scene& scene, const trace::Send& event);
  void On(const Scene& scene, const trace::Deliver& event);
  void On(const Scene& scene, const trace::Imported& event);
  void On(const Scene& scene, const trace::Ended& event);

 private:
  // One end of a session.
  struct End {
    uint64_t sent = 0;
    uint64_t delivered = 0;
  };
  struct ClientEnds {
    End client;
    uint64_t server_session = 0;  // The latest that delivered or sent anything...
    uint64_t down_sent = 0;       // ...and the most that any sent.
  };

  void OnDeliverUp(const Scene& scene, const trace::Deliver& event);
  void OnDeliverDown(const Scene& scene, const trace::Deliver& event);
  void CheckContent(const Scene& scene, const trace::Deliver& event, Direction direction);

  std::vector<ClientEnds> clients_;
  IdTable<uint64_t, End> server_ends_;
};

}  // namespace holdfast::sim
