#pragma once

// Plan options: what a seed may choose, in words, and how to see in a plan that it did. From this one table come what
// `holdfast sim --list-options` prints and the test that nothing which a plan can say is out of a seed's reach.

#include <bitset>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "sim/plan.h"

namespace holdfast::sim {

struct PlanOption {
  std::string_view topic;
  std::string_view name;             // Among those of its topic.
  std::string_view fields;           // Of a plan that say it, as "line.key line.key".
  std::string_view meaning;          // One sentence.
  bool (*chosen)(const Plan& plan);  // Whether the plan says it, of any of its parts.
};

// All, topic by topic.
std::span<const PlanOption> PlanOptions();

// One bit for each option, in the order of PlanOptions.
inline constexpr size_t kPlanOptionsMax = 192;
using OptionSet = std::bitset<kPlanOptionsMax>;
OptionSet OptionsOf(const Plan& plan);

// How many plans chose each option.
class OptionCounts {
 public:
  void Add(const OptionSet& chosen);
  uint64_t of(size_t option) const { return counts_[option]; }
  bool operator==(const OptionCounts&) const = default;

 private:
  std::vector<uint64_t> counts_ = std::vector<uint64_t>(PlanOptions().size());
};

}  // namespace holdfast::sim
