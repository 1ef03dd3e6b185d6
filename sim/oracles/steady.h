#pragma once

// steady: a transport that was opened after the network had been made good is not lost: its session keeps it to the
// end, however long the applications are silent. (A server that has just ended the session may close it; one that does
// not know the client yet may need its place for others, or wait for a verdict; one without memory must give transports
// up.) HF-LIV-2.

#include <vector>

#include "sim/oracles/scene.h"

namespace holdfast::sim {

class Steady {
 public:
  void Reset(const Plan& plan);
  void On(const Scene& scene, const trace::Heal& event);
  void On(const Scene& scene, const trace::Opened& event);
  void On(const Scene& scene, const trace::SessionOpened& event);
  void On(const Scene& scene, const trace::Suspended& event);
  void On(const Scene& scene, const trace::Ended& event);

 private:
  bool healed_ = false;
  std::vector<bool> ended_;          // By client: at either end.
  std::vector<bool> opened_;         // By client: at the server.
  std::vector<uint64_t> good_from_;  // By client: the first transport that was opened after the heal.
};

}  // namespace holdfast::sim
