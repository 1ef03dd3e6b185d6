#include "sim/explore_cells.h"

#include <fmt/format.h>

#include <iterator>

#include "core/base/fork_key.h"
#include "core/base/random.h"
#include "sim/explore_base.h"
#include "sim/plan_text.h"

namespace holdfast::sim {
namespace {

// Every so many cells of a place are checked.
constexpr uint64_t kCheckFirst = 32;
constexpr uint64_t kCheckSecond = 4096;

// So many lost cells are enough of one place, of which the others are run again each time.
constexpr size_t kLostMax = 48;

// The last fault of a world has struck, which is of that way and place.
bool Struck(const World& world, const WayToDie& way, const Place& place) {
  const Stage& stage = world.stage();
  if (way.kind == FaultKind::kStall) {
    return stage.counters.faults[static_cast<size_t>(FaultKind::kStall)] == stage.plan.faults.size();
  }
  for (uint32_t i = 0; i < world.network().link_count(); ++i) {
    if (world.network().link(i).transport == place.transport) return world.network().link(i).died;
  }
  return false;
}

void Violate(const CellRules& rules, const Plan& plan, uint32_t deaths, const Verdict& verdict, ExplorePart& part) {
  ++part.counts.violation_count;
  if (part.violations.size() >= rules.violations_max) return;
  part.violations.push_back({.deaths = deaths, .verdict = verdict, .plan = Print(plan), .last_events = {}});
}

}  // namespace

void Account(const CellRules& rules, const World& world, uint32_t deaths, ExplorePart& part) {
  const Stage& stage = world.stage();
  ++part.counts.runs;
  part.counts.resumed += stage.counters.resumes >= 1;
  part.counts.resumed_twice += stage.counters.resumes >= 2;
  part.counts.resumed_thrice += stage.counters.resumes >= 3;
  Counters counters = stage.counters;
  counters.events = stage.trace.count();
  counters.simulated = world.ended_at() - kStart;
  part.counts.sum.Add(counters);
  part.counts.hash = Mix64(part.counts.hash ^ stage.trace.hash()) + part.counts.runs;
  if (stage.judge.failed()) return Violate(rules, stage.plan, deaths, *stage.judge.verdict(), part);
  if (CameToItsEnd(stage.plan, counters)) return;
  const std::string sentence =
      fmt::format("the session should have finished with every byte delivered; {} were", counters.bytes_delivered);
  Violate(rules, stage.plan, deaths, {"explore", sentence}, part);
}

void Lose(const CellRules& rules, const Plan& plan, uint32_t deaths, const std::string& how, ExplorePart& part) {
  Violate(rules, plan, deaths, {"explore", "the copy of the process that ran it " + how}, part);
  if (part.violations.size() == part.counts.violation_count) part.violations.back().lost = true;
}

void CellRunner::Run(const ExplorePlace& place, ExplorePart& part) {
  if (base_ != place.base) {
    base_ = place.base;
    walker_.Start(base_->plan, rules_.protocol, {.steps_max = rules_.steps_max});
  }
  if (!GoTo(walker_, place.step, part)) return;
  for (const Pieces pieces : base_->pieces) {
    for (size_t way = 0; way < rules_.ways.size(); ++way) {
      if (!GoTogether(rules_.ways[way], pieces)) continue;
      if (!GoesOn(part)) return;
      FirstDeath(place.at, pieces, way, part);
    }
  }
}

void CellRunner::FirstDeath(const Place& place, Pieces pieces, size_t index, ExplorePart& part) {
  const WayToDie& way = rules_.ways[index];
  const std::vector<Fault> faults = FaultsOf(way, pieces, place, rules_.times);
  ++part.counts.cells[0];
  ++part.counts.cells_of_way[0][index];
  ++part.counts.cells_in_pieces[static_cast<size_t>(pieces)];
  if (!BeginCell(walker_, faults, 1, part)) return;
  const bool goes_on = rules_.depth > 1 && pieces == Pieces::kWhole;
  std::vector<Written> writes;
  if (goes_on) {
    while (!Struck(cell_, way, place) && cell_.Step()) continue;
    watch_.Begin(cell_);
    while (cell_.Step()) watch_.Look(cell_, &writes);
  }
  EndCell(way, place, 1, part);
  if (!goes_on || cell_.stage().judge.failed() || !Branch(walker_, faults, follower_, part)) return;
  SecondDeaths(writes, part);
}

void CellRunner::SecondDeaths(const std::vector<Written>& writes, ExplorePart& part) {
  for (const Written& written : writes) {
    if (!GoTo(follower_, written.step, part)) return;
    Place place = written.first;
    for (; place.byte < written.end; ++place.byte) {
      ++part.counts.places_second;
      for (size_t index = 0; index < rules_.ways.size(); ++index) {
        const WayToDie& way = rules_.ways[index];
        if (!way.again) continue;
        if (!GoesOn(part)) return;
        ++part.counts.cells[1];
        ++part.counts.cells_of_way[1][index];
        if (BeginCell(follower_, FaultsOf(way, Pieces::kWhole, place, rules_.times), 2, part)) {
          EndCell(way, place, 2, part);
        }
      }
    }
  }
}

// False: no further cell of the place is to be begun.
bool CellRunner::GoesOn(ExplorePart& part) const {
  part.stopped = part.stopped || rules_.Stops();
  return !part.stopped && part.counts.places_given_up == 0;
}

// The cell that was counted last begins in `cell_`, as `from` with further faults. False: there is nothing to run.
bool CellRunner::BeginCell(const World& from, const std::vector<Fault>& faults, uint32_t deaths, ExplorePart& part) {
  const uint64_t number = part.counts.cells[0] + part.counts.cells[1];
  if (lost_ != nullptr) {
    if (const auto found = lost_->find(number); found != lost_->end()) {
      Plan plan = from.stage().plan;
      plan.faults.insert(plan.faults.end(), faults.begin(), faults.end());
      Lose(rules_, plan, deaths, found->second, part);
      part.counts.places_given_up += lost_->size() >= kLostMax && std::next(found) == lost_->end();
      return false;
    }
  }
  if (reached_ != nullptr) (*reached_)(number);
  return Branch(from, faults, cell_, part);
}

void CellRunner::EndCell(const WayToDie& way, const Place& place, uint32_t deaths, ExplorePart& part) {
  while (cell_.Step()) continue;
  part.counts.not_struck += !Struck(cell_, way, place);
  Account(rules_, cell_, deaths, part);
  if (part.counts.cells[deaths - 1] % (deaths == 1 ? kCheckFirst : kCheckSecond) == 1) CheckPlan(part);
}

// A plan that has got so far once must do so again.
bool CellRunner::GoTo(World& world, uint64_t steps, ExplorePart& part) const {
  while (world.steps() < steps && world.Step()) continue;
  if (world.steps() == steps) return true;
  const Verdict verdict = {"determinism", "the same plan comes to another end the second time"};
  Violate(rules_, world.stage().plan, 0, verdict, part);
  return false;
}

// Makes `room` what `from` is, but with further faults, which lie ahead.
bool CellRunner::Branch(const World& from, const std::vector<Fault>& faults, World& room, ExplorePart& part) const {
  if (rules_.protocol.CanFork()) {
    from.ForkInto(room, ForkKey());
  } else {
    room.Start(from.stage().plan, rules_.protocol, {.steps_max = rules_.steps_max});
    if (!GoTo(room, from.steps(), part)) return false;
  }
  for (const Fault& fault : faults) room.AddFault(fault);
  return true;
}

// The cell was copied on its way; its plan must lead to the same end from the start.
void CellRunner::CheckPlan(ExplorePart& part) {
  ++part.counts.checked;
  const Plan& plan = cell_.stage().plan;
  const RunOptions run = {.watch_marks = false, .steps_max = rules_.steps_max, .protocol = &rules_.protocol};
  if (runner_.Run(plan, run).hash == cell_.stage().trace.hash()) return;
  Violate(rules_, plan, 0, {"determinism", "the forked world and its plan have different hashes"}, part);
}

}  // namespace holdfast::sim
