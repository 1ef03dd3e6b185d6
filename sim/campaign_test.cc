#include "sim/campaign.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <set>

#include "sim/plan_text.h"

namespace holdfast::sim {
namespace {

CampaignOptions Small(uint64_t first, uint64_t last) {
  CampaignOptions options;
  options.seed_first = first;
  options.seed_last = last;
  options.profile = Profile::kSmall;
  return options;
}

void ExpectNoViolation(const CampaignReport& report) {
  EXPECT_EQ(report.violation_count, 0U);
  for (const Violation& violation : report.violations) {
    ADD_FAILURE() << "seed " << violation.seed << ": " << violation.verdict.oracle << ": " << violation.verdict.sentence
                  << "\n"
                  << violation.plan << violation.last_events;
  }
}

TEST(Campaign, OfTheDefaultProfileIsNotTimid) {
  CampaignOptions options;
  options.seed_last = 450;
  const CampaignReport report = RunCampaign(options);
  ExpectNoViolation(report);
  EXPECT_GE(report.seeds_resumed * 10, report.seeds * 9);
  EXPECT_GE(report.seeds_resumed_twice * 2, report.seeds);
  EXPECT_GE(report.seeds_cut_in_handshake * 4, report.seeds);
  EXPECT_GT(report.sum.bytes_replayed, 0U);
  for (uint64_t count : report.sum.faults) EXPECT_GT(count, 20U);
}

TEST(Campaign, OfTheSmallProfileFindsNothingWrong) {
  const CampaignReport report = RunCampaign(Small(1, 5000));
  ExpectNoViolation(report);
  EXPECT_GE(report.seeds_resumed * 10, report.seeds * 8);
  EXPECT_EQ(report.seeds, 5000U);
}

void ExpectEqual(const CampaignReport& a, const CampaignReport& b) {
  EXPECT_EQ(a.hash, b.hash);
  EXPECT_EQ(a.sum, b.sum);
  EXPECT_EQ(a.seeds, b.seeds);
  EXPECT_EQ(a.violation_count, b.violation_count);
  EXPECT_EQ(a.events.max_seed, b.events.max_seed);
  ASSERT_EQ(a.violations.size(), b.violations.size());
  for (size_t i = 0; i < a.violations.size(); ++i) {
    EXPECT_EQ(a.violations[i].seed, b.violations[i].seed);
    EXPECT_EQ(a.violations[i].plan, b.violations[i].plan);
    EXPECT_EQ(a.violations[i].last_events, b.violations[i].last_events);
  }
}

TEST(Campaign, DoesNotDependOnTheNumberOfJobs) {
  CampaignOptions options = Small(100, 700);
  const CampaignReport one = RunCampaign(options);
  options.jobs = 5;
  ExpectEqual(RunCampaign(options), one);
}

TEST(Campaign, KeepsViolationsByTheirSeedsWhateverTheJobs) {
  CampaignOptions options = Small(1, 500);
  options.steps_max = 150;  // Some seeds need more, and fail.
  options.violations_max = 20;
  const CampaignReport one = RunCampaign(options);
  ASSERT_GT(one.violation_count, 20U);
  ASSERT_LT(one.violation_count, 480U);
  ASSERT_EQ(one.violations.size(), 20U);
  EXPECT_TRUE(std::ranges::is_sorted(one.violations, {}, &Violation::seed));
  options.jobs = 3;
  ExpectEqual(RunCampaign(options), one);

  const Violation& first = one.violations[0];
  EXPECT_EQ(first.verdict.oracle, "liveness");
  EXPECT_NE(first.last_events, "");
  auto plan = ParsePlan(first.plan);
  ASSERT_TRUE(plan.has_value());
  EXPECT_EQ(sim::Run(*plan, {.steps_max = 150}).hash, first.hash);
}

TEST(Campaign, StopsAtTheSmallestSeedThatFails) {
  CampaignOptions options = Small(1, 500);
  options.steps_max = 150;
  const uint64_t first = RunCampaign(options).violations[0].seed;
  options.stop_at_first_violation = true;
  for (uint32_t jobs : {1U, 4U}) {
    options.jobs = jobs;
    const CampaignReport report = RunCampaign(options);
    EXPECT_EQ(report.violation_count, 1U);
    EXPECT_EQ(report.violations[0].seed, first);
    EXPECT_EQ(report.seeds, first);
  }
}

TEST(Campaign, EndsWhenItsTimeIsOver) {
  CampaignOptions options = Small(1, 100000);
  int64_t ticks = 0;
  options.clock = [&ticks] { return std::chrono::milliseconds(++ticks); };
  options.time_budget = std::chrono::milliseconds(100);
  const CampaignReport report = RunCampaign(options);
  EXPECT_LT(report.seeds, 200U);
  EXPECT_GT(report.seeds, 5U);
  EXPECT_GT(report.SeedsPerSecond(), 0);
}

TEST(Campaign, MayHaveMoreSeedsThanItCanEverRun) {
  CampaignOptions options = Small(0, UINT64_MAX);
  options.jobs = 3;
  std::atomic<int64_t> ticks = 0;
  options.clock = [&ticks] { return std::chrono::milliseconds(++ticks); };
  options.time_budget = std::chrono::milliseconds(100);
  const CampaignReport report = RunCampaign(options);
  EXPECT_LT(report.seeds, 200U);
  EXPECT_GT(report.seeds, 5U);
}

TEST(Campaign, TellsHowFarItIs) {
  CampaignOptions options = Small(1, 300);
  int64_t ticks = 0;
  options.clock = [&ticks] { return std::chrono::milliseconds(++ticks); };
  options.progress_interval = std::chrono::milliseconds(50);
  std::vector<uint64_t> done;
  options.progress = [&done](const CampaignProgress& progress) { done.push_back(progress.seeds_done); };
  std::set<uint64_t> begun;
  options.seed_begins = [&begun](uint64_t seed) { begun.insert(seed); };
  RunCampaign(options);
  EXPECT_GT(done.size(), 3U);
  EXPECT_TRUE(std::ranges::is_sorted(done));
  EXPECT_EQ(done.back(), 300U);
  EXPECT_EQ(begun.size(), 300U);
}

TEST(Campaign, CarriesEachFileInItsTurn) {
  CampaignOptions options = Small(1, 30);
  options.files = {Bytes(1000, 1), Bytes(), Bytes(77, 3)};
  const CampaignReport report = RunCampaign(options);
  ExpectNoViolation(report);
  EXPECT_EQ(PlanOfSeed(3, options).clients[0].up.bytes, 1000U);
  EXPECT_EQ(PlanOfSeed(4, options).clients[0].up.bytes, 0U);
  EXPECT_EQ(PlanOfSeed(5, options).clients[0].down.bytes, 77U);
  EXPECT_EQ(RunOptionsOfSeed(5, options).file_up.size(), 77U);
}

TEST(Campaign, OfNoSeedsIsEmpty) {
  const CampaignReport report = RunCampaign(Small(5, 4));
  EXPECT_EQ(report.seeds, 0U);
  EXPECT_EQ(report.violation_count, 0U);
  EXPECT_EQ(report.SeedsPerSecond(), 0);
}

}  // namespace
}  // namespace holdfast::sim
