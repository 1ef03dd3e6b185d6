#pragma once

// Counters report: what happened in a run, or in many, as rows of a table for people and as JSON for programs.

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "sim/counters.h"
#include "tools/table.h"

namespace holdfast::tools {

// In the order in which it was built, which is the order in which people read it.
using Json = nlohmann::ordered_json;

// Sessions, bytes and times; then the faults that struck and how the clients' sessions ended, each a section.
void AddCounters(Table& table, const sim::Counters& counters);
void AddFaults(Table& table, const sim::Counters& counters);
void AddEndings(Table& table, const sim::Counters& counters);

// Every counter by its name in sim/counters.h; times end in _ns.
Json CountersJson(const sim::Counters& counters);

// 16 digits.
std::string HashText(uint64_t hash);

// Indented, with a line end. Text that is not UTF-8, as a file's name may be, is mended.
std::string JsonText(const Json& json);

// What must hold of the simulated world did not: the oracle's sentence, the plan to keep, the last events, and the
// command that shows all of them.
struct ViolationText {
  std::string where;  // "seed 7".
  std::string oracle;
  std::string sentence;
  std::string plan;
  std::string last_events;
  std::string replay;
};
std::string Text(const ViolationText& violation);

}  // namespace holdfast::tools
