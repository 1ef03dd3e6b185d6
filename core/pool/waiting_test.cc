#include "core/pool/waiting.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "core/base/random.h"
#include "core/session/event.h"

namespace holdfast {
namespace {

// The same in the plainest way: a list, oldest first, that is searched from its start.
struct Model {
  struct Thing {
    TransportId id;
    SourceKey source;
    size_t bytes = 0;
  };
  std::vector<Thing> things;

  Thing* Find(TransportId id) {
    auto found = std::ranges::find(things, id, &Thing::id);
    return found == things.end() ? nullptr : &*found;
  }
  size_t SizeOf(SourceKey source) const {
    return static_cast<size_t>(std::ranges::count(things, source, &Thing::source));
  }
  size_t bytes() const {
    size_t sum = 0;
    for (const Thing& thing : things) sum += thing.bytes;
    return sum;
  }
  TransportId OldestFor(SourceKey source) const {
    auto found = std::ranges::find(things, source, &Thing::source);
    return found == things.end() ? things.front().id : found->id;
  }
  TransportId OldestHolderFor(TransportId id) {
    const SourceKey source = Find(id)->source;
    for (const Thing& thing : things) {
      if (thing.source == source && thing.bytes > 0 && thing.id != id) return thing.id;
    }
    for (const Thing& thing : things) {
      if (thing.bytes > 0 && thing.id != id) return thing.id;
    }
    return id;
  }
};

// HF-LIM-1, HF-LIM-2, HF-LIM-7.
TEST(Waiting, DoesWhatASearchedListDoes) {
  for (uint64_t sources : {1U, 3U, 50U}) {
    NamedStream chance(sources, "waiting");
    Waiting<TransportId> waiting;
    Model model;
    uint64_t given = 0;
    for (int step = 0; step < 5000; ++step) {
      const TransportId some{1 + chance.Below(given + 1)};  // There, gone, or not there yet.
      switch (chance.Below(4)) {
        case 0: {
          const TransportId id{++given};
          const SourceKey source{chance.Below(sources)};
          waiting.Add(id, source);
          model.things.push_back({id, source});
          break;
        }
        case 1: {
          if (chance.Below(3) == 0 || model.things.size() > 60) {
            waiting.Remove(some);
            std::erase_if(model.things, [some](const auto& thing) { return thing.id == some; });
          }
          break;
        }
        default:
          if (Model::Thing* thing = model.Find(some)) {
            thing->bytes = chance.Below(2) == 0 ? 0 : static_cast<size_t>(chance.Below(5000));
            waiting.Hold(some, thing->bytes);
          }
      }
      ASSERT_EQ(waiting.size(), model.things.size());
      ASSERT_EQ(waiting.bytes(), model.bytes());
      ASSERT_EQ(waiting.Has(some), model.Find(some) != nullptr);
      if (waiting.size() == 0) continue;
      for (uint64_t source = 0; source <= sources; ++source) {
        ASSERT_EQ(waiting.SizeOf(SourceKey{source}), model.SizeOf(SourceKey{source}));
        ASSERT_EQ(waiting.OldestFor(SourceKey{source}), model.OldestFor(SourceKey{source}));
      }
      const TransportId holder = model.things[static_cast<size_t>(chance.Below(model.things.size()))].id;
      ASSERT_EQ(waiting.OldestHolderFor(holder), model.OldestHolderFor(holder));
    }
  }
}

TEST(Waiting, ForgetsSourcesThatHaveNothingLeft) {
  Waiting<TransportId> waiting;
  for (uint64_t i = 1; i <= 1000; ++i) {
    waiting.Add(TransportId{i}, SourceKey{i});
    waiting.Hold(TransportId{i}, 100);
    if (i > 10) waiting.Remove(waiting.OldestFor(SourceKey{0}));
    EXPECT_LE(waiting.size(), 10U);
  }
  EXPECT_EQ(waiting.bytes(), 1000U);
  EXPECT_EQ(waiting.SizeOf(SourceKey{1}), 0U);
}

}  // namespace
}  // namespace holdfast
