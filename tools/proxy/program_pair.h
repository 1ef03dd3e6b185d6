#pragma once

// Program pair: one plan, once, with two programs that nobody has touched: a server and a client that meet through the
// proxy and carry the plan's streams between their standard inputs and outputs. The oracles that know nothing of
// Holdfast watch. Not deterministic: the same plan may fail now and not fail then.

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "core/base/time.h"
#include "sim/counters.h"
#include "sim/oracles/scene.h"
#include "sim/plan.h"
#include "tools/outcome.h"

namespace holdfast::tools {

struct PairOptions {
  // For the shell, which makes way for a command that is only one program. {port} is the port that the server is to
  // listen on, and that the client is to dial, on {host}.
  std::string server;
  std::string client;
  bool survives = true;  // Their session outlives transports: whatever dies, all bytes arrive.
  uint64_t speed = 1;    // The plan's time passes so many times as fast as the wall's.
  // By the wall's clock: so long after the network was made good, or after the last progress since.
  Duration patience = std::chrono::seconds(30);
  uint64_t memory_max = sim::kAll;  // Of each program and all that it has started.
  size_t trace_lines_at_end = 40;   // On a violation...
  bool keep_trace = false;          // ...unless all of them are wanted, always.
  std::function<bool()> stop = {};  // Asked several times a second; true: the run is broken off.
};

struct PairReport {
  std::optional<sim::Verdict> verdict;  // Nothing: every oracle is content.
  // The programs did not come to a good end, and need not have: transports died that they are not said to survive, or
  // the network never became good. Or nobody wanted to wait for it. What was delivered was compared all the same.
  bool undecided = false;
  sim::Counters counters;
  Duration elapsed = {};                       // By the wall's clock.
  std::array<uint64_t, 2> memory_bytes = {};   // By side: the most that was seen; 0 unless memory_max was given.
  std::array<std::string, 2> last_words = {};  // By side, on the standard error.
  std::string trace = {};
};

// A complaint if a program cannot be run at all, or the machine refuses a socket.
Parsed<PairReport> RunPair(const sim::Plan& plan, const PairOptions& options);

// What is wrong with a command, or nothing: it must say where the port goes.
std::optional<Complaint> ProblemOfCommand(const std::string& name, const std::string& command);

}  // namespace holdfast::tools
