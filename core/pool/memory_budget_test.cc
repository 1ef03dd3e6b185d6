#include "core/pool/memory_budget.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "core/base/random.h"

namespace holdfast {
namespace {

// HF-LIM-8.
TEST(MemoryBudget, CountsWhatIsHeldAndWhatIsLeft) {
  NamedStream chance(1, "budget");
  MemoryBudget budget(10'000);
  std::vector<size_t> charged(20);
  for (int step = 0; step < 2000; ++step) {
    budget.Charge(charged[static_cast<size_t>(chance.Below(charged.size()))], static_cast<size_t>(chance.Below(1500)));
    size_t sum = 0;
    for (size_t bytes : charged) sum += bytes;
    ASSERT_EQ(budget.used(), sum);
    ASSERT_EQ(budget.over(), sum > 10'000);
    ASSERT_EQ(budget.left_to_send(), sum > 8750 ? 0 : 8750 - sum);
  }
}

// HF-LIM-8.
TEST(MemoryBudget, ServesWhoNeedsLeastAndThenWhoCameFirst) {
  struct Waiter {
    size_t step;
    uint64_t id;
  };
  NamedStream chance(2, "budget");
  MemoryBudget budget(4096);
  size_t held = 0;
  std::vector<Waiter> model;  // In order of arrival.
  for (int round = 0; round < 5000; ++round) {
    const uint64_t id = 1 + chance.Below(30);
    const auto there = [id](const Waiter& waiter) { return waiter.id == id; };
    switch (chance.Below(4)) {
      case 0: {
        const size_t step = size_t{256} << chance.Below(4);
        auto found = std::ranges::find_if(model, there);
        budget.Wait(SessionId{id}, step);
        if (found != model.end() && found->step == step) break;  // It keeps its place.
        std::erase_if(model, there);
        model.push_back({step, id});
        break;
      }
      case 1:
        if (chance.Below(4) == 0) {
          budget.Forget(SessionId{id});
          std::erase_if(model, there);
        }
        break;
      case 2:
        budget.Charge(held, static_cast<size_t>(chance.Below(4500)));
        break;
      default: {
        auto first = std::ranges::min_element(model, {}, &Waiter::step);
        const auto served = budget.TakeServed();
        if (first == model.end() || first->step > budget.left_to_send()) {
          ASSERT_FALSE(served);
        } else {
          ASSERT_EQ(served, SessionId{first->id});
          model.erase(first);
        }
      }
    }
    ASSERT_EQ(budget.waiting(), model.size());
    auto first = std::ranges::min_element(model, {}, &Waiter::step);
    for (size_t step : {256U, 512U, 4096U}) {
      const bool behind = first != model.end() && first->step <= step && first->id != id;
      ASSERT_EQ(budget.AllowanceFor(SessionId{id}, step), behind ? 0 : budget.left_to_send());
    }
  }
}

// HF-LIM-10.
TEST(MemoryBudget, ServesNobodyAfterARefusalUntilSomethingWasGivenBackOrTimeHasPassed) {
  MemoryBudget budget(1000);
  size_t held = 0;
  budget.Charge(held, 100);
  for (const bool given_back : {true, false}) {
    budget.Wait(SessionId{1}, 256);
    budget.Refused();
    EXPECT_FALSE(budget.TakeServed());
    if (given_back) {
      budget.Charge(held, 50);
    } else {
      budget.Retry();
    }
    EXPECT_EQ(budget.TakeServed(), SessionId{1});
  }
}

}  // namespace
}  // namespace holdfast
