#pragma once

// CEnv: a connection_env, as the two ends of the legacy profile want it.

#include <algorithm>

#include "core/base/time.h"
#include "core/legacy/c/connectionenv.h"
#include "core/legacy/primitives.h"

namespace holdfast::legacy {

class CEnv {
 public:
  explicit CEnv(const connection_env& env) : env_(env) {}

  uint64_t Draw() { return env_.random64(env_.context); }
  RandomSource source() {
    return {[](void* self) { return static_cast<CEnv*>(self)->Draw(); }, this};
  }

  // Never before what it was, whatever the caller's clock does.
  Time Now() {
    constexpr uint64_t kLatest = 9'000'000'000'000;  // 285 years.
    now_ = std::max(now_, Time(1ns) + Milliseconds(std::min(env_.now_ms(env_.context), kLatest)));
    return now_;
  }

 private:
  connection_env env_;
  Time now_{};
};

}  // namespace holdfast::legacy
