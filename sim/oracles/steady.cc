#include "sim/oracles/steady.h"

#include <fmt/format.h>

#include "core/base/error.h"

namespace holdfast::sim {

void Steady::Reset(const Plan& plan) {
  healed_ = false;
  ended_.assign(plan.clients.size(), false);
  opened_.assign(plan.clients.size(), false);
  good_from_.assign(plan.clients.size(), kNoTransport);
  heard_.assign(2 * plan.clients.size(), {});
}

void Steady::On(const Scene&, const trace::Heal&) { healed_ = true; }

void Steady::On(const Scene& scene, const trace::Opened& event) {
  if (!healed_ || !scene.actor.is_client()) return;
  good_from_[event.client] = std::min(good_from_[event.client], event.transport);
}

void Steady::On(const Scene& scene, const trace::Receive& event) {
  Heard& heard = HeardBy(scene, event.client);
  const size_t at = heard.transports[0] == event.transport ? 0 : heard.transports[1] == event.transport ? 1 : 2;
  if (at < 2) {
    heard.times[at] = scene.now;
    return;
  }
  const size_t older = heard.times[0] <= heard.times[1] ? 0 : 1;
  heard.transports[older] = event.transport;
  heard.times[older] = scene.now;
}

void Steady::CheckSilence(const Scene& scene, const trace::Suspended& event) {
  if (static_cast<Error>(event.error) != Error::kTimedOut) return;
  const Heard& heard = HeardBy(scene, event.client);
  const SessionOptions& options =
      scene.actor.is_client() ? scene.plan.clients[event.client].settings.session : scene.plan.server.session;
  for (size_t i = 0; i < heard.transports.size(); ++i) {
    if (heard.transports[i] != event.transport || scene.now - heard.times[i] >= options.dead_transport) continue;
    scene.judge.Fail("steady",
                     fmt::format("the {} gave client {}'s transport {} up for silence, on which something "
                                 "came {} ms before",
                                 NameOf(scene.actor.is_client() ? Side::kClient : Side::kServer), event.client,
                                 event.transport, (scene.now - heard.times[i]) / std::chrono::milliseconds(1)));
  }
}

void Steady::On(const Scene&, const trace::Ended& event) { ended_[event.client] = true; }

void Steady::On(const Scene& scene, const trace::SessionOpened& event) {
  if (!scene.actor.is_client()) opened_[event.client] = true;
}

void Steady::On(const Scene& scene, const trace::Suspended& event) {
  CheckSilence(scene, event);
  if (ended_[event.client] || HasLittleMemory(scene.plan)) return;
  if (!opened_[event.client]) return;
  if (event.transport >= kGoneTransport || event.transport < good_from_[event.client]) return;
  scene.judge.Fail("steady", fmt::format("the {} lost client {}'s transport {}, which nothing disturbed ({})",
                                         NameOf(scene.actor.is_client() ? Side::kClient : Side::kServer), event.client,
                                         event.transport, InfoOf(static_cast<Error>(event.error)).name));
}

}  // namespace holdfast::sim
