#include "sim/explore.h"

#include <algorithm>
#include <atomic>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "core/base/check.h"
#include "sim/explore_cells.h"
#include "sim/plan_text.h"
#include "sim/world.h"

namespace holdfast::sim {
namespace {

using Lost = ProcessCopy::Lost;

// The first transport's death, and what a guest's client did then.
DeathTimes TimesOf(const World& base) {
  DeathTimes times;
  const Stage& stage = base.stage();
  if (stage.traits.is_holdfast || stage.plan.faults.empty()) return times;
  Time died = kNever;
  Time opened_again = kNever;
  for (uint32_t i = 0; i < base.network().link_count(); ++i) {
    const StreamLink& link = base.network().link(i);
    if (link.transport == 0 && link.died) died = link.opened_at + stage.plan.faults[0].age;
    if (link.transport == 1) opened_again = link.opened_at;
  }
  if (died == kNever || opened_again == kNever) return times;
  const Duration at_once = Path().latency * 2;  // What a dial takes.
  const Duration wait = std::max(opened_again - died - at_once, Duration{});
  times.second_learns += wait;
  times.stalled_comes += wait;
  return times;
}

// A place in a copy of the process.
struct Attempt {
  size_t place = 0;
  LostCells lost;  // By those that came before.
  std::unique_ptr<ProcessCopy> copy;
};

class Explorer {
 public:
  explicit Explorer(const ExploreOptions& options)
      : options_(options),
        rules_{.protocol = options.protocol != nullptr ? *options.protocol : Holdfast(),
               .ways = kWaysToStall,
               .times = {},
               .depth = options.depth,
               .steps_max = options.steps_max,
               .violations_max = options.violations_max,
               .stop = options.stop} {
    HOLDFAST_CHECK(options.depth >= 1 && options.depth <= kExploreDepthMax);
    if (rules_.protocol.traits().survives) rules_.ways = kWaysToDie;
    report_.ways = rules_.ways;
    report_.complete = true;
  }

  ExploreReport Go() {
    AddBase({Pieces::kWhole, Pieces::kCut});
    AddBase({Pieces::kOneByte});
    for (const WrittenBase& base : bases_) AddPlaces(base);
    ExplorePart not_begun;
    not_begun.stopped = true;
    results_.assign(places_.size(), not_begun);
    if (options_.copies != nullptr) {
      WorkInProcesses();
    } else {
      WorkInThreads();
    }
    return Close();
  }

 private:
  // --- What there is to do ---

  void AddBase(std::vector<Pieces> pieces) {
    WrittenBase base = {
        .plan = ExploreBaseOf(rules_.protocol.traits(), options_.subject), .pieces = std::move(pieces), .writes = {}};
    ArriveIn(base.pieces.front(), base.plan);
    ExplorePart itself;
    const std::optional<Lost> lost = Somewhere(itself, [&](const Reached&) {
      World world;
      WireWatch watch;
      world.Start(base.plan, rules_.protocol, {.keep_trace = true, .steps_max = options_.steps_max});
      watch.Begin(world);
      while (world.Step()) watch.Look(world, &itself.writes);
      itself.wire = SpansOf(world);
      itself.times = TimesOf(world);
      Account(rules_, world, 0, itself);  // The base itself must be beyond doubt.
    });
    if (lost) Lose(rules_, base.plan, 0, lost->how, itself);
    base.writes = std::move(itself.writes);
    if (bases_.empty()) {
      report_.wire = std::move(itself.wire);
      rules_.times = itself.times;
      for (const Written& written : base.writes) report_.wire_bytes += written.end - written.first.byte;
    }
    Merge(itself);
    bases_.push_back(std::move(base));
  }

  void AddPlaces(const WrittenBase& base) {
    uint64_t count = 0;
    for (const Written& written : base.writes) {
      for (uint64_t byte = written.first.byte; byte < written.end; ++byte) {
        if (count++ % std::max(options_.bytes_stride, 1U) != 0) continue;
        places_.push_back({.base = &base, .step = written.step, .at = written.first});
        places_.back().at.byte = byte;
      }
    }
  }

  // --- Who does it ---

  // A thread, or a copy of the process, has a place with all its cells, and what follows them.
  void Run(CellRunner& runner, size_t place) {
    results_[place].stopped = false;
    runner.Run(places_[place], results_[place]);
  }

  void WorkInThreads() {
    std::vector<std::jthread> threads;
    for (uint32_t job = 1; job < std::max(options_.jobs, 1U); ++job) {
      threads.emplace_back([this] { Work(); });
    }
    Work();
  }

  void Work() {
    CellRunner runner(rules_);
    while (!rules_.Stops()) {
      const size_t place = next_place_.fetch_add(1);
      if (place >= places_.size()) return;
      Run(runner, place);
      Tell(results_[place]);
    }
  }

  void WorkInProcesses() {
    std::deque<Attempt> under_way;
    size_t next = 0;
    while (true) {
      while (next < places_.size() && under_way.size() < std::max(options_.jobs, 1U) && report_.trouble.empty() &&
             !rules_.Stops()) {
        under_way.emplace_back().place = next++;
        Begin(under_way.back());
      }
      if (under_way.empty()) return;
      Attempt& oldest = under_way.front();
      if (oldest.copy != nullptr && !Await(oldest)) {
        Begin(oldest);  // Once more, without the cell that was lost.
        continue;
      }
      Tell(results_[oldest.place]);
      under_way.pop_front();
    }
  }

  void Begin(Attempt& attempt) {
    attempt.copy = Begin([&](const Reached& reached) {
      CellRunner runner(rules_, &reached, &attempt.lost);
      Run(runner, attempt.place);
      return Encode(results_[attempt.place]);
    });
  }

  // False: a cell was lost, which is noted.
  bool Await(Attempt& attempt) {
    ExplorePart& result = results_[attempt.place];
    const std::optional<Lost> lost = Collect(*attempt.copy, result);
    if (!lost) return true;
    if (lost->reached > 0 && attempt.lost.emplace(lost->reached, lost->how).second) return false;
    result = {};  // It is not the cells.
    Lose(rules_, places_[attempt.place].base->plan, 0, lost->how, result);
    return true;
  }

  // --- Copies of the process ---

  // Null: there is none, and no more is to be begun.
  std::unique_ptr<ProcessCopy> Begin(const std::function<Bytes(const Reached&)>& work) {
    auto copy = options_.copies->Begin(work);
    if (copy) return *std::move(copy);
    report_.trouble = std::move(copy.error());
    report_.complete = false;
    return nullptr;
  }

  // The part as the copy brings it back. Or how it was lost, and the part is as it was.
  static std::optional<Lost> Collect(ProcessCopy& copy, ExplorePart& part) {
    std::expected<Bytes, Lost> bytes = copy.Result();
    if (!bytes) return std::move(bytes.error());
    std::optional<ExplorePart> back = DecodeExplorePart(*bytes);
    if (!back) return Lost{.how = "brought back what nobody can read"};
    part = *std::move(back);
    return std::nullopt;
  }

  // Does something to the part: here, or in a copy if there are any.
  std::optional<Lost> Somewhere(ExplorePart& part, const std::function<void(const Reached&)>& act) {
    if (options_.copies == nullptr) {
      act([](uint64_t) {});
      return std::nullopt;
    }
    const auto copy = Begin([&](const Reached& reached) {
      act(reached);
      return Encode(part);
    });
    return copy != nullptr ? Collect(*copy, part) : std::nullopt;
  }

  // --- What came of it ---

  void Tell(const ExplorePart& result) {
    const std::lock_guard lock(telling_);
    told_.bytes_done += 1;
    told_.bytes_total = places_.size();
    told_.cells += result.counts.cells[0] + result.counts.cells[1];
    told_.violations += result.counts.violation_count;
    if (options_.progress) options_.progress(told_);
  }

  void Merge(const ExplorePart& part) {
    report_.Add(part.counts);
    for (const ExploreViolation& violation : part.violations) {
      if (report_.violations.size() < options_.violations_max) report_.violations.push_back(violation);
    }
    report_.complete = report_.complete && !part.stopped;
  }

  ExploreReport Close() {
    for (const ExplorePart& result : results_) Merge(result);
    for (ExploreViolation& violation : report_.violations) Explain(violation);
    return std::move(report_);
  }

  // Runs a plan that failed once more, from the start, for its last events: those before the step that is its end, if
  // the process does not come through it. Of such, which may hang, a few are enough.
  void Explain(ExploreViolation& violation) {
    if (violation.lost && lost_explained_++ >= kLostExplainedMax) return;
    const Plan plan = *ParsePlan(violation.plan);
    if (const std::optional<Lost> lost = EventsOf(plan, kAll, violation)) EventsOf(plan, lost->reached, violation);
  }

  std::optional<Lost> EventsOf(const Plan& plan, uint64_t steps, ExploreViolation& violation) {
    ExplorePart part;
    std::optional<Lost> lost = Somewhere(part, [&](const Reached& reached) {
      World world;
      world.Start(plan, rules_.protocol, {.keep_trace = true, .steps_max = options_.steps_max});
      do {
        reached(world.steps());
      } while (world.steps() < steps && world.Step());
      const size_t rows = world.stage().trace.rows().size();
      part.last_events = TraceText(world.stage().trace, rows - std::min(rows, options_.trace_lines_at_end));
    });
    violation.last_events = std::move(part.last_events);
    return lost;
  }

  static constexpr uint32_t kLostExplainedMax = 3;

  const ExploreOptions& options_;
  CellRules rules_;
  std::deque<WrittenBase> bases_;
  std::vector<ExplorePlace> places_;
  std::vector<ExplorePart> results_;  // By place.
  std::atomic<size_t> next_place_ = 0;
  std::mutex telling_;
  ExploreProgress told_;
  uint32_t lost_explained_ = 0;
  ExploreReport report_;
};

}  // namespace

ExploreReport Explore(const ExploreOptions& options) { return Explorer(options).Go(); }

}  // namespace holdfast::sim
