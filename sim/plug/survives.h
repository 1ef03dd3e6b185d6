#pragma once

// Survives: a campaign over somebody's own protocol, in one call: from a GoogleTest, from a fuzzer or from a main. And
// beside the chance of a campaign, every death at every byte of a small session (sim/explore.h):
//
//   EXPECT_TRUE(Survives(protocol, {.seeds = {1, 1000}}));
//   EXPECT_TRUE(SurvivesEveryCut(protocol));
//
// What fails is shrunk, and told with everything that is needed to see it again.

#include <cstdint>
#include <string>

#include "core/base/bytes.h"
#include "sim/endpoint.h"
#include "sim/generate.h"

namespace holdfast::sim {

struct SurvivesOptions {
  struct Seeds {
    uint64_t first = 1;
    uint64_t last = 1000;  // Inclusive.
  } seeds = {};
  Profile worlds = Profile::kDefault;
  uint32_t jobs = 1;             // Threads.
  uint64_t shrink_runs = 20000;  // Most runs that shrinking may take. 0: what fails is told as it is.
};

// What came of it. Converts to bool, and GoogleTest's EXPECT_TRUE shows its text.
struct Survival {
  bool good = true;
  uint64_t seeds = 0;
  uint64_t seed = 0;   // The first that failed.
  uint64_t cells = 0;  // Of an exploration, that were run...
  uint64_t cells_failed = 0;
  std::string oracle;  // That objected to it.
  std::string plan;    // Shrunk, in its text form.
  std::string text;    // All of it for people: the sentence, the plan, the last events.
  explicit operator bool() const { return good; }

  // To a testing::AssertionResult, whose header is not needed here.
  template <typename Result>
    requires requires(Result result) { result.failure_message(); }
  operator Result() const {
    Result result(good);
    result << text;
    return result;
  }
};
Survival Survives(const Protocol& protocol, const SurvivesOptions& options = {});

struct EveryCutOptions {
  uint32_t depth = 1;   // 2: and every second death behind the first.
  uint32_t jobs = 1;    // Threads.
  uint32_t sample = 1;  // Only every so many of the first death's bytes.
};

// What is told is the first cell that failed: its plan is small as it is. Types that cannot be copied take longer.
Survival SurvivesEveryCut(const Protocol& protocol, const EveryCutOptions& options = {});

// One world whose plan is chosen by `bytes`: the body of a LLVMFuzzerTestOneInput. Ends the program with the text of
// what failed, as fuzzers expect it.
void FuzzOneWorld(const Protocol& protocol, ByteSpan bytes);

// Survival as the exit status of a main: prints the text; 0 good, 1 not.
int Tell(const Survival& survival);

}  // namespace holdfast::sim
