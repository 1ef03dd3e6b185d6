#pragma once

// ReplayGuard: which greetings of a private network are new. A stranger who recorded one could else repeat it and learn
// from the answer that a member listens here. A greeting is refused if its time stamp lies outside the window around
// now, or if its ephemeral key came before within the time in which the window could still hold it. HF-NEW-17.
//
// Bounded: when it is full, it forgets the oldest stamps, and refuses everything as old as those. So no greeting is
// taken twice, but one whose clock is late may be refused under a storm; and members who fill it with stamps from the
// end of the window keep honest ones out until their clocks have got there. A wall clock that is set back repeats a
// time: what was forgotten by then could be taken again.

#include <compare>
#include <cstddef>
#include <cstdint>
#include <set>

#include "core/base/digest.h"
#include "core/base/error.h"
#include "core/base/time.h"
#include "core/crypto/crypto.h"

namespace holdfast {

class ReplayGuard {
 public:
  // Holds at most `count_max` >= 1 greetings. `window`: how far two honest clocks may be apart.
  ReplayGuard(Duration window, size_t count_max) : window_ms_(MillisecondsOf(window)), count_max_(count_max) {}

  // Takes the greeting, or says kClockSkew or kReplayed and changes nothing that matters.
  Status Admit(WallTime now, uint64_t stamp_ms, const PublicKey& ephemeral);

  size_t size() const { return seen_.size(); }
  void DigestInto(Digest& digest) const;

 private:
  struct Greeting {
    uint64_t stamp_ms;
    PublicKey ephemeral;
    auto operator<=>(const Greeting&) const = default;
  };

  uint64_t window_ms_;
  size_t count_max_;
  std::set<Greeting> seen_;    // Ordered by stamp. Only members get in, so nobody else can fill it.
  uint64_t forgotten_ms_ = 0;  // The latest stamp that was forgotten for want of room.
};

}  // namespace holdfast
