#pragma once

// The fields of a plan's parts, each listed once with its name: equality, printing, parsing and checks follow from
// these lists. A new field that is not listed here cannot be set by a text.

#include <string_view>
#include <tuple>

#include "sim/plan.h"

namespace holdfast::sim {

template <typename T, typename Member>
struct PlanField {
  std::string_view name;
  Member T::* member;
};

// NOLINTBEGIN: the one macro of this file, gone at its end.
#define FIELD(name) \
  PlanField { #name, &T::name }

constexpr auto FieldsOf(const SessionOptions*) {
  using T = SessionOptions;
  return std::tuple(FIELD(replay_bytes_max), FIELD(receive_window), FIELD(data_bytes_first), FIELD(data_bytes_max),
                    FIELD(ack_bytes_max), FIELD(ack_delay), FIELD(explicit_consume), FIELD(early_bytes_max),
                    FIELD(ping_idle), FIELD(dead_transport), FIELD(linger), FIELD(rekey_interval));
}

constexpr auto FieldsOf(const ClientSettings*) {
  using T = ClientSettings;
  return std::tuple(FIELD(suite), FIELD(server_key), FIELD(network_key), FIELD(static_key), FIELD(hold),
                    FIELD(attempt_timeout_first), FIELD(attempt_timeout_max), FIELD(backoff_first), FIELD(backoff_max));
}

constexpr auto FieldsOf(const ServerSettings*) {
  using T = ServerSettings;
  return std::tuple(FIELD(servers), FIELD(offer_nx), FIELD(offer_xx), FIELD(network_key), FIELD(clock_window),
                    FIELD(replays_max), FIELD(hold_max), FIELD(handshake_time), FIELD(candidate_time),
                    FIELD(embryo_time), FIELD(handshakes_max), FIELD(embryos_max), FIELD(sessions_max),
                    FIELD(handshakes_per_source_max), FIELD(embryos_per_source_max), FIELD(handshake_bytes_max),
                    FIELD(memory_max));
}

// Besides its settings and streams.
constexpr auto FieldsOf(const ClientPlan*) {
  using T = ClientPlan;
  return std::tuple(FIELD(start), FIELD(source), FIELD(verdict_delay), FIELD(refuse), FIELD(trust_delay),
                    FIELD(distrust));
}

constexpr auto FieldsOf(const Stream*) {
  using T = Stream;
  return std::tuple(FIELD(bytes), FIELD(chunk), FIELD(think), FIELD(start), FIELD(start_delay), FIELD(finish),
                    FIELD(finish_delay), FIELD(early), FIELD(early_every), FIELD(consume_chunk), FIELD(consume_delay));
}

constexpr auto FieldsOf(const ClockRule*) {
  using T = ClockRule;
  return std::tuple(FIELD(of), FIELD(client), FIELD(at), FIELD(offset));
}

constexpr auto FieldsOf(const Abort*) {
  using T = Abort;
  return std::tuple(FIELD(client), FIELD(by), FIELD(code), FIELD(at), FIELD(sent), FIELD(delivered));
}

constexpr auto FieldsOf(const Path*) {
  using T = Path;
  return std::tuple(FIELD(latency), FIELD(jitter), FIELD(bandwidth), FIELD(capacity), FIELD(segments),
                    FIELD(segment_bytes), FIELD(window));
}

constexpr auto FieldsOf(const PathRule*) {
  using T = PathRule;
  return std::tuple(FIELD(client), FIELD(direction), FIELD(transport));
}

// Besides its lists.
constexpr auto FieldsOf(const Plan*) {
  using T = Plan;
  return std::tuple(FIELD(seed), FIELD(workload), FIELD(heal), FIELD(spurious_ticks));
}

// Of every fault; which of them a kind has is below.
constexpr auto FieldsOf(const Fault*) {
  using T = Fault;
  return std::tuple(FIELD(client), FIELD(dial), FIELD(transport), FIELD(direction), FIELD(byte), FIELD(age), FIELD(at),
                    FIELD(client_learns), FIELD(server_learns), FIELD(keep_up), FIELD(keep_down), FIELD(late),
                    FIELD(lasting), FIELD(both_directions), FIELD(live), FIELD(to), FIELD(state), FIELD(by),
                    FIELD(largest), FIELD(how), FIELD(message), FIELD(bit), FIELD(size), FIELD(with),
                    FIELD(from_client), FIELD(from_transport), FIELD(from_direction), FIELD(from_message),
                    FIELD(from_byte), FIELD(pace));
}

#undef FIELD
// NOLINTEND

constexpr bool HasField(FaultKind kind, std::string_view name) {
  if (name == "client") return kind != FaultKind::kRestart;
  if (name == "dial") return IsOfDial(kind);
  if (name == "at") return kind != FaultKind::kTamper && (!IsOfDial(kind) || MayBeOutage(kind));
  if (name == "transport" || name == "age") {
    if (name == "age" && kind == FaultKind::kTamper) return false;
    return !IsOfDial(kind) && kind != FaultKind::kRestart && kind != FaultKind::kScarce;
  }
  if (name == "direction" || name == "byte") {
    return IsDeath(kind) || kind == FaultKind::kStall || kind == FaultKind::kTamper;
  }
  if (name == "lasting") {
    return !IsDeath(kind) && kind != FaultKind::kGhost && kind != FaultKind::kProbe && kind != FaultKind::kTamper &&
           kind != FaultKind::kImpostor;
  }
  if (name == "how" || name == "message") return kind == FaultKind::kTamper;
  if (name == "pace") return kind == FaultKind::kIntrude || kind == FaultKind::kImpostor;
  if (name == "bit" || name == "size" || name == "with" || name.starts_with("from_")) return IsAdversary(kind);
  if (name == "live" || name == "to") return kind == FaultKind::kMove;
  if (name == "state") return kind == FaultKind::kRestart;
  if (name == "by" || name == "largest") return kind == FaultKind::kScarce;
  if (name == "client_learns" || name == "keep_down") return IsDeath(kind) || kind == FaultKind::kRestart;
  if (name == "both_directions") return kind == FaultKind::kStall;
  return IsDeath(kind);
}

// Calls visitor(name, field of `a`, field of `b`) for each field of T; either may be const.
template <typename A, typename B, typename Visitor>
constexpr void VisitFieldPairs(A& a, B& b, Visitor&& visitor) {
  std::apply([&](const auto&... field) { (visitor(field.name, a.*(field.member), b.*(field.member)), ...); },
             FieldsOf(static_cast<const A*>(nullptr)));
}

}  // namespace holdfast::sim
