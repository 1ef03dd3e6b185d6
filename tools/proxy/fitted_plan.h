#pragma once

// Fitted plan: what of a plan a proxy can do. It stands between programs that it does not know: what strikes links and
// dials is its business, and what goes on inside a host is not.

#include <string>
#include <vector>

#include "sim/generate.h"
#include "sim/plan.h"

namespace holdfast::tools {

struct FittedPlan {
  sim::Plan plan;
  // Every line that has no meaning here, each with the reason. The plan has it no more.
  std::vector<std::string> ignored;
};

FittedPlan FitToProxy(sim::Plan plan);

// The plan of a seed, for programs whose sessions survive their transports, or do not: fitted, and short, because real
// time passes slowly: it heals after kProxyHeal at most, and no application waits for longer than that in all.
inline constexpr Duration kProxyHeal = std::chrono::seconds(3);
sim::Plan ProxyPlanOfSeed(uint64_t seed, sim::Profile worlds, bool survives);

// Whether a transport may die in it, or a dial fail.
bool HasDeaths(const sim::Plan& plan);

}  // namespace holdfast::tools
