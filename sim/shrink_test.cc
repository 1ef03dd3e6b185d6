#include "sim/shrink.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "core/base/random.h"
#include "sim/campaign.h"
#include "sim/decorated_endpoint.h"
#include "sim/plan_text.h"

namespace holdfast::sim {
namespace {

using testing::HasSubstr;

// Spoils the first byte that is delivered after a resume.
class SpoilsAfterAResume final : public DecoratedEndpoint {
 public:
  using DecoratedEndpoint::DecoratedEndpoint;
  std::optional<Event> Poll(Time now, Entropy& entropy) override {
    auto event = DecoratedEndpoint::Poll(now, entropy);
    if (!event) return event;
    resumed_ = resumed_ || std::holds_alternative<event::Resumed>(event->what);
    auto* deliver = std::get_if<event::Deliver>(&event->what);
    if (resumed_ && deliver != nullptr) {
      changed_ = ToBytes(deliver->bytes);
      changed_.front() ^= 1;
      deliver->bytes = changed_;
    }
    return event;
  }

 private:
  bool resumed_ = false;
  Bytes changed_;
};

const DecoratedHoldfast<SpoilsAfterAResume> kSpoils;

ShrinkOptions WithSpoils() {
  ShrinkOptions options;
  options.run.protocol = &kSpoils;
  return options;
}

// Plans of default worlds that fail with it.
std::vector<Plan> FailingPlans(size_t count) {
  std::vector<Plan> plans;
  Runner runner;
  for (uint64_t seed = 1; plans.size() < count; ++seed) {
    Plan plan = PlanOfSeed(seed, Profile::kDefault);
    if (runner.Run(plan, WithSpoils().run).verdict) plans.push_back(std::move(plan));
  }
  return plans;
}

TEST(Shrink, KeepsTheOracleThatObjected) {
  for (const Plan& plan : FailingPlans(6)) {
    const Report before = sim::Run(plan, WithSpoils().run);
    const auto shrunk = Shrink(plan, WithSpoils());
    ASSERT_TRUE(shrunk.has_value());
    const Report after = sim::Run(shrunk->plan, WithSpoils().run);
    ASSERT_TRUE(after.verdict.has_value());
    EXPECT_EQ(after.verdict->oracle, before.verdict->oracle);
    EXPECT_EQ(after.verdict, shrunk->verdict);
    EXPECT_EQ(after.hash, shrunk->hash);
  }
}

TEST(Shrink, LeavesOneFaultAndAFewBytes) {
  for (const Plan& plan : FailingPlans(6)) {
    const auto shrunk = Shrink(plan, WithSpoils());
    ASSERT_TRUE(shrunk.has_value());
    EXPECT_EQ(shrunk->end, ShrinkEnd::kFixedPoint);
    EXPECT_EQ(shrunk->before, SizeOf(plan));
    EXPECT_EQ(shrunk->after.clients, 1U) << Print(shrunk->plan);
    EXPECT_LE(shrunk->after.faults, 1U) << Print(shrunk->plan);
    EXPECT_LE(shrunk->after.bytes, 64U) << Print(shrunk->plan);
    EXPECT_LE(shrunk->after.lines, 6U) << Print(shrunk->plan);
    // What is left is no mistake of the simulator's.
    EXPECT_EQ(sim::Run(shrunk->plan, {}).verdict, std::nullopt) << Print(shrunk->plan);
  }
}

TEST(Shrink, ReachesAFixedPoint) {
  Runner runner;
  for (const Plan& plan : FailingPlans(3)) {
    const auto shrunk = Shrink(plan, WithSpoils());
    ASSERT_TRUE(shrunk.has_value());
    const std::vector<Plan> simpler = SimplerPlans(shrunk->plan);
    EXPECT_GT(simpler.size(), 5U);
    for (const Plan& candidate : simpler) {
      const Report& report = runner.Run(candidate, WithSpoils().run);
      EXPECT_FALSE(report.verdict && report.verdict->oracle == shrunk->verdict.oracle) << Print(candidate);
    }
    EXPECT_EQ(Shrink(shrunk->plan, WithSpoils())->steps, 0U);
  }
}

TEST(Shrink, IsTheSameForTheSamePlan) {
  const Plan plan = FailingPlans(1)[0];
  const auto first = Shrink(plan, WithSpoils());
  const auto second = Shrink(plan, WithSpoils());
  EXPECT_EQ(first->plan, second->plan);
  EXPECT_EQ(first->runs, second->runs);
  EXPECT_EQ(first->steps, second->steps);
  EXPECT_EQ(first->hash, second->hash);
}

TEST(Shrink, ProducesAPlanThatItsTextReplays) {
  for (const Plan& plan : FailingPlans(3)) {
    const auto shrunk = Shrink(plan, WithSpoils());
    ASSERT_TRUE(shrunk.has_value());
    const auto again = ParsePlan(Print(shrunk->plan));
    ASSERT_TRUE(again.has_value()) << again.error();
    EXPECT_EQ(*again, shrunk->plan);
    EXPECT_EQ(sim::Run(*again, WithSpoils().run).hash, shrunk->hash);
    const std::string test = TestThatReplays(shrunk->plan, shrunk->verdict);
    EXPECT_THAT(test, HasSubstr(Print(shrunk->plan)));
    EXPECT_THAT(test, HasSubstr(shrunk->verdict.sentence));
  }
}

TEST(Shrink, HasNothingToDoWithAPlanThatDoesNotFail) {
  EXPECT_FALSE(Shrink(PlanOfSeed(1, Profile::kDefault), {}).has_value());
}

TEST(Shrink, KeepsTheBestSoFarWhenItIsStopped) {
  const Plan plan = FailingPlans(1)[0];
  ShrinkOptions options = WithSpoils();
  int asked = 0;
  options.stop = [&asked] { return ++asked > 20; };
  const auto stopped = Shrink(plan, options);
  EXPECT_EQ(stopped->end, ShrinkEnd::kStopped);
  EXPECT_TRUE(sim::Run(stopped->plan, options.run).verdict.has_value());

  options = WithSpoils();
  options.runs_max = 20;
  std::vector<uint64_t> runs;
  options.progress = [&runs](const ShrinkProgress& now) { runs.push_back(now.runs); };
  const auto bounded = Shrink(plan, options);
  EXPECT_EQ(bounded->end, ShrinkEnd::kRunsMax);
  EXPECT_EQ(bounded->plan, stopped->plan);
  EXPECT_TRUE(std::ranges::is_sorted(runs));
  EXPECT_EQ(runs.back(), 20U);
}

// What needs more steps than it is given is not to be mistaken for what never ends.
TEST(Shrink, OfAWorldThatIsOnlySlowLeavesOneThatIsToo) {
  ShrinkOptions options;
  options.run.steps_max = 400;
  uint64_t seed = 1;
  while (!sim::Run(PlanOfSeed(seed, Profile::kSmall), options.run).verdict) ++seed;
  const auto shrunk = Shrink(PlanOfSeed(seed, Profile::kSmall), options);
  ASSERT_TRUE(shrunk.has_value());
  EXPECT_EQ(shrunk->verdict.oracle, "liveness");
  EXPECT_GT(sim::Run(shrunk->plan, options.run).steps, 400U);
}

// --- The steps -----------------------------------------------------------------------------------------------------

class TakesSome final : public Trial {
 public:
  TakesSome(const Plan& plan, uint64_t one_in) : Trial(plan), one_in_(one_in) {}
  uint64_t taken = 0;

 private:
  bool Holds(const Plan& candidate) override {
    EXPECT_LT(++offered_, 200'000U);
    if (Problem(candidate) || Mix64(offered_) % one_in_ != 0) return false;
    ++taken;
    return true;
  }
  const uint64_t one_in_;
  uint64_t offered_ = 0;
};

// Offers until a whole round has taken nothing.
void OfferAll(TakesSome& trial) {
  for (uint64_t before = UINT64_MAX; before != trial.taken;) {
    before = trial.taken;
    OfferSimpler(trial);
  }
}

TEST(Simpler, LeadsFromEveryPlanToTheSimplestOne) {
  for (uint64_t seed = 1; seed <= 300; ++seed) {
    TakesSome all(PlanOfSeed(seed, seed % 2 == 0 ? Profile::kDefault : Profile::kSmall), 1);
    OfferAll(all);
    EXPECT_EQ(Print(all.plan()), "plan seed=0 heal=60s\nclient id=0\n");
  }
}

TEST(Simpler, EndsWhateverIsTaken) {
  for (uint64_t seed = 1; seed <= 60; ++seed) {
    for (uint64_t one_in : {2U, 7U, 40U}) {
      TakesSome some(PlanOfSeed(seed, Profile::kDefault), one_in);
      OfferAll(some);
      EXPECT_GT(some.taken, 0U);
    }
  }
}

TEST(Simpler, TakesClientsAwayWithAllThatNamesThem) {
  const auto plan = ParsePlan(
      "plan seed=1\nclient id=0\nclient id=1\nclient id=2\nclock of=server at=1s\nclock of=client client=1\n"
      "path client=1 of=c>s latency=1ms\npath client=2 of=c>s latency=2ms\nabort client=1 at=1s\n"
      "reset client=0 at=1s\nreset client=1 at=2s\nreset client=2 at=3s\n");
  ASSERT_TRUE(plan.has_value()) << plan.error();
  const auto without = ParsePlan(
      "plan seed=1\nclient id=0\nclient id=1\nclock of=server at=1s\npath client=1 of=c>s latency=2ms\n"
      "reset client=0 at=1s\nreset client=1 at=3s\n");
  ASSERT_TRUE(without.has_value()) << without.error();
  EXPECT_THAT(SimplerPlans(*plan), testing::Contains(*without));
}

TEST(Simpler, MakesNumbersRounder) {
  const auto plan = ParsePlan("plan seed=0 heal=184213us\nclient id=0 hold=73s\n");
  ASSERT_TRUE(plan.has_value()) << plan.error();
  std::vector<std::string> texts;
  for (const Plan& simpler : SimplerPlans(*plan)) texts.push_back(Print(simpler));
  for (std::string_view heal : {"60s", "200ms", "100ms", "180ms", "184ms"}) {
    EXPECT_THAT(texts, testing::Contains(HasSubstr("heal=" + std::string(heal) + "\n"))) << heal;
  }
  for (std::string_view hold : {"70s", "80s"}) {
    EXPECT_THAT(texts, testing::Contains(HasSubstr("hold=" + std::string(hold) + "\n"))) << hold;
  }
}

// A plan fails if it carries anything up; every other time, for who runs it is not deterministic.
TEST(Shrink, TakesWhoeverRunsAPlanAndSaysThatItFailed) {
  uint64_t asked = 0;
  ShrinkOptions options;
  options.run_plan = [&](const Plan& plan) {
    Report report;
    if (plan.clients[0].up.bytes > 0 && asked++ % 2 == 0) report.verdict = {"exact_delivery", "as it pleases"};
    return report;
  };
  const Plan plan = PlanOfSeed(1, Profile::kDefault);
  ASSERT_GT(plan.clients[0].up.bytes, 1U);
  const std::optional<Shrunk> shrunk = Shrink(plan, options);
  ASSERT_TRUE(shrunk.has_value());
  EXPECT_EQ(shrunk->verdict.oracle, "exact_delivery");
  EXPECT_LT(shrunk->after.lines, shrunk->before.lines);
  EXPECT_GT(shrunk->plan.clients[0].up.bytes, 0U);
  EXPECT_GT(asked, shrunk->steps);
}

}  // namespace
}  // namespace holdfast::sim
