// The small parts: Schedule, IdTable, Content.

#include <gtest/gtest.h>

#include <vector>

#include "core/base/random.h"
#include "sim/content.h"
#include "sim/id_table.h"
#include "sim/schedule.h"

namespace holdfast::sim {
namespace {

TEST(Schedule, IsInTheOrderOfTimeAndThenOfComing) {
  Schedule schedule;
  NamedStream stream(1, "schedule");
  for (uint32_t i = 0; i < 1000; ++i) schedule.Add(Time(Duration(stream.Below(50))), Happening::kArrive, i);
  Scheduled last = schedule.Take();
  while (!schedule.empty()) {
    const Scheduled next = schedule.Take();
    ASSERT_TRUE(last.time < next.time || (last.time == next.time && last.a < next.a));
    last = next;
  }
  EXPECT_EQ(schedule.next_time(), kNever);
}

TEST(IdTable, KeepsWhatItIsToldInWhateverOrder) {
  IdTable<uint64_t, int> table;
  NamedStream stream(1, "ids");
  std::vector<int> expected(100, -1);
  for (int i = 0; i < 500; ++i) {
    const auto id = static_cast<size_t>(stream.Below(100));
    if (stream.Below(4) == 0) {
      table.Erase(id);
      expected[id] = -1;
    } else {
      table.At(id) = i;
      expected[id] = i;
    }
  }
  for (size_t id = 0; id < 100; ++id) {
    const int* found = table.Find(id);
    EXPECT_EQ(found != nullptr ? *found : -1, expected[id]) << id;
  }
  uint64_t last = 0;
  for (const auto& [id, value] : table) {
    EXPECT_TRUE(id == 0 || id > last);
    last = id;
  }
}

TEST(Content, IsTheSameInAnyPieces) {
  const Content content(7);
  Bytes whole(1000);
  content.Fill(0, Direction::kUp, 0, whole);
  for (size_t offset : {0U, 1U, 7U, 8U, 13U, 500U}) {
    for (size_t size : {0U, 1U, 7U, 8U, 9U, 64U, 500U}) {
      Bytes piece(size);
      content.Fill(0, Direction::kUp, offset, piece);
      EXPECT_EQ(piece, ToBytes(ByteSpan(whole).subspan(offset, size)));
      EXPECT_EQ(content.Matching(0, Direction::kUp, offset, piece), size);
    }
  }
}

TEST(Content, TellsWhereItDiffers) {
  const Content content(7);
  for (size_t wrong = 0; wrong < 100; ++wrong) {
    Bytes bytes(100);
    content.Fill(1, Direction::kDown, 3, bytes);
    bytes[wrong] ^= 1;
    EXPECT_EQ(content.Matching(1, Direction::kDown, 3, bytes), wrong);
  }
}

TEST(Content, DiffersByClientDirectionOffsetAndSeed) {
  Bytes bytes(64);
  Content(7).Fill(1, Direction::kDown, 0, bytes);
  EXPECT_LT(Content(8).Matching(1, Direction::kDown, 0, bytes), 8U);
  EXPECT_LT(Content(7).Matching(0, Direction::kDown, 0, bytes), 8U);
  EXPECT_LT(Content(7).Matching(1, Direction::kUp, 0, bytes), 8U);
  EXPECT_LT(Content(7).Matching(1, Direction::kDown, 1, bytes), 8U);
}

TEST(Content, OfFilesIsTheirBytes) {
  const Bytes up = {1, 2, 3, 4, 5};
  const Bytes down = {9, 8};
  const Content content(up, down);
  Bytes bytes(3);
  content.Fill(0, Direction::kUp, 1, bytes);
  EXPECT_EQ(bytes, (Bytes{2, 3, 4}));
  EXPECT_EQ(content.Matching(3, Direction::kUp, 1, bytes), 3U);
  EXPECT_EQ(content.Matching(0, Direction::kUp, 2, bytes), 0U);
  EXPECT_EQ(content.Matching(0, Direction::kUp, 4, Bytes{5, 6}), 1U);  // Beyond the end nothing matches.
  EXPECT_EQ(content.Matching(0, Direction::kDown, 5, bytes), 0U);
}

}  // namespace
}  // namespace holdfast::sim
