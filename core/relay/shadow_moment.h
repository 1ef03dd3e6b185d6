#pragma once

// ShadowMoment: what opening and sealing ask of the world: time, and which salts came before.

#include <optional>

#include "core/base/time.h"
#include "core/relay/salt_set.h"

namespace holdfast {

struct ShadowMoment {
  Time now;
  std::optional<WallTime> wall;  // SIP022 refuses everything without it.
  SaltSet& salts;                // Of one listener, or of all that one client dials.
};

}  // namespace holdfast
