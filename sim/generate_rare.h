#pragma once

// DrawRare: now and then a plan is bent towards one of the rare situations that otherwise need several things to come
// together at the right moment, see situations.h. What it is bent with are the options, limits and faults that every
// plan has; all the rest of it stays.

#include "sim/choices.h"
#include "sim/generate.h"
#include "sim/plan.h"

namespace holdfast::sim {

// After everything else of the plan stands, on a topic of its own.
void DrawRare(Choices& choices, const GenerateOptions& options, Plan& plan);

}  // namespace holdfast::sim
