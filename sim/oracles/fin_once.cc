#include "sim/oracles/fin_once.h"

#include <fmt/format.h>

namespace holdfast::sim {
namespace {

constexpr const char* kName = "fin_once";

std::string_view EndName(const Scene& scene) { return NameOf(scene.actor.is_client() ? Side::kClient : Side::kServer); }

}  // namespace

void FinOnce::Reset(const Plan& plan) {
  clients_.assign(plan.clients.size(), {});
  server_ends_.Clear();
  final_up_.assign(plan.clients.size(), {});
  final_down_.assign(plan.clients.size(), {});
}

FinOnce::End& FinOnce::EndOf(const Scene& scene, uint64_t client, uint64_t session) {
  return scene.actor.is_client() ? clients_[client] : server_ends_.At(session);
}

void FinOnce::CheckAlive(const Scene& scene, const End& end, uint64_t client, std::string_view what) {
  if (!end.ended) return;
  scene.judge.Fail(kName,
                   fmt::format("client {}'s session at the {} is {} after it had ended", client, EndName(scene), what));
}

void FinOnce::On(const Scene& scene, const trace::Send& event) {
  if (event.accepted == 0 || !EndOf(scene, event.client, event.session).finished) return;
  scene.judge.Fail(kName, fmt::format("client {}'s session at the {} accepts bytes after the end of its own stream",
                                      event.client, EndName(scene)));
}

void FinOnce::On(const Scene& scene, const trace::Finish& event) {
  EndOf(scene, event.client, event.session).finished = true;
  (scene.actor.is_client() ? final_up_ : final_down_)[event.client] = {true, event.offset};
}

void FinOnce::On(const Scene& scene, const trace::Deliver& event) {
  End& end = EndOf(scene, event.client, event.session);
  CheckAlive(scene, end, event.client, "given bytes");
  if (end.peer_finished) {
    scene.judge.Fail(kName, fmt::format("client {}'s session at the {} is given bytes after its "
                                        "peer's stream was complete",
                                        event.client, EndName(scene)));
  }
  end.delivered = event.offset + event.size;
}

void FinOnce::On(const Scene& scene, const trace::PeerFinished& event) {
  End& end = EndOf(scene, event.client, event.session);
  CheckAlive(scene, end, event.client, "told that its peer's stream is complete");
  const Final& final = (scene.actor.is_client() ? final_down_ : final_up_)[event.client];
  if (std::exchange(end.peer_finished, true)) {
    scene.judge.Fail(kName, fmt::format("client {}'s session at the {} is told twice that its "
                                        "peer's stream is complete",
                                        event.client, EndName(scene)));
  } else if (!final.said) {
    scene.judge.Fail(kName, fmt::format("client {}'s session at the {} is told that its peer's "
                                        "stream is complete, and nobody has said so",
                                        event.client, EndName(scene)));
  } else if (final.offset != end.delivered) {
    scene.judge.Fail(kName, fmt::format("client {}'s session at the {} is told that its peer's "
                                        "stream is complete after {} of {} bytes",
                                        event.client, EndName(scene), end.delivered, final.offset));
  }
}

// Another owner, to whom less was delivered, is told again.
void FinOnce::On(const Scene&, const trace::Imported& event) {
  End& end = server_ends_.At(event.session);
  if (event.offset >= end.delivered) return;
  end.delivered = event.offset;
  end.peer_finished = false;
}

void FinOnce::On(const Scene& scene, const trace::Ended& event) {
  End& end = EndOf(scene, event.client, event.session);
  CheckAlive(scene, end, event.client, "ended once more");
  end.ended = true;
  if (event.cause == static_cast<uint64_t>(Cause::kFinished) && !end.peer_finished) {
    scene.judge.Fail(kName, fmt::format("client {}'s session at the {} is finished, but was never "
                                        "told that its peer's stream is complete",
                                        event.client, EndName(scene)));
  }
}

void FinOnce::On(const Scene& scene, const trace::SessionOpened& event) {
  End& end = EndOf(scene, event.client, event.session);
  CheckAlive(scene, end, event.client, "opened");
  if (std::exchange(end.opened, true)) {
    scene.judge.Fail(kName, fmt::format("client {}'s session at the {} is opened twice", event.client, EndName(scene)));
  }
}

void FinOnce::On(const Scene& scene, const trace::Suspended& event) {
  CheckAlive(scene, EndOf(scene, event.client, event.session), event.client, "suspended");
}

void FinOnce::On(const Scene& scene, const trace::Resumed& event) {
  CheckAlive(scene, EndOf(scene, event.client, event.session), event.client, "resumed");
}

void FinOnce::On(const Scene& scene, const trace::SpaceAvailable& event) {
  CheckAlive(scene, EndOf(scene, event.client, event.session), event.client, "told of space");
}

}  // namespace holdfast::sim
