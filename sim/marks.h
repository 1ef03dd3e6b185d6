#pragma once

// Marks: what a campaign has come by: every state and every row of the two tables of states, and a list of rare
// situations, each recognized by the trace of a run. A mark that a campaign never meets is a place where bugs hide.
// From this one table come what `holdfast sim` says of them and the test that the default campaign meets them all.

#include <bitset>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sim/oracles/scene.h"
#include "sim/sightings.h"

namespace holdfast::sim {

struct Mark {
  std::string topic;
  std::string name;     // Among those of its topic.
  std::string meaning;  // One sentence.
};

// All, topic by topic.
std::span<const Mark> AllMarks();

// By its name, of any topic.
std::optional<size_t> MarkNamed(std::string_view name);

// One bit for each mark, in the order of AllMarks.
inline constexpr size_t kMarksMax = 192;
using MarkSet = std::bitset<kMarksMax>;

// Watches one run, as oracles do. Draws nothing and changes nothing.
class MarkWatcher {
 public:
  void Reset(const Plan& plan);

  // Every event of a run, in its order.
  template <typename Event>
  void See(const Scene& scene, const Event& event);

  // What was met so far.
  MarkSet Met() const;

 private:
  Sightings seen_;
  MarkSet situations_;  // By their place among the situations.
};

// How many runs met each mark.
class MarkCounts {
 public:
  void Add(const MarkSet& met);
  uint64_t of(size_t mark) const { return counts_[mark]; }
  size_t size() const { return counts_.size(); }
  size_t CountMet() const;
  bool operator==(const MarkCounts&) const = default;

 private:
  std::vector<uint64_t> counts_ = std::vector<uint64_t>(AllMarks().size());
};

}  // namespace holdfast::sim
