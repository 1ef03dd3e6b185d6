#include "tools/proxy/fitted_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "sim/choices.h"
#include "sim/plan_text.h"

namespace holdfast::tools {
namespace {

using sim::Fault;
using sim::FaultKind;

// Nothing: a proxy can do it.
std::string_view WhyNot(const Fault& fault) {
  if (fault.kind == FaultKind::kProbe) return "only a client itself opens another transport";
  if (fault.kind == FaultKind::kScarce) return "memory is a host's";
  if (sim::IsOfHost(fault.kind)) return "only a server itself moves its sessions, or restarts";
  const bool by_message = fault.message != sim::kAll || fault.from_message != sim::kAll;
  if (sim::IsAdversary(fault.kind) && by_message) return "a proxy sees bytes, and not where a message begins";
  return {};
}

// Chunks, pauses and rules of order are an application's, and the applications are ours.
void DropWhatOnlyHoldfastHas(sim::Stream& stream) {
  const sim::Stream standard;
  stream.early = standard.early;
  stream.early_every = standard.early_every;
  stream.consume_chunk = standard.consume_chunk;
  stream.consume_delay = standard.consume_delay;
}

// At most `most` in all.
void Shorten(sim::Stream& stream, Duration most) {
  const auto chunks = static_cast<int64_t>(stream.bytes / stream.chunk + 1);
  stream.think = std::min(stream.think, most / 3 / chunks);
  stream.start_delay = std::min(stream.start_delay, most / 3);
  stream.finish_delay = std::min(stream.finish_delay, most / 3);
}

}  // namespace

FittedPlan FitToProxy(sim::Plan plan) {
  FittedPlan fitted;
  std::vector<std::string>& ignored = fitted.ignored;
  std::erase_if(plan.faults, [&ignored](const Fault& fault) {
    const std::string_view why_not = WhyNot(fault);
    if (!why_not.empty()) ignored.push_back(fmt::format("{}: {}", sim::Print(fault), why_not));
    return !why_not.empty();
  });
  if (!plan.clocks.empty()) ignored.emplace_back("clock: a host's clock is its own");
  if (!plan.aborts.empty()) ignored.emplace_back("abort: a program that gives up does so itself");
  plan.clocks.clear();
  plan.aborts.clear();
  const bool is_set =
      !(plan.server == sim::ServerSettings{}) || std::ranges::any_of(plan.clients, [](const sim::ClientPlan& client) {
        sim::ClientPlan bare;
        bare.up = client.up;
        bare.down = client.down;
        bare.start = client.start;
        bare.source = client.source;
        return !(client == bare);
      });
  if (is_set) ignored.emplace_back("server, client: programs are set by their own commands");
  plan.server = {};
  for (sim::ClientPlan& client : plan.clients) {
    sim::ClientPlan bare;
    bare.up = client.up;
    bare.down = client.down;
    for (sim::Stream* stream : {&bare.up, &bare.down}) DropWhatOnlyHoldfastHas(*stream);
    client = bare;
  }
  plan.spurious_ticks = false;
  fitted.plan = std::move(plan);
  return fitted;
}

sim::Plan ProxyPlanOfSeed(uint64_t seed, sim::Profile worlds, bool survives) {
  sim::Choices choices(seed);
  sim::Plan plan =
      FitToProxy(sim::Generate(choices, {.profile = worlds, .guest = true, .guest_survives = survives}, seed)).plan;
  plan.heal = std::min(plan.heal, kProxyHeal);
  for (sim::ClientPlan& client : plan.clients) {
    for (sim::Stream* stream : {&client.up, &client.down}) Shorten(*stream, kProxyHeal / 2);
  }
  return plan;
}

bool HasDeaths(const sim::Plan& plan) {
  return std::ranges::any_of(plan.faults, [](const Fault& fault) {
    const bool only_late = fault.kind == FaultKind::kStall || fault.kind == FaultKind::kSlow;
    return !only_late && fault.kind != FaultKind::kIntrude;
  });
}

}  // namespace holdfast::tools
