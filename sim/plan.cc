#include "sim/plan.h"

#include <algorithm>
#include <array>

#include "sim/plan_fields.h"

namespace holdfast::sim {
namespace {

constexpr Path kDefaultPath;

// Equality over the one list of fields, so that a field cannot be forgotten.
template <typename T>
bool SameFields(const T& a, const T& b) {
  bool same = true;
  VisitFieldPairs(a, b, [&same](std::string_view, const auto& x, const auto& y) { same = same && x == y; });
  return same;
}

}  // namespace

bool SameOptions(const SessionOptions& a, const SessionOptions& b) { return SameFields(a, b); }
bool ClientSettings::operator==(const ClientSettings& other) const {
  return SameFields(*this, other) && SameFields(session, other.session);
}
bool ServerSettings::operator==(const ServerSettings& other) const {
  return SameFields(*this, other) && SameFields(session, other.session);
}

const Path& PathOf(const Plan& plan, uint32_t client, uint32_t transport, Direction direction) {
  const Path* found = &kDefaultPath;
  for (const PathRule& rule : plan.paths) {
    if (!IsOf(rule.client, client) || rule.direction != direction) continue;
    if (rule.transport == kEveryTransport || rule.transport == transport) found = &rule.path;
  }
  return *found;
}

namespace {

// The last setting of that clock; null: it was never set.
const ClockRule* LastClock(const Plan& plan, Side of, uint32_t client) {
  const ClockRule* last = nullptr;
  for (const ClockRule& rule : plan.clocks) {
    const bool same = rule.of == of && (of == Side::kServer || IsOf(rule.client, client));
    if (same && (last == nullptr || rule.at >= last->at)) last = &rule;
  }
  return last;
}

bool ClocksAgree(const Plan& plan, uint32_t client) {
  const ClockRule* server = LastClock(plan, Side::kServer, 0);
  const ClockRule* mine = LastClock(plan, Side::kClient, client);
  if (server == nullptr) return true;
  // The stamp is as old as its way is long.
  const Duration slack = plan.server.clock_window / 2;
  return mine != nullptr && std::chrono::abs(server->offset - mine->offset) <= slack;
}

}  // namespace

bool HasFault(const Plan& plan, FaultKind kind) {
  return std::ranges::find(plan.faults, kind, &Fault::kind) != plan.faults.end();
}

bool IsOutsider(const Plan& plan, uint32_t client) {
  return plan.server.network_key && plan.clients[client].settings.network_key != Known::kRight;
}

bool MayEnter(const Plan& plan, uint32_t client) {
  const ClientSettings& settings = plan.clients[client].settings;
  if (settings.static_key ? !plan.server.offer_xx : !plan.server.offer_nx) return false;
  if (!plan.server.network_key) return settings.network_key == Known::kNothing;
  return settings.network_key == Known::kRight && ClocksAgree(plan, client);
}

bool IsRefused(const Plan& plan, uint32_t client) {
  const ClientPlan& of = plan.clients[client];
  return of.settings.server_key == Known::kWrong || (of.settings.server_key == Known::kNothing && of.distrust) ||
         (of.settings.static_key && of.refuse);
}

bool HasAdversary(const Plan& plan) {
  return std::ranges::any_of(plan.faults, [](const Fault& fault) { return IsAdversary(fault.kind); });
}

std::string_view NameOf(FaultKind kind) {
  constexpr std::array<std::string_view, kFaultKinds> kNames = {"fin",    "reset",   "silence",  "stall",   "refuse",
                                                                "hang",   "ghost",   "slow",     "probe",   "move",
                                                                "tamper", "intrude", "impostor", "restart", "scarce"};
  return kNames[static_cast<size_t>(kind)];
}
std::string_view NameOf(Direction direction) { return direction == Direction::kUp ? "c>s" : "s>c"; }
std::string_view NameOf(Side side) { return side == Side::kClient ? "client" : "server"; }

}  // namespace holdfast::sim
