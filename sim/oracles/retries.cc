#include "sim/oracles/retries.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "core/base/error.h"

namespace holdfast::sim {
namespace {

// From here on the wait must have grown; and it must have come to so much of the first.
constexpr uint64_t kWishesMany = 8;
constexpr int64_t kGrowth = 4;
// A wait that is drawn is hardly ever the same again: there are half a million of the shortest.
constexpr uint32_t kRepeatsMax = 3;

// What a client that has failed so often gives an attempt at least.
Duration Patience(const ClientSettings& settings, uint32_t in_vain) {
  Duration patience = std::min(settings.attempt_timeout_first, settings.attempt_timeout_max);
  for (; in_vain > 0 && patience < settings.attempt_timeout_max; --in_vain) {
    patience = std::min<Duration>(2 * patience, settings.attempt_timeout_max);
  }
  return patience;
}

std::string Seconds(uint64_t ns) { return fmt::format("{}.{:09} s", ns / 1'000'000'000, ns % 1'000'000'000); }

}  // namespace

void Retries::On(const Scene& scene, const trace::DialWanted& event) {
  Client& client = clients_[event.client];
  const ClientSettings& settings = scene.plan.clients[event.client].settings;
  if (client.dial_until != kNever) {  // Nothing has come of the one before.
    CheckPatience(scene, event.client, "a dial", client.dial_until);
    ++client.in_vain;
    client.heard = false;
  }
  const Duration patience = Patience(settings, client.in_vain);
  client.dial_until = After(After(scene.now, Duration(static_cast<Duration::rep>(event.delay_ns))), patience);
  if (!std::exchange(client.first_done, true)) return;  // The very first dial need not wait.
  ++client.wishes;
  const bool heard = std::exchange(client.heard, false);
  // Half of each wait may be drawn.
  Duration least = std::min(settings.backoff_first, settings.backoff_max) / 2;
  if (client.wishes > kWishesMany) least = std::min(settings.backoff_first * kGrowth, settings.backoff_max) / 2;
  if (event.delay_ns < static_cast<uint64_t>(least.count())) {
    scene.judge.Fail("retries", fmt::format("client {} asks for dial {} in a row after {}; it should wait for {} at "
                                            "least",
                                            event.client, client.wishes, Seconds(event.delay_ns),
                                            Seconds(static_cast<uint64_t>(least.count()))));
  } else if (event.delay_ns > static_cast<uint64_t>(std::max(settings.backoff_first, settings.backoff_max).count())) {
    scene.judge.Fail("retries", fmt::format("client {} waits {} before it dials, longer than backoff_max", event.client,
                                            Seconds(event.delay_ns)));
  } else if (heard && event.delay_ns > static_cast<uint64_t>(settings.backoff_first.count())) {
    scene.judge.Fail("retries", fmt::format("client {} waits {} before it dials, though it has just heard from the "
                                            "server",
                                            event.client, Seconds(event.delay_ns)));
  }
  if (std::ranges::find(client.waits, event.delay_ns) != client.waits.end()) ++client.repeats;
  client.waits[client.waits_count++ % client.waits.size()] = event.delay_ns;
  if (client.repeats > kRepeatsMax) {
    scene.judge.Fail("retries", fmt::format("client {} asks again and again for a wait of exactly {}: no part of it is "
                                            "drawn",
                                            event.client, Seconds(event.delay_ns)));
  }
}

void Retries::CheckPatience(const Scene& scene, uint64_t client, std::string_view what, Time until) {
  if (scene.now >= until) return;
  scene.judge.Fail("retries", fmt::format("client {} gives {} up {} too soon: after so many failures it should have "
                                          "more time",
                                          client, what, Seconds(static_cast<uint64_t>((until - scene.now).count()))));
}

void Retries::On(const Scene& scene, const trace::Opened& event) {
  if (!scene.actor.is_client()) return;
  Client& client = clients_[event.client];
  client.dial_until = kNever;
  client.newest = event.transport;
  client.newest_until = After(scene.now, Patience(scene.plan.clients[event.client].settings, client.in_vain));
}

// It may be the record that ends the row.
void Retries::On(const Scene& scene, const trace::Receive& event) {
  if (scene.actor.is_client()) clients_[event.client].in_vain = 0;
}

void Retries::On(const Scene& scene, const trace::AttemptFailed& event) {
  Client& client = clients_[event.client];
  client.failed = true;
  client.heard = false;
  ++client.in_vain;
  if (static_cast<Error>(event.error) != Error::kTimedOut || event.transport != client.newest) return;
  CheckPatience(scene, event.client, fmt::format("transport {}", event.transport), client.newest_until);
}

void Retries::On(const Scene&, const trace::DialFailed& event) {
  Client& client = clients_[event.client];
  client.failed = true;
  client.heard = false;
  if (client.dial_until != kNever) ++client.in_vain;  // It had asked for one.
  client.dial_until = kNever;
}

// The transport may be gone again before the state is looked at.
void Retries::On(const Scene& scene, const trace::Resumed& event) {
  if (scene.actor.is_client()) clients_[event.client].wishes = 0;
}

void Retries::On(const Scene& scene, const trace::State& event) {
  if (!scene.actor.is_client()) return;
  Client& client = clients_[event.client];
  if (event.received > client.received || event.acked > client.acked || event.attached != kNoTransport) {
    client.wishes = 0;
  }
  const bool failed = std::exchange(client.failed, false);
  if (event.received > client.received && !failed) client.heard = true;
  client.received = event.received;
  client.acked = event.acked;
}

}  // namespace holdfast::sim
