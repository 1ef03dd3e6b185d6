#include "sim/explore_part.h"

#include <gtest/gtest.h>

#include "sim/explore.h"

namespace holdfast::sim {
namespace {

ExplorePart SomePart() {
  ExploreOptions options;
  options.bytes_stride = 1000;
  const ExploreReport report = Explore(options);
  ExplorePart part;
  part.counts = report;
  part.violations = {{.deaths = 2,
                      .verdict = {"oracle", "sentence"},
                      .plan = "plan seed=1\n",
                      .last_events = "events\n",
                      .lost = true},
                     {.deaths = 0, .verdict = {"", ""}, .plan = "", .last_events = ""}};
  part.stopped = true;
  part.writes = {{.step = 7, .first = {.transport = 1, .direction = Direction::kDown, .byte = 5}, .end = 9}};
  part.wire = report.wire;
  part.times = {.second_learns = Duration(3), .stalled_comes = Duration(4)};
  part.last_events = "more events\n";
  return part;
}

TEST(ExplorePart, ComesBackAsItWas) {
  const ExplorePart part = SomePart();
  ASSERT_GT(part.counts.runs, 0U);
  ASSERT_GT(part.wire.size(), 5U);
  const auto back = DecodeExplorePart(Encode(part));
  ASSERT_TRUE(back.has_value());
  EXPECT_EQ(back->counts, part.counts);
  ASSERT_EQ(back->violations.size(), 2U);
  EXPECT_EQ(back->violations[0].verdict, part.violations[0].verdict);
  EXPECT_EQ(back->violations[0].plan, part.violations[0].plan);
  EXPECT_EQ(back->violations[0].last_events, part.violations[0].last_events);
  EXPECT_TRUE(back->violations[0].lost);
  EXPECT_FALSE(back->violations[1].lost);
  EXPECT_TRUE(back->stopped);
  ASSERT_EQ(back->writes.size(), 1U);
  EXPECT_EQ(back->writes[0].first.byte, 5U);
  EXPECT_EQ(back->writes[0].end, 9U);
  ASSERT_EQ(back->wire.size(), part.wire.size());
  for (size_t i = 0; i < part.wire.size(); ++i) EXPECT_EQ(back->wire[i].what, part.wire[i].what);
  EXPECT_EQ(back->times.stalled_comes, part.times.stalled_comes);
  EXPECT_EQ(back->last_events, part.last_events);
  EXPECT_EQ(Encode(*back), Encode(part));
}

TEST(ExplorePart, IsNothingIfAnyOfItIsMissingOrMore) {
  Bytes bytes = Encode(SomePart());
  for (size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(DecodeExplorePart(ByteSpan(bytes).first(size)).has_value()) << size;
  }
  bytes.push_back(0);
  EXPECT_FALSE(DecodeExplorePart(bytes).has_value());
}

}  // namespace
}  // namespace holdfast::sim
