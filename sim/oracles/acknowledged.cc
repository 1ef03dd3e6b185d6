#include "sim/oracles/acknowledged.h"

#include <fmt/format.h>

namespace holdfast::sim {

void Acknowledged::Reset(const Plan& plan) { clients_.assign(plan.clients.size(), {}); }

void Acknowledged::On(const Scene& scene, const trace::Deliver& event) {
  Flows& flows = clients_[event.client];
  Flow& flow = scene.actor.is_client() ? flows.down : flows.up;
  flow.delivered = std::max(flow.delivered, event.offset + event.size);
}

void Acknowledged::On(const Scene& scene, const trace::State& event) {
  Flows& flows = clients_[event.client];
  Flow& flow = scene.actor.is_client() ? flows.up : flows.down;
  flow.sent = std::max(flow.sent, event.sent);
  if (event.acked > flow.delivered) {
    scene.judge.Fail("acknowledged",
                     fmt::format("the {} takes {} bytes of client {}'s session as acknowledged, but the other "
                                 "application was given {}",
                                 NameOf(scene.actor.is_client() ? Side::kClient : Side::kServer), event.acked,
                                 event.client, flow.delivered));
  } else if (event.acked > flow.sent) {
    scene.judge.Fail("acknowledged", fmt::format("{} bytes of client {}'s session are acknowledged, but only {} "
                                                 "were sent",
                                                 event.acked, event.client, flow.sent));
  }
}

}  // namespace holdfast::sim
