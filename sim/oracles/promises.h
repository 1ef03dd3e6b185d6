#pragma once

// promises: a session is not given up, at either end, while its hold time runs, and is when it is over; its tombstone
// is kept as long after its end; and "never confirmed" is not said before the server may have forgotten an unconfirmed
// session, nor of one in which the server has spoken. A transport that may yet bring the client back is waited for.
// HF-END-23, HF-END-26, HF-END-27, HF-END-30.

#include <array>
#include <set>
#include <vector>

#include "sim/id_table.h"
#include "sim/oracles/scene.h"

namespace holdfast::sim {

class Promises {
 public:
  void Reset(const Plan& plan);
  void On(const Scene& scene, const trace::Asked& event);
  void On(const Scene& scene, const trace::SessionOpened& event);
  void On(const Scene& scene, const trace::Resumed& event);
  void On(const Scene& scene, const trace::Receive& event);
  void On(const Scene& scene, const trace::State& event);
  void On(const Scene& scene, const trace::Ended& event);
  void On(const Scene& scene, const trace::Census& event);
  void On(const Scene& scene, const trace::Clock& event);
  // What is away is not kept here meanwhile, and what a server has lost never again.
  void On(const Scene& scene, const trace::Exported& event);
  void On(const Scene& scene, const trace::Closed& event);
  void On(const Scene& scene, const trace::Imported& event);
  void On(const Scene& scene, const trace::Lost& event);

 private:
  // One end of a session. What is not seen from outside may have been a later sign of life, never an earlier one.
  struct End {
    Time sign = {};  // The last that it surely had of its peer.
    Time opened = {};
    Time imported = {};
    uint64_t candidate = kNoTransport;  // At the server.
    bool server_expired = false;        // Of a client: the server gave the session up, and says so.
    uint64_t received = 0;
    uint64_t acked = 0;
    Time tombstone_until = {};  // At the server, once it has ended.
    Time exported = {};
    bool aged = false;  // By a clock that was stepped while it was away.
  };
  // The newest transport over which a client has been heard, and since when.
  struct Newest {
    uint64_t transport = kNoTransport;
    Time first = {};
    bool gone = false;  // The server was told so.
  };
  void Forget(const End& end);
  End& EndOf(const Scene& scene, uint64_t client, uint64_t session);
  Duration HoldOf(const Scene& scene, uint64_t client) const;
  void CheckNotLate(const Scene& scene, const trace::Ended& event);

  std::vector<End> clients_;
  std::vector<Newest> newest_;              // By client.
  std::vector<std::array<Time, 2>> heard_;  // When anything at all came last, by client: to it, and from it.
  IdTable<uint64_t, End> server_ends_;
  std::multiset<Time> tombstones_until_;  // Of sessions that the server has ended.
  Time clock_set_ = {};                   // The server's, last.
};

}  // namespace holdfast::sim
