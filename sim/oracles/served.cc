#include "sim/oracles/served.h"

#include <fmt/format.h>

namespace holdfast::sim {
namespace {

// Whether the server has room for all of them at once.
bool HasRoom(const Plan& plan) {
  const uint64_t clients = plan.clients.size();
  const ServerSettings& server = plan.server;
  const ServerSettings standard;
  return !HasLittleMemory(plan) && server.sessions_max >= 2 * clients && server.handshakes_max >= 2 * clients &&
         server.embryos_max >= 2 * clients && server.handshakes_per_source_max >= 2 * clients &&
         server.embryos_per_source_max >= 2 * clients && server.handshake_bytes_max >= standard.handshake_bytes_max &&
         server.replays_max >= standard.replays_max;
}

// A client begins late, or asks first, or is let in late.
Duration OwnPauses(const ClientPlan& client) { return client.start + client.trust_delay + client.verdict_delay; }

}  // namespace

void Served::Reset(const Plan& plan) {
  clients_.assign(plan.clients.size(), {});
  due_ = kNever;
}

void Served::On(const Scene& scene, const trace::Heal&) {
  if (!HasRoom(scene.plan)) return;
  Duration longest = {};
  for (const ClientPlan& client : scene.plan.clients) longest = std::max(longest, OwnPauses(client));
  due_ = After(scene.now, 2 * RecoveryTime(scene.plan) + longest);
}

void Served::On(const Scene&, const trace::Holds& event) { clients_[event.client].held = event.holds != 0; }

void Served::On(const Scene& scene, const trace::State& event) {
  Client& client = clients_[event.client];
  if (scene.actor.is_client()) {
    client.has_epoch = event.epoch > 0;
  } else {
    client.attached = event.attached < kGoneTransport;
  }
}

void Served::On(const Scene&, const trace::Ended& event) { clients_[event.client].ended = true; }

void Served::Check(const Scene& scene) {
  if (scene.now <= due_) return;
  const Duration allowed = 2 * RecoveryTime(scene.plan);
  due_ = kNever;
  for (uint32_t i = 0; i < clients_.size(); ++i) {
    const Client& client = clients_[i];
    const bool lost = client.has_epoch && !client.held;
    if (client.attached || client.ended || lost || IsRefused(scene.plan, i) || !MayEnter(scene.plan, i)) continue;
    scene.judge.Fail("served", fmt::format("the network has been good for {} s and the server has room for all, but "
                                           "client {}'s session is neither attached nor over",
                                           allowed / std::chrono::seconds(1), i));
    return;
  }
}

}  // namespace holdfast::sim
