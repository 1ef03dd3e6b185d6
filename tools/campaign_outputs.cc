#include "tools/campaign_outputs.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <system_error>
#include <utility>

namespace holdfast::tools {
namespace {

Parsed<void> MakeFolder(const std::string& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (!error && !std::filesystem::is_directory(path)) error = std::make_error_code(std::errc::not_a_directory);
  if (!error && access(path.c_str(), W_OK | X_OK) != 0) error = std::error_code(errno, std::generic_category());
  if (error) return std::unexpected(fmt::format("cannot write plans to '{}': {}", path, error.message()));
  return {};
}

Parsed<void> WritePlans(const std::string& folder, const CampaignFacts& facts, const sim::CampaignReport& report) {
  for (const sim::Violation& violation : report.violations) {
    Parsed<OutputFile> file = OutputFile::Open(fmt::format("{}/seed-{}.plan", folder, violation.seed));
    if (!file) return std::unexpected(file.error());
    if (auto written = file->Write(PlanFileText(facts, violation)); !written) return written;
  }
  return {};
}

ExitStatus StatusOf(const CampaignFacts& facts, const sim::CampaignReport& report) {
  if (facts.interrupted) return ExitStatus::kInterrupted;
  return report.violation_count > 0 || report.seeds == 0 ? ExitStatus::kCheckFailed : ExitStatus::kDone;
}

}  // namespace

Parsed<CampaignOutputs> CampaignOutputs::Open(const std::optional<std::string>& json,
                                              const std::optional<std::string>& plans) {
  CampaignOutputs outputs;
  outputs.plans_ = plans;
  if (plans) {
    if (auto made = MakeFolder(*plans); !made) return std::unexpected(made.error());
  }
  if (json) {
    Parsed<OutputFile> file = OutputFile::Open(*json);
    if (!file) return std::unexpected(file.error());
    outputs.json_ = *std::move(file);
  }
  return outputs;
}

Outcome CampaignOutputs::Write(const CampaignFacts& facts, const sim::CampaignReport& report) {
  FILE* people = json_ && json_->is_standard_output() ? stderr : stdout;
  std::string text = ViolationsText(facts, report) + CampaignTable(facts, report).Text();
  if (facts.list_options) text += '\n' + OptionsTable(report).Text();
  if (facts.list_marks) text += '\n' + MarksTable(report).Text();
  auto written = WriteTo(people, text);
  if (written && json_) written = json_->Write(JsonText(CampaignJson(facts, report)));
  if (written && plans_) written = WritePlans(*plans_, facts, report);
  if (!written) return std::unexpected(written.error());
  return StatusOf(facts, report);
}

}  // namespace holdfast::tools
