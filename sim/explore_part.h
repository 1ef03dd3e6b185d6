#pragma once

// Explore part: what came of some of an exploration's cells: as values that are summed up, and as the bytes in which a
// copy of the process brings them back.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/base/bytes.h"
#include "sim/counters.h"
#include "sim/oracles/scene.h"
#include "sim/ways_to_die.h"
#include "sim/wire_watch.h"

namespace holdfast::sim {

inline constexpr uint32_t kExploreDepthMax = 2;

struct ExploreCounts {
  std::array<uint64_t, kExploreDepthMax> cells = {};  // By depth.
  // ...of the last death, by its place in ExploreReport::ways.
  std::array<std::array<uint64_t, kWaysToDie.size()>, kExploreDepthMax> cells_of_way = {};
  std::array<uint64_t, kAllPieces.size()> cells_in_pieces = {};  // At depth 1.
  uint64_t places_second = 0;                                    // Of second deaths, summed over the first ones.
  uint64_t not_struck = 0;                                       // Cells whose last death found its transport closed.
  uint64_t runs = 0;                                             // Worlds that were run to their end.
  uint64_t resumed = 0;                                          // ...that resumed at least once, ...
  uint64_t resumed_twice = 0;                                    // ...twice...
  uint64_t resumed_thrice = 0;
  uint64_t places_given_up = 0;  // Where so many cells were lost that others were not begun.
  uint64_t checked = 0;          // Cells whose plan was run from the start, too, with the same hash.
  Counters sum;                  // Of all runs.
  uint64_t violation_count = 0;
  uint64_t hash = 0;  // Of all runs' hashes, in their order.

  // What comes after it.
  void Add(const ExploreCounts& part);
  bool operator==(const ExploreCounts&) const = default;
};

struct ExploreViolation {
  uint32_t deaths = 0;
  Verdict verdict;
  std::string plan;         // Text form: `holdfast replay --plan` runs it.
  std::string last_events;  // Lines of the text trace.
  bool lost = false;        // With the copy of the process that ran it.
};

struct ExplorePart {
  ExploreCounts counts;
  std::vector<ExploreViolation> violations;  // The first.
  bool stopped = false;                      // Not all of it was done.

  std::vector<Written> writes;  // Of the run that was the last: places for what strikes next.
  std::vector<WireSpan> wire;   // Of a base...
  DeathTimes times;             // ...and what followed from it.
  std::string last_events;      // Of one that was run for them.
};

// Between copies of one program only. What a broken copy may have made of them is nothing, and no harm.
Bytes Encode(const ExplorePart& part);
std::optional<ExplorePart> DecodeExplorePart(ByteSpan bytes);

}  // namespace holdfast::sim
