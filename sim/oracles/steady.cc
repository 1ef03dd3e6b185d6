#include "sim/oracles/steady.h"

#include <fmt/format.h>

#include "core/base/error.h"

namespace holdfast::sim {

void Steady::Reset(const Plan& plan) {
  healed_ = false;
  ended_.assign(plan.clients.size(), false);
  opened_.assign(plan.clients.size(), false);
  good_from_.assign(plan.clients.size(), kNoTransport);
}

void Steady::On(const Scene&, const trace::Heal&) { healed_ = true; }

void Steady::On(const Scene& scene, const trace::Opened& event) {
  if (!healed_ || !scene.actor.is_client()) return;
  good_from_[event.client] = std::min(good_from_[event.client], event.transport);
}

void Steady::On(const Scene&, const trace::Ended& event) { ended_[event.client] = true; }

void Steady::On(const Scene& scene, const trace::SessionOpened& event) {
  if (!scene.actor.is_client()) opened_[event.client] = true;
}

void Steady::On(const Scene& scene, const trace::Suspended& event) {
  if (ended_[event.client] || HasLittleMemory(scene.plan)) return;
  if (!opened_[event.client]) return;
  if (event.transport >= kGoneTransport || event.transport < good_from_[event.client]) return;
  scene.judge.Fail("steady", fmt::format("the {} lost client {}'s transport {}, which nothing disturbed ({})",
                                         NameOf(scene.actor.is_client() ? Side::kClient : Side::kServer), event.client,
                                         event.transport, InfoOf(static_cast<Error>(event.error)).name));
}

}  // namespace holdfast::sim
