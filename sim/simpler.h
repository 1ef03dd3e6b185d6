#pragma once

// Simpler: the single steps from a plan to simpler ones. Without clients, faults and other lines; with less to carry;
// with each field as it is by default, or at least rounder or smaller. The fields come from plan_fields.h, so a new one
// is simplified without more code. Every step makes a plan less in the same well-founded order (lines, then bytes to
// carry, then fields), so steps cannot be taken for ever.

#include <string_view>

#include "sim/plan.h"

namespace holdfast::sim {

// A plan that is being simplified. The steps offer candidates, one after the other, each made of the plan as it is
// then.
class Trial {
 public:
  explicit Trial(const Plan& plan) : plan_(plan) {}
  virtual ~Trial() = default;

  const Plan& plan() const { return plan_; }

  // True: the candidate is the plan from now on.
  bool Try(Plan candidate) {
    if (over() || candidate == plan_ || !Holds(candidate)) return false;
    plan_ = std::move(candidate);
    return true;
  }

  // No candidate is wanted any more.
  virtual bool over() const { return false; }

 protected:
  // Whether the candidate, which may have a Problem, is as good as the plan.
  virtual bool Holds(const Plan& candidate) = 0;

 private:
  Plan plan_;
};

// Offers every step once, the ones that take most away first.
void OfferSimpler(Trial& trial);

// What there is in a plan to be simplified.
struct PlanSize {
  uint64_t clients = 0;
  uint64_t faults = 0;
  uint64_t bytes = 0;  // Of all streams.
  uint64_t lines = 0;  // Of its text.
  bool operator==(const PlanSize&) const = default;
};
PlanSize SizeOf(const Plan& plan);

}  // namespace holdfast::sim
