#include "net/forked.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <cstdlib>
#include <memory>
#include <string>
#include <utility>

#include "net/test_support.h"

namespace holdfast::net {
namespace {

using Bytes = Forked::Bytes;

std::unique_ptr<Forked> Start(const std::function<Bytes()>& work, const ForkedOptions& options = {}) {
  auto copy = Forked::Start([&work](const auto&) { return work(); }, options);
  EXPECT_TRUE(copy.has_value()) << copy.error();
  return std::move(*copy);
}

std::string ResultOf(const std::function<Bytes()>& work, const ForkedOptions& options = {}) {
  const auto result = Start(work, options)->Result();
  return result ? std::string(result->begin(), result->end()) : "TROUBLE: " + result.error().how;
}

Bytes Words(const std::string& text) { return Bytes(text.begin(), text.end()); }

[[noreturn]] void WaitForEver() {
  while (true) pause();
}

TEST(Forked, BringsBackWhatItsWorkReturns) {
  const std::string known = "known";
  EXPECT_EQ(ResultOf([&] { return Words(known + " there, too"); }), "known there, too");
  EXPECT_EQ(ResultOf([] { return Bytes(); }), "");
}

// Many times what a pipe holds.
TEST(Forked, MayBringBackALot) {
  const std::string huge(3'000'000, 'x');
  EXPECT_EQ(ResultOf([&] { return Words(huge); }), huge);
}

TEST(Forked, ChangesNothingHere) {
  int here = 1;
  EXPECT_EQ(ResultOf([&] { return Words(std::to_string(++here)); }), "2");
  EXPECT_EQ(here, 1);
}

TEST(Forked, TellsTheSignalThatEndedIt) {
  EXPECT_EQ(ResultOf([]() -> Bytes {
              signal(SIGSEGV, SIG_DFL);  // What looks after memory errors in this process is of no account.
              raise(SIGSEGV);
              return {};
            }),
            "TROUBLE: was ended by signal 11 (Segmentation fault)");
}

TEST(Forked, TellsTheStatusIfItExitsBeforeItIsDone) {
  for (const int status : {0, 3}) {
    EXPECT_EQ(ResultOf([status]() -> Bytes { _exit(status); }),
              "TROUBLE: exited with status " + std::to_string(status));
  }
}

TEST(Forked, IsNotWaitedForLongerThanThePatience) {
  EXPECT_EQ(ResultOf([]() -> Bytes { WaitForEver(); }, {.patience = std::chrono::milliseconds(100)}),
            "TROUBLE: gave no sign of life within 100 ms");
}

// Thrice as long as the patience, in steps that are well within it.
TEST(Forked, IsWaitedForAsLongAsItGivesSignsOfLife) {
  const auto copy = Forked::Start(
      [](const auto& reached) {
        for (uint64_t i = 0; i < 30; ++i) {
          poll(nullptr, 0, 100);
          reached(i);
        }
        return Words("late");
      },
      {.patience = std::chrono::seconds(1)});
  ASSERT_TRUE(copy.has_value());
  const auto result = (*copy)->Result();
  ASSERT_TRUE(result.has_value()) << result.error().how;
  EXPECT_EQ(*result, Words("late"));
}

// Also if nobody listened for long: many times what a pipe holds.
TEST(Forked, TellsHowFarItHadComeBeforeItsEnd) {
  const auto copy = Forked::Start([](const auto& reached) -> Bytes {
    for (uint64_t i = 0; i <= 100'000; ++i) reached(i);
    _exit(3);
  });
  ASSERT_TRUE(copy.has_value());
  const auto result = (*copy)->Result();
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().reached, 100'000U);
  EXPECT_EQ(result.error().how, "exited with status 3");
}

TEST(Forked, IsInTroubleIfItBringsBackTooMuch) {
  EXPECT_EQ(ResultOf([] { return Bytes(1000); }, {.bytes_max = 1000}).size(), 1000U);
  EXPECT_EQ(ResultOf([] { return Bytes(1001); }, {.bytes_max = 1000}), "TROUBLE: brought back more than 1000 bytes");
}

TEST(Forked, CopiesMayBeAtWorkAtOnceAndHaveCopiesOfTheirOwn) {
  std::vector<std::unique_ptr<Forked>> copies;
  for (int i = 0; i < 5; ++i) {
    copies.push_back(Start([i] {
      const std::string inner = ResultOf([i] { return Words("inner " + std::to_string(i)); });
      return Words(inner + " of outer " + std::to_string(i));
    }));
  }
  for (int i = 4; i >= 0; --i) {
    const auto result = copies[static_cast<size_t>(i)]->Result();
    ASSERT_TRUE(result.has_value());
    EXPECT_EQ(*result, Words("inner " + std::to_string(i) + " of outer " + std::to_string(i)));
  }
}

// Whoever lives holds the pipe that it inherits here.
TEST(Forked, IsKilledWithItsCopiesIfNobodyWantsItsResult) {
  int lives[2];
  ASSERT_EQ(pipe(lives), 0);
  auto copy = Start([]() -> Bytes {
    const auto inner = Start([]() -> Bytes { WaitForEver(); });
    WaitForEver();
  });
  close(lives[1]);
  pollfd ends = {.fd = lives[0], .events = POLLIN, .revents = 0};
  EXPECT_EQ(poll(&ends, 1, 0), 0);
  copy.reset();
  EXPECT_EQ(poll(&ends, 1, 10'000), 1);
  EXPECT_EQ(ends.revents, POLLHUP);
  close(lives[0]);
}

TEST(Forked, LeavesNoDescriptorBehind) {
  const size_t before = OpenDescriptors();
  ResultOf([] { return Words("good"); });
  ResultOf([]() -> Bytes { _exit(1); });
  ResultOf([]() -> Bytes { WaitForEver(); }, {.patience = std::chrono::milliseconds(1)});
  Start([]() -> Bytes { WaitForEver(); }).reset();
  EXPECT_EQ(OpenDescriptors(), before);
}

}  // namespace
}  // namespace holdfast::net
