#include "sim/oracles/steady.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/base/error.h"
#include "core/wire/limits.h"

namespace holdfast::sim {

void Steady::Reset(const Plan& plan) {
  healed_ = false;
  ended_.assign(plan.clients.size(), false);
  opened_.assign(plan.clients.size(), false);
  good_from_.assign(plan.clients.size(), kNoTransport);
  heard_.assign(2 * plan.clients.size(), {});
}

void Steady::On(const Scene&, const trace::Heal&) { healed_ = true; }

void Steady::On(const Scene& scene, const trace::Opened& event) {
  if (!healed_ || !scene.actor.is_client()) return;
  good_from_[event.client] = std::min(good_from_[event.client], event.transport);
}

Steady::Heard* Steady::Find(HeardByEnd& heard, uint64_t transport) {
  const auto found = std::ranges::find(heard, transport, &Heard::transport);
  return found != heard.end() ? &*found : nullptr;
}

Steady::Heard* Steady::FindOrAdd(HeardByEnd& heard, uint64_t transport, Time now) {
  if (Heard* found = Find(heard, transport)) return found;
  if (IsIntruder(transport)) return nullptr;
  // kNoTransport + 1 is 0: before all others.
  const auto oldest = std::ranges::min_element(heard, {}, [](const Heard& one) { return one.transport + 1; });
  if (oldest->transport != kNoTransport && oldest->transport > transport) return nullptr;
  *oldest = {.transport = transport, .last = now, .life = now};
  return &*oldest;
}

// What an end writes is one message, or what is left of one.
void Steady::On(const Scene& scene, const trace::Write& event) {
  Heard* heard = FindOrAdd(HeardBy(event.client, !scene.actor.is_client()), event.transport, scene.now);
  if (heard != nullptr) heard->ends[heard->messages++ % heard->ends.size()] = event.offset + event.size;
}

void Steady::On(const Scene& scene, const trace::Receive& event) {
  Heard* found = FindOrAdd(HeardBy(event.client, scene.actor.is_client()), event.transport, scene.now);
  if (found == nullptr) return;
  Heard& heard = *found;
  const uint64_t to = event.offset + event.size;
  const auto ended = [&](uint64_t end) { return !heard.tampered && end > event.offset && end <= to; };
  if (!heard.in_record || std::ranges::any_of(heard.ends, ended)) {
    heard.life = scene.now;
  } else {
    const auto counted = static_cast<int64_t>(std::min<uint64_t>(event.size, limits::kRecordCiphertextBytesMax));
    heard.life = std::min(scene.now, After(heard.life, counted * (RecordTime(scene.plan, event.client) / (1 << 16))));
  }
  heard.in_record = heard.tampered || std::ranges::find(heard.ends, to) == heard.ends.end();
  heard.last = scene.now;
}

void Steady::On(const Scene&, const trace::Fault& event) {
  if (static_cast<FaultKind>(event.fault) != FaultKind::kTamper) return;
  for (bool is_client : {true, false}) {
    if (Heard* heard = Find(HeardBy(event.client, is_client), event.number)) heard->tampered = heard->in_record = true;
  }
}

void Steady::CheckSilence(const Scene& scene, const trace::Suspended& event) {
  if (static_cast<Error>(event.error) != Error::kTimedOut) return;
  const Heard* heard = Find(HeardBy(event.client, scene.actor.is_client()), event.transport);
  const SessionOptions& options =
      scene.actor.is_client() ? scene.plan.clients[event.client].settings.session : scene.plan.server.session;
  if (heard == nullptr || scene.now - heard->life >= options.dead_transport) return;
  scene.judge.Fail("steady", fmt::format("the {} gave client {}'s transport {} up for silence, on which something "
                                         "came {} ms before",
                                         NameOf(scene.actor.is_client() ? Side::kClient : Side::kServer), event.client,
                                         event.transport, (scene.now - heard->last) / std::chrono::milliseconds(1)));
}

void Steady::On(const Scene&, const trace::Ended& event) { ended_[event.client] = true; }

void Steady::On(const Scene& scene, const trace::SessionOpened& event) {
  if (!scene.actor.is_client()) opened_[event.client] = true;
}

void Steady::On(const Scene& scene, const trace::Suspended& event) {
  CheckSilence(scene, event);
  if (ended_[event.client] || HasLittleMemory(scene.plan)) return;
  if (!opened_[event.client]) return;
  if (event.transport >= kGoneTransport || event.transport < good_from_[event.client]) return;
  scene.judge.Fail("steady", fmt::format("the {} lost client {}'s transport {}, which nothing disturbed ({})",
                                         NameOf(scene.actor.is_client() ? Side::kClient : Side::kServer), event.client,
                                         event.transport, InfoOf(static_cast<Error>(event.error)).name));
}

}  // namespace holdfast::sim
