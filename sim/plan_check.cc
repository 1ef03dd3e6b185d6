// What a plan must hold to be run; see Problem in plan_text.h.

#include <fmt/format.h>

#include <algorithm>

#include "sim/plan_text.h"

namespace holdfast::sim {
namespace {

constexpr uint64_t kStreamBytesMax = uint64_t{1} << 40;
// A smaller buffer never gets a session on: a handshake message must have room.
constexpr uint64_t kLargestMin = 512;
constexpr Duration kLongest = std::chrono::hours(24 * 365);

using Why = std::optional<std::string>;

bool IsSpan(Duration d) { return d >= Duration{} && d <= kLongest; }
bool IsSpanOrNever(Duration d) { return IsSpan(d) || d == kNeverAfter; }

Why ProblemOf(const SessionOptions& o) {
  if (o.data_bytes_first > o.data_bytes_max) return "data_bytes_first must be at most data_bytes_max";
  if (o.data_bytes_max > limits::kDataBytesCeiling) {
    return fmt::format("data_bytes_max must be at most {}", limits::kDataBytesCeiling);
  }
  if (o.ping_idle >= o.dead_transport) return "ping_idle must be less than dead_transport";
  if (!IsSane(o)) return "a size or a number of a session is 0";
  for (Duration d : {o.ack_delay, o.ping_idle, o.dead_transport, o.linger}) {
    if (!IsSpan(d)) return "a time of a session is out of bounds";
  }
  return {};
}

Why ProblemOf(const Stream& stream) {
  if (stream.bytes > kStreamBytesMax) return "a stream has too many bytes";
  if (stream.chunk < 1) return "a chunk must be at least 1";
  if (stream.early_every < 1) return "early_every must be at least 1";
  if (stream.consume_chunk < 1) return "a consume_chunk must be at least 1";
  for (Duration d : {stream.think, stream.start_delay, stream.finish_delay, stream.consume_delay}) {
    if (!IsSpan(d)) return "a time of a stream is out of bounds";
  }
  return {};
}

// Each application may wait for the other, but not both for ever.
Why DeadlockOf(const ClientPlan& client) {
  auto waits = [](const Stream& a, const Stream& b) {
    return a.start == StartRule::kAfterPeer &&
           (b.start == StartRule::kAfterPeer || (b.bytes == 0 && b.finish == FinishRule::kAfterPeer));
  };
  if (waits(client.up, client.down) || waits(client.down, client.up) ||
      (client.up.finish == FinishRule::kAfterPeer && client.down.finish == FinishRule::kAfterPeer)) {
    return "the two applications wait for each other";
  }
  return {};
}

Why ProblemOf(const ClientPlan& client) {
  const ClientSettings& s = client.settings;
  for (Duration d : {s.attempt_timeout_first, s.attempt_timeout_max, s.backoff_first, s.backoff_max, client.start}) {
    if (!IsSpan(d)) return "a time of a client is out of bounds";
  }
  if (!IsSpan(s.hold) || s.hold < std::chrono::milliseconds(1)) {
    return "hold must be at least 1 ms";
  }
  if (!IsSpan(client.verdict_delay) || !IsSpan(client.trust_delay)) return "a time of a client is out of bounds";
  if (s.attempt_timeout_first <= Duration{}) return "attempt_timeout_first must be more than 0";
  if (auto why = ProblemOf(s.session)) return why;
  for (const Stream* stream : {&client.up, &client.down}) {
    if (auto why = ProblemOf(*stream)) return why;
  }
  return DeadlockOf(client);
}

Why ProblemOf(const Path& path) {
  for (Duration d : {path.latency, path.jitter, path.window}) {
    if (!IsSpan(d)) return "a time of a path is out of bounds";
  }
  if (path.capacity < 1) return "a capacity must be at least 1";
  if (path.segment_bytes < 1) return "segment_bytes must be at least 1";
  return {};
}

Why ProblemOf(const Fault& fault) {
  for (Duration d : {fault.client_learns, fault.server_learns, fault.age, fault.at}) {
    if (!IsSpanOrNever(d)) return "a time is out of bounds";
  }
  if (!IsSpan(fault.late) || !IsSpan(fault.pace) || !IsSpanOrNever(fault.lasting)) return "a time is out of bounds";
  if (fault.lasting == kNeverAfter && fault.kind != FaultKind::kIntrude) return "a time is out of bounds";
  if (fault.client == kEveryClient && fault.byte != kAll) return "what strikes every client needs age=, at= or dial=";
  if (fault.client == kEveryClient && IsAdversary(fault.kind)) return "the adversary needs one client";
  if (IsOfServer(fault) && fault.client != 0) return "it is the server's: it has no client=";
  const bool outage = IsOfDial(fault.kind) && fault.at != kNeverAfter;
  if (outage && (fault.dial != 0 || fault.lasting <= Duration{})) return "at= goes with lasting= and without dial=";
  if (MayBeOutage(fault.kind) && !outage && fault.lasting != Duration{}) return "lasting= goes with at=";
  if (fault.kind == FaultKind::kScarce && fault.largest < kLargestMin) {
    return fmt::format("largest must be at least {}", kLargestMin);
  }
  int places = (fault.byte != kAll) + (fault.age != kNeverAfter) + (fault.at != kNeverAfter);
  if ((IsDeath(fault.kind) || fault.kind == FaultKind::kStall) && places != 1) {
    return "it needs one of byte=, age= and at=";
  }
  if ((fault.kind == FaultKind::kRestart || fault.kind == FaultKind::kScarce) && fault.at == kNeverAfter) {
    return "it needs at=";
  }
  if ((IsOfHost(fault.kind) || fault.kind == FaultKind::kIntrude) && places != 1) {
    return "it needs one of age= and at=";
  }
  if (fault.kind == FaultKind::kTamper && fault.byte == kAll) return "it needs byte=";
  if (fault.kind == FaultKind::kTamper && fault.bit > 7) return "bit must be at most 7";
  if (fault.size == 0) return "a size must be at least 1";
  if (fault.with == Forging::kReflected && fault.kind != FaultKind::kImpostor) return "only an impostor reflects";
  return {};
}

// What a relayed plan may not have: what would end the session otherwise than by the ends of its streams.
bool IsTooMuchForRelays(const Plan& plan) {
  return plan.clients.size() > 1 || plan.server.servers > 1 || !plan.aborts.empty() || !plan.clocks.empty() ||
         std::ranges::any_of(plan.faults, [](const Fault& fault) {
           return IsAdversary(fault.kind) || (IsOfHost(fault.kind) && fault.kind != FaultKind::kProbe);
         });
}

bool IsThere(const Plan& plan, uint32_t client) { return client < plan.clients.size() || client == kEveryClient; }

}  // namespace

std::optional<std::string> Problem(const Plan& plan) {
  if (plan.clients.empty()) return "a plan needs a client";
  if (plan.clients.size() > kClientsMax) return "a plan has too many clients";
  if (!IsSpanOrNever(plan.heal)) return "heal is out of bounds";
  if (plan.server.servers < 1 || plan.server.servers > kServersMax) {
    return fmt::format("server: servers must be from 1 to {}", kServersMax);
  }
  if (auto why = ProblemOf(plan.server.session)) return fmt::format("server: {}", *why);
  for (size_t i = 0; i < plan.clients.size(); ++i) {
    if (auto why = ProblemOf(plan.clients[i])) return fmt::format("client {}: {}", i, *why);
    if (plan.clients[i].settings.session.rekey_interval != plan.server.session.rekey_interval) {
      return fmt::format("client {}: rekey_interval must be the server's", i);
    }
  }
  for (uint32_t i = 0; i < plan.clients.size(); ++i) {
    if (MayEnter(plan, i)) continue;
    const bool gives_up = std::ranges::any_of(plan.aborts, [i](const Abort& abort) {
      return abort.client == i && abort.by == Side::kClient && abort.at != kNeverAfter;
    });
    if (!gives_up) {
      return fmt::format("client {}: the server never lets it in, so it needs an abort with at=", i);
    }
  }
  if (plan.workload == Workload::kRelay && IsTooMuchForRelays(plan)) {
    return "with workload=relay there is one client and one server, and no more than the network's faults and probes";
  }
  for (const ClockRule& rule : plan.clocks) {
    if (!IsThere(plan, rule.client)) return "a clock names a client that is not there";
    if (!IsSpan(rule.at) || !IsSpan(std::chrono::abs(rule.offset))) return "clock: a time is out of bounds";
  }
  for (const PathRule& rule : plan.paths) {
    if (!IsThere(plan, rule.client)) return "a path names a client that is not there";
    if (auto why = ProblemOf(rule.path)) return fmt::format("path: {}", *why);
  }
  for (const Abort& abort : plan.aborts) {
    if (abort.client >= plan.clients.size()) return "an abort names a client that is not there";
    if (!IsSpanOrNever(abort.at)) return "abort: a time is out of bounds";
    if (abort.code > (uint64_t{1} << 62) - 1) return "abort: code must be at most 2^62 - 1";
  }
  for (const Fault& fault : plan.faults) {
    if (auto why = ProblemOf(fault)) return fmt::format("\"{}\": {}", Print(fault), *why);
    if (!IsThere(plan, fault.client)) {
      return fmt::format("\"{}\": there is no such client", Print(fault));
    }
    if (fault.from_client >= plan.clients.size()) {
      return fmt::format("\"{}\": there is no such from_client", Print(fault));
    }
  }
  return {};
}

}  // namespace holdfast::sim
