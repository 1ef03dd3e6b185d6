#include "sim/oracles/prompt.h"

#include <fmt/format.h>

namespace holdfast::sim {
namespace {

// For the way, and for all that may come before an acknowledgement on it.
constexpr Duration kSlack = std::chrono::seconds(1);

const SessionOptions& OptionsOf(const Plan& plan, Side side, uint64_t client) {
  return side == Side::kClient ? plan.clients[client].settings.session : plan.server.session;
}

}  // namespace

void Prompt::Reset(const Plan& plan) {
  healed_ = false;
  clients_.assign(plan.clients.size(), {});
}

void Prompt::On(const Scene&, const trace::Heal&) { healed_ = true; }

void Prompt::On(const Scene& scene, const trace::Opened& event) {
  if (!healed_ || !scene.actor.is_client()) return;
  uint64_t& good_from = clients_[event.client].good_from;
  good_from = std::min(good_from, event.transport);
}

void Prompt::On(const Scene& scene, const trace::Deliver& event) {
  const Side side = scene.actor.is_client() ? Side::kClient : Side::kServer;
  if (!OptionsOf(scene.plan, side, event.client).explicit_consume) Own(scene, event.client, event.offset + event.size);
}

void Prompt::On(const Scene& scene, const trace::Consumed& event) { Own(scene, event.client, event.offset); }

void Prompt::Own(const Scene& scene, uint64_t client, uint64_t offset) {
  Flow& flow = scene.actor.is_client() ? clients_[client].down : clients_[client].up;
  flow.owned = std::max(flow.owned, offset);
  if (flow.since == kNever && flow.owned > flow.acked) flow.since = scene.now;
}

void Prompt::On(const Scene& scene, const trace::State& event) {
  Client& client = clients_[event.client];
  Check(scene, event.client, Direction::kUp, client.up);
  Check(scene, event.client, Direction::kDown, client.down);
  Flow& flow = scene.actor.is_client() ? client.up : client.down;
  uint64_t& attached = scene.actor.is_client() ? client.at_client : client.at_server;
  const auto restart = [&scene](Flow& f) { f.since = f.owned > f.acked ? scene.now : kNever; };
  if (event.acked > flow.acked) {
    flow.acked = event.acked;
    restart(flow);
  }
  if (attached == event.attached) return;
  attached = event.attached;
  restart(client.up);
  restart(client.down);
}

void Prompt::Check(const Scene& scene, uint64_t client, Direction direction, const Flow& flow) const {
  const Client& c = clients_[client];
  const bool good = !c.over && c.at_client == c.at_server && c.at_client < kGoneTransport &&
                    c.at_client >= c.good_from && !HasLittleMemory(scene.plan);
  if (!good || flow.since == kNever) return;
  const Side reader = SenderOf(Opposite(direction));
  const Duration most = OptionsOf(scene.plan, reader, client).ack_delay + kSlack;
  if (scene.now <= After(flow.since, most)) return;
  scene.judge.Fail("prompt",
                   fmt::format("the {}'s application owns {} bytes of client {}, of which {} are acknowledged "
                               "after {} ms on a good network",
                               NameOf(reader), flow.owned, client, flow.acked,
                               (scene.now - flow.since) / std::chrono::milliseconds(1)));
}

}  // namespace holdfast::sim
