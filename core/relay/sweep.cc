#include "core/relay/sweep.h"

namespace holdfast {

void Sweep::Watch(uint64_t id, Time due) {
  const auto [place, is_new] = watched_.try_emplace(id, Entry{due, kNever});
  Entry& entry = place->second;
  entry.due = due;
  if (!is_new && due >= entry.queued) return;
  if (!is_new) queue_.erase({entry.queued, id});
  entry.queued = due;
  queue_.insert({due, id});
}

void Sweep::Forget(uint64_t id) {
  const auto found = watched_.find(id);
  if (found == watched_.end()) return;
  queue_.erase({found->second.queued, id});
  watched_.erase(found);
}

std::vector<uint64_t> Sweep::Run(Time now) {
  std::vector<uint64_t> expired;
  for (size_t i = 0; i < work_max_ && !queue_.empty() && queue_.begin()->first <= now; ++i) {
    const uint64_t id = queue_.begin()->second;
    queue_.erase(queue_.begin());
    const auto found = watched_.find(id);
    if (found->second.due <= now) {
      watched_.erase(found);
      expired.push_back(id);
    } else {
      found->second.queued = found->second.due;
      queue_.insert({found->second.queued, id});
    }
  }
  return expired;
}

void Sweep::DigestInto(Digest& digest) const {
  for (const auto& [id, entry] : watched_) digest.Add(id).Add(entry.due).Add(entry.queued);
}

}  // namespace holdfast
