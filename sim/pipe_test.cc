#include "sim/pipe.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace holdfast::sim {
namespace {

using std::chrono::milliseconds;

constexpr Time kNow = Time(milliseconds(1000));

Bytes Counting(size_t size) {
  Bytes bytes(size);
  for (size_t i = 0; i < size; ++i) bytes[i] = static_cast<uint8_t>(i);
  return bytes;
}

Pipe PipeOf(const Path& path) {
  Pipe pipe;
  pipe.Reset(path, 99);
  return pipe;
}

struct Segment {
  Time arrival;
  Bytes bytes;
};

std::vector<Segment> TakeAll(Pipe& pipe) {
  std::vector<Segment> segments;
  while (pipe.under_way() > 0) {
    const Time arrival = pipe.NextArrival();
    segments.push_back({arrival, ToBytes(pipe.Take())});
  }
  return segments;
}

Bytes Joined(const std::vector<Segment>& segments) {
  Bytes bytes;
  for (const Segment& segment : segments) Append(bytes, segment.bytes);
  return bytes;
}

TEST(Pipe, DeliversAWriteWholeAfterItsLatency) {
  Pipe pipe = PipeOf({.latency = milliseconds(30)});
  EXPECT_EQ(pipe.NextArrival(), kNever);
  EXPECT_EQ(pipe.Write(kNow, Counting(100)), 100U);
  const auto segments = TakeAll(pipe);
  ASSERT_EQ(segments.size(), 1U);
  EXPECT_EQ(segments[0].arrival, kNow + milliseconds(30));
  EXPECT_EQ(segments[0].bytes, Counting(100));
  EXPECT_EQ(pipe.offset_out(), 100U);
}

TEST(Pipe, KeepsTheOrderUnderJitter) {
  Pipe pipe = PipeOf({.latency = milliseconds(1), .jitter = milliseconds(50)});
  for (int i = 0; i < 50; ++i) pipe.Write(kNow + milliseconds(i), Counting(10));
  const auto segments = TakeAll(pipe);
  ASSERT_EQ(segments.size(), 50U);
  bool late = false;
  for (size_t i = 1; i < segments.size(); ++i) {
    EXPECT_LE(segments[i - 1].arrival, segments[i].arrival);
    late = late || segments[i].arrival > kNow + milliseconds(static_cast<int>(i) + 10);
  }
  EXPECT_TRUE(late);
}

TEST(Pipe, SpreadsBytesOverTheBandwidth) {
  Pipe pipe = PipeOf({.latency = milliseconds(0), .bandwidth = 1000});
  pipe.Write(kNow, Counting(100));
  pipe.Write(kNow, Counting(100));
  const auto segments = TakeAll(pipe);
  EXPECT_EQ(segments[0].arrival, kNow + milliseconds(100));
  EXPECT_EQ(segments[1].arrival, kNow + milliseconds(200));
}

TEST(Pipe, TakesNoMoreThanItsCapacity) {
  Pipe pipe = PipeOf({.capacity = 64});
  EXPECT_EQ(pipe.Write(kNow, Counting(100)), 64U);
  EXPECT_EQ(pipe.Write(kNow, Counting(100)), 0U);
  pipe.Take();
  EXPECT_EQ(pipe.room(), 64U);
  EXPECT_EQ(pipe.Write(kNow, Counting(10)), 10U);
}

TEST(Pipe, CutsIntoRandomPieces) {
  Pipe pipe = PipeOf({.segments = Segments::kRandom, .segment_bytes = 7});
  pipe.Write(kNow, Counting(200));
  const auto segments = TakeAll(pipe);
  EXPECT_EQ(Joined(segments), Counting(200));
  EXPECT_GT(segments.size(), 200U / 7);
  for (const Segment& segment : segments) EXPECT_LE(segment.bytes.size(), 7U);
}

TEST(Pipe, DeliversSingleBytesUpToFourKibibytes) {
  Pipe pipe = PipeOf({.segments = Segments::kOneByte});
  pipe.Write(kNow, Counting(kOneByteSegmentsMax));
  pipe.Write(kNow, Counting(500));
  const auto segments = TakeAll(pipe);
  EXPECT_EQ(segments.size(), kOneByteSegmentsMax + 1);
  EXPECT_EQ(segments.back().bytes.size(), 500U);
}

TEST(Pipe, JoinsWhatArrivesInOneWindow) {
  Pipe pipe = PipeOf({.latency = milliseconds(1), .segments = Segments::kCoalesced, .window = milliseconds(100)});
  for (int i = 0; i < 10; ++i) pipe.Write(kNow + milliseconds(i), Counting(10));
  pipe.Write(kNow + milliseconds(150), Counting(5));
  const auto segments = TakeAll(pipe);
  ASSERT_EQ(segments.size(), 2U);
  EXPECT_EQ(segments[0].bytes.size(), 100U);
  EXPECT_EQ(segments[0].arrival, kNow + milliseconds(100));
}

TEST(Pipe, StallsAndGoesOn) {
  Pipe pipe = PipeOf({.latency = milliseconds(1)});
  pipe.Write(kNow, Counting(10));
  pipe.Stall(kNow + milliseconds(500));
  EXPECT_EQ(pipe.NextArrival(), kNow + milliseconds(500));
  pipe.Heal(kNow + milliseconds(20), kGoodPath);
  EXPECT_EQ(pipe.NextArrival(), kNow + milliseconds(20));
}

TEST(Pipe, EndsAfterItsLastByte) {
  Pipe pipe = PipeOf({.latency = milliseconds(5)});
  pipe.Write(kNow, Counting(10));
  pipe.End(kNow);
  EXPECT_FALSE(pipe.EndArrived(kNow + milliseconds(5)));
  pipe.Take();
  EXPECT_FALSE(pipe.EndArrived(kNow + milliseconds(4)));
  EXPECT_TRUE(pipe.EndArrived(kNow + milliseconds(5)));
}

TEST(Pipe, DeadDeliversExactlyWhatIsKept) {
  for (Segments kind : {Segments::kWhole, Segments::kRandom, Segments::kOneByte}) {
    for (uint64_t keep = 0; keep <= 40; ++keep) {
      Pipe pipe = PipeOf({.segments = kind, .segment_bytes = 9});
      pipe.Write(kNow, Counting(20));
      pipe.Write(kNow, Counting(20));
      pipe.Kill(keep, milliseconds(700));
      EXPECT_EQ(pipe.Write(kNow, Counting(100)), 100U);  // Swallowed.
      const auto segments = TakeAll(pipe);
      Bytes sent = Counting(20);
      Append(sent, Counting(20));
      EXPECT_EQ(Joined(segments), ToBytes(ByteSpan(sent).first(static_cast<size_t>(keep))));
      EXPECT_TRUE(keep == 0 || segments[0].arrival == kNow + Path{}.latency + milliseconds(700));
    }
  }
}

TEST(Pipe, DeadKeepsNoEndThatComesAfterWhatIsLost) {
  Pipe pipe = PipeOf({});
  pipe.Write(kNow, Counting(20));
  pipe.End(kNow);
  Pipe whole = pipe;
  whole.Kill(kAll, {});
  pipe.Kill(5, {});
  TakeAll(pipe);
  TakeAll(whole);
  EXPECT_FALSE(pipe.EndArrived(kNow + std::chrono::hours(1)));
  EXPECT_TRUE(whole.EndArrived(kNow + milliseconds(100)));
}

TEST(Pipe, DeadFillsUp) {
  Pipe pipe = PipeOf({.capacity = 100});
  pipe.Write(kNow, Counting(60));
  pipe.Kill(0, {});
  EXPECT_EQ(pipe.Write(kNow, Counting(100)), 40U);
  EXPECT_EQ(pipe.Write(kNow, Counting(100)), 0U);
}

TEST(Pipe, ResetIsNew) {
  Pipe pipe = PipeOf({.capacity = 10});
  pipe.Write(kNow, Counting(10));
  pipe.Kill(3, {});
  pipe.Reset({}, 1);
  EXPECT_FALSE(pipe.dead());
  EXPECT_EQ(pipe.under_way(), 0U);
  EXPECT_EQ(pipe.Write(kNow, Counting(200)), 200U);
  EXPECT_EQ(Joined(TakeAll(pipe)), Counting(200));
}

}  // namespace
}  // namespace holdfast::sim
