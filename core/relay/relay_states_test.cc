#include "core/relay/relay_states.h"

#include <gtest/gtest.h>

#include <set>

namespace holdfast {
namespace {

// What the table has moves; what it does not have is a mistake of ours and dies.
template <typename Table>
void Walk(const Table& table) {
  size_t rows = 0;
  for (size_t s = 0; s < kRelayStageNames.size(); ++s) {
    for (size_t i = 0; i < kRelayInputNames.size(); ++i) {
      RelayStage stage = static_cast<RelayStage>(s);
      const auto next = Next(table, stage, static_cast<RelayInput>(i));
      if (next) {
        ++rows;
        Move(table, stage, static_cast<RelayInput>(i));
        EXPECT_EQ(stage, *next);
      } else {
        EXPECT_DEATH(Move(table, stage, static_cast<RelayInput>(i)), "next.has_value");
      }
    }
  }
  EXPECT_EQ(rows, table.size());
  for (const auto& row : table) EXPECT_NE(row.from, RelayStage::kDestroyed);
}

TEST(RelayStates, MoveOnlyAsTheTablesSay) {
  Walk(kRelayLocalTransitions);
  Walk(kRelayServerTransitions);
}

TEST(RelayStates, OfAServerHaveNoAssociation) {
  for (const auto& row : kRelayServerTransitions) EXPECT_NE(row.to, RelayStage::kUdpAssociation);
}

TEST(RelayStates, HaveNamesOfTheirOwn) {
  EXPECT_EQ(std::set(kRelayStageNames.begin(), kRelayStageNames.end()).size(), kRelayStageNames.size());
  EXPECT_EQ(std::set(kRelayInputNames.begin(), kRelayInputNames.end()).size(), kRelayInputNames.size());
}

}  // namespace
}  // namespace holdfast
