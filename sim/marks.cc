#include "sim/marks.h"

#include <fmt/format.h>

#include <algorithm>

#include "sim/situations.h"

namespace holdfast::sim {
namespace {

// The states and rows of one table, in the order of AllMarks.
template <typename Table, typename Names, typename Inputs>
void AddTable(std::vector<Mark>& marks, std::string_view side, const Table& table, const Names& states,
              const Inputs& inputs) {
  const auto name = [](const auto& names, auto value) { return names[static_cast<size_t>(value)]; };
  for (std::string_view state : states) {
    marks.push_back({fmt::format("states of a session at its {}", side), std::string(state),
                     fmt::format("the {}'s table of states has it", side)});
  }
  for (const auto& row : table) {
    marks.push_back({fmt::format("moves of a session at its {}", side),
                     fmt::format("{}: {} -> {}", name(states, row.from), name(inputs, row.input), name(states, row.to)),
                     fmt::format("docs/protocol.md {}", row.section)});
  }
}

std::vector<Mark> MakeMarks() {
  std::vector<Mark> marks;
  AddTable(marks, "client", kClientTransitions, kClientStateNames, kClientInputNames);
  AddTable(marks, "server", kServerTransitions, kServerStateNames, kServerInputNames);
  for (const Situation& s : Situations()) {
    marks.push_back({std::string(s.topic), std::string(s.name), std::string(s.meaning)});
  }
  return marks;
}

static_assert(kClientStateNames.size() + kClientTransitions.size() + kServerStateNames.size() +
                  kServerTransitions.size() + kSituationsMax <=
              kMarksMax);

}  // namespace

std::span<const Mark> AllMarks() {
  static const std::vector<Mark> kMarks = MakeMarks();
  return kMarks;
}

std::optional<size_t> MarkNamed(std::string_view name) {
  const auto found = std::ranges::find(AllMarks(), name, &Mark::name);
  if (found == AllMarks().end()) return std::nullopt;
  return static_cast<size_t>(found - AllMarks().begin());
}

void MarkWatcher::Reset(const Plan& plan) {
  seen_.Reset(plan);
  situations_.reset();
}

template <typename Event>
void MarkWatcher::See(const Scene& scene, const Event& event) {
  for (uint8_t place : SituationsAt(Event::kKind)) {
    if (!situations_[place] && Situations()[place].watch.holds(seen_, scene, &event)) situations_.set(place);
  }
  if constexpr (requires { seen_.On(scene, event); }) seen_.On(scene, event);
}

#define HOLDFAST_SEE(Name, ...) template void MarkWatcher::See(const Scene&, const trace::Name&);
HOLDFAST_TRACE_EVENTS(HOLDFAST_SEE)
#undef HOLDFAST_SEE

MarkSet MarkWatcher::Met() const {
  MarkSet met;
  size_t at = 0;
  const auto add = [&](uint64_t bits, size_t count) {
    for (size_t i = 0; i < count; ++i) met[at + i] = bits >> i & 1;
    at += count;
  };
  const TablesSeen& tables = seen_.tables();
  add(tables.client_states, kClientStateNames.size());
  add(tables.client_rows, kClientTransitions.size());
  add(tables.server_states, kServerStateNames.size());
  add(tables.server_rows, kServerTransitions.size());
  return met | situations_ << at;
}

void MarkCounts::Add(const MarkSet& met) {
  for (size_t i = 0; i < counts_.size(); ++i) counts_[i] += met[i];
}

size_t MarkCounts::CountMet() const {
  return counts_.size() - static_cast<size_t>(std::ranges::count(counts_, uint64_t{0}));
}

}  // namespace holdfast::sim
