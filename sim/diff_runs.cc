#include "sim/diff_runs.h"

#include <algorithm>
#include <ranges>

#include "sim/world.h"

namespace holdfast::sim {
namespace {

ByteSpan BytesOf(const Trace& trace, const TraceRow& row) {
  return ByteSpan(trace.bytes()).subspan(row.bytes_begin, row.bytes_size);
}

bool SameEvent(const TraceRow& a, const TraceRow& b) {
  return a.time == b.time && a.actor == b.actor && a.kind == b.kind && a.values == b.values;
}

// A world that is run step by step with its last events kept.
class Lane {
 public:
  Lane(const Plan& plan, const DiffOptions& options, const Content* files) {
    const WorldOptions world = {.keep_trace = true, .steps_max = options.run.steps_max, .content = files};
    world_.Start(plan, options.run.protocol != nullptr ? *options.run.protocol : Holdfast(), world);
  }

  void Step() { world_.Step(); }
  void RunToEvent(uint64_t count) {
    while (trace().count() < count && world_.Step()) continue;
  }
  void Forget(size_t rows) { world_.ForgetTraceBut(rows); }
  bool done() const { return world_.done(); }
  const std::optional<Verdict>& verdict() const { return world_.stage().judge.verdict(); }
  const Trace& trace() const { return world_.stage().trace; }

  // By its number, from 0; it must be kept.
  const TraceRow* row(uint64_t event) const {
    const uint64_t gone = trace().count() - trace().rows().size();
    return event < trace().count() ? &trace().rows()[static_cast<size_t>(event - gone)] : nullptr;
  }

  std::vector<std::string> Lines(uint64_t from, uint64_t to) const {
    std::vector<std::string> lines;
    const uint64_t gone = trace().count() - trace().rows().size();
    for (uint64_t i = std::max(from, gone); i < std::min(to, trace().count()); ++i) {
      lines.push_back(TraceLine(*row(i)));
    }
    return lines;
  }

  RunSide Tell() const {
    return {.hash = trace().hash(), .events = trace().count(), .verdict = verdict(), .lines = {}};
  }

 private:
  World world_;
};

bool Alike(const Lane& a, const Lane& b) {
  return a.trace().hash() == b.trace().hash() && a.trace().count() == b.trace().count() && a.done() == b.done() &&
         a.verdict() == b.verdict();
}

}  // namespace

RunsDiff DiffRuns(const Plan& first, const Plan& second, const DiffOptions& options) {
  const Content files(options.run.file_up, options.run.file_down);
  const Content* content = options.run.carry_files ? &files : nullptr;
  Lane a(first, options, content);
  Lane b(second, options, content);
  uint64_t same = 0;  // So many events are.
  while (Alike(a, b) && !a.done()) {
    same = a.trace().count();
    for (Lane* lane : {&a, &b}) {
      lane->Forget(options.lines_before);
      lane->Step();
    }
  }
  RunsDiff diff = {.equal = Alike(a, b), .event = 0, .common = {}, .first = {}, .second = {}, .byte = {}};
  if (!diff.equal) {
    // One may have told in one step what the other tells in two.
    for (Lane* lane : {&a, &b}) lane->RunToEvent(std::max(a.trace().count(), b.trace().count()));
    const TraceRow* x = nullptr;
    const TraceRow* y = nullptr;
    for (;; ++same) {
      x = a.row(same);
      y = b.row(same);
      if (x == nullptr || y == nullptr) break;
      if (!SameEvent(*x, *y) || !std::ranges::equal(BytesOf(a.trace(), *x), BytesOf(b.trace(), *y))) break;
    }
    if (x != nullptr && y != nullptr && SameEvent(*x, *y)) {
      const ByteSpan p = BytesOf(a.trace(), *x);
      const ByteSpan q = BytesOf(b.trace(), *y);
      diff.byte = static_cast<size_t>(std::ranges::mismatch(p, q).in1 - p.begin());
    }
    diff.event = same + 1;
    diff.common = a.Lines(same - std::min<uint64_t>(same, options.lines_before), same);
    for (Lane* lane : {&a, &b}) lane->RunToEvent(same + 1 + options.lines_after);
  }
  diff.first = a.Tell();
  diff.second = b.Tell();
  if (diff.equal) return diff;
  diff.first.lines = a.Lines(same, same + 1 + options.lines_after);
  diff.second.lines = b.Lines(same, same + 1 + options.lines_after);
  return diff;
}

}  // namespace holdfast::sim
