#pragma once

// DeadlineQueue: which of many things falls due first. A thing is scheduled for its earliest possible deadline; when
// that has come it is asked for the true one. So a deadline that moves back, as those of silence do with every byte,
// costs nothing until it would have been due.

#include <algorithm>
#include <cstdint>
#include <optional>
#include <set>
#include <utility>

#include "core/base/time.h"

namespace holdfast {

class DeadlineQueue {
 public:
  // `scheduled` belongs to the thing: kNever until it is in the queue. Does nothing if `due` is not earlier.
  void Schedule(uint64_t key, Time due, Time& scheduled) {
    if (due >= scheduled) return;
    if (auto node = queue_.extract({scheduled, key})) {  // Reuses the node: no allocation.
      node.value() = {due, key};
      queue_.insert(std::move(node));
    } else {
      queue_.insert({due, key});
    }
    scheduled = due;
  }

  void Cancel(uint64_t key, Time& scheduled) {
    if (scheduled != kNever) queue_.erase({scheduled, key});
    scheduled = kNever;
  }

  // Takes the first thing that is due. Its `scheduled` must be set to kNever, then Schedule called again if need be.
  std::optional<uint64_t> TakeDue(Time now) {
    if (queue_.empty() || queue_.begin()->first > now) return std::nullopt;
    return queue_.extract(queue_.begin()).value().second;
  }

  Time next() const { return queue_.empty() ? kNever : queue_.begin()->first; }

 private:
  std::set<std::pair<Time, uint64_t>> queue_;
};

}  // namespace holdfast
