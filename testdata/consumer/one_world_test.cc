#include <gtest/gtest.h>

#include "courier.h"
#include "sim/plan_text.h"
#include "sim/plug/party_protocol.h"
#include "sim/run.h"

TEST(Courier, OutlivesATransportThatIsResetAtItsFiftiethByte) {
  const holdfast::sim::PartyProtocol<courier::Client, courier::Server> protocol({.name = "courier"});
  const auto plan = holdfast::sim::ParsePlan(
      "plan seed=1\nclient id=0\nstream client=0 of=c>s bytes=100\nstream client=0 of=s>c bytes=100\n"
      "reset client=0 transport=0 of=s>c byte=50\n");
  ASSERT_TRUE(plan.has_value()) << plan.error();
  const holdfast::sim::Report report = holdfast::sim::Run(*plan, {.protocol = &protocol});
  EXPECT_FALSE(report.verdict.has_value());
  EXPECT_EQ(report.counters.bytes_delivered, 200U);
  EXPECT_EQ(report.counters.transports, 2U);
}
