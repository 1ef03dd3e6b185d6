#include <gtest/gtest.h>

#include <set>

#include "core/pool/client_states.h"
#include "core/pool/server_states.h"

namespace holdfast {
namespace {

// Walks every state and input: what the table has moves, what it does not have is a mistake of ours and dies.
template <typename State, typename Input, size_t kCount>
void Walk(const TransitionTable<State, Input, kCount>& table, size_t states, size_t inputs) {
  size_t rows = 0;
  for (size_t s = 0; s < states; ++s) {
    for (size_t i = 0; i < inputs; ++i) {
      State state = static_cast<State>(s);
      const auto next = Next(table, state, static_cast<Input>(i));
      if (next) {
        ++rows;
        Move(table, state, static_cast<Input>(i));
        EXPECT_EQ(state, *next);
      } else {
        EXPECT_DEATH(Move(table, state, static_cast<Input>(i)), "next.has_value");
      }
    }
  }
  EXPECT_EQ(rows, kCount);
}

TEST(ClientStates, MoveOnlyAsTheTableSays) {
  Walk(kClientTransitions, kClientStateNames.size(), kClientInputNames.size());
}

TEST(ServerStates, MoveOnlyAsTheTableSays) {
  Walk(kServerTransitions, kServerStateNames.size(), kServerInputNames.size());
}

TEST(ClientStates, AreNeverLeftAtTheEnd) {
  for (const auto& row : kClientTransitions) EXPECT_NE(row.from, ClientState::kEnded);
}

TEST(ServerStates, AreNeverLeftAtTheTombstone) {
  for (const auto& row : kServerTransitions) EXPECT_NE(row.from, ServerState::kTombstone);
}

TEST(States, HaveNamesOfTheirOwn) {
  EXPECT_EQ(std::set(kClientStateNames.begin(), kClientStateNames.end()).size(), kClientStateNames.size());
  EXPECT_EQ(std::set(kServerStateNames.begin(), kServerStateNames.end()).size(), kServerStateNames.size());
}

}  // namespace
}  // namespace holdfast
