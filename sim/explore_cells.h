#pragma once

// Explore cells: all that an exploration runs at one place of the wire: the ways to die there, and what follows them.

#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "sim/endpoint.h"
#include "sim/explore_part.h"
#include "sim/plan.h"
#include "sim/process_copies.h"
#include "sim/run.h"
#include "sim/ways_to_die.h"
#include "sim/wire_watch.h"
#include "sim/world.h"

namespace holdfast::sim {

// What all cells of an exploration have in common. Outlives whatever is given it.
struct CellRules {
  const Protocol& protocol;
  std::span<const WayToDie> ways;
  DeathTimes times;
  uint32_t depth;
  uint64_t steps_max;
  size_t violations_max;
  const std::function<bool()>& stop;  // May be empty.

  bool Stops() const { return stop && stop(); }
};

// The base, as bytes arrive in it, and every byte that it writes.
struct WrittenBase {
  Plan plan;
  std::vector<Pieces> pieces;  // Those of its cells.
  std::vector<Written> writes;
};

// A place of the first death.
struct ExplorePlace {
  const WrittenBase* base = nullptr;
  uint64_t step = 0;  // Of the base, which writes this byte.
  Place at;
};

// How cells of a place were lost with their copy of the process, by the number of the cell at it, from 1.
using LostCells = std::map<uint64_t, std::string>;

// Adds a world that came to its end.
void Account(const CellRules& rules, const World& world, uint32_t deaths, ExplorePart& part);
// Adds one that did not, with the copy of the process that it was in: how, in words that follow "the copy".
void Lose(const CellRules& rules, const Plan& plan, uint32_t deaths, const std::string& how, ExplorePart& part);

// Runs places, one after another. Not thread-safe; one for each thread or process.
class CellRunner {
 public:
  // In a copy of the process it tells which cell it begins, and begins none that was lost before.
  explicit CellRunner(const CellRules& rules, const Reached* reached = nullptr, const LostCells* lost = nullptr)
      : rules_(rules), reached_(reached), lost_(lost) {}

  void Run(const ExplorePlace& place, ExplorePart& part);

 private:
  bool GoTo(World& world, uint64_t steps, ExplorePart& part) const;
  bool Branch(const World& from, const std::vector<Fault>& faults, World& room, ExplorePart& part) const;
  bool GoesOn(ExplorePart& part) const;
  bool BeginCell(const World& from, const std::vector<Fault>& faults, uint32_t deaths, ExplorePart& part);
  void EndCell(const WayToDie& way, const Place& place, uint32_t deaths, ExplorePart& part);
  void FirstDeath(const Place& place, Pieces pieces, size_t way, ExplorePart& part);
  void SecondDeaths(const std::vector<Written>& writes, ExplorePart& part);
  void CheckPlan(ExplorePart& part);

  const CellRules& rules_;
  const Reached* reached_;
  const LostCells* lost_;
  const WrittenBase* base_ = nullptr;
  World walker_;    // Of the base, just before the step of its place.
  World follower_;  // Of a first cell, likewise before that of a second death.
  World cell_;
  Runner runner_;
  WireWatch watch_;
};

}  // namespace holdfast::sim
