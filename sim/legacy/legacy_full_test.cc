#include <gtest/gtest.h>

#include "sim/legacy/legacy_protocol.h"
#include "sim/plug/survives.h"

namespace holdfast::sim {
namespace {

TEST(LegacyWorlds, OursSurviveAHundredThousandSeeds) {
  const LegacyProtocol protocol;
  EXPECT_TRUE(Survives(protocol, {.seeds = {1, 20000}, .jobs = 2}));
  EXPECT_TRUE(Survives(protocol, {.seeds = {1, 80000}, .worlds = Profile::kSmall, .jobs = 2}));
}

}  // namespace
}  // namespace holdfast::sim
