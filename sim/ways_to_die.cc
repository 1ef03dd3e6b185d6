#include "sim/ways_to_die.h"

namespace holdfast::sim {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

// How long a stall lasts before it is a reset. (The odd nanosecond keeps it apart from what happens besides.)
constexpr Duration kStallBefore = milliseconds(300) + nanoseconds(1);

}  // namespace

std::vector<Fault> FaultsOf(const WayToDie& way, Pieces pieces, const Place& place, const DeathTimes& times) {
  Fault stall = FaultOf(FaultKind::kStall);
  stall.transport = place.transport;
  stall.direction = place.direction;
  stall.byte = place.byte;
  if (way.kind == FaultKind::kStall) {
    stall.both_directions = way.both_directions;
    if (pieces != Pieces::kCut) stall.lasting = kStallBefore;
    return {stall};
  }
  Fault death = FaultOf(way.kind);
  death.transport = place.transport;
  death.direction = place.direction;
  death.byte = place.byte;
  if (way.learns == Learns::kClientFirst) death.server_learns = times.second_learns;
  if (way.learns == Learns::kServerFirst) death.client_learns = times.second_learns;
  if (!way.kept) death.keep_up = death.keep_down = 0;
  if (!way.stalls && pieces != Pieces::kCut) return {death};

  // Something else strikes at the byte, and the transport dies a little later.
  death.direction = Direction::kUp;
  death.byte = kAll;
  if (way.stalls) {
    stall.both_directions = true;
    stall.lasting = kStallBefore + times.stalled_comes;
    death.age = place.age + kStallBefore;
  } else {
    death.age = place.age + nanoseconds(1);
  }
  return {stall, death};
}

void ArriveIn(Pieces pieces, Plan& plan) {
  if (pieces != Pieces::kOneByte) return;
  for (Direction direction : {Direction::kUp, Direction::kDown}) {
    PathRule rule;
    rule.direction = direction;
    rule.path.segments = Segments::kOneByte;
    plan.paths.push_back(rule);
  }
}

std::string_view KindName(const WayToDie& way) {
  if (way.kind == FaultKind::kStall) return way.both_directions ? "stall, both directions" : "stall, that direction";
  return way.stalls ? "stall, reset" : NameOf(way.kind);
}

std::string_view NameOf(Learns learns) {
  constexpr std::array<std::string_view, 4> kNames = {"client first", "server first", "both at once", "nobody"};
  return kNames[static_cast<size_t>(learns)];
}

std::string_view NameOf(Pieces pieces) {
  constexpr std::array<std::string_view, 3> kNames = {"whole", "one byte", "cut there"};
  return kNames[static_cast<size_t>(pieces)];
}

}  // namespace holdfast::sim
