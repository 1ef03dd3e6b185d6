#include "core/pool/locator_index.h"

#include <gtest/gtest.h>

#include <bit>

#include "core/base/random.h"

namespace holdfast {
namespace {

struct CountingLess {
  size_t* count;
  bool operator()(const Locator& a, const Locator& b) const {
    ++*count;
    return a < b;
  }
};

// HF-LIM-5.
TEST(LocatorIndex, SearchesInLogarithmicTimeWhateverStrangersChoose) {
  size_t comparisons = 0;
  LocatorIndex<CountingLess> index(CountingLess{&comparisons});
  NamedStream chance(1, "locators");
  // As alike as locators can be: the same but for two bytes, in order and backwards and at random.
  const auto chosen = [](uint64_t number, size_t at) {
    Locator locator = {};
    locator[at] = static_cast<uint8_t>(number >> 8);
    locator[15] = static_cast<uint8_t>(number);
    return locator;
  };
  for (uint64_t i = 0; i < 30'000; ++i) {
    const uint64_t number = i % 3 == 0 ? i : i % 3 == 1 ? 65535 - i : chance.Below(65536);
    for (size_t at : {size_t{0}, size_t{14}}) {
      const size_t most = 2 * static_cast<size_t>(std::bit_width(index.size() + 1)) + 2;
      comparisons = 0;
      static_cast<void>(index.find(chosen(chance.Below(65536), at)));
      ASSERT_LE(comparisons, most);
      comparisons = 0;
      index.emplace(chosen(number, at), SessionId{i + 1});
      ASSERT_LE(comparisons, most + 2);
    }
  }
}

}  // namespace
}  // namespace holdfast
