#pragma once

// DrawTrouble: what strikes not one transport but many at once, or one peer for ever: a slow peer, bursts and outages,
// a server that restarts with or without what it knew, crowds, clocks that are stepped in mid-run, scarce memory.
// Storms are worlds of their own: thousands of clients that all come back at the same moment.

#include "sim/choices.h"
#include "sim/generate.h"
#include "sim/plan.h"

namespace holdfast::sim {

// After DrawProtocol: everything else of the plan stands, but for the adversary. On a topic of its own.
// `round_trip_max`: of any transport.
void DrawTrouble(Choices& choices, const GenerateOptions& options, Duration round_trip_max, Plan& plan);

// All of a storm's plan but its seed.
void DrawStorm(Choices& choices, const GenerateOptions& options, Plan& plan);

}  // namespace holdfast::sim
