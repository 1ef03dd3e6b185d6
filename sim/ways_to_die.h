#pragma once

// Ways to die: how a transport may end at a byte, as a table, and the faults of a plan that say so. These are the axes
// of an exploration (sim/explore.h), with what a byte adds to them:
//
//   kind      fin, reset, silence, or a stall that becomes a reset
//   learns    which side learns of it first; the other does a second later, which is dozens of round trips
//   kept      whether what is under way at that moment still arrives
//   pieces    how bytes arrive: as they were written, one by one, or cut at the byte and no further
//
// What is left out, because it says nothing of its own:
//   * silence: nobody learns, so nobody is first;
//   * fin: what is under way always arrives, for a side that learns of a fin has read everything before it;
//   * both learn at once of a reset: whatever is under way finds nobody;
//   * pieces cut at the byte and no further: the whole write arrives, as two pieces, and the transport dies right
//   behind
//     it. Where what is under way is lost that is the death at the write's first byte; and a stall makes these pieces
//     anyway.
//
// A protocol whose sessions end with their transport sees none die. What is left for it are stalls, and pieces.

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "core/base/time.h"
#include "sim/plan.h"

namespace holdfast::sim {

enum class Learns : uint8_t { kClientFirst, kServerFirst, kBoth, kNobody };
enum class Pieces : uint8_t { kWhole, kOneByte, kCut };
inline constexpr std::array<Pieces, 3> kAllPieces = {Pieces::kWhole, Pieces::kOneByte, Pieces::kCut};

struct WayToDie {
  FaultKind kind;
  bool stalls;  // Before.
  Learns learns;
  bool kept;
  bool again;                    // One of the few that serve for a second death.
  bool both_directions = false;  // Of a stall that nothing follows.
};

inline constexpr auto kWaysToDie = std::to_array<WayToDie>({
    {FaultKind::kFin, false, Learns::kClientFirst, true, false},
    {FaultKind::kFin, false, Learns::kServerFirst, true, false},
    {FaultKind::kFin, false, Learns::kBoth, true, true},
    {FaultKind::kReset, false, Learns::kClientFirst, true, true},
    {FaultKind::kReset, false, Learns::kClientFirst, false, false},
    {FaultKind::kReset, false, Learns::kServerFirst, true, false},
    {FaultKind::kReset, false, Learns::kServerFirst, false, true},
    {FaultKind::kReset, false, Learns::kBoth, false, false},
    {FaultKind::kSilence, false, Learns::kNobody, true, true},
    {FaultKind::kSilence, false, Learns::kNobody, false, false},
    {FaultKind::kReset, true, Learns::kClientFirst, true, true},
    {FaultKind::kReset, true, Learns::kClientFirst, false, false},
    {FaultKind::kReset, true, Learns::kServerFirst, true, false},
    {FaultKind::kReset, true, Learns::kServerFirst, false, false},
    {FaultKind::kReset, true, Learns::kBoth, false, false},
});

// In place of them, for who does not survive them.
inline constexpr auto kWaysToStall = std::to_array<WayToDie>({
    {FaultKind::kStall, false, Learns::kNobody, true, true},
    {FaultKind::kStall, false, Learns::kNobody, true, false, true},
});
static_assert(kWaysToStall.size() <= kWaysToDie.size());

// Whether the two are a combination of its own. A stall and pieces that are cut: the stall is none, but makes them.
constexpr bool GoTogether(const WayToDie& way, Pieces pieces) {
  return pieces != Pieces::kCut || (way.kept && !way.stalls && !way.both_directions);
}

// How much later than the first side the second learns: later than the first has resumed, or has failed to. And so long
// after the first has learned comes out what a stall kept: after a fresh message 1 may have been answered and before
// the record that follows it. Both are later by as much as a client waits before it dials again.
struct DeathTimes {
  Duration second_learns = std::chrono::seconds(1);
  Duration stalled_comes = std::chrono::milliseconds(18);
};

// Where on the wire.
struct Place {
  uint32_t transport = 0;
  Direction direction = Direction::kUp;
  uint64_t byte = 0;
  Duration age = {};  // Of the transport, when that byte would be written.
};

// Of client 0. Pieces one by one are a matter of the paths (ArriveIn), and not of a fault.
std::vector<Fault> FaultsOf(const WayToDie& way, Pieces pieces, const Place& place, const DeathTimes& times = {});

// Makes all paths of client 0 deliver such pieces.
void ArriveIn(Pieces pieces, Plan& plan);

// "stall, reset"; "client first"; "whole".
std::string_view KindName(const WayToDie& way);
std::string_view NameOf(Learns learns);
std::string_view NameOf(Pieces pieces);

}  // namespace holdfast::sim
