#pragma once

// Campaign outputs: where the report of a campaign goes, opened before the campaign so that what cannot be written is
// told then, and what the campaign's exit status is.

#include <optional>
#include <string>

#include "sim/campaign.h"
#include "tools/campaign_report.h"
#include "tools/files.h"
#include "tools/outcome.h"

namespace holdfast::tools {

class CampaignOutputs {
 public:
  // `json` is a file, or "-" for the standard output: then people read the standard error. `plans` is a folder, made if
  // it is not there, for a file seed-N.plan of each violation.
  static Parsed<CampaignOutputs> Open(const std::optional<std::string>& json, const std::optional<std::string>& plans);

  // Once.
  Outcome Write(const CampaignFacts& facts, const sim::CampaignReport& report);

 private:
  std::optional<OutputFile> json_;
  std::optional<std::string> plans_;
};

}  // namespace holdfast::tools
