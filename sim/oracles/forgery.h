#pragma once

// forgery: nothing of a session follows from bytes that its peer did not write there, nor from bytes that are repeated:
// no session is opened or resumed, nothing is delivered or complete, no key is shown, and nothing ends. Nor does
// anything follow from the end of a transport but that it is gone: truncation is not the end of a stream. And no
// attached transport outlives a record that nobody wrote. (What an adversary withheld and delivers later counts as the
// client's own word, but what comes of it belongs to that client and is not a resume.) HF-REC-5, HF-END-15, HF-OFS-20,
// HF-RES-9.

#include "sim/oracles/scene.h"
#include "sim/witness.h"

namespace holdfast::sim {

class Forgery {
 public:
  void Reset(const Plan&) { since_ = Since::kOther; }

  // An endpoint is about to be given bytes, or told that a transport is gone; and has done what it does about it.
  void OnReceive(const Scene& scene, uint64_t client, uint64_t transport, const Provenance& provenance);
  void OnGone(const Scene& scene, uint64_t client, uint64_t transport);
  void OnDone() { since_ = Since::kOther; }
  // An end keeps an attached transport open over which a whole record of the adversary's has come.
  void OnOutlived(const Scene& scene, uint64_t client, uint64_t transport) const;

  void On(const Scene& scene, const trace::SessionOpened& event) const;
  void On(const Scene& scene, const trace::Resumed& event) const;
  void On(const Scene& scene, const trace::Deliver& event) const;
  void On(const Scene& scene, const trace::PeerFinished& event) const;
  void On(const Scene& scene, const trace::Asked& event) const;
  void On(const Scene& scene, const trace::Crossed& event) const;
  void On(const Scene& scene, const trace::Unopened& event) const;
  void On(const Scene& scene, const trace::Suspended& event) const;
  void On(const Scene& scene, const trace::Ended& event) const;

 private:
  enum class Since : uint8_t { kOther, kReceive, kGone };
  // What must not be, unless the bytes are a client's word that comes late and `word` can follow from one.
  void Check(const Scene& scene, uint64_t client, bool word, std::string_view what) const;

  Since since_ = Since::kOther;
  Actor actor_;
  uint64_t client_ = 0;
  uint64_t transport_ = 0;
  Provenance provenance_;
};

}  // namespace holdfast::sim
