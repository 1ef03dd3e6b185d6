#pragma once

// Schedule: what is still to happen, in the order of (time, sequence): of two things at one time the one that was
// scheduled first comes first. A binary heap of plain values in one block of memory, made here because the standard
// library's takes a branch, which nobody can predict, for each comparison.

#include <cstddef>
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
    const Scheduled added = {time, sequence_++ << 8 | static_cast<uint64_t>(what), a, b};
    size_t at = heap_.size();
    heap_.push_back(added);
    while (at > 0 && IsEarlier(added, heap_[(at - 1) / 2])) {
      heap_[at] = heap_[(at - 1) / 2];
      at = (at - 1) / 2;
    }
    heap_[at] = added;
  }

  bool empty() const { return heap_.empty(); }
  size_t size() const { return heap_.size(); }
  Time next_time() const { return heap_.empty() ? kNever : heap_.front().time; }

  Scheduled Take() {
    HOLDFAST_CHECK(!heap_.empty());
    const Scheduled next = heap_.front();
    const Scheduled last = heap_.back();
    heap_.pop_back();
    const size_t size = heap_.size();
    if (size == 0) return next;
    size_t at = 0;
    for (size_t child = 1; child < size; child = 2 * at + 1) {
      if (child + 1 < size) child += IsEarlier(heap_[child + 1], heap_[child]);
      if (!IsEarlier(heap_[child], last)) break;
      heap_[at] = heap_[child];
      at = child;
    }
    heap_[at] = last;
    return next;
  }

 private:
  // One number of 128 bits, which is compared without a branch. No time is before 0.
  __extension__ using Key = unsigned __int128;
  static Key KeyOf(const Scheduled& of) {
    return static_cast<Key>(of.time.time_since_epoch().count()) << 64 | of.order;
  }
  static bool IsEarlier(const Scheduled& a, const Scheduled& b) { return KeyOf(a) < KeyOf(b); }

  std::vector<Scheduled> heap_;
  uint64_t sequence_ = 0;
};

}  // namespace holdfast::sim
