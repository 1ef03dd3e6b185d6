#include "sim/run.h"

#include <algorithm>

#include "core/base/check.h"
#include "sim/world.h"

namespace holdfast::sim {

void Counters::Add(const Counters& other) {
  sessions += other.sessions;
  handshakes += other.handshakes;
  resumes += other.resumes;
  transports += other.transports;
  dials_failed += other.dials_failed;
  handshake_cuts += other.handshake_cuts;
  bytes_sent += other.bytes_sent;
  bytes_delivered += other.bytes_delivered;
  bytes_replayed += other.bytes_replayed;
  bytes_on_wire += other.bytes_on_wire;
  events += other.events;
  for (size_t i = 0; i < faults.size(); ++i) faults[i] += other.faults[i];
  for (size_t i = 0; i < endings.size(); ++i) endings[i] += other.endings[i];
  simulated += other.simulated;
}

struct Runner::Impl {
  World world;
  Report report;

  void Play(const Plan& plan, const RunOptions& options, bool keep_trace);
};

void Runner::Impl::Play(const Plan& plan, const RunOptions& options, bool keep_trace) {
  const Content files(options.file_up, options.file_down);
  WorldOptions world_options = {
      .keep_trace = keep_trace, .steps_max = options.steps_max, .watch_marks = options.watch_marks};
  if (options.carry_files) {
    for (const ClientPlan& client : plan.clients) {
      HOLDFAST_CHECK(client.up.bytes <= options.file_up.size());
      HOLDFAST_CHECK(client.down.bytes <= options.file_down.size());
    }
    world_options.content = &files;
  }
  world.Start(plan, options.protocol != nullptr ? *options.protocol : Holdfast(), world_options);
  while (world.Step()) continue;
}

Runner::Runner() : impl_(std::make_unique<Impl>()) {}
Runner::Runner(Runner&&) noexcept = default;
Runner& Runner::operator=(Runner&&) noexcept = default;
Runner::~Runner() = default;

const Report& Runner::Run(const Plan& plan, const RunOptions& options) {
  impl_->Play(plan, options, options.keep_trace);
  const Stage& stage = impl_->world.stage();
  Report& report = impl_->report;
  report.hash = stage.trace.hash();
  report.verdict = stage.judge.verdict();
  report.counters = stage.counters;
  report.counters.events = stage.trace.count();
  report.steps = impl_->world.steps();
  report.counters.simulated = impl_->world.ended_at() - kStart;
  report.time_to_heal = std::max(Duration{}, stage.settled_at - impl_->world.healed_at());
  report.marks = options.watch_marks ? stage.marks.Met() : MarkSet();
  report.trace.clear();
  if (options.keep_trace) {
    report.trace = TraceText(stage.trace);
  } else if (report.verdict && options.trace_lines_at_end > 0) {
    impl_->Play(plan, options, true);  // The same run again.
    const size_t rows = stage.trace.rows().size();
    report.trace = TraceText(stage.trace, rows - std::min(rows, options.trace_lines_at_end));
  }
  return report;
}

Report Run(const Plan& plan, const RunOptions& options) { return Runner().Run(plan, options); }

}  // namespace holdfast::sim
