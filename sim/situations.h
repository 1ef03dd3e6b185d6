#pragma once

// Situations: the rare ones that are worth a mark, as a table: what each is, and the event at which it is recognized,
// given what was seen before that event.

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "sim/sightings.h"

namespace holdfast::sim {

struct Situation {
  // When an event of this kind comes, and this holds of it and of all before it.
  struct Watch {
    TraceKind kind;
    bool (*holds)(const Sightings& seen, const Scene& scene, const void* event);
  };

  std::string_view topic;
  std::string_view name;
  std::string_view meaning;
  Watch watch;
};

inline constexpr size_t kSituationsMax = 128;

// All, topic by topic.
std::span<const Situation> Situations();

// The places in that table of all that are recognized at events of this kind.
std::span<const uint8_t> SituationsAt(TraceKind kind);

}  // namespace holdfast::sim
