#include "core/relay/salt_set.h"

#include <algorithm>

#include "core/base/check.h"

namespace holdfast {

Status SaltSet::Admit(Time now, ByteSpan salt) {
  HOLDFAST_CHECK(salt.size() <= kSaltBytesMax);
  Forget(now);
  Salt key = {};
  std::ranges::copy(salt, key.begin());
  const auto found = seen_.find(key);
  if (found != seen_.end() && now <= After(found->second, kept_)) return std::unexpected(Error::kReplayed);
  if (order_.size() >= count_max_) return std::unexpected(Error::kTableFull);
  seen_[key] = now;
  order_.push_back({now, key});
  return {};
}

// A bounded step: after a burst the rest follows with the next calls.
void SaltSet::Forget(Time now) {
  for (size_t i = 0; i < limits::kSaltsForgottenAtOnce && !order_.empty(); ++i) {
    const Entry& oldest = order_.front();
    if (now <= After(oldest.came, kept_)) return;
    const auto found = seen_.find(oldest.salt);
    if (found != seen_.end() && found->second == oldest.came) seen_.erase(found);
    order_.pop_front();
  }
}

void SaltSet::DigestInto(Digest& digest) const {
  digest.Add(seen_.size());
  for (const Entry& entry : order_) digest.Add(entry.came).Add(entry.salt);
}

}  // namespace holdfast
