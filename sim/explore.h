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

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/time.h"
#include "core/crypto/crypto.h"
#include "sim/counters.h"
#include "sim/endpoint.h"
#include "sim/oracles/scene.h"
#include "sim/plan.h"
#include "sim/ways_to_die.h"

namespace holdfast::sim {

inline constexpr uint32_t kExploreDepthMax = 2;

// What kind of session: who it is that the client proves to be, and in which network.
struct ExploreSubject {
  bool mutual = false;           // XX in place of NX.
  bool private_network = false;  // With psk0.
  Suite suite = Suite::kChaChaPoly;
};

// A session of a few dozen bytes each way, in two chunks, both directions of which finish. Its first transport dies
// between the chunks, so that a resume is on the wire without any other fault.
Plan ExploreBase(const ExploreSubject& subject);

// Nobody gives up, and a few deaths take minutes at most. So beside the oracles each cell is asked for more than the
// oracles may ask of any plan: that the session finishes, with every byte delivered.
// (In XX one whose message 3 was lost ends as never confirmed, and the server has not heard of it: HF-NEW-11.) (A plan
// that breaks only this is told as a violation of `explore`; replayed, it shows in the endings.)

struct ExploreProgress {
  uint64_t bytes_done = 0;  // Places of the first death.
  uint64_t bytes_total = 0;
  uint64_t cells = 0;
  uint64_t violations = 0;
};

struct ExploreOptions {
  ExploreSubject subject;
  uint32_t depth = 1;                  // 1 or 2.
  uint32_t jobs = 1;                   // Threads; 0 counts as 1.
  const Protocol* protocol = nullptr;  // Holdfast() if it is not said; must outlive the exploration.
  uint32_t bytes_stride = 1;           // Only every so many of the first death's places: a sample, for tests.
  uint64_t steps_max = 200'000;        // Of one world. More is a violation of liveness.
  size_t violations_max = 20;          // Kept in full; the others are only counted.
  size_t trace_lines_at_end = 40;      // Of each violation.
  std::function<bool()> stop;          // From any thread; true: begin nothing more.
  std::function<void(const ExploreProgress&)> progress;  // From one thread at a time, after each place.
};

// What lies on the wire of the base, write by write.
struct WireSpan {
  uint32_t transport = 0;
  Direction direction = Direction::kUp;
  uint64_t begin = 0;
  uint64_t end = 0;
  std::string what;  // "preamble, message 1", "record 0".
};

struct ExploreViolation {
  uint32_t deaths = 0;
  Verdict verdict;
  std::string plan;         // Text form: `holdfast replay --plan` runs it.
  std::string last_events;  // Lines of the text trace.
};

struct ExploreReport {
  std::vector<WireSpan> wire;  // By transport, direction and offset.
  uint64_t wire_bytes = 0;     // All of it: the places of the first death.

  std::array<uint64_t, kExploreDepthMax> cells = {};                                        // By depth.
  std::array<std::array<uint64_t, kWaysToDie.size()>, kExploreDepthMax> cells_of_way = {};  // ...of the last death.
  std::array<uint64_t, kAllPieces.size()> cells_in_pieces = {};                             // At depth 1.
  uint64_t places_second = 0;  // Of second deaths, summed over the first ones.
  uint64_t not_struck = 0;     // Cells in which the last death found its transport closed.
  uint64_t runs = 0;           // Worlds that were run to their end.
  uint64_t resumed = 0;        // ...that resumed at least once, ...
  uint64_t resumed_twice = 0;  // ...twice...
  uint64_t resumed_thrice = 0;
  uint64_t checked = 0;  // Cells whose plan was run from the start, too, with the same hash.
  Counters sum;          // Of all runs.

  uint64_t violation_count = 0;
  std::vector<ExploreViolation> violations;  // The first.
  bool complete = false;                     // Not stopped.
  uint64_t hash = 0;                         // Of all runs' hashes, in their order.
};

// A function of the options without jobs, as long as nothing stops it.
ExploreReport Explore(const ExploreOptions& options);

}  // namespace holdfast::sim
