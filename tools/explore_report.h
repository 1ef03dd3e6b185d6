#pragma once

// Explore report: what an exploration spanned and what came of it, as a table for people, as JSON for programs.

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/time.h"
#include "sim/explore.h"
#include "tools/counters_report.h"
#include "tools/outcome.h"
#include "tools/table.h"

namespace holdfast::tools {

// What was explored, and what the report does not know.
struct ExploreFacts {
  uint32_t depth = 1;
  uint32_t jobs = 1;
  uint32_t sample = 1;  // Every so many of the bytes were places of the first death.
  sim::ExploreSubject subject;
  std::string guest;                     // The protocol's name, if it is not Holdfast...
  std::vector<std::string> guest_words;  // ...and what names it to this program.
  bool processes = false;                // The jobs are processes, and no threads.
  std::string_view provider;
  Duration elapsed = {};
  bool interrupted = false;
};

// "nx", "xx", "nxpsk0", "xxpsk0".
std::string_view PatternName(const sim::ExploreSubject& subject);
Parsed<sim::ExploreSubject> ParsePattern(std::string_view text);
// "chacha-poly", "aes-gcm".
std::string_view SuiteName(Suite suite);
Parsed<Suite> ParseSuite(std::string_view text);

Table ExploreTable(const ExploreFacts& facts, const sim::ExploreReport& report);
Json ExploreJson(const ExploreFacts& facts, const sim::ExploreReport& report);

// The first few in full; nothing if there are none. `invoked`: how this program was called.
std::string ExploreViolationsText(const ExploreFacts& facts, const sim::ExploreReport& report,
                                  const std::string& invoked);

}  // namespace holdfast::tools
