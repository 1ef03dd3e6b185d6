// The three lines of the tutorial: Ferry in a world. Its bug is found.

#include "sim/examples/ferry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/plug/party_protocol.h"
#include "sim/plug/survives.h"

namespace holdfast::sim {
namespace {

TEST(Ferry, DeliversTwiceWhatComesLateOverADeadTransport) {
  const PartyProtocol<ferry::Client, ferry::Server> protocol({.name = "ferry"});
  const Survival survival = Survives(protocol, {.seeds = {1, 500}});
  EXPECT_FALSE(survival);
  EXPECT_EQ(survival.oracle, "exact_delivery") << survival.text;
}

TEST(Ferry, DoesSoWhereverATransportIsCutAndItsLastBytesComeLate) {
  const PartyProtocol<ferry::Client, ferry::Server> protocol({.name = "ferry"});
  const Survival survival = SurvivesEveryCut(protocol);
  EXPECT_FALSE(survival);
  EXPECT_EQ(survival.oracle, "exact_delivery") << survival.text;
}

}  // namespace
}  // namespace holdfast::sim
