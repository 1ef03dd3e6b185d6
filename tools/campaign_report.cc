#include "tools/campaign_report.h"

#include <fmt/format.h>

#include <chrono>
#include <nlohmann/json.hpp>

#include "tools/outcome.h"
#include "tools/units.h"
#include "tools/x25519_speed.h"

namespace holdfast::tools {
namespace {

std::string GuestText(const CampaignFacts& facts) { return facts.guest.empty() ? "" : " of " + OneLine(facts.guest); }

std::string WithoutText(const CampaignFacts& facts) {
  return facts.without.empty() ? "" : fmt::format(" without {}", facts.without.Text());
}

// So many violations are worth a page each; whoever has more has one reason for them.
constexpr size_t kViolationsInFull = 3;

double PerSecond(uint64_t count, Duration duration) {
  const double seconds = std::chrono::duration<double>(duration).count();
  return seconds > 0 ? static_cast<double>(count) / seconds : 0;
}

// What a seed s carries of the files: as sim/campaign.h has it.
const CarriedFile& FileOfSeed(const CampaignFacts& facts, uint64_t seed) {
  return facts.files[static_cast<size_t>(seed % facts.files.size())];
}

std::string WhyItEndedEarly(const CampaignFacts& facts, const sim::CampaignReport& report) {
  if (report.seeds == facts.seeds.count()) return {};
  const std::string of = fmt::format("of {}: ", Grouped(facts.seeds.count()));
  if (facts.interrupted) return of + "interrupted";
  return of + (report.violation_count > 0 ? "a violation ended it" : "the time was up");
}

void AddWeather(Table& table, const sim::CampaignReport& report) {
  const auto row = [&](const char* name, uint64_t seeds) {
    table.Row(name, PercentText(seeds, report.seeds), Counted(seeds, "seed"));
  };
  table.Section("how rough the weather was");
  row("seeds that resumed", report.seeds_resumed);
  row("resumed twice or more", report.seeds_resumed_twice);
  row("were cut inside a handshake", report.seeds_cut_in_handshake);
}

void AddMaximum(Table& table, const char* name, const sim::Extremes& extremes, const std::string& value) {
  table.Row(name, value, fmt::format("seed {}", extremes.max_seed));
}

std::string TimeText(uint64_t ns) { return DurationText(Duration(static_cast<int64_t>(ns))); }

void AddExtremes(Table& table, const sim::CampaignReport& report) {
  table.Section("the most in one seed");
  AddMaximum(table, "simulated time", report.simulated_ns, TimeText(report.simulated_ns.max));
  AddMaximum(table, "resumes", report.resumes, Grouped(report.resumes.max));
  AddMaximum(table, "bytes delivered", report.bytes_delivered, SizeText(report.bytes_delivered.max));
  AddMaximum(table, "events", report.events, Grouped(report.events.max));
}

// Of this machine's core, and of the yardstick's.
struct Speed {
  double per_core = 0;
  double scaled = 0;
};
std::optional<Speed> SpeedOf(const CampaignFacts& facts, const sim::CampaignReport& report) {
  if (!facts.x25519_per_second || *facts.x25519_per_second <= 0) return std::nullopt;
  const double per_core = PerSecond(report.seeds, facts.processor_time);
  return Speed{per_core, per_core * kYardstickX25519PerSecond / *facts.x25519_per_second};
}

void AddSpeed(Table& table, const CampaignFacts& facts, const sim::CampaignReport& report) {
  table.Section("speed");
  table.Row("seeds per second", RateText(PerSecond(report.seeds, facts.elapsed)),
            fmt::format("{} on {}", DurationText(facts.elapsed), Counted(facts.jobs, "thread")));
  const auto speed = SpeedOf(facts, report);
  if (!speed) return;
  table.Row("X25519 per second and core", RateText(*facts.x25519_per_second), "measured now, with OpenSSL");
  table.Row("seeds per second and core", RateText(speed->per_core),
            fmt::format("in {} of processor time", DurationText(facts.processor_time)));
  table.Row("the same, scaled", RateText(speed->scaled),
            fmt::format("to a core that does {} X25519 per second", RateText(kYardstickX25519PerSecond)));
}

void AddShares(Table& table, const ProcessorShares& shares) {
  table.Section("processor time");
  for (size_t i = 0; i < kParts.size(); ++i) {
    table.Row(std::string(kParts[i].name), PercentText(shares.samples[i], shares.total()),
              std::string(kParts[i].meaning));
  }
  table.Row("all cryptography", PercentText(shares.cryptography(), shares.total()),
            fmt::format("of {}", Counted(shares.total(), "sample")));
}

Json SharesJson(const ProcessorShares& shares) {
  Json parts = Json::object();
  for (size_t i = 0; i < kParts.size(); ++i) parts[std::string(kParts[i].key)] = shares.samples[i];
  return {{"samples", shares.total()}, {"cryptography", shares.cryptography()}, {"parts", parts}};
}

template <typename T>
Json OrNull(const std::optional<T>& value) {
  return value ? Json(*value) : Json(nullptr);
}

Json ExtremesJson(const sim::CampaignReport& report, const sim::Extremes& extremes) {
  if (report.seeds == 0) return nullptr;
  return {{"min", extremes.min}, {"max", extremes.max}, {"max_seed", extremes.max_seed}};
}

Json SeedOptionsJson(const sim::CampaignReport& report) {
  Json list = Json::array();
  const std::span<const sim::PlanOption> options = sim::PlanOptions();
  for (size_t i = 0; i < options.size(); ++i) {
    list.push_back({{"topic", options[i].topic},
                    {"name", options[i].name},
                    {"meaning", options[i].meaning},
                    {"seeds", report.options.of(i)}});
  }
  return list;
}

Json MarksJson(const sim::CampaignReport& report) {
  if (report.marks.CountMet() == 0) return nullptr;  // Nobody watched.
  Json list = Json::array();
  const std::span<const sim::Mark> marks = sim::AllMarks();
  for (size_t i = 0; i < marks.size(); ++i) {
    list.push_back({{"topic", marks[i].topic},
                    {"name", marks[i].name},
                    {"meaning", marks[i].meaning},
                    {"seeds", report.marks.of(i)}});
  }
  return list;
}

Json ViolationJson(const CampaignFacts& facts, const sim::Violation& violation) {
  return {
      {"seed", violation.seed},
      {"oracle", violation.verdict.oracle},
      {"sentence", violation.verdict.sentence},
      {"hash", HashText(violation.hash)},
      {"plan", violation.plan},
      {"last_events", violation.last_events},
      {"replay", ReplayCommand(facts, violation.seed)},
  };
}

// What was never come by. Of a short campaign only how much.
void AddMarks(Table& table, const CampaignFacts& facts, const sim::CampaignReport& report) {
  constexpr uint64_t kSeedsForAll = 2000;    // A default campaign, which meets them all.
  if (report.marks.CountMet() == 0) return;  // Nobody watched.
  const std::span<const sim::Mark> marks = sim::AllMarks();
  const std::string met = fmt::format("{} of {}", report.marks.CountMet(), marks.size());
  const bool lists = report.seeds >= kSeedsForAll && facts.worlds == sim::Profile::kDefault;
  const bool all = report.marks.CountMet() == marks.size();
  table.Section("marks met", met, all || lists ? "" : "--list-marks says which");
  if (!lists) return;
  for (size_t i = 0; i < marks.size(); ++i) {
    if (report.marks.of(i) == 0) table.Row(marks[i].name, "unmet", "of " + marks[i].topic);
  }
}

}  // namespace

Table CampaignTable(const CampaignFacts& facts, const sim::CampaignReport& report) {
  Table table;
  const std::string seeds = facts.seeds.count() == 1 ? fmt::format("seed {}", facts.seeds.first)
                                                     : fmt::format("seeds {}..{}", facts.seeds.first, facts.seeds.last);
  table.Section(fmt::format("campaign: {} of {} worlds{}{}, crypto provider {}", seeds, sim::NameOf(facts.worlds),
                            GuestText(facts), WithoutText(facts), facts.provider));
  for (const CarriedFile& file : facts.files) {
    table.Row("file", SizeText(file.bytes), OneLine(file.path) + ", carried both ways");
  }
  table.Row("seeds", Grouped(report.seeds), WhyItEndedEarly(facts, report));
  table.Row("of them run twice", Grouped(report.seeds_run_twice), "and their traces compared");
  AddCounters(table, report.sum);
  if (report.seeds > 0) {
    AddMaximum(table, "worst time to heal", report.time_to_heal_ns, TimeText(report.time_to_heal_ns.max));
  }
  AddFaults(table, report.sum);
  AddEndings(table, report.sum);
  if (report.seeds > 0) {
    AddWeather(table, report);
    AddExtremes(table, report);
    AddMarks(table, facts, report);
  }
  AddSpeed(table, facts, report);
  if (facts.shares) AddShares(table, *facts.shares);
  table.Section("campaign hash", HashText(report.hash));
  table.Section("violations", Grouped(report.violation_count));
  return table;
}

Table OptionsTable(const sim::CampaignReport& report) {
  Table table;
  std::string_view topic;
  const std::span<const sim::PlanOption> options = sim::PlanOptions();
  for (size_t i = 0; i < options.size(); ++i) {
    if (topic != options[i].topic) table.Section(std::string(topic = options[i].topic), "seeds");
    const uint64_t seeds = report.options.of(i);
    table.Row(std::string(options[i].name), fmt::format("{}  {:>6}", Grouped(seeds), PercentText(seeds, report.seeds)),
              std::string(options[i].meaning));
  }
  return table;
}

Table MarksTable(const sim::CampaignReport& report) {
  Table table;
  std::string_view topic;
  const std::span<const sim::Mark> marks = sim::AllMarks();
  for (size_t i = 0; i < marks.size(); ++i) {
    if (topic != marks[i].topic) table.Section(std::string(topic = marks[i].topic), "seeds");
    const uint64_t seeds = report.marks.of(i);
    table.Row(marks[i].name, fmt::format("{}  {:>6}", Grouped(seeds), PercentText(seeds, report.seeds)),
              marks[i].meaning);
  }
  return table;
}

Json CampaignJson(const CampaignFacts& facts, const sim::CampaignReport& report) {
  Json files = Json::array();
  for (const CarriedFile& file : facts.files) files.push_back({{"path", file.path}, {"bytes", file.bytes}});
  Json violations = Json::array();
  for (const sim::Violation& violation : report.violations) violations.push_back(ViolationJson(facts, violation));

  const bool has_budget = facts.time_budget != Duration::max();
  const auto speed = SpeedOf(facts, report);
  return {
      {"command", "sim"},
      {"version", kProgramVersion},
      {"provider", facts.provider},
      {"options",
       {
           {"seed_first", facts.seeds.first},
           {"seed_last", facts.seeds.last},
           {"jobs", facts.jobs},
           {"worlds", sim::NameOf(facts.worlds)},
           {"without", facts.without.Text()},
           {"files", files},
           {"time_budget_ns", has_budget ? Json(facts.time_budget.count()) : Json(nullptr)},
       }},
      {"seeds", report.seeds},
      {"seeds_run_twice", report.seeds_run_twice},
      {"interrupted", facts.interrupted},
      {"hash", HashText(report.hash)},
      {"violation_count", report.violation_count},
      {"violations", violations},
      {"counters", CountersJson(report.sum)},
      {"weather",
       {
           {"seeds_resumed", report.seeds_resumed},
           {"seeds_resumed_twice", report.seeds_resumed_twice},
           {"seeds_cut_in_handshake", report.seeds_cut_in_handshake},
       }},
      {"seed_options", SeedOptionsJson(report)},
      {"marks", MarksJson(report)},
      {"extremes",
       {
           {"time_to_heal_ns", ExtremesJson(report, report.time_to_heal_ns)},
           {"simulated_ns", ExtremesJson(report, report.simulated_ns)},
           {"resumes", ExtremesJson(report, report.resumes)},
           {"bytes_delivered", ExtremesJson(report, report.bytes_delivered)},
           {"events", ExtremesJson(report, report.events)},
       }},
      {"speed",
       {
           {"elapsed_ns", facts.elapsed.count()},
           {"processor_time_ns", facts.processor_time.count()},
           {"seeds_per_second", PerSecond(report.seeds, facts.elapsed)},
           {"seeds_per_second_and_core", PerSecond(report.seeds, facts.processor_time)},
           {"x25519_per_second_and_core", OrNull(facts.x25519_per_second)},
           {"seeds_per_second_and_core_scaled", speed ? Json(speed->scaled) : Json(nullptr)},
           {"scaled_to_x25519_per_second", kYardstickX25519PerSecond},
       }},
      {"profile", facts.shares ? SharesJson(*facts.shares) : Json(nullptr)},
  };
}

std::string ViolationsText(const CampaignFacts& facts, const sim::CampaignReport& report) {
  std::string text;
  for (size_t i = 0; i < report.violations.size(); ++i) {
    const sim::Violation& violation = report.violations[i];
    if (i < kViolationsInFull) {
      text += Text(ViolationText{.where = fmt::format("seed {}", violation.seed),
                                 .oracle = violation.verdict.oracle,
                                 .sentence = violation.verdict.sentence,
                                 .plan = violation.plan,
                                 .last_events = violation.last_events,
                                 .replay = ReplayCommand(facts, violation.seed)});
    } else {
      text += fmt::format("VIOLATION of {} in seed {}: {}\n", violation.verdict.oracle, violation.seed,
                          violation.verdict.sentence);
    }
  }
  const uint64_t kept = report.violations.size();
  if (report.violation_count > kept) text += fmt::format("and {} more\n", Grouped(report.violation_count - kept));
  if (kept > kViolationsInFull) text += '\n';
  return text;
}

std::string PlanFileText(const CampaignFacts& facts, const sim::Violation& violation) {
  std::string text = fmt::format("# seed {} of {} worlds{}{}, crypto provider {}\n", violation.seed,
                                 sim::NameOf(facts.worlds), GuestText(facts), WithoutText(facts), facts.provider);
  text += fmt::format("# violates {}: {}\n", violation.verdict.oracle, OneLine(violation.verdict.sentence));
  if (!facts.files.empty())
    text += fmt::format("# while it carries {}\n", OneLine(FileOfSeed(facts, violation.seed).path));
  return text + violation.plan;
}

std::string ReplayCommand(const CampaignFacts& facts, uint64_t seed) {
  return ReplayCommand(facts, fmt::format("{}", seed), facts.files.empty() ? "" : FileOfSeed(facts, seed).path);
}

std::string ReplayCommand(const CampaignFacts& facts, const std::string& seed, const std::string& file) {
  std::vector<std::string> words = {"replay", "--seed", seed};
  if (facts.worlds != sim::Profile::kDefault)
    words.insert(words.end(), {"--worlds", std::string(sim::NameOf(facts.worlds))});
  if (!facts.without.empty()) words.insert(words.end(), {"--without", facts.without.Text()});
  if (!file.empty()) words.insert(words.end(), {"--file", file});
  words.insert(words.end(), facts.guest_words.begin(), facts.guest_words.end());
  words.push_back("--trace");
  return facts.invoked + " " + ShellQuoted(words);
}

}  // namespace holdfast::tools
