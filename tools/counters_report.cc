#include "tools/counters_report.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

#include "core/base/error.h"
#include "sim/plan.h"
#include "tools/units.h"

namespace holdfast::tools {
namespace {

std::string_view FaultName(size_t index) { return sim::NameOf(static_cast<sim::FaultKind>(index)); }
std::string_view CauseName(size_t index) { return NameOf(static_cast<Cause>(index)); }

template <typename Array>
uint64_t SumOf(const Array& counts) {
  uint64_t sum = 0;
  for (const uint64_t count : counts) sum += count;
  return sum;
}

std::string OrNothing(uint64_t whole, std::string note) { return whole == 0 ? std::string() : std::move(note); }

}  // namespace

void AddCounters(Table& table, const sim::Counters& c) {
  table.Row("sessions", Grouped(c.sessions));
  table.Row("handshakes", Grouped(c.handshakes));
  table.Row("resumes", Grouped(c.resumes),
            OrNothing(c.sessions, fmt::format("{} a session", RateText(static_cast<double>(c.resumes) /
                                                                       static_cast<double>(c.sessions)))));
  table.Row("transports", Grouped(c.transports), fmt::format("{} died inside a handshake", Grouped(c.handshake_cuts)));
  table.Row("dials that failed", Grouped(c.dials_failed));
  table.Row("bytes delivered", SizeText(c.bytes_delivered),
            OrNothing(c.bytes_sent, PercentText(c.bytes_delivered, c.bytes_sent) + " of what was sent"));
  table.Row("bytes replayed", SizeText(c.bytes_replayed),
            OrNothing(c.bytes_delivered, PercentText(c.bytes_replayed, c.bytes_delivered) + " of what was delivered"));
  table.Row("bytes on the wire", SizeText(c.bytes_on_wire));
  table.Row("events", Grouped(c.events));
  table.Row("simulated time", DurationText(c.simulated));
}

void AddFaults(Table& table, const sim::Counters& c) {
  table.Section("faults", Grouped(SumOf(c.faults)));
  for (size_t i = 0; i < c.faults.size(); ++i) {
    if (c.faults[i] != 0) table.Row(std::string(FaultName(i)), Grouped(c.faults[i]));
  }
}

void AddEndings(Table& table, const sim::Counters& c) {
  table.Section("endings", Grouped(SumOf(c.endings)));
  for (size_t i = 0; i < c.endings.size(); ++i) {
    if (c.endings[i] != 0) table.Row(std::string(CauseName(i)), Grouped(c.endings[i]));
  }
}

Json CountersJson(const sim::Counters& c) {
  Json faults = Json::object();
  for (size_t i = 0; i < c.faults.size(); ++i) faults[std::string(FaultName(i))] = c.faults[i];
  Json endings = Json::object();
  for (size_t i = 0; i < c.endings.size(); ++i) endings[std::string(CauseName(i))] = c.endings[i];
  return {
      {"sessions", c.sessions},
      {"handshakes", c.handshakes},
      {"resumes", c.resumes},
      {"transports", c.transports},
      {"dials_failed", c.dials_failed},
      {"handshake_cuts", c.handshake_cuts},
      {"bytes_sent", c.bytes_sent},
      {"bytes_delivered", c.bytes_delivered},
      {"bytes_replayed", c.bytes_replayed},
      {"bytes_on_wire", c.bytes_on_wire},
      {"events", c.events},
      {"simulated_ns", c.simulated.count()},
      {"faults", faults},
      {"endings", endings},
  };
}

std::string HashText(uint64_t hash) { return fmt::format("{:016x}", hash); }

std::string JsonText(const Json& json) { return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n"; }

std::string Text(const ViolationText& violation) {
  std::string text = fmt::format("VIOLATION of {} in {}: {}\n", violation.oracle, violation.where, violation.sentence);
  text += fmt::format("\n# the plan\n{}", violation.plan);
  if (!violation.last_events.empty()) text += fmt::format("\n# the last events\n{}", violation.last_events);
  text += fmt::format("\n# all of it again\n{}\n\n", violation.replay);
  return text;
}

}  // namespace holdfast::tools
