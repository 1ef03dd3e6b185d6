#pragma once

// Subject: what a command is about that looks at one run: --seed N or --plan FILE, and what goes with them.

#include <CLI/CLI.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/bytes.h"
#include "sim/campaign.h"
#include "sim/plan.h"
#include "sim/run.h"
#include "tools/guest.h"
#include "tools/outcome.h"

namespace holdfast::tools {

struct SubjectOptions {
  std::optional<uint64_t> seed = {};
  std::optional<std::string> plan = {};
  std::optional<sim::Profile> worlds = {};
  sim::Without without = {};
  std::vector<std::string> files = {};
  GuestOptions guest = {};
};

// `verb` begins their help: "Run", "Shrink". The options must live as long as the command line.
void AddSubject(CLI::App& line, SubjectOptions& options, const std::string& verb);

struct Subject {
  std::string name;  // "seed 7 of default worlds", "plan 'my.plan'".
  sim::Plan plan;
  std::vector<std::string> words;              // That name it to a command of this program.
  sim::CampaignOptions campaign;               // That the seed belongs to; it holds the files.
  std::shared_ptr<const sim::Protocol> guest;  // That the campaign names, if it is not Holdfast.

  // As the campaign runs it, with its file if it carries one. The subject must live as long.
  sim::RunOptions RunOptions() const { return sim::RunOptionsOfSeed(plan.seed, campaign); }
};

// Reads what there is to read. A complaint also if the options contradict each other.
Parsed<Subject> SubjectOf(const SubjectOptions& options);

Parsed<sim::Plan> ReadPlan(const std::string& path);

}  // namespace holdfast::tools
