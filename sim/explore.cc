#include "sim/explore.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <deque>
#include <mutex>
#include <thread>
#include <tuple>
#include <utility>

#include "core/base/check.h"
#include "core/base/fork_key.h"
#include "core/base/random.h"
#include "core/wire/messages.h"
#include "sim/plan_text.h"
#include "sim/run.h"
#include "sim/world.h"

namespace holdfast::sim {

Plan ExploreBase(const ExploreSubject& subject) {
  using std::chrono::milliseconds;
  Plan plan;
  plan.seed = 1;
  plan.heal = std::chrono::seconds(600);
  plan.server.network_key = subject.private_network;
  ClientPlan client;
  client.settings.suite = subject.suite;
  client.settings.static_key = subject.mutual;
  if (subject.private_network) client.settings.network_key = Known::kRight;
  client.up.bytes = client.down.bytes = 48;
  client.up.chunk = client.down.chunk = 24;
  client.up.think = client.down.think = milliseconds(60);
  plan.clients.push_back(client);
  Fault between = FaultOf(FaultKind::kReset);  // Everything has arrived and is acknowledged.
  between.age = milliseconds(45);
  plan.faults.push_back(between);
  return plan;
}

namespace {

// Bytes of one transport and direction that one step of a world writes.
struct Written {
  uint64_t step = 0;  // So many came before it.
  Place first;        // Its first byte...
  uint64_t end = 0;   // ...and the one after its last.
};

// Sees what a world writes while faults can strike, step by step.
class WireWatch {
 public:
  void Begin(const World& world) {
    seen_.clear();
    Look(world, nullptr);
  }

  // After a step. Bytes that went into a dead transport are not on the wire.
  void Look(const World& world, std::vector<Written>* out) {
    const Network& network = world.network();
    seen_.resize(network.link_count());
    for (uint32_t i = 0; i < network.link_count(); ++i) {
      const StreamLink& link = network.link(i);
      for (Direction direction : {Direction::kUp, Direction::kDown}) {
        uint64_t& seen = seen_[i][static_cast<size_t>(direction)];
        const uint64_t end = link.pipe(direction).offset_alive();
        if (end == seen) continue;
        if (out != nullptr && !world.stage().healed) {
          const Place first = {.transport = static_cast<uint32_t>(link.transport),
                               .direction = direction,
                               .byte = seen,
                               .age = world.stage().now - link.opened_at};
          out->push_back({.step = world.steps() - 1, .first = first, .end = end});
        }
        seen = end;
      }
    }
  }

 private:
  std::vector<std::array<uint64_t, 2>> seen_;  // By link and direction.
};

bool Died(const World& world, uint32_t transport) {
  for (uint32_t i = 0; i < world.network().link_count(); ++i) {
    if (world.network().link(i).transport == transport) return world.network().link(i).died;
  }
  return false;
}

void AddDeath(World& world, const WayToDie& way, Pieces pieces, const Place& place) {
  for (const Fault& fault : FaultsOf(way, pieces, place)) world.AddFault(fault);
}

// What explore.h asks of each cell.
bool CameToItsEnd(const Plan& plan, const Counters& counters) {
  const ClientPlan& client = plan.clients[0];
  const auto ended = [&](Cause cause) { return counters.endings[static_cast<size_t>(cause)] == 1; };
  if (ended(Cause::kFinished)) return counters.bytes_delivered == client.up.bytes + client.down.bytes;
  return client.settings.static_key && ended(Cause::kNeverConfirmed) && counters.sessions == 0;
}

// The base, as bytes arrive in it, and every byte that it writes.
struct Base {
  Plan plan;
  std::vector<Pieces> pieces;  // Those of its cells.
  std::vector<Written> writes;
};

// A place of the first death: all of its cells, and what follows them, are one thread's work.
struct Unit {
  const Base* base = nullptr;
  uint64_t step = 0;
  Place place;
};

// What came of one unit.
struct UnitResult {
  ExploreReport part;  // Without the wire.
  bool done = false;
};

std::vector<WireSpan> SpansOf(const World& world) {
  std::vector<WireSpan> spans;
  std::array<uint64_t, 2> sealed = {kAll, kAll};  // By side: the nonce of the record that is to be written.
  for (const TraceRow& row : world.stage().trace.rows()) {
    const size_t side = row.actor.is_client() ? 0 : 1;
    if (row.kind == TraceKind::kSeal) sealed[side] = row.values[1];
    if (row.kind != TraceKind::kWrite) continue;
    WireSpan span = {.transport = static_cast<uint32_t>(row.values[1]),
                     .direction = static_cast<Direction>(row.values[2]),
                     .begin = row.values[3],
                     .end = row.values[3] + row.values[5],
                     .what = {}};
    const uint64_t nonce = std::exchange(sealed[side], kAll);
    if (nonce != kAll) {
      span.what = fmt::format("record {}", nonce);
    } else if (side == 1) {
      span.what = "message 2";
    } else if (span.begin > 0) {
      span.what = "message 3";
    } else {
      const uint8_t kind = world.stage().trace.bytes()[row.bytes_begin + kMagic.size() + 1];
      const bool resume = kind == static_cast<uint8_t>(Kind::kResume);
      span.what = resume ? "preamble, locator, message 1" : "preamble, message 1";
    }
    spans.push_back(span);
  }
  std::ranges::sort(spans, {},
                    [](const WireSpan& span) { return std::tuple(span.transport, span.direction, span.begin); });
  return spans;
}

class Explorer {
 public:
  explicit Explorer(const ExploreOptions& options)
      : options_(options), protocol_(options.protocol != nullptr ? *options.protocol : Holdfast()) {
    HOLDFAST_CHECK(options.depth >= 1 && options.depth <= kExploreDepthMax);
  }

  ExploreReport Go() {
    AddBase({Pieces::kWhole, Pieces::kCut});
    AddBase({Pieces::kOneByte});
    for (const Base& base : bases_) AddUnits(base);
    results_.resize(units_.size());
    {
      std::vector<std::jthread> threads;
      for (uint32_t job = 1; job < std::max(options_.jobs, 1U); ++job) {
        threads.emplace_back([this] { Work(); });
      }
      Work();
    }
    return Close();
  }

 private:
  // What a thread keeps from cell to cell.
  struct Desk {
    const Base* base = nullptr;
    World walker;    // Of the base, just before the step of its unit.
    World follower;  // Of a first cell, likewise before that of a second death.
    World cell;
    Runner runner;
    WireWatch watch;
    std::vector<Written> writes;
  };

  void AddBase(std::vector<Pieces> pieces) {
    Base base = {.plan = ExploreBase(options_.subject), .pieces = std::move(pieces), .writes = {}};
    ArriveIn(base.pieces.front(), base.plan);
    World world;
    WireWatch watch;
    world.Start(base.plan, protocol_, {.keep_trace = true, .steps_max = options_.steps_max});
    watch.Begin(world);
    while (world.Step()) watch.Look(world, &base.writes);
    if (bases_.empty()) {
      report_.wire = SpansOf(world);
      for (const Written& written : base.writes) report_.wire_bytes += written.end - written.first.byte;
    }
    UnitResult itself;
    Account(world, itself.part, 0);  // The base itself must be beyond doubt.
    Merge(itself.part);
    bases_.push_back(std::move(base));
  }

  void AddUnits(const Base& base) {
    uint64_t count = 0;
    for (const Written& written : base.writes) {
      for (uint64_t byte = written.first.byte; byte < written.end; ++byte) {
        if (count++ % std::max(options_.bytes_stride, 1U) != 0) continue;
        Unit unit = {.base = &base, .step = written.step, .place = written.first};
        unit.place.byte = byte;
        units_.push_back(unit);
      }
    }
  }

  void Work() {
    Desk desk;
    while (!Stops()) {
      const size_t index = next_unit_.fetch_add(1);
      if (index >= units_.size()) return;
      RunUnit(desk, units_[index], results_[index]);
      Tell(results_[index]);
    }
  }

  bool Stops() const { return options_.stop && options_.stop(); }

  void RunUnit(Desk& desk, const Unit& unit, UnitResult& result) {
    if (desk.base != unit.base) {
      desk.base = unit.base;
      desk.walker.Start(unit.base->plan, protocol_, {.steps_max = options_.steps_max});
    }
    while (desk.walker.steps() < unit.step) HOLDFAST_CHECK(desk.walker.Step());
    for (const Pieces pieces : unit.base->pieces) {
      for (size_t way = 0; way < kWaysToDie.size(); ++way) {
        if (!GoTogether(kWaysToDie[way], pieces)) continue;
        if (Stops()) return;
        FirstDeath(desk, unit.place, pieces, way, result);
      }
    }
    result.done = true;
  }

  void FirstDeath(Desk& desk, const Place& place, Pieces pieces, size_t way, UnitResult& result) {
    desk.walker.ForkInto(desk.cell, ForkKey());
    AddDeath(desk.cell, kWaysToDie[way], pieces, place);
    const bool goes_on = options_.depth > 1 && pieces == Pieces::kWhole;
    desk.writes.clear();
    if (goes_on) {
      while (!Died(desk.cell, place.transport) && desk.cell.Step()) continue;
      desk.watch.Begin(desk.cell);
      while (desk.cell.Step()) desk.watch.Look(desk.cell, &desk.writes);
    } else {
      while (desk.cell.Step()) continue;
    }
    ++result.part.cells_of_way[0][way];
    ++result.part.cells_in_pieces[static_cast<size_t>(pieces)];
    result.part.not_struck += !Died(desk.cell, place.transport);
    Account(desk.cell, result.part, 1);
    if (result.part.cells[0] % kCheckFirst == 1) CheckPlan(desk, result.part);
    if (!goes_on || desk.cell.stage().judge.failed()) return;

    desk.walker.ForkInto(desk.follower, ForkKey());
    AddDeath(desk.follower, kWaysToDie[way], pieces, place);
    for (const Written& written : desk.writes) {
      while (desk.follower.steps() < written.step) HOLDFAST_CHECK(desk.follower.Step());
      Place second = written.first;
      for (; second.byte < written.end; ++second.byte) {
        ++result.part.places_second;
        for (size_t other = 0; other < kWaysToDie.size(); ++other) {
          if (!kWaysToDie[other].again) continue;
          if (Stops()) return;
          SecondDeath(desk, second, other, result);
        }
      }
    }
  }

  void SecondDeath(Desk& desk, const Place& place, size_t way, UnitResult& result) {
    desk.follower.ForkInto(desk.cell, ForkKey());
    AddDeath(desk.cell, kWaysToDie[way], Pieces::kWhole, place);
    while (desk.cell.Step()) continue;
    ++result.part.cells_of_way[1][way];
    result.part.not_struck += !Died(desk.cell, place.transport);
    Account(desk.cell, result.part, 2);
    if (result.part.cells[1] % kCheckSecond == 1) CheckPlan(desk, result.part);
  }

  void Account(const World& world, ExploreReport& part, uint32_t deaths) const {
    const Stage& stage = world.stage();
    if (deaths > 0) ++part.cells[deaths - 1];
    ++part.runs;
    part.resumed += stage.counters.resumes >= 1;
    part.resumed_twice += stage.counters.resumes >= 2;
    part.resumed_thrice += stage.counters.resumes >= 3;
    Counters counters = stage.counters;
    counters.events = stage.trace.count();
    counters.simulated = world.ended_at() - kStart;
    part.sum.Add(counters);
    part.hash = Mix64(part.hash ^ stage.trace.hash()) + part.runs;
    if (stage.judge.failed()) return Violate(part, deaths, *stage.judge.verdict(), stage.plan);
    if (CameToItsEnd(stage.plan, counters)) return;
    const std::string sentence =
        fmt::format("the session should have finished with every byte delivered; {} were", counters.bytes_delivered);
    Violate(part, deaths, {"explore", sentence}, stage.plan);
  }

  void Violate(ExploreReport& part, uint32_t deaths, const Verdict& verdict, const Plan& plan) const {
    ++part.violation_count;
    if (part.violations.size() >= options_.violations_max) return;
    part.violations.push_back({.deaths = deaths, .verdict = verdict, .plan = Print(plan), .last_events = {}});
  }

  // The world was forked on its way; its plan must lead to the same end from the start.
  void CheckPlan(Desk& desk, ExploreReport& part) const {
    ++part.checked;
    const Plan& plan = desk.cell.stage().plan;
    const uint64_t hash = desk.runner.Run(plan, OptionsOfRun()).hash;
    if (hash == desk.cell.stage().trace.hash()) return;
    Violate(part, 0, {"determinism", "the forked world and its plan have different hashes"}, plan);
  }

  RunOptions OptionsOfRun() const { return {.steps_max = options_.steps_max, .protocol = &protocol_}; }

  void Tell(const UnitResult& result) {
    const std::lock_guard lock(telling_);
    told_.bytes_done += 1;
    told_.bytes_total = units_.size();
    told_.cells += result.part.cells[0] + result.part.cells[1];
    told_.violations += result.part.violation_count;
    if (options_.progress) options_.progress(told_);
  }

  void Merge(const ExploreReport& part) {
    for (size_t depth = 0; depth < kExploreDepthMax; ++depth) {
      report_.cells[depth] += part.cells[depth];
      for (size_t way = 0; way < kWaysToDie.size(); ++way) {
        report_.cells_of_way[depth][way] += part.cells_of_way[depth][way];
      }
    }
    for (size_t i = 0; i < kAllPieces.size(); ++i) report_.cells_in_pieces[i] += part.cells_in_pieces[i];
    report_.places_second += part.places_second;
    report_.not_struck += part.not_struck;
    report_.runs += part.runs;
    report_.resumed += part.resumed;
    report_.resumed_twice += part.resumed_twice;
    report_.resumed_thrice += part.resumed_thrice;
    report_.checked += part.checked;
    report_.sum.Add(part.sum);
    report_.violation_count += part.violation_count;
    for (const ExploreViolation& violation : part.violations) {
      if (report_.violations.size() < options_.violations_max) report_.violations.push_back(violation);
    }
    report_.hash = Mix64(report_.hash ^ part.hash) + part.runs;
  }

  ExploreReport Close() {
    report_.complete = true;
    for (const UnitResult& result : results_) {
      report_.complete = report_.complete && result.done;
      Merge(result.part);
    }
    for (ExploreViolation& violation : report_.violations) Explain(violation);
    return std::move(report_);
  }

  // Runs a plan that failed once more, from the start, for its last events.
  void Explain(ExploreViolation& violation) const {
    RunOptions run = OptionsOfRun();
    run.trace_lines_at_end = options_.trace_lines_at_end;
    violation.last_events = sim::Run(*ParsePlan(violation.plan), run).trace;
  }

  // Every so many cells of a unit are checked.
  static constexpr uint64_t kCheckFirst = 32;
  static constexpr uint64_t kCheckSecond = 4096;

  const ExploreOptions& options_;
  const Protocol& protocol_;
  std::deque<Base> bases_;
  std::vector<Unit> units_;
  std::vector<UnitResult> results_;  // By unit.
  std::atomic<size_t> next_unit_ = 0;
  std::mutex telling_;
  ExploreProgress told_;
  ExploreReport report_;
};

}  // namespace

ExploreReport Explore(const ExploreOptions& options) { return Explorer(options).Go(); }

}  // namespace holdfast::sim
