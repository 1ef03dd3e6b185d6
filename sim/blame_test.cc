#include "sim/blame.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "sim/decorated_endpoint.h"
#include "sim/plan_text.h"

namespace holdfast::sim {
namespace {

using testing::HasSubstr;

// Spoils what it delivers once a dial of it was refused.
class SpoilsAfterARefusal final : public DecoratedEndpoint {
 public:
  using DecoratedEndpoint::DecoratedEndpoint;
  void DialFailed(Time now) override {
    refused_ = true;
    DecoratedEndpoint::DialFailed(now);
  }
  std::optional<Event> Poll(Time now, Entropy& entropy) override {
    auto event = DecoratedEndpoint::Poll(now, entropy);
    auto* deliver = event ? std::get_if<event::Deliver>(&event->what) : nullptr;
    if (refused_ && deliver != nullptr) {
      changed_ = ToBytes(deliver->bytes);
      changed_.front() ^= 1;
      deliver->bytes = changed_;
    }
    return event;
  }

 private:
  bool refused_ = false;
  Bytes changed_;
};

const DecoratedHoldfast<SpoilsAfterARefusal> kSpoils;

constexpr std::string_view kPlan =
    "plan seed=7\nclient id=0\n"
    "stream client=0 of=c>s bytes=9000 chunk=700 think=5ms\nstream client=0 of=s>c bytes=9000 chunk=700 think=5ms\n"
    "stall client=0 transport=0 of=s>c byte=300 lasting=10ms\n"
    "reset client=0 transport=0 of=c>s byte=2000\n"
    "reset client=0 transport=1 of=c>s byte=2000\n"
    "refuse client=0 dial=3\n"
    "reset client=0 transport=2 of=s>c byte=1500\n"
    "reset client=0 transport=3 of=s>c byte=600\n";

Plan PlanOf(std::string_view text) {
  const auto plan = ParsePlan(text);
  EXPECT_TRUE(plan.has_value()) << plan.error();
  return *plan;
}

BlameOptions WithSpoils() {
  BlameOptions options;
  options.run.protocol = &kSpoils;
  options.samples = 24;
  return options;
}

TEST(Blame, FindsTheFaultThatDecided) {
  const auto blame = BlameOf(PlanOf(kPlan), WithSpoils());
  ASSERT_TRUE(blame.has_value());
  EXPECT_EQ(blame->verdict.oracle, "exact_delivery");
  ASSERT_FALSE(blame->moment.empty());
  EXPECT_THAT(blame->moment[0], HasSubstr("Fault"));
  EXPECT_THAT(blame->moment[0], HasSubstr("fault=refuse"));

  EXPECT_TRUE(std::ranges::is_sorted(blame->points, std::less(), &BlamePoint::event));
  const BlamePoint& before = blame->points[blame->decided - 1];
  const BlamePoint& after = blame->points[blame->decided];
  EXPECT_LT(before.failed * 2, before.samples);
  EXPECT_GE(after.failed * 10, after.samples * 9);  // In a rare future nothing is delivered any more.
  // Wherever the world is asked, its past was what it had been.
  for (const BlamePoint& point : blame->points) EXPECT_EQ(point.samples, 24U) << point.event;
  EXPECT_EQ(blame->points.back().failed, 24U);
}

TEST(Blame, IsTheSameForTheSamePlan) {
  const auto first = BlameOf(PlanOf(kPlan), WithSpoils());
  const auto second = BlameOf(PlanOf(kPlan), WithSpoils());
  ASSERT_EQ(first->points.size(), second->points.size());
  for (size_t i = 0; i < first->points.size(); ++i) {
    EXPECT_EQ(first->points[i].event, second->points[i].event);
    EXPECT_EQ(first->points[i].failed, second->points[i].failed);
  }
  EXPECT_EQ(first->moment, second->moment);
}

TEST(Blame, HasNothingToSayOfAPlanThatDoesNotFail) { EXPECT_FALSE(BlameOf(PlanOf(kPlan), {}).has_value()); }

TEST(Blame, StopsWhenToldTo) {
  BlameOptions options = WithSpoils();
  options.stop = [] { return true; };
  const auto blame = BlameOf(PlanOf(kPlan), options);
  ASSERT_TRUE(blame.has_value());
  EXPECT_EQ(blame->points.size(), 2U);
}

}  // namespace
}  // namespace holdfast::sim
