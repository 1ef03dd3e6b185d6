#pragma once

// Explore: every cell of {direction x byte offset x kind of death x who learns first x what is kept x pieces} over a
// small session: its handshake, its first data, a resume and its end. What a cell is made of is in sim/ways_to_die.h.
//
// One base plan is run without the death, to learn which bytes it writes and at which step of the world. Then a world
// walks through it, and just before each step that writes is forked once for each byte and each way to die. Depth 2
// does the same again with each of these worlds: every byte of what follows the first death. A cell is also a plan, and
// a sample of them is run from the start, to show that the plan and the fork are one.
//
// At depth 2 bytes arrive as they were written, and the second death is of the few ways marked in the table: said here,
// and printed by the program. A first death with its pieces cut has no second one behind it. Random pieces and random
// numbers of faults are the campaign's business.
//
// With a guest (sim/plug) it is the same. One whose sessions end with their transport is struck by stalls in place of
// deaths; and a world that cannot be forked is run anew up to the place. Guests may crash: each place may be a copy of
// the process, and a cell that is lost with its copy is a finding.

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "sim/endpoint.h"
#include "sim/explore_base.h"
#include "sim/explore_part.h"
#include "sim/process_copies.h"
#include "sim/ways_to_die.h"
#include "sim/wire_watch.h"

namespace holdfast::sim {

// Beside the oracles each cell is asked for more than they may ask of any plan: CameToItsEnd. (A plan that breaks only
// this is told as a violation of `explore`; replayed, it shows in the endings. So is one that was lost with its copy of
// the process; replayed, it does the same to the program that replays it.)

struct ExploreProgress {
  uint64_t bytes_done = 0;  // Places of the first death, or stall: so below.
  uint64_t bytes_total = 0;
  uint64_t cells = 0;
  uint64_t violations = 0;
};

struct ExploreOptions {
  ExploreSubject subject;              // Of Holdfast.
  uint32_t depth = 1;                  // 1 or 2.
  uint32_t jobs = 1;                   // Threads, or with `copies` processes; 0 counts as 1.
  const Protocol* protocol = nullptr;  // Holdfast() if it is not said; must outlive the exploration.
  // If there are any, this process runs nothing of the protocol: each place is a copy's, and a cell that is lost is
  // told. The report is the same.
  ProcessCopies* copies = nullptr;
  uint32_t bytes_stride = 1;       // Only every so many of the first death's places: a sample, for tests.
  uint64_t steps_max = 200'000;    // Of one world. More is a violation of liveness.
  size_t violations_max = 20;      // Kept in full; the others are only counted.
  size_t trace_lines_at_end = 40;  // Of each violation.
  std::function<bool()> stop;      // From any thread; true: begin nothing more.
  std::function<void(const ExploreProgress&)> progress;  // From one thread at a time, after each place.
};

struct ExploreReport : ExploreCounts {
  std::span<const WayToDie> ways;  // Of which the cells are.
  std::vector<WireSpan> wire;      // Of the base.
  uint64_t wire_bytes = 0;         // All of it: the places of the first death.

  std::vector<ExploreViolation> violations;  // The first.
  bool complete = false;                     // Not stopped.
  std::string trouble;                       // Why not, if nobody stopped it: the system gave no copy.
};

// A function of the options without jobs and copies, as long as nothing stops it and no copy is lost.
ExploreReport Explore(const ExploreOptions& options);

}  // namespace holdfast::sim
