#include "sim/oracles/one_attached.h"

#include <fmt/format.h>

namespace holdfast::sim {
namespace {

constexpr const char* kName = "one_attached";

std::string_view EndName(const Scene& scene) { return NameOf(scene.actor.is_client() ? Side::kClient : Side::kServer); }

}  // namespace

void OneAttached::Reset(const Plan& plan) {
  clients_.assign(plan.clients.size(), {});
  server_ends_.Clear();
}

OneAttached::End& OneAttached::EndOf(const Scene& scene, uint64_t client, uint64_t session) {
  return scene.actor.is_client() ? clients_[client] : server_ends_.At(session);
}

void OneAttached::On(const Scene& scene, const trace::Deliver& event) {
  End& end = EndOf(scene, event.client, event.session);
  end.delivered_over = event.transport;
  if (event.transport < end.attached_highest) {
    scene.judge.Fail(kName, fmt::format("the {} delivered bytes of client {}'s transport {} after "
                                        "transport {} had taken its place",
                                        EndName(scene), event.client, event.transport, end.attached_highest));
  }
}

void OneAttached::On(const Scene& scene, const trace::State& event) {
  End& end = EndOf(scene, event.client, event.session);
  const uint64_t over = std::exchange(end.delivered_over, kNoTransport);
  if (event.attached == kNoTransport) return;
  if (event.attached == kGoneTransport) {
    scene.judge.Fail(kName, fmt::format("client {}'s session at the {} is attached to a transport "
                                        "that is gone",
                                        event.client, EndName(scene)));
  } else if (event.attached < end.attached_highest) {
    scene.judge.Fail(kName, fmt::format("client {}'s session at the {} went back from transport {} "
                                        "to transport {}",
                                        event.client, EndName(scene), end.attached_highest, event.attached));
  } else if (over != kNoTransport && over != event.attached) {
    scene.judge.Fail(kName, fmt::format("the {} delivered bytes of client {}'s transport {} while "
                                        "transport {} is attached",
                                        EndName(scene), event.client, over, event.attached));
  }
  end.attached_highest = event.attached;
}

}  // namespace holdfast::sim
