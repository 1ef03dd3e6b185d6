#include "sim/oracles/forgery.h"

#include <fmt/format.h>

#include "core/base/error.h"
#include "core/wire/messages.h"

namespace holdfast::sim {
namespace {

std::string NameOfTransport(uint64_t transport) {
  if (transport == kNoTransport) return "a transport";
  if (IsIntruder(transport)) return fmt::format("intruder {}'s transport", transport - kIntruders);
  return fmt::format("transport {}", transport);
}

// Ends that an end of the session comes to by itself, or its application does.
bool IsOwnEnd(const Scene& scene, const trace::Ended& event) {
  const auto cause = static_cast<Cause>(event.cause);
  if (cause == Cause::kExpired || cause == Cause::kNeverConfirmed) return true;
  const Origin own = scene.actor.is_client() ? Origin::kClient : Origin::kServer;
  return cause == Cause::kAborted && event.origin == static_cast<uint64_t>(own);
}

}  // namespace

void Forgery::OnReceive(const Scene& scene, uint64_t client, uint64_t transport, const Provenance& provenance) {
  since_ = Since::kReceive;
  actor_ = scene.actor;
  client_ = client;
  transport_ = transport;
  provenance_ = provenance;
}

void Forgery::OnGone(const Scene& scene, uint64_t client, uint64_t transport) {
  OnReceive(scene, client, transport, {.tainted = true, .forged = true});
  since_ = Since::kGone;
}

void Forgery::OnOutlived(const Scene& scene, uint64_t client, uint64_t transport) const {
  scene.judge.Fail("forgery",
                   fmt::format("the {} keeps client {}'s transport {} after a record that nobody wrote there",
                               NameOf(scene.actor.is_client() ? Side::kClient : Side::kServer), client, transport));
}

void Forgery::Check(const Scene& scene, uint64_t client, bool word, std::string_view what) const {
  if (since_ == Since::kOther || !provenance_.forged || scene.actor != actor_) return;
  if (provenance_.news && word && client == provenance_.owner) return;
  scene.judge.Fail("forgery",
                   fmt::format("at the {} client {}'s session {} because of {} of {} of client {}",
                               NameOf(scene.actor.is_client() ? Side::kClient : Side::kServer), client, what,
                               since_ == Since::kGone ? "the end" : "bytes that nobody wrote there, or wrote before,",
                               NameOfTransport(transport_), client_));
}

void Forgery::On(const Scene& scene, const trace::SessionOpened& event) const {
  Check(scene, event.client, true, "is opened");
}
void Forgery::On(const Scene& scene, const trace::Resumed& event) const {
  Check(scene, event.client, false, "is resumed");
}
void Forgery::On(const Scene& scene, const trace::Deliver& event) const {
  Check(scene, event.client, true, "is given bytes");
}
void Forgery::On(const Scene& scene, const trace::PeerFinished& event) const {
  Check(scene, event.client, true, "is told that its peer's stream is complete");
}
void Forgery::On(const Scene& scene, const trace::Asked& event) const {
  Check(scene, event.client, false, "shows a key");
}
void Forgery::On(const Scene& scene, const trace::Crossed& event) const {
  Check(scene, event.client, true, "hears that its peer gave up too");
}
void Forgery::On(const Scene& scene, const trace::Unopened& event) const {
  if (static_cast<Cause>(event.cause) == Cause::kAborted) Check(scene, event.client, true, "ends before it was open");
}

// What is forged costs the transport on which it comes, and no other.
void Forgery::On(const Scene& scene, const trace::Suspended& event) const {
  if (event.transport == transport_ || HasLittleMemory(scene.plan)) return;
  Check(scene, event.client, false, "loses another transport");
}

// Where an application says what it has consumed, its own word may finish the session at any time.
void Forgery::On(const Scene& scene, const trace::Ended& event) const {
  const bool finished = static_cast<Cause>(event.cause) == Cause::kFinished;
  const bool by_consumption = finished && !scene.actor.is_client() && scene.plan.server.session.explicit_consume;
  if (IsOwnEnd(scene, event) || by_consumption) return;
  Check(scene, event.client, static_cast<Cause>(event.cause) != Cause::kFinished, "ends");
}

}  // namespace holdfast::sim
