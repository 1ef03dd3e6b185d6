#pragma once

// Explore base: the small session that an exploration strikes everywhere, and what is asked of it however it was
// struck.

#include "core/crypto/crypto.h"
#include "sim/counters.h"
#include "sim/endpoint.h"
#include "sim/plan.h"

namespace holdfast::sim {

// Of Holdfast, what kind of session: who it is that the client proves to be, and in which network.
struct ExploreSubject {
  bool mutual = false;           // XX in place of NX.
  bool private_network = false;  // With psk0.
  Suite suite = Suite::kChaChaPoly;
};

// A session of a few dozen bytes each way, in two chunks, both directions of which finish. Its first transport dies
// between the chunks, so that a resume is on the wire without any other fault.
Plan ExploreBase(const ExploreSubject& subject);

// The same of any protocol: a guest's has nothing that is Holdfast's own, and nothing dies if it would not survive.
Plan ExploreBaseOf(const ProtocolTraits& traits, const ExploreSubject& subject);

// What is asked of each cell beside the oracles: nobody gives up, and a few deaths take minutes at most, so the session
// finishes, with every byte delivered.
// (In XX one whose message 3 was lost ends as never confirmed, and the server has not heard of it: HF-NEW-11.)
bool CameToItsEnd(const Plan& plan, const Counters& counters);

}  // namespace holdfast::sim
