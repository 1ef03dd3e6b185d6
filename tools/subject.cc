#include "tools/subject.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "sim/plan_text.h"
#include "tools/arguments.h"
#include "tools/command.h"
#include "tools/files.h"

namespace holdfast::tools {
namespace {

// One line about what contradicts itself, or nothing.
std::optional<Complaint> Contradiction(const SubjectOptions& options) {
  if (options.seed && options.plan) return "--seed and --plan exclude each other";
  if (!options.seed && !options.plan) return "it needs --seed N or --plan FILE";
  if (options.plan && options.worlds) return "--worlds goes with --seed: a plan says everything itself";
  if (options.plan && !options.without.empty()) return "--without goes with --seed: a plan says everything itself";
  return std::nullopt;
}

}  // namespace

void AddSubject(CLI::App& line, SubjectOptions& options, const std::string& verb) {
  AddOption(line, "--seed", options.seed, ParseSeed, "N", verb + " what a campaign runs for this seed");
  AddOption(line, "--plan", options.plan, ParsePath, "FILE", verb + " what this plan says; - is the standard input");
  AddOption(line, "--worlds", options.worlds, ParseWorlds, "NAME", "Of the seed's campaign: default, small or storm");
  AddOption(line, "--without", options.without, ParseWithout, "NAME,...", "As the seed's campaign did");
  line.add_option("--file", options.files, "Carry these files, as the seed's campaign did")->type_name("PATH");
  AddGuest(line, options.guest);
}

Parsed<sim::Plan> ReadPlan(const std::string& path) {
  const Parsed<Bytes> text = ReadFile(path, kPlanBytesMax);
  if (!text) return std::unexpected(text.error());
  auto plan = sim::ParsePlan({reinterpret_cast<const char*>(text->data()), text->size()});
  if (!plan) return std::unexpected(fmt::format("plan '{}': {}", path, plan.error()));
  return *std::move(plan);
}

Parsed<Subject> SubjectOf(const SubjectOptions& options) {
  if (auto contradiction = Contradiction(options)) return std::unexpected(*std::move(contradiction));
  Subject subject;
  subject.campaign.profile = options.worlds.value_or(sim::Profile::kDefault);
  subject.campaign.without = options.without;
  Parsed<std::shared_ptr<const sim::Protocol>> guest = GuestOf(options.guest);
  if (!guest) return std::unexpected(guest.error());
  subject.guest = *std::move(guest);
  subject.campaign.protocol = subject.guest.get();
  Parsed<std::vector<Bytes>> files = ReadFiles(options.files, kDataBytesMax);
  if (!files) return std::unexpected(files.error());
  subject.campaign.files = *std::move(files);
  if (options.seed) {
    const std::string worlds(sim::NameOf(subject.campaign.profile));
    subject.name = fmt::format("seed {} of {} worlds", *options.seed, worlds);
    subject.plan = sim::PlanOfSeed(*options.seed, subject.campaign);
    subject.words = {"--seed", fmt::format("{}", *options.seed)};
    if (options.worlds) subject.words.insert(subject.words.end(), {"--worlds", worlds});
    if (!options.without.empty()) subject.words.insert(subject.words.end(), {"--without", options.without.Text()});
  } else {
    Parsed<sim::Plan> plan = ReadPlan(*options.plan);
    if (!plan) return std::unexpected(plan.error());
    subject.name = fmt::format("plan '{}'", *options.plan);
    subject.plan = *std::move(plan);
    subject.words = {"--plan", *options.plan};
  }
  if (subject.guest) subject.name += fmt::format(" of {}", subject.guest->traits().name);
  for (std::string& word : options.guest.Words()) subject.words.push_back(std::move(word));
  if (subject.campaign.files.empty()) return subject;

  const auto index = static_cast<size_t>(subject.plan.seed % options.files.size());  // As sim/campaign.h has it.
  const uint64_t size = subject.campaign.files[index].size();
  for (const sim::ClientPlan& client : subject.plan.clients) {
    const uint64_t bytes = std::max(client.up.bytes, client.down.bytes);
    if (bytes > size) {
      return std::unexpected(fmt::format("{} sends {} bytes, and the file '{}' has only {}", subject.name, bytes,
                                         options.files[index], size));
    }
  }
  subject.words.insert(subject.words.end(), {"--file", options.files[index]});
  return subject;
}

}  // namespace holdfast::tools
