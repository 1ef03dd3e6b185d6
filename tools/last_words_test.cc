#include "tools/last_words.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <thread>

#include "core/base/check.h"

namespace holdfast::tools {
namespace {

constexpr char kAdvice[] = "holdfast replay --seed @SEED@ tells more of @SEED@";

TEST(LastWords, NameTheSeedThatEndedTheProgram) {
  const LastWords words(kAdvice);
  LastWords::NoteSeed(7080);
  EXPECT_DEATH(HOLDFAST_CHECK(1 + 1 == 3),
               "1 \\+ 1 == 3(.|\n)*seed 7080 ended the program: holdfast replay --seed 7080 tells more of 7080\n");
  LastWords::NoteSeed(0);
  EXPECT_EXIT(raise(SIGSEGV), testing::KilledBySignal(SIGSEGV), "seed 0 ended the program");
}

TEST(LastWords, AreOfTheThreadThatDied) {
  const LastWords words(kAdvice);
  LastWords::NoteSeed(1);
  EXPECT_DEATH(std::jthread([] {
                 LastWords::NoteSeed(2);
                 std::abort();
               }),
               "seed 2 ended");
}

TEST(LastWords, AreNotSpokenByAThreadWithoutASeed) {
  const LastWords words(kAdvice);
  EXPECT_DEATH(std::jthread([] { std::abort(); }), "^$");
}

}  // namespace
}  // namespace holdfast::tools
