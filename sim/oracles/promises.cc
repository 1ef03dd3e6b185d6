#include "sim/oracles/promises.h"

#include <fmt/format.h>

#include "core/base/error.h"

namespace holdfast::sim {
namespace {

constexpr const char* kName = "promises";

std::string Seconds(Duration time) { return fmt::format("{:.3f} s", std::chrono::duration<double>(time).count()); }

}  // namespace

void Promises::Reset(const Plan& plan) {
  clients_.assign(plan.clients.size(), {});
  heard_.assign(plan.clients.size(), {});
  server_ends_.Clear();
  tombstones_until_.clear();
  newest_.assign(plan.clients.size(), {});
  clock_set_ = {};
}

Promises::End& Promises::EndOf(const Scene& scene, uint64_t client, uint64_t session) {
  return scene.actor.is_client() ? clients_[client] : server_ends_.At(session);
}

// What the server grants, in whole milliseconds as on the wire. Its own end it keeps for longer.
Duration Promises::HoldOf(const Scene& scene, uint64_t client) const {
  const Duration hold = std::min(scene.plan.clients[client].settings.hold, scene.plan.server.hold_max);
  return std::chrono::duration_cast<std::chrono::milliseconds>(hold);
}

// A session that waits for a verdict had its sign before that.
void Promises::On(const Scene& scene, const trace::Asked& event) {
  if (!scene.actor.is_client()) EndOf(scene, event.client, event.session).sign = scene.now;
}

void Promises::On(const Scene& scene, const trace::SessionOpened& event) {
  End& end = EndOf(scene, event.client, event.session);
  end.opened = scene.now;
  if (end.sign == Time{}) end.sign = scene.now;
}

void Promises::On(const Scene& scene, const trace::Resumed& event) {
  EndOf(scene, event.client, event.session).sign = scene.now;
}

// A candidate waits no shorter than from here on.
void Promises::On(const Scene& scene, const trace::Receive& event) {
  heard_[event.client][scene.actor.is_client() ? 0 : 1] = scene.now;
  if (IsIntruder(event.transport)) return;
  Newest& newest = newest_[event.client];
  if (scene.actor.is_client() || (newest.transport != kNoTransport && event.transport <= newest.transport)) return;
  newest = {event.transport, scene.now};
}

void Promises::On(const Scene& scene, const trace::State& event) {
  End& end = EndOf(scene, event.client, event.session);
  if (event.received > end.received || event.acked > end.acked) end.sign = scene.now;
  end.received = event.received;
  end.acked = event.acked;
  end.candidate = event.candidate;
}

// Anything that came may have been a sign of life. A server also waits for a candidate, and for what is away.
void Promises::CheckNotLate(const Scene& scene, const trace::Ended& event) {
  const bool at_client = scene.actor.is_client();
  const ClientPlan& client = scene.plan.clients[event.client];
  Duration most = HoldOf(scene, event.client);
  if (!at_client) most = std::max(most + client.settings.session.dead_transport, scene.plan.server.candidate_time);
  const Time last = std::max(heard_[event.client][at_client ? 0 : 1], EndOf(scene, event.client, event.session).opened);
  const Time latest = std::max(After(last, most), EndOf(scene, event.client, event.session).imported);
  if (scene.now <= After(latest, std::chrono::seconds(1))) return;
  scene.judge.Fail(kName, fmt::format("client {}'s session expired at the {} only {} after anything had come; its hold "
                                      "time is {}",
                                      event.client, NameOf(at_client ? Side::kClient : Side::kServer),
                                      Seconds(scene.now - last), Seconds(HoldOf(scene, event.client))));
}

void Promises::On(const Scene& scene, const trace::Ended& event) {
  if (static_cast<Cause>(event.cause) == Cause::kExpired) CheckNotLate(scene, event);
  End& end = EndOf(scene, event.client, event.session);
  const Duration hold = HoldOf(scene, event.client);
  const Duration silence = scene.now - end.sign;
  const auto cause = static_cast<Cause>(event.cause);
  if (!scene.actor.is_client()) {
    end.tombstone_until = After(scene.now, hold);
    tombstones_until_.insert(end.tombstone_until);
    clients_[event.client].server_expired |= cause == Cause::kExpired;
  }
  // A client that still hears old bytes of a transport that is dead the other way learns the server's verdict early.
  const bool told = scene.actor.is_client() && end.server_expired;
  if (cause == Cause::kExpired && silence < hold && !told && !end.aged) {
    scene.judge.Fail(kName, fmt::format("client {}'s session expired at the {} {} after a sign of life; its hold time "
                                        "is {}",
                                        event.client, NameOf(scene.actor.is_client() ? Side::kClient : Side::kServer),
                                        Seconds(silence), Seconds(hold)));
  }
  const Newest& newest = newest_[event.client];
  const bool expected = end.candidate != kNoTransport && end.candidate == newest.transport && !newest.gone &&
                        scene.now < After(newest.first, scene.plan.server.candidate_time);
  if (cause == Cause::kExpired && !scene.actor.is_client() && expected) {
    scene.judge.Fail(kName,
                     fmt::format("client {}'s session expired at the server while transport {} could still bring the "
                                 "client back",
                                 event.client, end.candidate));
  }
  const Duration embryo = std::chrono::duration_cast<std::chrono::milliseconds>(scene.plan.server.embryo_time);
  if (cause == Cause::kNeverConfirmed && scene.now - end.opened < embryo) {
    scene.judge.Fail(kName, fmt::format("client {} says never_confirmed {} after its session opened; the server keeps "
                                        "such sessions for {}",
                                        event.client, Seconds(scene.now - end.opened), Seconds(embryo)));
  } else if (cause == Cause::kNeverConfirmed && end.received > 0) {
    scene.judge.Fail(
        kName, fmt::format("client {} says never_confirmed, but it has received {} bytes", event.client, end.received));
  }
}

void Promises::On(const Scene& scene, const trace::Census& event) {
  tombstones_until_.erase(tombstones_until_.begin(), tombstones_until_.upper_bound(scene.now));
  if (event.tombstones >= tombstones_until_.size()) return;
  scene.judge.Fail(kName, fmt::format("the server keeps {} tombstones, but {} sessions have ended within their hold "
                                      "times",
                                      event.tombstones, tombstones_until_.size()));
}

void Promises::On(const Scene& scene, const trace::Clock&) {
  if (!scene.actor.is_client()) clock_set_ = scene.now;
}

void Promises::On(const Scene& scene, const trace::Exported& event) {
  End& end = server_ends_.At(event.session);
  end.exported = scene.now;
  Forget(end);
}

// How long it was away the two owners' clocks may say, rightly or not (HF-MOV-5).
void Promises::On(const Scene& scene, const trace::Closed& event) {
  Newest& newest = newest_[event.client];
  if (!scene.actor.is_client() && event.transport == newest.transport) newest.gone = true;
}

void Promises::On(const Scene& scene, const trace::Imported& event) {
  End& end = server_ends_.At(event.session);
  end.imported = scene.now;
  if (end.tombstone_until != Time{}) tombstones_until_.insert(end.tombstone_until);
  if (event.live == 0 && clock_set_ >= end.exported) end.aged = true;
}

void Promises::On(const Scene&, const trace::Lost& event) { Forget(server_ends_.At(event.session)); }

void Promises::Forget(const End& end) {
  const auto found = tombstones_until_.find(end.tombstone_until);
  if (end.tombstone_until != Time{} && found != tombstones_until_.end()) tombstones_until_.erase(found);
}

}  // namespace holdfast::sim
