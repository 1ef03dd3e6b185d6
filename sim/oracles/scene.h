#pragma once

// Scene: what an oracle sees beside the event itself, and the judge that it speaks to. Each oracle is a small class
// that watches typed events (On) and views of sessions (OnView), knows one property, and fails the run when it does not
// hold.

#include <algorithm>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "core/base/bytes.h"
#include "core/base/time.h"
#include "core/wire/limits.h"
#include "sim/content.h"
#include "sim/plan.h"
#include "sim/trace_events.h"

namespace holdfast::sim {

// What an oracle has to say: which property does not hold, and in one sentence how.
struct Verdict {
  std::string oracle;    // The file's name in sim/oracles: "exact_delivery", "nonce_uniqueness"...
  std::string sentence;  // For people: what was seen, where, and what should have been.
  bool operator==(const Verdict&) const = default;
};

// The oracles that ask for nothing that is Holdfast's own.
inline constexpr std::string_view kGenericOracles[] = {"exact_delivery", "fin_once",       "same_end",
                                                       "liveness",       "bounded_memory", "contract"};

// The first to fail a run is heard, if it may speak of this protocol.
class Judge {
 public:
  void Fail(std::string oracle, std::string sentence) {
    if (!verdict_ && Hears(oracle)) verdict_ = {std::move(oracle), std::move(sentence)};
  }
  bool failed() const { return verdict_.has_value(); }
  const std::optional<Verdict>& verdict() const { return verdict_; }
  void Reset(bool hears_all = true) {
    verdict_.reset();
    hears_all_ = hears_all;
  }

 private:
  bool Hears(std::string_view oracle) const {
    return hears_all_ || std::ranges::find(kGenericOracles, oracle) != std::end(kGenericOracles);
  }

  std::optional<Verdict> verdict_;
  bool hears_all_ = true;
};

struct Scene {
  Time now;
  Actor actor;
  ByteSpan bytes;  // Of the event: what was written or delivered.
  const Plan& plan;
  const Content& content;
  Judge& judge;
};

// What a record of the largest size may take beyond the time of silence: as long as one whose length was changed.
// HF-LIV-12.
inline Duration RecordTime(const Plan& plan, uint64_t client) {
  const auto hold =
      std::chrono::floor<std::chrono::milliseconds>(std::min(plan.clients[client].settings.hold, plan.server.hold_max));
  return std::min<Duration>(limits::kRecordTime, hold / 8);
}

// After the heal, in this time a client that the server still knows gets through to it: it gives up a dead transport,
// waits, and makes an attempt that nothing disturbs, even if it had just begun a hopeless one.
inline Duration RecoveryTime(const Plan& plan) {
  Duration longest = {};
  const bool tampered = HasAdversary(plan);
  for (uint32_t i = 0; i < plan.clients.size(); ++i) {
    const ClientSettings& s = plan.clients[i].settings;
    const Duration record = tampered ? RecordTime(plan, i) : Duration{};
    longest = std::max(
        longest, s.session.dead_transport + s.session.linger + record + 2 * s.attempt_timeout_max + 3 * s.backoff_max);
  }
  longest += plan.server.session.dead_transport + plan.server.session.linger;
  return longest + std::chrono::seconds(2);
}

// In this time a session without a counterpart is given up.
inline Duration ExpiryTime(const Plan& plan) {
  Duration longest = {};
  for (const ClientPlan& client : plan.clients) {
    longest = std::max(longest, client.settings.hold + client.settings.session.dead_transport);
  }
  return longest + plan.server.embryo_time + plan.server.candidate_time;
}

}  // namespace holdfast::sim
