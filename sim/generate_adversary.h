#pragma once

// DrawAdversary: what an adversary on the path does in a plan, if there is one: bits flipped in handshakes, prefixes
// and tags, records of other transports, directions and sessions spliced in, messages 1 repeated, dials answered.

#include "sim/choices.h"
#include "sim/generate.h"
#include "sim/plan.h"

namespace holdfast::sim {

// After everything else of Generate, on a topic of its own: what a seed chose besides stays as it was.
// `round_trip_max`: of any transport.
void DrawAdversary(Choices& choices, Profile profile, Duration round_trip_max, Plan& plan);

}  // namespace holdfast::sim
