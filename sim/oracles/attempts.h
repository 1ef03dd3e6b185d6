#pragma once

// attempts: what comes over a transport that is not the session's, before it is confirmed, leaves the session to the
// bit as it was: the attached transport, its keys and nonces, the streams and the buffers. (Whether an attempt may
// count itself, and make a key that waits, is not asked here. Where the server takes early data, how much it received
// and consumed may move on; that it moves rightly is what other oracles watch.) What an adversary says on a transport
// of his own leaves every session so; and unless he brings a client's word that the server has not had, also the
// attempt counters, epochs and candidates, and the tombstones. HF-RES-9, HF-RES-13, HF-RES-26.

#include "sim/oracles/scene.h"

namespace holdfast::sim {

class Attempts {
 public:
  void Reset(const Plan&) {}

  // Digests of the session without what an attempt may change.
  void OnUnconfirmed(const Scene& scene, uint64_t client, uint64_t transport, uint64_t before, uint64_t after) const;

  // An adversary spoke on `transport`: digests of some session of `client`; if what he said was not `news`, with all of
  // that.
  void OnIntrusion(const Scene& scene, uint64_t client, uint64_t transport, bool news, uint64_t before,
                   uint64_t after) const;
};

}  // namespace holdfast::sim
