#pragma once

// indistinct: whoever does not get in at a private network's listener sees one behaviour, whichever bit was wrong, how
// ever much he says and at what pace: not a byte, and a close at one moment, which the time of accept alone decides.
// (Where the server makes room for others, it may come sooner.) HF-PRE-15, HF-NEW-17.

#include <vector>

#include "sim/oracles/scene.h"
#include "sim/witness.h"

namespace holdfast::sim {

class Indistinct {
 public:
  void Reset(const Plan&) { open_.clear(); }
  void On(const Scene& scene, const trace::Opened& event);
  void On(const Scene& scene, const trace::Write& event);
  void On(const Scene& scene, const trace::Receive& event);
  void On(const Scene& scene, const trace::Close& event);
  void On(const Scene& scene, const trace::Closed& event);
  void On(const Scene&, const trace::Down&) { open_.clear(); }
  void On(const Scene& scene, const trace::Quiet& event);

  // For where a witness watches. The server was given bytes, and `question` is what it has heard so far: whoever said a
  // word that it may answer is let go, for what follows that may cost him the transport before the answer is out...
  void OnHeard(const Scene& scene, uint64_t client, uint64_t transport, const Question& question);
  // ...and the server says its first word on a transport.
  void OnAnswer(const Scene& scene, uint64_t client, uint64_t transport, const Question& question) const;

 private:
  // A transport on which the server has said nothing.
  struct Silent {
    uint64_t client;
    uint64_t transport;
    Time accepted;
  };
  void Forget(uint64_t client, uint64_t transport);
  void CheckOpen(const Scene& scene, const Silent& silent) const;

  std::vector<Silent> open_;
};

}  // namespace holdfast::sim
