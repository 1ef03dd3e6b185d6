// Twenty thousand seeds of default worlds, and ten times as many small ones: nothing is found.

#include <gtest/gtest.h>

#include <thread>

#include "sim/campaign.h"

namespace holdfast::sim {
namespace {

void Expect(Profile profile, uint64_t seed_last) {
  CampaignOptions options;
  options.profile = profile;
  options.seed_last = seed_last;
  options.jobs = std::thread::hardware_concurrency();
  const CampaignReport report = RunCampaign(options);
  EXPECT_EQ(report.seeds, seed_last);
  EXPECT_EQ(report.violation_count, 0U);
  for (const Violation& violation : report.violations) {
    ADD_FAILURE() << "seed " << violation.seed << ": " << violation.verdict.oracle << ": " << violation.verdict.sentence
                  << "\n"
                  << violation.plan;
  }
}

TEST(FullCampaign, OfTheDefaultProfile) { Expect(Profile::kDefault, 20000); }
TEST(FullCampaign, OfTheSmallProfile) { Expect(Profile::kSmall, 200000); }

}  // namespace
}  // namespace holdfast::sim
