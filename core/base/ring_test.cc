#include "core/base/ring.h"

#include <algorithm>
#include <deque>

#include "core/base/random.h"
#include "gtest/gtest.h"

namespace holdfast {
namespace {

Bytes Contents(const Ring& ring, uint64_t position, size_t size) {
  Bytes bytes;
  for (ByteSpan piece : ring.View(position, size)) Append(bytes, piece);
  return bytes;
}

Bytes Contents(const Ring& ring) { return Contents(ring, ring.begin(), ring.size()); }

uint64_t DigestOf(const Ring& ring) {
  Digest digest;
  ring.DigestInto(digest);
  return digest.value();
}

Bytes RandomBytes(NamedStream& chance, size_t size) {
  Bytes bytes(size);
  chance.Fill(bytes);
  return bytes;
}

// What a ring must do, done in the plainest way.
struct Model {
  size_t capacity_max;
  uint64_t begin = 0;
  std::deque<uint8_t> bytes = {};

  size_t Push(ByteSpan more) {
    const size_t count = std::min(more.size(), capacity_max - bytes.size());
    bytes.insert(bytes.end(), more.begin(), more.begin() + static_cast<ptrdiff_t>(count));
    return count;
  }

  void TrimTo(uint64_t position) {
    bytes.erase(bytes.begin(), bytes.begin() + static_cast<ptrdiff_t>(position - begin));
    begin = position;
  }
};

TEST(Ring, DoesWhatADequeDoes) {
  for (size_t capacity_max : {1u, 7u, 256u, 300u, 1000u, 5000u}) {
    NamedStream chance(capacity_max, "ring");
    Ring ring(capacity_max);
    Model model{.capacity_max = capacity_max};
    for (int step = 0; step < 4000; ++step) {
      switch (chance.Below(4)) {
        case 0:
        case 1: {
          const Bytes more = RandomBytes(chance, static_cast<size_t>(chance.Below(chance.Below(capacity_max + 2) + 1)));
          ASSERT_EQ(ring.Push(more), model.Push(more));
          break;
        }
        case 2: {
          const uint64_t position = ring.begin() + chance.Below(ring.size() + 1);
          ring.TrimTo(position);
          model.TrimTo(position);
          break;
        }
        case 3:
          ring.ReleaseIfEmpty();
          if (ring.size() == 0) {
            ASSERT_EQ(ring.allocated(), 0u);
          }
          break;
      }
      ASSERT_EQ(ring.begin(), model.begin);
      ASSERT_EQ(ring.size(), model.bytes.size());
      ASSERT_EQ(ring.end(), ring.begin() + ring.size());
      ASSERT_EQ(ring.room(), capacity_max - ring.size());
      ASSERT_TRUE(std::ranges::equal(Contents(ring), model.bytes));
      const uint64_t from = ring.begin() + chance.Below(ring.size() + 1);
      const size_t size = static_cast<size_t>(chance.Below(ring.end() - from + 1));
      const Bytes all = Contents(ring);
      const ByteSpan part = ByteSpan(all).subspan(static_cast<size_t>(from - ring.begin()), size);
      ASSERT_TRUE(std::ranges::equal(Contents(ring, from, size), part));
    }
  }
}

TEST(Ring, TakesWhatItHasRoomForAndSaysHowMuch) {
  Ring ring(10);
  EXPECT_EQ(ring.Push(Bytes(7, 'a')), 7u);
  EXPECT_EQ(ring.Push(Bytes(7, 'b')), 3u);
  EXPECT_EQ(ring.Push(Bytes(7, 'c')), 0u);
  EXPECT_EQ(ring.room(), 0u);
  EXPECT_EQ(Contents(ring), ToBytes(AsBytes("aaaaaaabbb")));
}

TEST(Ring, GrowsByNoMoreThanItsAllowance) {
  for (size_t allowance = 0; allowance < 5000; allowance += 50) {
    Ring ring(4000);
    size_t pushed = 0;
    for (size_t size : {100u, 200u, 3000u, 4000u}) {
      const size_t before = ring.allocated();
      const size_t step = ring.growth_step();
      const size_t room = std::min<size_t>(size, ring.room());
      const size_t wanted = ring.GrowthFor(size);
      const size_t accepted = ring.Push(Bytes(size, 'x'), allowance);
      EXPECT_LE(ring.allocated() - before, std::min(allowance, wanted));
      EXPECT_EQ(accepted == room, ring.allocated() - before == wanted || ring.size() < ring.allocated());
      if (accepted < room) {
        EXPECT_EQ(ring.room_in_block(), 0u);
      }
      if (wanted > 0 && allowance >= step) {
        EXPECT_GT(ring.allocated(), before);
      }
      pushed += accepted;
      EXPECT_EQ(ring.size(), pushed);
    }
  }
}

TEST(Ring, HoldsNoMemoryBeforeTheFirstByte) {
  Ring ring(size_t{1} << 40);
  EXPECT_EQ(ring.allocated(), 0u);
  EXPECT_EQ(ring.Push({}), 0u);
  EXPECT_EQ(ring.allocated(), 0u);
}

TEST(Ring, GrowsWithWhatItHoldsAndNotWithWhatPassesThrough) {
  Ring ring(1 << 20);
  for (int i = 0; i < 10'000; ++i) {
    ring.Push(Bytes(100));
    ring.TrimTo(ring.end());
  }
  EXPECT_EQ(ring.begin(), 1'000'000u);
  EXPECT_LE(ring.allocated(), 256u);
}

TEST(Ring, DigestAndCloneDoNotShowWhereItWraps) {
  const Bytes text = ToBytes(AsBytes("the bytes that a peer may still ask for, longer than one word"));
  for (size_t earlier = 0; earlier < 300; ++earlier) {
    // One that grew late and wraps elsewhere, one that never held anything else at once.
    Ring worn(1000);
    worn.Push(Bytes(earlier));
    worn.Push(text);
    worn.TrimTo(earlier);
    Ring fresh(1000);
    for (size_t i = 0; i < earlier; ++i) {
      fresh.Push(Bytes(1));
      fresh.TrimTo(fresh.end());
    }
    fresh.Push(text);
    ASSERT_EQ(DigestOf(worn), DigestOf(fresh)) << earlier;
    const Ring copy = worn.Clone();
    ASSERT_EQ(DigestOf(copy), DigestOf(worn));
    ASSERT_EQ(Contents(copy), text);
    ASSERT_EQ(copy.begin(), earlier);
    ASSERT_EQ(copy.capacity_max(), 1000u);
  }
}

TEST(Ring, CloneGoesItsOwnWay) {
  Ring ring(100);
  ring.Push(AsBytes("abc"));
  Ring copy = ring.Clone();
  copy.Push(AsBytes("d"));
  ring.TrimTo(1);
  EXPECT_EQ(Contents(copy), ToBytes(AsBytes("abcd")));
  EXPECT_EQ(Contents(ring), ToBytes(AsBytes("bc")));
}

TEST(Ring, DigestShowsPositionAndBytes) {
  Ring ring(100);
  const uint64_t empty = DigestOf(ring);
  ring.Push(AsBytes("a"));
  const uint64_t one = DigestOf(ring);
  EXPECT_NE(one, empty);
  ring.TrimTo(1);
  EXPECT_NE(DigestOf(ring), empty);
  Ring other(100);
  other.Push(AsBytes("b"));
  EXPECT_NE(DigestOf(other), one);
}

TEST(RingDeathTest, RefusesWhatItDoesNotHold) {
  Ring ring(100);
  ring.Push(Bytes(10));
  ring.TrimTo(5);
  EXPECT_DEATH(ring.TrimTo(4), "begin_ <= position");
  EXPECT_DEATH(ring.TrimTo(11), "position <= end_");
  EXPECT_DEATH(ring.View(4, 1), "begin_ <= position");
  EXPECT_DEATH(ring.View(5, 6), "size <= end_");
}

TEST(Ring, MayStartAtAnyPosition) {
  for (uint64_t start : {uint64_t{1}, uint64_t{255}, uint64_t{256}, (uint64_t{1} << 62) - 300}) {
    NamedStream chance(start, "ring");
    Ring ring(300, start);
    EXPECT_EQ(ring.begin(), start);
    EXPECT_EQ(ring.end(), start);
    EXPECT_EQ(ring.room(), 300U);
    const Bytes bytes = RandomBytes(chance, 299);
    EXPECT_EQ(ring.Push(bytes), 299U);
    EXPECT_EQ(Contents(ring), bytes);
    ring.TrimTo(start + 100);
    EXPECT_EQ(Contents(ring), Bytes(bytes.begin() + 100, bytes.end()));
    EXPECT_EQ(DigestOf(ring.Clone()), DigestOf(ring));
  }
}

}  // namespace
}  // namespace holdfast
