#include "sim/diff_runs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/campaign.h"
#include "sim/decorated_endpoint.h"
#include "sim/plan_text.h"

namespace holdfast::sim {
namespace {

using testing::HasSubstr;

// Counts across runs, which nothing in a world may do, and draws once more on every other run's second transport.
class RemembersRuns final : public DecoratedEndpoint {
 public:
  RemembersRuns(std::unique_ptr<Endpoint> inner, uint64_t number)
      : DecoratedEndpoint(std::move(inner)), number_(number) {}
  TransportId TransportOpened(Time now, const Arrival& arrival) override {
    ++opened_;
    return DecoratedEndpoint::TransportOpened(now, arrival);
  }
  std::optional<Event> Poll(Time now, Entropy& entropy) override {
    if (opened_ == 2 && number_ % 4 < 2 && !drew_) {
      Bytes one(1);
      entropy.Fill(one);
      drew_ = true;
    }
    return DecoratedEndpoint::Poll(now, entropy);
  }

 private:
  const uint64_t number_;  // Two to a run.
  int opened_ = 0;
  bool drew_ = false;
};

class Remembering final : public Protocol {
 public:
  std::unique_ptr<Endpoint> MakeClient(const Plan& plan, uint32_t client) const override {
    return std::make_unique<RemembersRuns>(Holdfast().MakeClient(plan, client), made_++);
  }
  std::unique_ptr<Endpoint> MakeServer(const Plan& plan) const override {
    return std::make_unique<RemembersRuns>(Holdfast().MakeServer(plan), made_++);
  }

 private:
  mutable uint64_t made_ = 0;
};

constexpr std::string_view kPlan =
    "plan seed=7\nclient id=0\nstream client=0 of=c>s bytes=5000 chunk=700\nstream client=0 of=s>c bytes=3000\n"
    "reset client=0 transport=0 of=c>s byte=2000\n";

Plan PlanOf(std::string_view text) {
  const auto plan = ParsePlan(text);
  EXPECT_TRUE(plan.has_value()) << plan.error();
  return *plan;
}

TEST(DiffRuns, OfOnePlanAreEqual) {
  Runner runner;
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    const Plan plan = PlanOfSeed(seed, Profile::kDefault);
    const RunsDiff diff = DiffRuns(plan, plan, {});
    EXPECT_TRUE(diff.equal);
    const Report& report = runner.Run(plan, {});
    EXPECT_EQ(diff.first.hash, report.hash);
    EXPECT_EQ(diff.second.hash, report.hash);
    EXPECT_EQ(diff.first.events, report.counters.events);
  }
}

TEST(DiffRuns, OfTwoPlansPartWhereTheyDiffer) {
  const Plan plan = PlanOf(kPlan);
  Plan other = plan;
  other.faults[0].byte = 2001;
  const RunsDiff diff = DiffRuns(plan, other, {});
  ASSERT_FALSE(diff.equal);
  ASSERT_FALSE(diff.first.lines.empty());
  ASSERT_FALSE(diff.second.lines.empty());
  // Bit for bit as far as the traces go: the event before is the same, this one is not.
  const std::string first = sim::Run(plan, {.keep_trace = true}).trace;
  const std::string second = sim::Run(other, {.keep_trace = true}).trace;
  std::string common;
  for (const std::string& line : diff.common) common += line + "\n";
  EXPECT_EQ(diff.common.size(), DiffOptions{}.lines_before);
  EXPECT_THAT(first, HasSubstr(common + diff.first.lines[0] + "\n"));
  EXPECT_THAT(second, HasSubstr(common + diff.second.lines[0] + "\n"));
  EXPECT_NE(diff.first.lines[0], diff.second.lines[0]);
  EXPECT_THAT(diff.first.lines[0], HasSubstr("Death"));
  EXPECT_EQ(static_cast<uint64_t>(std::count(
                first.begin(), first.begin() + static_cast<ptrdiff_t>(first.find(diff.first.lines[0])), '\n')) +
                1,
            diff.event);
}

TEST(DiffRuns, SeeThatOneEndsEarlier) {
  const RunsDiff diff = DiffRuns(PlanOf(kPlan), PlanOf(kPlan), {.run = {.steps_max = 50}});
  EXPECT_TRUE(diff.equal);
  Plan other = PlanOf(kPlan);
  other.seed = 8;
  EXPECT_EQ(DiffRuns(PlanOf(kPlan), other, {}).event, 1U);
}

TEST(DiffRuns, LocateWhatIsNoFunctionOfThePlan) {
  const Remembering remembering;
  const RunsDiff diff = DiffRuns(PlanOf(kPlan), PlanOf(kPlan), {.run = {.protocol = &remembering}});
  ASSERT_FALSE(diff.equal);
  ASSERT_FALSE(diff.first.lines.empty());
  // The client's first word on its second transport, where it drew once too often.
  EXPECT_THAT(diff.first.lines[0], HasSubstr("client0  Write          client=0 transport=1 dir=c>s"));
  EXPECT_EQ(diff.first.lines[0], diff.second.lines[0]);
  EXPECT_TRUE(diff.byte.has_value());
  EXPECT_GT(diff.event, 10U);
}

TEST(Campaign, CatchesWhatIsNoFunctionOfThePlan) {
  CampaignOptions options;
  options.seed_last = 200;
  options.profile = Profile::kSmall;
  const CampaignReport clean = RunCampaign(options);
  EXPECT_EQ(clean.violation_count, 0U);
  EXPECT_GT(clean.seeds_run_twice, 3U);
  EXPECT_LT(clean.seeds_run_twice, 25U);

  const Remembering remembering;
  options.protocol = &remembering;
  const CampaignReport report = RunCampaign(options);
  EXPECT_GT(report.violation_count, 0U);
  for (const Violation& violation : report.violations) {
    EXPECT_EQ(violation.verdict.oracle, "determinism");
    EXPECT_TRUE(IsRunTwice(violation.seed));
  }
}

TEST(Campaign, RunsOneSeedInTwentyTwice) {
  uint64_t twice = 0;
  for (uint64_t seed = 0; seed < 100'000; ++seed) twice += IsRunTwice(seed);
  EXPECT_NEAR(static_cast<double>(twice), 5000, 250);
}

}  // namespace
}  // namespace holdfast::sim
