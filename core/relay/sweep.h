#pragma once

// Sweep: which of many relays have come to their deadlines. One that moves back, as that of silence does with every
// byte, costs a look-up and no more until the earlier one has come. A sweep looks at no more than a fixed number; if
// more are due, Deadline() is in the past, and the next sweep goes on. None expires early, and those that are due come
// in the order of their deadlines, but for those that moved back.

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "core/base/digest.h"
#include "core/base/time.h"
#include "core/relay/limits.h"

namespace holdfast {

class Sweep {
 public:
  explicit Sweep(size_t work_max = limits::kSweepWorkMax) : work_max_(work_max) {}

  // The relay `id` is due at `due`, whatever was said of it before. kNever: not for now.
  void Watch(uint64_t id, Time due);
  void Forget(uint64_t id);

  // Those that are due, of the first `work_max` that may be; each is forgotten.
  std::vector<uint64_t> Run(Time now);

  // Call Run at this time at the latest.
  Time Deadline() const { return queue_.empty() ? kNever : queue_.begin()->first; }

  size_t size() const { return watched_.size(); }
  size_t MemoryBytes() const { return watched_.size() * 80 + queue_.size() * 48; }  // Nodes of the two trees.
  void DigestInto(Digest& digest) const;

 private:
  struct Entry {
    Time due;
    Time queued;  // Its place in queue_, at most `due`.
  };

  size_t work_max_;
  std::map<uint64_t, Entry> watched_;
  std::set<std::pair<Time, uint64_t>> queue_;
};

}  // namespace holdfast
