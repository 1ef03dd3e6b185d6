#pragma once

// PlanClock: the time of a plan as the clock on the wall drives it: it stands still until it is begun, and then passes
// `speed` times as fast. Here a world in virtual time and the real one meet.

#include <algorithm>
#include <cstdint>
#include <optional>

#include "net/loop.h"
#include "sim/stage.h"

namespace holdfast::tools {

class PlanClock {
 public:
  explicit PlanClock(uint64_t speed) : speed_(static_cast<int64_t>(speed)) {}

  void Begin(net::Moment moment) { began_ = moment; }
  bool begun() const { return began_.has_value(); }

  Time At(net::Moment moment) const {
    return begun() ? sim::kStart + speed_ * Duration(moment - *began_) : sim::kStart;
  }

  // The first moment at which it is that time. Times too far away for a timer are not told apart. Only once it is
  // begun.
  net::Moment When(Time time) const {
    constexpr Duration kFar = std::chrono::hours(24 * 365);
    const Duration wait = std::min<Duration>(time - sim::kStart, kFar);
    return *began_ + (wait + Duration(speed_ - 1)) / speed_;
  }

 private:
  int64_t speed_;
  std::optional<net::Moment> began_;
};

}  // namespace holdfast::tools
