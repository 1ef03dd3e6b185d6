#include "sim/oracles/acknowledged.h"

#include <fmt/format.h>

namespace holdfast::sim {

void Acknowledged::Reset(const Plan& plan) { clients_.assign(plan.clients.size(), {}); }

void Acknowledged::On(const Scene& scene, const trace::Deliver& event) {
  Flows& flows = clients_[event.client];
  Flow& flow = scene.actor.is_client() ? flows.down : flows.up;
  const SessionOptions& options =
      scene.actor.is_client() ? scene.plan.clients[event.client].settings.session : scene.plan.server.session;
  if (!options.explicit_consume) flow.owned = std::max(flow.owned, event.offset + event.size);
}

void Acknowledged::On(const Scene& scene, const trace::Consumed& event) {
  Flows& flows = clients_[event.client];
  Flow& flow = scene.actor.is_client() ? flows.down : flows.up;
  flow.owned = std::max(flow.owned, event.offset);
}

void Acknowledged::On(const Scene& scene, const trace::State& event) {
  Flows& flows = clients_[event.client];
  Flow& flow = scene.actor.is_client() ? flows.up : flows.down;
  flow.sent = std::max(flow.sent, event.sent);
  if (event.acked > flow.owned) {
    scene.judge.Fail("acknowledged",
                     fmt::format("the {} takes {} bytes of client {}'s session as acknowledged, but the other "
                                 "application owns {}",
                                 NameOf(scene.actor.is_client() ? Side::kClient : Side::kServer), event.acked,
                                 event.client, flow.owned));
  } else if (event.acked > flow.sent) {
    scene.judge.Fail("acknowledged", fmt::format("{} bytes of client {}'s session are acknowledged, but only {} "
                                                 "were sent",
                                                 event.acked, event.client, flow.sent));
  }
}

}  // namespace holdfast::sim
