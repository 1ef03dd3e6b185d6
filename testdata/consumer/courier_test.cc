#include "courier.h"

#include <gtest/gtest.h>

#include "sim/plug/party_protocol.h"
#include "sim/plug/survives.h"

TEST(Courier, SurvivesBadNetworks) {
  const holdfast::sim::PartyProtocol<courier::Client, courier::Server> protocol({.name = "courier"});
  EXPECT_TRUE(Survives(protocol, {.seeds = {1, 30}}));
  EXPECT_TRUE(Survives(protocol, {.seeds = {1, 1000}, .worlds = holdfast::sim::Profile::kSmall}));
}
