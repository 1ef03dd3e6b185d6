#include "core/pool/replay_guard.h"

#include <algorithm>

namespace holdfast {

Status ReplayGuard::Admit(WallTime now, uint64_t stamp_ms, const PublicKey& ephemeral) {
  const uint64_t earliest = now.unix_ms > window_ms_ ? now.unix_ms - window_ms_ : 0;
  const uint64_t latest = now.unix_ms > UINT64_MAX - window_ms_ ? UINT64_MAX : now.unix_ms + window_ms_;
  while (!seen_.empty() && seen_.begin()->stamp_ms < earliest) seen_.erase(seen_.begin());
  if (stamp_ms < earliest || stamp_ms > latest) return std::unexpected(Error::kClockSkew);
  // What was forgotten under a clock that has been set back since says nothing any more.
  if (stamp_ms <= forgotten_ms_ && forgotten_ms_ <= latest) return std::unexpected(Error::kReplayed);
  if (!seen_.insert({stamp_ms, ephemeral}).second) return std::unexpected(Error::kReplayed);
  if (seen_.size() > count_max_) {
    forgotten_ms_ = seen_.begin()->stamp_ms;
    while (!seen_.empty() && seen_.begin()->stamp_ms == forgotten_ms_) seen_.erase(seen_.begin());
  }
  return {};
}

void ReplayGuard::DigestInto(Digest& digest) const {
  digest.Add(forgotten_ms_);
  for (const Greeting& greeting : seen_) digest.Add(greeting.stamp_ms).Add(greeting.ephemeral);
}

}  // namespace holdfast
