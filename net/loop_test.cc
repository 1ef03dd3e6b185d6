#include "net/loop.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <utility>

#include "net/pipe.h"
#include "net/test_support.h"

namespace holdfast::net {
namespace {

using namespace std::chrono_literals;

Pipe NewPipe() {
  auto pipe = MakePipe();
  EXPECT_TRUE(pipe.has_value()) << pipe.error();
  return *std::move(pipe);
}

TEST(Loop, WaitsNoLongerThanItMay) {
  Loop loop;
  loop.RunOnce(Now());
  loop.RunOnce(Now() + 1ms);
}

TEST(Loop, TellsOnceForEachWish) {
  Loop loop;
  Pipe pipe = NewPipe();
  ASSERT_EQ(write(pipe.writes.get(), "x", 1), 1);
  Watch watch(loop, std::move(pipe.reads));
  int told = 0;
  for (int wishes = 1; wishes <= 3; ++wishes) {  // It stays readable.
    watch.WhenReadable([&] { ++told; });
    RunUntil(loop, [&] { return told == wishes; });
    loop.RunOnce(Now());
    EXPECT_EQ(told, wishes);
  }
}

TEST(Loop, ANewWishTakesThePlaceOfTheOldOne) {
  Loop loop;
  Pipe pipe = NewPipe();
  Watch watch(loop, std::move(pipe.reads));
  std::string told;
  watch.WhenReadable([&] { told += "old"; });
  watch.WhenReadable([&] { told += "new"; });
  pipe.writes.Close();
  RunUntil(loop, [&] { return !told.empty(); });
  EXPECT_EQ(told, "new");
}

TEST(Loop, AWishCanBeTakenBack) {
  Loop loop;
  Pipe pipe = NewPipe();
  Watch watch(loop, std::move(pipe.reads));
  bool told = false;
  bool later = false;
  watch.WhenReadable([&] { told = true; });
  watch.WhenReadable({});
  pipe.writes.Close();
  Timer timer(loop);
  timer.At(Now() + 1ms, [&] { later = true; });
  RunUntil(loop, [&] { return later; });
  EXPECT_FALSE(told);
}

TEST(Loop, BothDirectionsOfADescriptorAreWaitedForApart) {
  Loop loop;
  Pipe pipe = NewPipe();
  Watch reads(loop, std::move(pipe.reads));
  Watch writes(loop, std::move(pipe.writes));
  bool readable = false;
  bool writable = false;
  reads.WhenReadable([&] { readable = true; });
  writes.WhenWritable([&] { writable = true; });
  RunUntil(loop, [&] { return writable; });
  EXPECT_FALSE(readable);
  ASSERT_EQ(write(writes.get(), "x", 1), 1);
  RunUntil(loop, [&] { return readable; });
}

TEST(Loop, WhoIsCalledMayEndTheWatch) {
  Loop loop;
  Pipe pipe = NewPipe();
  pipe.writes.Close();
  auto watch = std::make_unique<Watch>(loop, std::move(pipe.reads));
  watch->WhenReadable([&] { watch.reset(); });
  RunUntil(loop, [&] { return watch == nullptr; });
}

TEST(Loop, NobodyIsCalledAfterTheEndOfAWatchOrATimer) {
  Loop loop;
  Pipe pipe = NewPipe();
  pipe.writes.Close();
  bool told = false;
  {
    Watch watch(loop, std::move(pipe.reads));
    Timer timer(loop);
    watch.WhenReadable([&] { told = true; });
    timer.At(Now(), [&] { told = true; });
  }
  bool later = false;
  Timer timer(loop);
  timer.At(Now() + 1ms, [&] { later = true; });
  RunUntil(loop, [&] { return later; });
  EXPECT_FALSE(told);
}

// A regular file cannot be waited for, and never has to be.
TEST(Loop, WhatCannotBeWaitedForIsAlwaysReady) {
  Loop loop;
  FILE* file = tmpfile();
  Watch watch(loop, Descriptor(dup(fileno(file))));
  bool told = false;
  watch.WhenReadable([&] { told = true; });
  RunUntil(loop, [&] { return told; });
  fclose(file);
}

TEST(Timer, TimesComeInTheirOrder) {
  Loop loop;
  std::string told;
  Timer second(loop);
  Timer first(loop);
  const Moment now = Now();
  second.At(now + 2ms, [&] { told += "2"; });
  first.At(now + 1ms, [&] { told += "1"; });
  RunUntil(loop, [&] { return told.size() == 2; });
  EXPECT_EQ(told, "12");
}

TEST(Timer, ANewTimeTakesThePlaceOfTheOldOne) {
  Loop loop;
  std::string told;
  Timer timer(loop);
  timer.At(Now(), [&] { told += "old"; });
  timer.At(Now() + 1ms, [&] { told += "new"; });
  RunUntil(loop, [&] { return !told.empty(); });
  EXPECT_EQ(told, "new");
}

TEST(Timer, MayBeSetAgainByWhomItCalls) {
  Loop loop;
  int told = 0;
  Timer timer(loop);
  std::function<void()> again = [&] {
    if (++told < 3) timer.At(Now(), again);
  };
  timer.At(Now(), again);
  RunUntil(loop, [&] { return told == 3; });
}

TEST(Loop, LeavesNoDescriptorBehind) {
  const size_t before = OpenDescriptors();
  {
    Loop loop;
    Pipe pipe = NewPipe();
    Watch reads(loop, std::move(pipe.reads));
    Watch writes(loop, std::move(pipe.writes));
    reads.WhenReadable([] {});
    const Descriptor taken = writes.Take();
    EXPECT_TRUE(taken);
    EXPECT_LT(writes.get(), 0);
    Timer timer(loop);
    timer.At(Now() + 1h, [] {});
    loop.RunOnce(Now());
  }
  EXPECT_EQ(OpenDescriptors(), before);
}

}  // namespace
}  // namespace holdfast::net
