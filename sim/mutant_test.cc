// The simulator finds a bug that was planted: this program is linked with a patched source of core in place of the
// original (testdata/mutants/mutants.bzl), and told which patch it is and which seeds to try:
//
//   mutant_test PATCH FIRST..LAST

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "sim/campaign.h"
#include "sim/generate.h"

namespace holdfast::sim {
namespace {

struct Task {
  std::vector<std::string> oracles;  // Any of them is right.
  Profile worlds = Profile::kDefault;
  uint64_t first = 0;
  uint64_t last = 0;
};

std::vector<std::string> SplitList(const std::string& text) {
  std::vector<std::string> parts;
  std::istringstream stream(text);
  for (std::string part; std::getline(stream >> std::ws, part, ',');) parts.push_back(part);
  return parts;
}

// Nothing if the arguments or the patch do not say what they should.
std::optional<Task> ReadTask(const std::string& patch, const std::string& seeds) {
  Task task;
  std::ifstream file(patch);
  for (std::string line; std::getline(file, line) && !line.empty();) {
    const size_t colon = line.find(": ");
    if (colon == std::string::npos) continue;
    const std::string name = line.substr(0, colon), value = line.substr(colon + 2);
    if (name == "Oracle") task.oracles = SplitList(value);
    if (name != "Lane") continue;
    const std::optional<Profile> worlds = ProfileNamed(value);
    if (!worlds) return std::nullopt;
    task.worlds = *worlds;
  }
  const bool read = std::sscanf(seeds.c_str(), "%lu..%lu", &task.first, &task.last) == 2;
  if (task.oracles.empty() || !read) return std::nullopt;
  return task;
}

class Mutant : public testing::Test {
 public:
  explicit Mutant(Task task) : task_(std::move(task)) {}

  void TestBody() override {
    const CampaignReport report = RunCampaign({.seed_first = task_.first,
                                               .seed_last = task_.last,
                                               .profile = task_.worlds,
                                               .files = {},
                                               .clock = {},
                                               .progress = {},
                                               .seed_begins = {},
                                               .stop_at_first_violation = true});
    ASSERT_EQ(report.violations.size(), 1u) << "nothing was found";
    const Violation& found = report.violations.front();
    EXPECT_TRUE(std::ranges::find(task_.oracles, found.verdict.oracle) != task_.oracles.end())
        << fmt::format("seed {}, {}: {}", found.seed, found.verdict.oracle, found.verdict.sentence);
  }

 private:
  Task task_;
};

}  // namespace
}  // namespace holdfast::sim

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  const auto task = argc == 3 ? holdfast::sim::ReadTask(argv[1], argv[2]) : std::nullopt;
  if (!task) {
    std::fputs("usage: mutant_test PATCH FIRST..LAST\n", stderr);
    return 2;
  }
  testing::RegisterTest(
      "Mutant", "IsFoundByTheOracleThatItsPatchNames", nullptr, nullptr, __FILE__, __LINE__,
      [&task]() -> testing::Test* { return std::make_unique<holdfast::sim::Mutant>(*task).release(); });
  return RUN_ALL_TESTS();
}
