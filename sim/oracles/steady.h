#pragma once

// steady: a transport that was opened after the network had been made good is not lost: its session keeps it to the
// end, however long the applications are silent. (A server that has just ended the session may close it; one that does
// not know the client yet may need its place for others, or wait for a verdict; one without memory must give transports
// up.) And whatever the network: no end gives up for silence a transport that was not silent for long enough.
// HF-LIV-1, HF-LIV-2, HF-LIV-3.

#include <array>
#include <vector>

#include "sim/oracles/scene.h"

namespace holdfast::sim {

class Steady {
 public:
  void Reset(const Plan& plan);
  void On(const Scene& scene, const trace::Heal& event);
  void On(const Scene& scene, const trace::Opened& event);
  void On(const Scene& scene, const trace::Receive& event);
  void On(const Scene& scene, const trace::SessionOpened& event);
  void On(const Scene& scene, const trace::Suspended& event);
  void On(const Scene& scene, const trace::Ended& event);

 private:
  // What came last to one end of a client's transports. Older ones than two are not asked for.
  struct Heard {
    std::array<uint64_t, 2> transports = {kNoTransport, kNoTransport};
    std::array<Time, 2> times = {};
  };
  Heard& HeardBy(const Scene& scene, uint64_t client) { return heard_[2 * client + (scene.actor.is_client() ? 0 : 1)]; }
  void CheckSilence(const Scene& scene, const trace::Suspended& event);

  bool healed_ = false;
  std::vector<bool> ended_;          // By client: at either end.
  std::vector<bool> opened_;         // By client: at the server.
  std::vector<uint64_t> good_from_;  // By client: the first transport that was opened after the heal.
  std::vector<Heard> heard_;         // By client, then server.
};

}  // namespace holdfast::sim
