#include "tools/explore_report.h"

#include <fmt/format.h>

#include <array>
#include <chrono>
#include <nlohmann/json.hpp>

#include "tools/arguments.h"
#include "tools/units.h"

namespace holdfast::tools {
namespace {

constexpr size_t kViolationsInFull = 3;

constexpr std::array<std::string_view, 4> kPatterns = {"nx", "xx", "nxpsk0", "xxpsk0"};

double PerSecond(uint64_t count, Duration duration) {
  const double seconds = std::chrono::duration<double>(duration).count();
  return seconds > 0 ? static_cast<double>(count) / seconds : 0;
}

// What a cell is made of.
std::string Noun(const sim::ExploreReport& report) {
  return sim::IsDeath(report.ways.front().kind) ? "death" : "stall";
}

std::string JobsText(const ExploreFacts& facts) {
  if (!facts.processes) return Counted(facts.jobs, "thread");
  return facts.jobs == 1 ? "1 process" : fmt::format("{} processes", Grouped(facts.jobs));
}

std::string WayName(const sim::WayToDie& way) {
  std::string name(sim::KindName(way));
  if (way.learns != sim::Learns::kNobody) name += fmt::format(", {}", sim::NameOf(way.learns));
  const bool says = sim::IsDeath(way.kind) && way.kind != sim::FaultKind::kFin && way.learns != sim::Learns::kBoth;
  if (says) name += way.kept ? ", kept" : ", lost";
  return name;
}

void AddWire(Table& table, const sim::ExploreReport& report) {
  table.Section("on the wire", "bytes", fmt::format("every one of them is a place for the first {}", Noun(report)));
  for (const sim::WireSpan& span : report.wire) {
    table.Row(fmt::format("transport {} {}", span.transport, sim::NameOf(span.direction)),
              fmt::format("{}..{}", span.begin, span.end - 1),
              fmt::format("{}: {}", span.what, Counted(span.end - span.begin, "byte")));
  }
  table.Row("in all", Grouped(report.wire_bytes));
}

void AddWays(Table& table, const ExploreFacts& facts, const sim::ExploreReport& report) {
  if (Noun(report) == "death") {
    table.Section("ways to die", "cells", "who learns first; what becomes of the bytes under way");
  } else {
    table.Section("ways to stall", "cells", "no transport dies: its sessions would not survive that");
  }
  for (size_t i = 0; i < report.ways.size(); ++i) {
    std::string note;
    if (report.cells_of_way[1][i] > 0) {
      note = fmt::format("{} as the second {}", Grouped(report.cells_of_way[1][i]), Noun(report));
    }
    table.Row(WayName(report.ways[i]), Grouped(report.cells_of_way[0][i]), note);
  }
  table.Section("pieces that arrive", "cells");
  for (const sim::Pieces pieces : sim::kAllPieces) {
    const uint64_t cells = report.cells_in_pieces[static_cast<size_t>(pieces)];
    const bool goes_on = facts.depth > 1 && pieces == sim::Pieces::kWhole;
    table.Row(std::string(sim::NameOf(pieces)), Grouped(cells),
              goes_on ? fmt::format("and second {}s behind them", Noun(report)) : "");
  }
}

// Of guests nobody knows what a handshake is, or what they say again.
void AddResumes(Table& table, const ExploreFacts& facts, const sim::ExploreReport& report) {
  const bool guest = !facts.guest.empty();
  if (guest && Noun(report) != "death") return;
  table.Row(guest ? "on two transports or more" : "that resumed", Grouped(report.resumed),
            PercentText(report.resumed, report.runs));
  table.Row(guest ? "on three or more" : "twice or more", Grouped(report.resumed_twice),
            PercentText(report.resumed_twice, report.runs));
  table.Row(guest ? "on four or more" : "three times or more", Grouped(report.resumed_thrice),
            PercentText(report.resumed_thrice, report.runs));
  if (!guest) table.Row("died inside a handshake", Grouped(report.sum.handshake_cuts), "transports");
}

Json WireJson(const sim::ExploreReport& report) {
  Json spans = Json::array();
  for (const sim::WireSpan& span : report.wire) {
    spans.push_back({{"transport", span.transport},
                     {"direction", sim::NameOf(span.direction)},
                     {"begin", span.begin},
                     {"end", span.end},
                     {"what", span.what}});
  }
  return spans;
}

Json OptionsJson(const ExploreFacts& facts) {
  Json options = {{"depth", facts.depth}, {"jobs", facts.jobs}, {"sample", facts.sample}};
  if (facts.guest.empty()) {
    options["pattern"] = PatternName(facts.subject);
    options["suite"] = SuiteName(facts.subject.suite);
  } else {
    options["guest"] = facts.guest;
    options["processes"] = facts.processes;
  }
  return options;
}

Json WaysJson(const sim::ExploreReport& report) {
  Json ways = Json::array();
  for (size_t i = 0; i < report.ways.size(); ++i) {
    const sim::WayToDie& way = report.ways[i];
    ways.push_back({{"kind", sim::KindName(way)},
                    {"learns", sim::NameOf(way.learns)},
                    {"kept", way.kept},
                    {"cells_first", report.cells_of_way[0][i]},
                    {"cells_second", report.cells_of_way[1][i]}});
  }
  return ways;
}

}  // namespace

std::string_view PatternName(const sim::ExploreSubject& subject) {
  return kPatterns[(subject.mutual ? 1U : 0U) + (subject.private_network ? 2U : 0U)];
}

Parsed<sim::ExploreSubject> ParsePattern(std::string_view text) {
  for (size_t i = 0; i < kPatterns.size(); ++i) {
    if (text == kPatterns[i]) return sim::ExploreSubject{.mutual = i % 2 == 1, .private_network = i >= 2};
  }
  return std::unexpected(fmt::format("'{}' is no pattern: there are nx, xx, nxpsk0 and xxpsk0", text));
}

std::string_view SuiteName(Suite suite) { return suite == Suite::kChaChaPoly ? "chacha-poly" : "aes-gcm"; }

Parsed<Suite> ParseSuite(std::string_view text) {
  for (const Suite suite : {Suite::kChaChaPoly, Suite::kAesGcm}) {
    if (text == SuiteName(suite)) return suite;
  }
  return std::unexpected(fmt::format("'{}' is no suite: there are chacha-poly and aes-gcm", text));
}

Table ExploreTable(const ExploreFacts& facts, const sim::ExploreReport& report) {
  Table table;
  if (facts.guest.empty()) {
    table.Section(fmt::format("explore: depth {}, pattern {}, suite {}, crypto provider {}", facts.depth,
                              PatternName(facts.subject), SuiteName(facts.subject.suite), facts.provider));
  } else {
    table.Section(fmt::format("explore {}: depth {}", OneLine(facts.guest), facts.depth));
  }
  const std::string noun = Noun(report);
  const std::string sample = facts.sample > 1 ? fmt::format("1 of {} bytes for the first {}", facts.sample, noun) : "";
  table.Row(fmt::format("cells with one {}", noun), Grouped(report.cells[0]), report.complete ? sample : "interrupted");
  if (facts.depth > 1) {
    table.Row(fmt::format("cells with two {}s", noun), Grouped(report.cells[1]),
              fmt::format("at {} bytes behind a first one", Grouped(report.places_second)));
  }
  AddWire(table, report);
  AddWays(table, facts, report);

  table.Section("what came of it");
  table.Row("runs", Grouped(report.runs), "the cells, and the session without them");
  AddResumes(table, facts, report);
  table.Row("bytes delivered", SizeText(report.sum.bytes_delivered));
  if (facts.guest.empty()) table.Row("bytes replayed", SizeText(report.sum.bytes_replayed));
  table.Row("events", Grouped(report.sum.events));
  if (report.places_given_up > 0) {
    table.Row("places given up", Grouped(report.places_given_up), "too many copies of the process were lost there");
  }
  table.Row(fmt::format("{}s that came too late", noun), Grouped(report.not_struck),
            "their transport was closed by then");
  table.Row("plans run from the start", Grouped(report.checked), "a sample, to compare with what was forked");
  AddEndings(table, report.sum);

  table.Section("speed");
  table.Row("runs per second", RateText(PerSecond(report.runs, facts.elapsed)),
            fmt::format("{} on {}", DurationText(facts.elapsed), JobsText(facts)));
  table.Section("hash of all hashes", HashText(report.hash));
  table.Section("violations", Grouped(report.violation_count));
  return table;
}

Json ExploreJson(const ExploreFacts& facts, const sim::ExploreReport& report) {
  Json violations = Json::array();
  for (const sim::ExploreViolation& violation : report.violations) {
    violations.push_back({{"deaths", violation.deaths},
                          {"oracle", violation.verdict.oracle},
                          {"sentence", violation.verdict.sentence},
                          {"plan", violation.plan},
                          {"last_events", violation.last_events}});
  }
  Json json = {
      {"command", "explore"},
      {"version", kProgramVersion},
      {"provider", facts.provider},
      {"options", OptionsJson(facts)},
      {"complete", report.complete},
      {"wire", WireJson(report)},
      {"wire_bytes", report.wire_bytes},
      {"cells", {report.cells[0], report.cells[1]}},
      {"ways", WaysJson(report)},
      {"places_second", report.places_second},
      {"not_struck", report.not_struck},
      {"runs", report.runs},
      {"resumed", report.resumed},
      {"resumed_twice", report.resumed_twice},
      {"resumed_thrice", report.resumed_thrice},
      {"checked", report.checked},
      {"counters", CountersJson(report.sum)},
      {"hash", HashText(report.hash)},
      {"violation_count", report.violation_count},
      {"violations", violations},
      {"speed",
       {
           {"elapsed_ns", facts.elapsed.count()},
           {"runs_per_second", PerSecond(report.runs, facts.elapsed)},
       }},
  };
  if (!facts.guest.empty()) json["places_given_up"] = report.places_given_up;
  return json;
}

std::string ExploreViolationsText(const ExploreFacts& facts, const sim::ExploreReport& report,
                                  const std::string& invoked) {
  std::vector<std::string> replay = {"replay", "--plan", "FILE"};
  replay.insert(replay.end(), facts.guest_words.begin(), facts.guest_words.end());
  replay.push_back("--trace");
  std::string text;
  for (size_t i = 0; i < report.violations.size(); ++i) {
    const sim::ExploreViolation& violation = report.violations[i];
    const std::string where = fmt::format("a cell with {}", Counted(violation.deaths, Noun(report)));
    if (i < kViolationsInFull) {
      text += Text(ViolationText{.where = where,
                                 .oracle = violation.verdict.oracle,
                                 .sentence = violation.verdict.sentence,
                                 .plan = violation.plan,
                                 .last_events = violation.last_events,
                                 .replay = invoked + " " + ShellQuoted(replay)});
    } else {
      text += fmt::format("VIOLATION of {} in {}: {}\n", violation.verdict.oracle, where, violation.verdict.sentence);
    }
  }
  const uint64_t kept = report.violations.size();
  if (report.violation_count > kept) text += fmt::format("and {} more\n", Grouped(report.violation_count - kept));
  if (kept > kViolationsInFull) text += '\n';
  return text;
}

}  // namespace holdfast::tools
