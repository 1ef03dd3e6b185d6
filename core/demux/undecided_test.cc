#include "core/demux/undecided.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "core/base/random.h"

namespace holdfast {
namespace {

using Book = Undecided<uint64_t, uint64_t>;

constexpr Time At(int64_t seconds) { return Time(std::chrono::seconds(seconds)); }

// The same in the plainest way: a list, oldest first.
struct Model {
  struct Thing {
    uint64_t id;
    uint64_t source;
    Time due;
    bool silent = true;
  };
  std::vector<Thing> things;

  size_t SizeOf(uint64_t source) const {
    return static_cast<size_t>(std::ranges::count(things, source, &Thing::source));
  }
  // Among those that hold most: the newcomer's source if it is one of them and holds something, else the one whose
  // first silent one is oldest, else the one whose first one is.
  uint64_t MakesRoom(uint64_t newcomer) const {
    size_t most = 0;
    for (const Thing& thing : things) most = std::max(most, SizeOf(thing.source));
    const bool own = SizeOf(newcomer) > 0 && SizeOf(newcomer) + 1 >= most;
    for (bool silent : {true, false}) {
      for (const Thing& thing : things) {
        const bool candidate = own ? thing.source == newcomer : SizeOf(thing.source) == most;
        if (candidate && (thing.silent || !silent)) return thing.id;
      }
    }
    return 0;
  }
  void Remove(uint64_t id) {
    std::erase_if(things, [id](const Thing& thing) { return thing.id == id; });
  }
};

TEST(Undecided, DoesWhatASearchedListDoes) {
  for (uint64_t sources : {1U, 2U, 5U, 40U}) {
    NamedStream chance(sources, "undecided");
    const UndecidedLimits limits{.time = 5s, .count_max = 1 + static_cast<size_t>(chance.Below(30))};
    Book book(limits);
    Model model;
    Time now = At(1);
    uint64_t given = 0;
    for (int step = 0; step < 4000; ++step) {
      now += std::chrono::milliseconds(chance.Below(200));
      while (auto due = book.TakeDue(now)) {
        ASSERT_EQ(*due, model.things.front().id);
        ASSERT_LE(model.things.front().due, now);
        model.Remove(*due);
      }
      ASSERT_EQ(book.Deadline(), model.things.empty() ? kNever : model.things.front().due);
      const uint64_t some = 1 + chance.Below(given + 1);
      switch (chance.Below(5)) {
        case 0:
          book.Remove(some);
          model.Remove(some);
          break;
        case 1:
          book.Heard(some);
          for (auto& thing : model.things) thing.silent = thing.silent && thing.id != some;
          break;
        default: {
          const uint64_t source = chance.Below(sources) * chance.Below(2);  // Half of them from one.
          const bool full = model.things.size() == limits.count_max;
          const uint64_t room = full ? model.MakesRoom(source) : 0;
          const auto evicted = book.Add(now, ++given, source);
          ASSERT_EQ(evicted.has_value(), full);
          if (full) {
            ASSERT_EQ(*evicted, room);
          }
          model.Remove(room);
          model.things.push_back({given, source, now + 5s});
        }
      }
      ASSERT_EQ(book.size(), model.things.size());
      ASSERT_EQ(book.Has(some), std::ranges::find(model.things, some, &Model::Thing::id) != model.things.end());
      for (uint64_t source = 0; source < sources; ++source) ASSERT_EQ(book.SizeOf(source), model.SizeOf(source));
    }
  }
}

// However many places one source takes, and however often: others that hold fewer keep all of theirs.
TEST(Undecided, LeavesOthersAloneWhateverOneSourceDoes) {
  for (bool speaks : {false, true}) {
    Book book({.time = 5s, .count_max = 64});
    for (uint64_t id = 1; id <= 20; ++id) book.Add(At(1), id, id % 4);  // Four sources with five each.
    for (uint64_t id = 21; id <= 5000; ++id) {
      const auto evicted = book.Add(At(1), id, 99);
      if (evicted) {
        EXPECT_GT(*evicted, 20U);
      }
      if (speaks) book.Heard(id);
    }
    for (uint64_t source = 0; source < 4; ++source) EXPECT_EQ(book.SizeOf(source), 5U);
    // And somebody new gets in, at the flood's cost.
    const auto evicted = book.Add(At(1), 5001, 7);
    ASSERT_TRUE(evicted);
    EXPECT_TRUE(book.Has(5001));
    EXPECT_EQ(book.SizeOf(99), 64U - 20U - 1U);
  }
}

// As many sources as places, all silent: a newcomer still gets in, and those who speak stay.
TEST(Undecided, HoldsNoPlaceForTheSilentWhoeverTheyAre) {
  Book book({.time = 5s, .count_max = 64});
  for (uint64_t id = 1; id <= 64; ++id) {
    book.Add(At(1), id, id);
    if (id % 2 == 0) book.Heard(id);
  }
  for (uint64_t id = 65; id < 65 + 32; ++id) {
    const auto evicted = book.Add(At(1), id, id);
    ASSERT_TRUE(evicted);
    EXPECT_EQ(*evicted % 2, 1U);
    EXPECT_LT(*evicted, 65U) << "the oldest first";
  }
}

TEST(Undecided, GivesEachItsTimeWhateverItSays) {
  Book book({.time = 5s, .count_max = 4});
  book.Add(At(1), 1, 0);
  book.Add(At(2), 2, 0);
  book.Heard(1);
  EXPECT_EQ(book.Deadline(), At(6));
  EXPECT_EQ(book.TakeDue(At(6) - 1ns), std::nullopt);
  EXPECT_EQ(book.TakeDue(At(6)), 1U);
  EXPECT_EQ(book.TakeDue(At(6)), std::nullopt);
  EXPECT_EQ(book.Deadline(), At(7));
  book.Remove(2);
  EXPECT_EQ(book.Deadline(), kNever);
}

}  // namespace
}  // namespace holdfast
