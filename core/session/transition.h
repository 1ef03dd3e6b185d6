#pragma once

// Transition tables: the legal moves of a state machine as data, so that they can be checked when compiled, walked by a
// test, and printed into the documents.

#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

#include "core/base/check.h"

namespace holdfast {

template <typename State, typename Input>
struct Transition {
  State from;
  Input input;
  State to;
  std::string_view section;  // Of docs/protocol.md.
};

template <typename State, typename Input, size_t kCount>
using TransitionTable = std::array<Transition<State, Input>, kCount>;

template <typename State, typename Input, size_t kCount>
constexpr std::optional<State> Next(const TransitionTable<State, Input, kCount>& table, State from, Input input) {
  for (const auto& row : table) {
    if (row.from == from && row.input == input) return row.to;
  }
  return std::nullopt;
}

// No two rows begin alike.
template <typename State, typename Input, size_t kCount>
constexpr bool IsDeterministic(const TransitionTable<State, Input, kCount>& table) {
  for (size_t i = 0; i < kCount; ++i) {
    for (size_t j = 0; j < i; ++j) {
      if (table[i].from == table[j].from && table[i].input == table[j].input) return false;
    }
  }
  return true;
}

// Every state that a row leaves can be reached from `start`.
template <typename State, typename Input, size_t kCount>
constexpr bool AllReachable(const TransitionTable<State, Input, kCount>& table, State start) {
  std::array<bool, kCount> reached = {};
  for (size_t round = 0; round < kCount; ++round) {
    for (size_t i = 0; i < kCount; ++i) {
      if (table[i].from == start) reached[i] = true;
      for (size_t j = 0; j < kCount; ++j) reached[i] = reached[i] || (reached[j] && table[j].to == table[i].from);
    }
  }
  for (bool row : reached) {
    if (!row) return false;
  }
  return true;
}

// The one place where a machine's state is assigned. A move that the table does not have is a mistake of ours: what a
// peer may say in each state is decided before.
template <typename State, typename Input, size_t kCount>
void Move(const TransitionTable<State, Input, kCount>& table, State& state, Input input) {
  std::optional<State> next = Next(table, state, input);
  HOLDFAST_CHECK(next.has_value());
  state = *next;
}

}  // namespace holdfast
