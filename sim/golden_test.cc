// The same seed gives the same run: with every compiler, optimised or not, under every sanitizer, in every process. The
// hashes of many seeds and the text traces of a few stand in testdata/traces, for each crypto provider its own.
//
// When a change of the protocol or of the simulator is meant, make them anew, and look at what has changed:
//   bazel run //sim:golden_fast_test -- --regenerate=$PWD/testdata/traces
//   bazel run //sim:golden_openssl_test -- --regenerate=$PWD/testdata/traces

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "core/crypto/crypto.h"
#include "sim/campaign.h"
#include "sim/plan_text.h"

namespace holdfast::sim {
namespace {

constexpr uint64_t kSmallSeeds = 150;
constexpr uint64_t kDefaultSeeds = 25;
constexpr uint64_t kTracedSeeds[] = {2, 43, 66};  // Small; short, and each with a story of its own.

struct Golden {
  std::string name;
  std::string text;
};

std::string HashesOf(Profile profile, uint64_t last) {
  std::string text;
  Runner runner;
  for (uint64_t seed = 1; seed <= last; ++seed) {
    const Report& report = runner.Run(PlanOfSeed(seed, profile), {});
    text += fmt::format("{} {} {:016x}\n", NameOf(profile), seed, report.hash);
  }
  return text;
}

std::vector<Golden> MakeAll() {
  const std::string provider(CryptoProvider());
  std::vector<Golden> all;
  all.push_back({fmt::format("hashes_{}.txt", provider),
                 HashesOf(Profile::kSmall, kSmallSeeds) + HashesOf(Profile::kDefault, kDefaultSeeds)});
  for (uint64_t seed : kTracedSeeds) {
    const Plan plan = PlanOfSeed(seed, Profile::kSmall);
    const Report report = Run(plan, {.keep_trace = true});
    all.push_back({fmt::format("seed_{}_{}.txt", seed, provider),
                   fmt::format("{}\n{}\nhash {:016x}\n", Print(plan), report.trace, report.hash)});
  }
  return all;
}

std::string Read(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

TEST(Golden, TracesAreWhatTheyWere) {
  for (const Golden& golden : MakeAll()) {
    const std::string expected = Read("testdata/traces/" + golden.name);
    ASSERT_NE(expected, "") << golden.name << " is missing";
    std::istringstream have(golden.text), want(expected);
    std::string have_line, want_line;
    for (size_t line = 1; std::getline(want, want_line); ++line) {
      std::getline(have, have_line);
      ASSERT_EQ(have_line, want_line) << golden.name << " line " << line << " is the first to differ";
    }
    EXPECT_EQ(golden.text.size(), expected.size());
  }
}

int Regenerate(const std::string& folder) {
  for (const Golden& golden : MakeAll()) {
    std::ofstream(folder + "/" + golden.name, std::ios::binary) << golden.text;
    fmt::print("{}/{}\n", folder, golden.name);
  }
  return 0;
}

}  // namespace
}  // namespace holdfast::sim

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  const std::string argument = argc > 1 ? argv[1] : "";
  const std::string flag = "--regenerate=";
  if (argument.starts_with(flag)) return holdfast::sim::Regenerate(argument.substr(flag.size()));
  return RUN_ALL_TESTS();
}
