#pragma once

// Run: one plan, once, from the first dial to the last deadline, with every oracle watching. A pure function of the
// plan (and of the files, if the streams carry files): the same plan gives the same hash on every machine and compiler.
//
//   Report report = Run(plan, {});
//   if (report.verdict) fmt::print("{}: {}\n", report.verdict->oracle, report.verdict->sentence);

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/bytes.h"
#include "core/base/error.h"
#include "core/base/time.h"
#include "sim/counters.h"
#include "sim/endpoint.h"
#include "sim/marks.h"
#include "sim/oracles/scene.h"
#include "sim/plan.h"

namespace holdfast::sim {

struct Report {
  uint64_t hash = 0;               // Of every event of the trace.
  std::optional<Verdict> verdict;  // Nothing: every oracle is content.
  Counters counters;
  uint64_t steps = 0;  // More than RunOptions::steps_max: the world never came to rest.
  // From the heal to the last end that a client heard of, rather than gave up for; 0 if all had ended before.
  Duration time_to_heal = {};
  MarkSet marks;      // That the run met; none unless they were watched.
  std::string trace;  // The text trace, or its last lines; see RunOptions.
};

struct RunOptions {
  // Carried in place of the generated pattern by every client, both ways. Their sizes must be those of the plan's
  // streams, see GenerateOptions; the bytes must live as long as the run.
  ByteSpan file_up = {};    // Client to server.
  ByteSpan file_down = {};  // Server to client.
  bool carry_files = false;

  bool keep_trace = false;             // Fill Report::trace with the whole run.
  size_t trace_lines_at_end = 0;       // Otherwise, on a violation: with so many of its last lines.
  bool watch_marks = true;             // See CampaignOptions.
  uint64_t steps_max = 3'000'000;      // More is a violation of liveness: nothing that converges needs so many.
  const Protocol* protocol = nullptr;  // Holdfast() if it is not said; must outlive the run.
};

Report Run(const Plan& plan, const RunOptions& options);

// The same with memory that is kept from run to run: for campaigns. Not thread-safe; one for each thread.
class Runner {
 public:
  Runner();
  Runner(Runner&&) noexcept;
  Runner& operator=(Runner&&) noexcept;
  ~Runner();

  // The report lives until the next run.
  const Report& Run(const Plan& plan, const RunOptions& options);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace holdfast::sim
