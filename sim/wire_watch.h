#pragma once

// WireWatch: which bytes a world writes at which of its steps, and what they are.

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "sim/ways_to_die.h"
#include "sim/world.h"

namespace holdfast::sim {

// Bytes of one transport and direction that one step of a world writes.
struct Written {
  uint64_t step = 0;  // So many came before it.
  Place first;        // Its first byte...
  uint64_t end = 0;   // ...and the one after its last.
};

// Sees what a world writes while faults can strike, step by step.
class WireWatch {
 public:
  void Begin(const World& world);

  // After a step. Bytes that went into a dead transport are not on the wire. `out` may be null.
  void Look(const World& world, std::vector<Written>* out);

 private:
  std::vector<std::array<uint64_t, 2>> seen_;  // By link and direction.
};

// What lies on the wire, write by write.
struct WireSpan {
  uint32_t transport = 0;
  Direction direction = Direction::kUp;
  uint64_t begin = 0;
  uint64_t end = 0;
  std::string what;  // "preamble, message 1", "record 0"; of a guest "write 0".
};

// Of a world that was run with its trace kept: by transport, direction and offset.
std::vector<WireSpan> SpansOf(const World& world);

}  // namespace holdfast::sim
