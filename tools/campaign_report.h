#pragma once

// Campaign report: what came out of a campaign, as a table for people and as JSON for programs.

#include <optional>
#include <string>
#include <vector>

#include "core/base/time.h"
#include "sim/campaign.h"
#include "sim/generate.h"
#include "tools/arguments.h"
#include "tools/counters_report.h"
#include "tools/processor_shares.h"
#include "tools/table.h"

namespace holdfast::tools {

struct CarriedFile {
  std::string path;
  uint64_t bytes = 0;
};

// What was asked for, and what the report itself cannot know.
struct CampaignFacts {
  SeedRange seeds;
  uint32_t jobs = 1;
  sim::Profile worlds = sim::Profile::kDefault;
  sim::Without without = {};
  std::vector<CarriedFile> files = {};
  std::string guest = {};                     // The protocol's name, if it is not Holdfast...
  std::vector<std::string> guest_words = {};  // ...and what names it to this program.
  Duration time_budget = Duration::max();
  std::string_view provider;  // Of the cryptography.
  std::string invoked;        // The program, quoted for a shell.
  bool list_options = false;  // Print OptionsTable too,
  bool list_marks = false;    // and MarksTable.

  bool interrupted = false;
  Duration elapsed = {};                         // By the wall's clock.
  Duration processor_time = {};                  // Of all threads.
  std::optional<double> x25519_per_second = {};  // Of one core, if it was measured.
  std::optional<ProcessorShares> shares = {};    // Of the processor time, likewise.
};

Table CampaignTable(const CampaignFacts& facts, const sim::CampaignReport& report);

// What a seed can choose, topic by topic, and how many of the seeds did.
Table OptionsTable(const sim::CampaignReport& report);

// Every mark, topic by topic, and how many of the seeds met it.
Table MarksTable(const sim::CampaignReport& report);

Json CampaignJson(const CampaignFacts& facts, const sim::CampaignReport& report);

// The first few in full, the others in a line each.
std::string ViolationsText(const CampaignFacts& facts, const sim::CampaignReport& report);

// The plan of a violation as a file to keep: what it breaks and how to run it, in comments, and the plan.
std::string PlanFileText(const CampaignFacts& facts, const sim::Violation& violation);

// The command that runs a seed of this campaign again.
std::string ReplayCommand(const CampaignFacts& facts, uint64_t seed);
// The same of whatever stands for a seed, with the file that it carries, or none.
std::string ReplayCommand(const CampaignFacts& facts, const std::string& seed, const std::string& file);

}  // namespace holdfast::tools
