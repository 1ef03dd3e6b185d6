#include "sim/oracles/exact_delivery.h"

#include <fmt/format.h>

namespace holdfast::sim {
namespace {

constexpr const char* kName = "exact_delivery";

}  // namespace

void ExactDelivery::Reset(const Plan& plan) {
  clients_.assign(plan.clients.size(), {});
  server_ends_.Clear();
}

void ExactDelivery::On(const Scene& scene, const trace::Send& event) {
  ClientEnds& ends = clients_[event.client];
  if (scene.actor.is_client()) {
    ends.client.sent += event.accepted;
  } else {
    End& server = server_ends_.At(event.session);
    server.sent += event.accepted;
    ends.server_session = event.session;
    ends.down_sent = std::max(ends.down_sent, server.sent);
  }
}

void ExactDelivery::On(const Scene& scene, const trace::Deliver& event) {
  if (scene.actor.is_client()) {
    OnDeliverDown(scene, event);
  } else {
    OnDeliverUp(scene, event);
  }
}

void ExactDelivery::OnDeliverUp(const Scene& scene, const trace::Deliver& event) {
  ClientEnds& ends = clients_[event.client];
  if (ends.server_session != event.session && ends.server_session != 0) {
    const End* other = server_ends_.Find(ends.server_session);
    if (other != nullptr && other->delivered > 0) {
      scene.judge.Fail(kName, fmt::format("bytes of client {} were delivered in session {} and "
                                          "again in session {}",
                                          event.client, ends.server_session, event.session));
    }
  }
  ends.server_session = event.session;
  End& server = server_ends_.At(event.session);
  if (event.offset != server.delivered) {
    scene.judge.Fail(kName, fmt::format("the server delivered client {}'s bytes from {} on, after "
                                        "it had delivered up to {}",
                                        event.client, event.offset, server.delivered));
  }
  server.delivered = event.offset + event.size;
  if (server.delivered > ends.client.sent) {
    scene.judge.Fail(kName, fmt::format("the server delivered up to {}, but client {} has only "
                                        "sent up to {}",
                                        server.delivered, event.client, ends.client.sent));
  }
  CheckContent(scene, event, Direction::kUp);
}

void ExactDelivery::OnDeliverDown(const Scene& scene, const trace::Deliver& event) {
  ClientEnds& ends = clients_[event.client];
  if (event.offset != ends.client.delivered) {
    scene.judge.Fail(kName, fmt::format("client {} delivered bytes from {} on, after it had "
                                        "delivered up to {}",
                                        event.client, event.offset, ends.client.delivered));
  }
  ends.client.delivered = event.offset + event.size;
  if (ends.client.delivered > ends.down_sent) {
    scene.judge.Fail(kName, fmt::format("client {} delivered up to {}, but the server has only "
                                        "sent up to {}",
                                        event.client, ends.client.delivered, ends.down_sent));
  }
  CheckContent(scene, event, Direction::kDown);
}

void ExactDelivery::CheckContent(const Scene& scene, const trace::Deliver& event, Direction direction) {
  size_t matching = scene.content.Matching(static_cast<uint32_t>(event.client), direction, event.offset, scene.bytes);
  if (matching == scene.bytes.size()) return;
  scene.judge.Fail(kName, fmt::format("of client {}'s stream {} byte {} was delivered, and is not "
                                      "the one that was sent",
                                      event.client, NameOf(direction), event.offset + matching));
}

// What the owner before had not consumed comes again.
void ExactDelivery::On(const Scene&, const trace::Imported& event) {
  End& server = server_ends_.At(event.session);
  server.delivered = std::min(server.delivered, event.offset);
}

void ExactDelivery::On(const Scene& scene, const trace::Ended& event) {
  if (event.cause != static_cast<uint64_t>(Cause::kFinished)) return;
  ClientEnds& ends = clients_[event.client];
  uint64_t session = scene.actor.is_client() ? ends.server_session : event.session;
  const End* known = server_ends_.Find(session);
  const End server = known != nullptr ? *known : End{};
  if (ends.client.sent == server.delivered && server.sent == ends.client.delivered) return;
  scene.judge.Fail(kName, fmt::format("{} says finished, but of client {}'s {} bytes c>s {} were delivered, and "
                                      "of {} bytes s>c {}",
                                      NameOf(scene.actor.is_client() ? Side::kClient : Side::kServer), event.client,
                                      ends.client.sent, server.delivered, server.sent, ends.client.delivered));
}

}  // namespace holdfast::sim
