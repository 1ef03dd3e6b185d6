#pragma once

// StateWalk: which way a session takes through its end's table of states, as it can be followed from outside: inputs
// are guessed from what is seen, and the state in which it then is says whether the guess was right.

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "core/session/transition.h"

namespace holdfast::sim {

// `kTable` is a TransitionTable. Sets of its rows and of its states are bits of a uint64_t, by row and by state.
template <const auto& kTable>
class StateWalk {
  using Row = std::remove_cvref_t<decltype(kTable[0])>;
  static_assert(kTable.size() <= 64);

 public:
  using State = decltype(Row::from);
  using Input = decltype(Row::input);

  State at() const { return at_; }

  // As far as is known it was given this input.
  void Step(Input input) {
    for (size_t i = 0; i < kTable.size(); ++i) {
      if (kTable[i].from != at_ || kTable[i].input != input) continue;
      way_ |= uint64_t{1} << i;
      at_ = kTable[i].to;
      return;
    }
    lost_ = true;
  }

  // It is seen to be in this state. Returns the rows since the last time, or none if they would have led elsewhere.
  uint64_t Arrive(State at) {
    const uint64_t way = lost_ || at != at_ ? 0 : way_;
    Begin(at);
    return way;
  }

  // It goes on from here, and how it came here is not to be told.
  void Begin(State at) {
    at_ = at;
    way_ = 0;
    lost_ = false;
  }

 private:
  State at_ = kTable[0].from;
  uint64_t way_ = 0;
  bool lost_ = false;
};

}  // namespace holdfast::sim
