#include "sim/oracles/admission.h"

#include <fmt/format.h>

#include <chrono>

#include "core/base/error.h"

namespace holdfast::sim {
namespace {

constexpr const char* kName = "admission";

// Whether a greeting's stamp may ever be near enough to the server's time. The server takes any while it has no clock.
bool ClocksMayAgree(const Plan& plan, uint32_t client) {
  constexpr Duration kOnTheWay = std::chrono::hours(1);  // More than any greeting is.
  const Duration apart_max = plan.server.clock_window + kOnTheWay;
  bool from_the_start = false;
  for (const ClockRule& server : plan.clocks) {
    if (server.of != Side::kServer) continue;
    from_the_start = from_the_start || server.at <= Duration{};
    for (const ClockRule& mine : plan.clocks) {
      if (mine.of != Side::kClient || mine.client != client) continue;
      if (std::chrono::abs(server.offset - mine.offset) <= apart_max) return true;
    }
  }
  return !from_the_start;
}

// A client whose clock is wrong at last may have got in before.
bool MayEverEnter(const Plan& plan, uint32_t client) {
  if (MayEnter(plan, client)) return true;
  return !plan.clocks.empty() && !IsOutsider(plan, client) && ClocksMayAgree(plan, client);
}

// An adversary's transports are from an address of his own.
std::optional<uint32_t> SourceOf(const Plan& plan, uint64_t client, uint64_t transport) {
  if (IsIntruder(transport)) return std::nullopt;
  return plan.clients[client].source;
}

}  // namespace

void Admission::On(const Scene& scene, const trace::SessionOpened& event) const {
  const auto client = static_cast<uint32_t>(event.client);
  const ClientPlan& plan = scene.plan.clients[client];
  // A client knows of its own verdict; of the server's it may learn later.
  const bool distrusts =
      plan.settings.server_key == Known::kWrong || (plan.settings.server_key == Known::kNothing && plan.distrust);
  const bool refused = scene.actor.is_client() ? distrusts : IsRefused(scene.plan, client);
  if (!refused && MayEverEnter(scene.plan, client)) return;
  scene.judge.Fail(kName, fmt::format("the {} opens a session of client {}, {}",
                                      NameOf(scene.actor.is_client() ? Side::kClient : Side::kServer), client,
                                      refused ? "though a key was refused" : "whom the server does not let in"));
}

void Admission::On(const Scene& scene, const trace::Write& event) const {
  if (scene.actor.is_client() || !IsOutsider(scene.plan, static_cast<uint32_t>(event.client))) return;
  scene.judge.Fail(kName, fmt::format("the server of a private network sends {} bytes to client {}, who does not have "
                                      "its key",
                                      event.size, event.client));
}

void Admission::On(const Scene& scene, const trace::Unopened& event) const {
  const auto cause = static_cast<Cause>(event.cause);
  const ClientPlan& plan = scene.plan.clients[event.client];
  const bool by_verdict = cause == Cause::kRefused && plan.refuse;
  if (by_verdict || cause == Cause::kExpired || cause == Cause::kAborted) return;
  scene.judge.Fail(kName, fmt::format("a session of client {} that was never open ends at the server with {}",
                                      event.client, NameOf(cause)));
}

void Admission::On(const Scene& scene, const trace::Opened& event) {
  if (!scene.actor.is_client()) newcomer_ = {event.client, event.transport, scene.now};
}

void Admission::On(const Scene& scene, const trace::Receive&) {
  if (!scene.actor.is_client()) newcomer_.reset();
}

// Once the table as a whole is full, a source that has nothing in it makes room with the oldest of all.
void Admission::On(const Scene& scene, const trace::Close& event) const {
  const bool makes_room = !scene.actor.is_client() && static_cast<Error>(event.error) == Error::kTableFull;
  if (!makes_room || !newcomer_ || newcomer_->came != scene.now || handshakes_ >= scene.plan.server.handshakes_max)
    return;
  const auto victim = SourceOf(scene.plan, event.client, event.transport);
  if (victim == SourceOf(scene.plan, newcomer_->client, newcomer_->transport)) return;
  scene.judge.Fail(kName, fmt::format("the server closes a transport of client {} to make room for one of client {}, "
                                      "whose source has too many",
                                      event.client, newcomer_->client));
}

}  // namespace holdfast::sim
