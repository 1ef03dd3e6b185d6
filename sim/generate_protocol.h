#pragma once

// DrawProtocol: what of the protocol a plan makes use of, beyond sessions over transports that die: applications that
// say what they own, early data, keys and what applications say of them, private networks and their clocks, sources
// and what a server has room for. Most plans have little of it.

#include "sim/choices.h"
#include "sim/generate.h"
#include "sim/plan.h"

namespace holdfast::sim {

// The last step of Generate: everything else of the plan stands. All of it is decided on a topic of its own, so that
// what a seed chose besides stays as it was. `round_trip_max`: of any transport.
void DrawProtocol(Choices& choices, const GenerateOptions& options, Duration round_trip_max, Plan& plan);

}  // namespace holdfast::sim
