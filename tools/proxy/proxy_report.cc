#include "tools/proxy/proxy_report.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "sim/plan_text.h"
#include "tools/arguments.h"
#include "tools/units.h"

namespace holdfast::tools {
namespace {

void AddNetwork(Table& table, const sim::Counters& counters, Duration elapsed) {
  table.Row("transports", Grouped(counters.transports));
  table.Row("dials that failed", Grouped(counters.dials_failed));
  table.Row("bytes on the wire", SizeText(counters.bytes_on_wire));
  table.Row("elapsed", DurationText(elapsed));
}

Json NetworkJson(const sim::Counters& counters) {
  Json faults = Json::object();
  for (size_t i = 0; i < counters.faults.size(); ++i) {
    faults[std::string(sim::NameOf(static_cast<sim::FaultKind>(i)))] = counters.faults[i];
  }
  return {{"transports", counters.transports},
          {"dials_failed", counters.dials_failed},
          {"bytes_on_wire", counters.bytes_on_wire},
          {"bytes_sent", counters.bytes_sent},
          {"bytes_delivered", counters.bytes_delivered},
          {"events", counters.events},
          {"faults", faults}};
}

std::string ReplayWords(const ProxyFacts& facts, const ProxySubject& subject) {
  std::vector<std::string> words = {"proxy"};
  words.insert(words.end(), facts.words.begin(), facts.words.end());
  words.insert(words.end(), subject.words.begin(), subject.words.end());
  words.emplace_back("--trace");
  return facts.invoked + " " + ShellQuoted(words);
}

std::string LastWordsText(std::string_view whose, std::string_view words) {
  if (words.empty()) return {};
  std::string text = fmt::format("# the {}'s last words on its standard error\n", whose);
  while (!words.empty()) {
    const size_t end = std::min(words.find('\n'), words.size());
    text += OneLine(words.substr(0, end)) + "\n";
    words.remove_prefix(std::min(end + 1, words.size()));
  }
  return text + "\n";
}

std::string TextOf(const ProxyFacts& facts, const ProxyFailure& failure) {
  const sim::Verdict& verdict = *failure.report.verdict;
  std::string text = Text(ViolationText{.where = OneLine(failure.subject.name),
                                        .oracle = verdict.oracle,
                                        .sentence = verdict.sentence,
                                        .plan = sim::Print(failure.subject.plan),
                                        .last_events = facts.keeps_trace ? "" : failure.report.trace,
                                        .replay = ReplayWords(facts, failure.subject)});
  text += LastWordsText("client", failure.report.last_words[0]);
  text += LastWordsText("server", failure.report.last_words[1]);
  if (!failure.shrunk) return text;
  return text + fmt::format("# shrunk: {} tried, {} taken; it has failed so at least once\n{}\n",
                            Counted(failure.shrunk->runs, "step"), Grouped(failure.shrunk->steps),
                            sim::Print(failure.shrunk->plan));
}

Json JsonOf(const ProxyFailure& failure) {
  Json shrunk = nullptr;
  if (failure.shrunk) {
    shrunk = {{"plan", sim::Print(failure.shrunk->plan)},
              {"runs", failure.shrunk->runs},
              {"steps", failure.shrunk->steps},
              {"fixed_point", failure.shrunk->end == sim::ShrinkEnd::kFixedPoint}};
  }
  return {{"subject", failure.subject.name},
          {"oracle", failure.report.verdict->oracle},
          {"sentence", failure.report.verdict->sentence},
          {"plan", sim::Print(failure.subject.plan)},
          {"last_events", failure.report.trace},
          {"last_words", {{"client", failure.report.last_words[0]}, {"server", failure.report.last_words[1]}}},
          {"shrunk", shrunk}};
}

}  // namespace

std::string IgnoredText(const std::vector<std::string>& ignored) {
  std::string text;
  for (const std::string& line : ignored) text += fmt::format("ignored, for a proxy cannot do it: {}\n", line);
  return text;
}

Table ProxyTable(const ProxyFacts& facts, const sim::Counters& counters, Duration elapsed) {
  Table table;
  table.Section(fmt::format("proxy: {}; {}", OneLine(facts.subject), kNotDeterministic));
  AddNetwork(table, counters, elapsed);
  AddFaults(table, counters);
  return table;
}

Json ProxyJson(const ProxyFacts& facts, const sim::Plan& plan, const sim::Counters& counters, Duration elapsed) {
  return {{"command", "proxy"},
          {"version", kProgramVersion},
          {"deterministic", false},
          {"subject", facts.subject},
          {"ignored", facts.ignored},
          {"plan", sim::Print(plan)},
          {"elapsed_ns", elapsed.count()},
          {"counters", NetworkJson(counters)}};
}

std::string ProxyCampaignText(const ProxyFacts& facts, const ProxyCampaignReport& report) {
  std::string text = facts.keeps_trace ? report.trace + "\n" : "";
  for (const ProxyFailure& failure : report.failures) text += TextOf(facts, failure);
  Table table;
  table.Section(fmt::format("proxy: {}; {}", OneLine(facts.subject), kNotDeterministic));
  table.Row("runs", Grouped(report.subjects), facts.interrupted ? "interrupted" : "");
  table.Row("undecided", Grouped(report.undecided),
            report.undecided > 0 ? "the programs need not have come to a good end, and did not" : "");
  table.Row("bytes delivered", SizeText(report.counters.bytes_delivered));
  AddNetwork(table, report.counters, report.elapsed);
  for (const auto& [side, name] : {std::pair(0, "client's memory"), std::pair(1, "server's memory")}) {
    const uint64_t bytes = report.memory_bytes[static_cast<size_t>(side)];
    if (bytes > 0) table.Row(name, SizeText(bytes), "the most that was seen of one program");
  }
  AddFaults(table, report.counters);
  table.Section("violations", Grouped(report.failures.size()));
  return text + table.Text();
}

Json ProxyCampaignJson(const ProxyFacts& facts, const ProxyCampaignReport& report) {
  Json failures = Json::array();
  for (const ProxyFailure& failure : report.failures) failures.push_back(JsonOf(failure));
  return {{"command", "proxy"},
          {"version", kProgramVersion},
          {"deterministic", false},
          {"subject", facts.subject},
          {"ignored", facts.ignored},
          {"runs", report.subjects},
          {"undecided", report.undecided},
          {"interrupted", facts.interrupted},
          {"elapsed_ns", report.elapsed.count()},
          {"counters", NetworkJson(report.counters)},
          {"violations", failures},
          {"trace", facts.keeps_trace ? Json(report.trace) : Json(nullptr)}};
}

}  // namespace holdfast::tools
