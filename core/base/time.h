#pragma once

// Time: what core knows of clocks. A caller passes `Time now` into every verb that needs it; core never asks. Integer
// nanoseconds; the epoch is the caller's; time never runs backwards. The zero value means "not set": a world starts at
// one nanosecond.

#include <chrono>
#include <cstdint>
#include <optional>

namespace holdfast {

using namespace std::chrono_literals;

using Duration = std::chrono::nanoseconds;

// Deliberately has no now().
struct CallersClock {
  using rep = Duration::rep;
  using period = Duration::period;
  using duration = Duration;
  using time_point = std::chrono::time_point<CallersClock, Duration>;
  static constexpr bool is_steady = true;
};

using Time = CallersClock::time_point;

// Later than everything: the deadline of what waits for nothing.
inline constexpr Time kNever = Time::max();

// `time + wait`, or kNever if that cannot be represented. The wait is not negative; the time may be (what was, before
// the caller's clock began).
constexpr Time After(Time time, Duration wait) { return time > kNever - wait ? kNever : time + wait; }

constexpr Duration Milliseconds(uint64_t count) {
  return std::chrono::milliseconds(static_cast<std::chrono::milliseconds::rep>(count));
}

// A moment by the clock on the wall, in milliseconds of Unix time. Only private networks ask for it (HF-NEW-17).
struct WallTime {
  uint64_t unix_ms = 0;
  bool operator==(const WallTime&) const = default;
};

// What the caller said the clock on the wall shows, carried on by the caller's elapsed time. Not set at first.
class WallClock {
 public:
  void Set(Time now, WallTime wall) {
    set_at_ = now;
    wall_ = wall;
  }

  std::optional<WallTime> At(Time now) const {
    if (!wall_) return std::nullopt;
    const auto passed = std::chrono::duration_cast<std::chrono::milliseconds>(now - set_at_).count();
    return WallTime{wall_->unix_ms + static_cast<uint64_t>(passed)};
  }

  bool operator==(const WallClock&) const = default;

 private:
  Time set_at_{};
  std::optional<WallTime> wall_;
};

// Rounded down; at most what 32 bits hold (49 days).
constexpr uint32_t MillisecondsOf(Duration duration) {
  const auto count = std::chrono::duration_cast<std::chrono::milliseconds>(duration).count();
  return count < 0 ? 0 : count > UINT32_MAX ? UINT32_MAX : static_cast<uint32_t>(count);
}

}  // namespace holdfast
