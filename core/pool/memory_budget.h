#pragma once

// MemoryBudget: what the buffers of all sessions of a server hold together, against a bound, and which sessions wait
// for some of it. An eighth is not for what applications send: acknowledgements, which set memory free, must get in.
// Who needs least is served first, and among those who need the same, who came first: a session that holds nothing yet
// is never behind one that wants its buffer doubled. HF-LIM-8.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <tuple>
#include <utility>

#include "core/base/digest.h"
#include "core/session/event.h"

namespace holdfast {

class MemoryBudget {
 public:
  explicit MemoryBudget(size_t max) : max_(max) {}

  size_t used() const { return used_; }
  bool over() const { return used_ > max_; }
  size_t left_to_send() const { return max_ - max_ / 8 - std::min(max_ - max_ / 8, used_); }

  // What something holds was `charged` and is `bytes` now.
  void Charge(size_t& charged, size_t bytes) {
    if (bytes < charged) refused_ = false;
    used_ += bytes - charged;
    charged = bytes;
  }

  // How much may be taken by a session whose next step needs `step` bytes: what there is, but nothing past another that
  // waits for as little.
  size_t AllowanceFor(SessionId session, size_t step) const {
    if (queue_.empty()) return left_to_send();
    const auto& [least, ticket, first] = *queue_.begin();
    return first != session && least <= step ? 0 : left_to_send();
  }

  // The session waits until `step` bytes can be had. Its place is that of its first call, if it needs the same.
  void Wait(SessionId session, size_t step) {
    auto place = places_.find(session);
    if (place != places_.end()) {
      if (place->second.first == step) return;
      Forget(session);
    }
    queue_.insert({step, ++tickets_, session});
    places_.emplace(session, std::pair(step, tickets_));
  }

  void Forget(SessionId session) {
    auto place = places_.find(session);
    if (place == places_.end()) return;
    queue_.erase({place->second.first, place->second.second, session});
    places_.erase(place);
  }

  // The first of those who wait, if there is what it needs. It waits no more.
  std::optional<SessionId> TakeServed() {
    if (refused_ || queue_.empty() || std::get<0>(*queue_.begin()) > left_to_send()) return std::nullopt;
    const SessionId session = std::get<2>(*queue_.begin());
    Forget(session);
    return session;
  }

  // The allocator had nothing although there is room: nobody is served until some memory was given back, or Retry.
  void Refused() { refused_ = true; }
  void Retry() { refused_ = false; }

  size_t waiting() const { return queue_.size(); }

  // Without the bytes in use, which depend on how the input was split.
  void DigestInto(Digest& digest) const {
    digest.Add(refused_).Add(queue_.size());
    for (const auto& [step, ticket, session] : queue_) digest.Add(step).Add(session);
  }

 private:
  size_t max_;
  size_t used_ = 0;
  bool refused_ = false;
  uint64_t tickets_ = 0;
  std::set<std::tuple<size_t, uint64_t, SessionId>> queue_;  // Step, ticket, who.
  std::map<SessionId, std::pair<size_t, uint64_t>> places_;  // Of each that waits: its step and ticket.
};

}  // namespace holdfast
