#include "sim/plan.h"

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
    if (rule.client != client || rule.direction != direction) continue;
    if (rule.transport == kEveryTransport || rule.transport == transport) found = &rule.path;
  }
  return *found;
}

std::string_view NameOf(FaultKind kind) {
  constexpr std::array<std::string_view, kFaultKinds> kNames = {"fin",  "reset", "silence", "stall", "refuse",
                                                                "hang", "ghost", "slow",    "probe"};
  return kNames[static_cast<size_t>(kind)];
}
std::string_view NameOf(Direction direction) { return direction == Direction::kUp ? "c>s" : "s>c"; }
std::string_view NameOf(Side side) { return side == Side::kClient ? "client" : "server"; }

}  // namespace holdfast::sim
