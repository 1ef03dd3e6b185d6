#pragma once

// Notices: events that wait to be polled and hold no view: a first-in, first-out queue. Bounded by its users: each verb
// adds a few, and Poll empties it.

#include <cstddef>
#include <optional>
#include <vector>

#include "core/session/event.h"

namespace holdfast {

class Notices {
 public:
  void Add(Event event) { events_.push_back(event); }

  std::optional<Event> Take() {
    if (next_ == events_.size()) return std::nullopt;
    Event event = events_[next_++];
    if (next_ == events_.size()) {
      events_.clear();
      next_ = 0;
    }
    return event;
  }

  bool empty() const { return next_ == events_.size(); }
  size_t allocated() const { return events_.capacity() * sizeof(Event); }

 private:
  std::vector<Event> events_;
  size_t next_ = 0;
};

}  // namespace holdfast
