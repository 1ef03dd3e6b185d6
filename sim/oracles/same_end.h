#pragma once

// same_end: both ends of a session report the same end, unless the network stayed bad for longer than the server could
// wait: then the client says expired or never_confirmed, and no other difference is legal. Between two honest ends
// nobody breaks the protocol. If both applications gave up, each has its own code, and says so. HF-END-2, HF-END-17.

#include <vector>

#include "sim/id_table.h"
#include "sim/oracles/scene.h"

namespace holdfast::sim {

class SameEnd {
 public:
  void Reset(const Plan& plan);
  void On(const Scene& scene, const trace::SessionOpened& event);
  void On(const Scene& scene, const trace::Abort& event);
  void On(const Scene& scene, const trace::Heal& event);
  void On(const Scene& scene, const trace::Holds& event);
  void On(const Scene& scene, const trace::Ended& event);
  void On(const Scene& scene, const trace::Crossed& event);
  void On(const Scene& scene, const trace::Unopened& event);
  void On(const Scene& scene, const trace::Quiet& event);

 private:
  struct Told {
    bool ended = false;
    Time when = {};
    trace::Ended ending = {};
    bool crossed = false;  // By an event of its own.
    uint64_t crossed_code = 0;
  };
  struct ClientEnds {
    Told client;
    uint64_t server_session = 0;  // The latest that the server opened; 0: none.
    bool held = false;            // By the server, when the network was made good.
    bool refused = false;         // A session of the client's, by the server's application.
    bool client_aborted = false;
    uint64_t client_code = 0;
  };

  void Compare(const Scene& scene, uint64_t client, const ClientEnds& ends) const;
  void CompareAborts(const Scene& scene, uint64_t client, const ClientEnds& ends, const Told& server) const;
  bool MayDiffer(const ClientEnds& ends) const;

  std::vector<ClientEnds> clients_;
  IdTable<uint64_t, Told> server_ends_;
  bool healed_ = false;
  Time healed_at_ = {};
  Time fair_from_ = {};  // A client that still had its session then has heard how it ended.
};

}  // namespace holdfast::sim
