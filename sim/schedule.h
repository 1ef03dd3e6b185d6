#pragma once

// Schedule: what is still to happen, in the order of (time, sequence): of two things at one time the one that was
// scheduled first comes first. A binary heap of plain values in one block of memory.

#include <algorithm>
#include <cstdint>
#include <vector>

#include "core/base/check.h"
#include "core/base/time.h"

namespace holdfast::sim {

enum class Happening : uint8_t {
  kBegin,        // a: client. It starts.
  kClientTimer,  // a: client. Its endpoint's deadline, or an earlier one that has moved.
  kServerTimer,
  kClientApp,  // a: client. Its application has something to do.
  kServerApp,  // a: index of the application.
  kDial,       // a: client, b: number of the wish for a transport.
  kConnect,    // a: link. The client's dial comes to its end.
  kAccept,     // a: link. The server gets its side.
  kArrive,     // a: link, b: direction.
  kWritable,   // a: link, b: direction.
  kLearn,      // a: link, b: side.
  kVerdict,    // a: actor, b: number of the question.
  kImport,     // a: number of the parcel.
  kClock,      // a: index of the rule.
  kFault,      // a: index of the fault, b: link or kNoLink.
  kHeal,
  kAdversary,  // a: index of what he says. The next byte, or his close.
  kUp,         // The server comes up again.
  kPlenty,     // a: actor. Its memory may be plentiful again.
  kStop,       // A run without a heal is broken off.
};

struct Scheduled {
  Time time;
  uint64_t order;  // Sequence number, and in its last byte what is to happen.
  uint32_t a;
  uint32_t b;
  Happening what() const { return static_cast<Happening>(order & 0xff); }
};

class Schedule {
 public:
  void Reset() {
    heap_.clear();
    sequence_ = 0;
  }

  void Add(Time time, Happening what, uint32_t a = 0, uint32_t b = 0) {
    heap_.push_back({time, sequence_++ << 8 | static_cast<uint64_t>(what), a, b});
    std::push_heap(heap_.begin(), heap_.end(), Later{});
  }

  bool empty() const { return heap_.empty(); }
  size_t size() const { return heap_.size(); }
  Time next_time() const { return heap_.empty() ? kNever : heap_.front().time; }

  Scheduled Take() {
    HOLDFAST_CHECK(!heap_.empty());
    std::pop_heap(heap_.begin(), heap_.end(), Later{});
    Scheduled next = heap_.back();
    heap_.pop_back();
    return next;
  }

 private:
  struct Later {  // No function: the heap inlines it.
    bool operator()(const Scheduled& a, const Scheduled& b) const {
      return a.time != b.time ? a.time > b.time : a.order > b.order;
    }
  };

  std::vector<Scheduled> heap_;
  uint64_t sequence_ = 0;
};

}  // namespace holdfast::sim
