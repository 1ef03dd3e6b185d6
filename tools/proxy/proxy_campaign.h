#pragma once

// Proxy campaign: plans, each with a pair of programs of its own. What a seed does here it need not do again, so what
// is kept of one that fails is all that can be kept: its plan, what was seen, and the few lines that failed alike.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "sim/shrink.h"
#include "tools/proxy/program_pair.h"

namespace holdfast::tools {

// What one pair of programs is to go through.
struct ProxySubject {
  std::string name;                // "seed 7 of small worlds", "plan 'my.plan'".
  std::vector<std::string> words;  // That name it to holdfast proxy.
  sim::Plan plan;                  // Fitted.
};

struct ProxyCampaignOptions {
  PairOptions pair;
  uint32_t jobs = 1;  // Pairs at a time.
  bool stop_at_first = false;
  // Of each failure, if they are not 0: so many steps, a run each; of a step that seems not to fail so many more.
  uint64_t shrink_runs = 0;
  uint64_t shrink_tries = 3;
  std::function<void(uint64_t done, uint64_t violations)> progress = {};  // From any thread, one at a time.
};

struct ProxyFailure {
  ProxySubject subject;
  PairReport report;
  std::optional<sim::Shrunk> shrunk = {};
};

struct ProxyCampaignReport {
  uint64_t subjects = 0;  // That were run to their end.
  uint64_t undecided = 0;
  sim::Counters counters = {};
  Duration elapsed = {};
  std::array<uint64_t, 2> memory_bytes = {};  // By side, as in PairReport.
  std::vector<ProxyFailure> failures = {};    // In the subjects' order.
  std::string trace = {};                     // Of the last one, if all of it is wanted.
};

// A complaint as from RunPair.
Parsed<ProxyCampaignReport> RunProxyCampaign(const std::vector<ProxySubject>& subjects,
                                             const ProxyCampaignOptions& options);

}  // namespace holdfast::tools
