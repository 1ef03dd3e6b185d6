#include "tools/campaign_outputs.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "sim/plan_text.h"

namespace holdfast::tools {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string Folder() { return testing::TempDir() + "/campaign_outputs"; }

std::string Read(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

CampaignFacts Facts() {
  CampaignFacts facts;
  facts.seeds = {1, 2000};
  facts.jobs = 2;
  facts.provider = "openssl";
  facts.invoked = "./holdfast";
  facts.elapsed = 10s;
  facts.processor_time = 20s;
  return facts;
}

constexpr const char* kPlan = "plan seed=917 heal=20s\nclient id=0\nreset client=0 transport=1 of=c>s byte=137\n";

sim::CampaignReport ReportWith(uint64_t violations) {
  sim::CampaignReport report;
  report.seeds = 2000;
  report.sum.sessions = 1234567;
  report.sum.bytes_delivered = 3 << 20;
  report.sum.faults[static_cast<size_t>(sim::FaultKind::kReset)] = 4321;
  report.seeds_resumed = 1900;
  report.time_to_heal_ns = {.min = 0, .max = 34'200'000'000, .max_seed = 1631};
  report.hash = 0xabc;
  report.violation_count = violations;
  for (uint64_t i = 0; i < violations && i < 5; ++i) {
    report.violations.push_back({.seed = 917 + i,
                                 .verdict = {"exact_delivery", "client 0 was given byte 4096 twice"},
                                 .plan = kPlan,
                                 .last_events = "1.5 client0  Deliver\n",
                                 .hash = 5});
  }
  return report;
}

TEST(CampaignTable, ShowsWhatHappenedInReadableNumbers) {
  const std::string text = CampaignTable(Facts(), ReportWith(0)).Text();
  for (const char* part : {"seeds 1..2000 of default worlds, crypto provider openssl", "1,234,567", "3.0 MiB", "4,321",
                           "95.0 %", "34.2 s  seed 1631", "200.0", "0000000000000abc"}) {
    EXPECT_THAT(text, HasSubstr(part));
  }
  EXPECT_THAT(text, Not(HasSubstr("X25519")));
}

TEST(CampaignTable, ScalesTheSpeedOfACoreToTheYardstick) {
  CampaignFacts facts = Facts();
  facts.x25519_per_second = 62'000;
  const std::string text = CampaignTable(facts, ReportWith(0)).Text();
  EXPECT_THAT(text, HasSubstr("seeds per second and core"));
  EXPECT_THAT(text, HasSubstr("50.0  to a core that does 31,000 X25519 per second"));
}

TEST(CampaignTable, SaysWhyACampaignEndedEarly) {
  sim::CampaignReport report = ReportWith(0);
  report.seeds = 12;
  CampaignFacts facts = Facts();
  EXPECT_THAT(CampaignTable(facts, report).Text(), HasSubstr("12  of 2,000: the time was up"));
  facts.interrupted = true;
  EXPECT_THAT(CampaignTable(facts, report).Text(), HasSubstr("12  of 2,000: interrupted"));
}

TEST(Violations, AreToldWithSeedSentencePlanEventsAndCommand) {
  CampaignFacts facts = Facts();
  facts.worlds = sim::Profile::kSmall;
  facts.files = {{.path = "a", .bytes = 1}, {.path = "my file", .bytes = 2}};
  const std::string text = ViolationsText(facts, ReportWith(1));
  EXPECT_THAT(text, HasSubstr("VIOLATION of exact_delivery in seed 917: client 0 was given byte 4096 twice\n"));
  EXPECT_THAT(text, HasSubstr(kPlan));
  EXPECT_THAT(text, HasSubstr("1.5 client0  Deliver\n"));
  EXPECT_THAT(text, HasSubstr("\n./holdfast replay --seed 917 --worlds small --file 'my file' --trace\n"));
}

TEST(Violations, AreAPageEachOnlyForTheFirstFew) {
  const std::string text = ViolationsText(Facts(), ReportWith(1000));
  EXPECT_THAT(text, HasSubstr("in seed 921: client 0 was given byte 4096 twice\nand 995 more\n"));
  EXPECT_THAT(text, HasSubstr("replay --seed 919 "));
  EXPECT_THAT(text, Not(HasSubstr("replay --seed 920 ")));
}

TEST(CampaignOutputs, OfACampaignWithoutViolationsEndWithStatus0) {
  auto outputs = CampaignOutputs::Open(Folder() + "0.json", std::nullopt);
  ASSERT_TRUE(outputs) << outputs.error();
  EXPECT_EQ(outputs->Write(Facts(), ReportWith(0)), ExitStatus::kDone);
  const Json json = Json::parse(Read(Folder() + "0.json"));
  EXPECT_EQ(json["counters"]["faults"]["reset"], 4321);
  EXPECT_EQ(json["extremes"]["time_to_heal_ns"]["max_seed"], 1631);
}

TEST(CampaignOutputs, OfACampaignWithViolationsEndWithStatus1AndKeepThePlans) {
  std::filesystem::remove_all(Folder());
  auto outputs = CampaignOutputs::Open(Folder() + "1.json", Folder() + "/a/b");
  ASSERT_TRUE(outputs) << outputs.error();
  EXPECT_EQ(outputs->Write(Facts(), ReportWith(2)), ExitStatus::kCheckFailed);

  const Json json = Json::parse(Read(Folder() + "1.json"));
  EXPECT_EQ(json["violation_count"], 2);
  EXPECT_EQ(json["violations"][1]["seed"], 918);
  EXPECT_EQ(json["violations"][1]["oracle"], "exact_delivery");

  const std::string kept = Read(Folder() + "/a/b/seed-917.plan");
  EXPECT_THAT(kept, HasSubstr("# violates exact_delivery: "));
  const auto plan = sim::ParsePlan(kept);
  ASSERT_TRUE(plan) << plan.error();
  EXPECT_EQ(*plan, *sim::ParsePlan(kPlan));
  EXPECT_TRUE(std::filesystem::exists(Folder() + "/a/b/seed-918.plan"));
}

TEST(CampaignOutputs, OfNothingEndWithStatus1AndOfAnInterruptedCampaignWith130) {
  sim::CampaignReport nothing;
  CampaignFacts facts = Facts();
  EXPECT_EQ(CampaignOutputs::Open(std::nullopt, std::nullopt)->Write(facts, nothing), ExitStatus::kCheckFailed);
  facts.interrupted = true;
  EXPECT_EQ(CampaignOutputs::Open(std::nullopt, std::nullopt)->Write(facts, nothing), ExitStatus::kInterrupted);
}

TEST(CampaignOutputs, AreRefusedBeforeTheWork) {
  EXPECT_FALSE(CampaignOutputs::Open("/no/such/folder/x.json", std::nullopt));
  EXPECT_FALSE(CampaignOutputs::Open(std::nullopt, "/dev/null"));
}

}  // namespace
}  // namespace holdfast::tools
