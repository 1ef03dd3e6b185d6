#pragma once

// steady: a transport that was opened after the network had been made good is not lost: its session keeps it to the
// end, however long the applications are silent. (A server that has just ended the session may close it; one that does
// not know the client yet may need its place for others, or wait for a verdict; one without memory must give transports
// up.) And whatever the network: no end gives up for silence a transport that was not silent for long enough; bytes
// within a record count for as much as they must. HF-LIV-1, HF-LIV-2, HF-LIV-3, HF-LIV-12.

#include <array>
#include <vector>

#include "sim/oracles/scene.h"

namespace holdfast::sim {

class Steady {
 public:
  void Reset(const Plan& plan);
  void On(const Scene& scene, const trace::Heal& event);
  void On(const Scene& scene, const trace::Opened& event);
  void On(const Scene& scene, const trace::Write& event);
  void On(const Scene& scene, const trace::Receive& event);
  void On(const Scene& scene, const trace::Fault& event);
  void On(const Scene& scene, const trace::SessionOpened& event);
  void On(const Scene& scene, const trace::Suspended& event);
  void On(const Scene& scene, const trace::Ended& event);

 private:
  // What comes to one end of a transport.
  struct Heard {
    uint64_t transport = kNoTransport;
    Time last = {};          // When something came,
    Time life = {};          // and since when, at least, it is not silent.
    bool in_record = false;  // What came ends within a message, as far as we know.
    bool tampered = false;   // Where messages end is not known.
    // Where the latest messages to it end. Of a message that ended earlier nothing is known.
    std::array<uint64_t, 8> ends = {};
    size_t messages = 0;
  };
  // Of one end of a client's latest transports. Older ones are not asked for.
  using HeardByEnd = std::array<Heard, 4>;
  HeardByEnd& HeardBy(uint64_t client, bool is_client) { return heard_[2 * client + (is_client ? 0 : 1)]; }
  static Heard* Find(HeardByEnd& heard, uint64_t transport);
  // Nothing if the transport is too old.
  static Heard* FindOrAdd(HeardByEnd& heard, uint64_t transport, Time now);
  void CheckSilence(const Scene& scene, const trace::Suspended& event);

  bool healed_ = false;
  std::vector<bool> ended_;          // By client: at either end.
  std::vector<bool> opened_;         // By client: at the server.
  std::vector<uint64_t> good_from_;  // By client: the first transport that was opened after the heal.
  std::vector<HeardByEnd> heard_;    // By client, then server.
};

}  // namespace holdfast::sim
