#include "sim/plan_options.h"

#include <gtest/gtest.h>

#include <set>
#include <sstream>
#include <string>

#include "sim/campaign.h"
#include "sim/plan_fields.h"
#include "sim/plan_text.h"

namespace holdfast::sim {
namespace {

constexpr uint64_t kSeeds = 2000;  // Of the default campaign.

// Every field of a plan as "line.key", as in its text, and whether some of the plans seen so far have it set.
class Fields {
 public:
  Fields() {
    Plan one_of_each;
    one_of_each.clients.resize(1);
    one_of_each.clocks.resize(1);
    one_of_each.paths.resize(1);
    one_of_each.aborts.resize(1);
    one_of_each.faults.resize(1);
    See(one_of_each);
  }

  void See(const Plan& plan) {
    static const Plan kStandard;
    See("plan", plan, kStandard);
    See("server", plan.server, ServerSettings{});
    See("session", plan.server.session, SessionOptions{});
    for (const ClientPlan& client : plan.clients) {
      See("client", client, ClientPlan{});
      See("client", client.settings, ClientSettings{});
      See("session", client.settings.session, SessionOptions{});
      See("stream", client.up, Stream{});
      See("stream", client.down, Stream{});
    }
    for (const ClockRule& rule : plan.clocks) See("clock", rule, ClockRule{});
    for (const PathRule& rule : plan.paths) {
      See("path", rule, PathRule{});
      See("path", rule.path, Path{});
    }
    for (const Abort& abort : plan.aborts) See("abort", abort, Abort{});
    for (const Fault& fault : plan.faults) See("fault", fault, FaultOf(fault.kind));
  }

  const std::set<std::string>& all() const { return all_; }
  const std::set<std::string>& set() const { return set_; }

 private:
  template <typename T>
  void See(const std::string& line, const T& part, const T& standard) {
    VisitFieldPairs(part, standard, [&](std::string_view name, const auto& x, const auto& y) {
      const std::string field = line + "." + std::string(name == "direction" ? "of" : name);
      all_.insert(field);
      if (x != y) set_.insert(field);
    });
  }

  std::set<std::string> all_;
  std::set<std::string> set_;
};

std::set<std::string> FieldsNamed() {
  std::set<std::string> named;
  for (const PlanOption& option : PlanOptions()) {
    std::istringstream words{std::string(option.fields)};
    for (std::string word; words >> word;) named.insert(word);
  }
  return named;
}

// What is no choice: the seed itself.
const std::set<std::string> kNoChoice = {"plan.seed"};
// What is no field: the first word of a fault's line, and whom a stream's line is about.
const std::set<std::string> kNoField = {"fault.kind"};

TEST(PlanOptions, NameEveryFieldOfAPlanAndNothingElse) {
  const std::set<std::string> named = FieldsNamed();
  const Fields fields;
  for (const std::string& field : fields.all()) {
    EXPECT_NE(named.contains(field), kNoChoice.contains(field)) << field;
  }
  for (const std::string& name : named) EXPECT_TRUE(fields.all().contains(name) || kNoField.contains(name)) << name;
}

TEST(PlanOptions, AreAllChosenInTheDefaultCampaignAndNoneByEverySeed) {
  OptionCounts counts;
  Fields fields;
  for (uint64_t seed = 1; seed <= kSeeds; ++seed) {
    const Plan plan = PlanOfSeed(seed, Profile::kDefault);
    counts.Add(OptionsOf(plan));
    fields.See(plan);
  }
  for (size_t i = 0; i < PlanOptions().size(); ++i) {
    EXPECT_GE(counts.of(i), 3U) << PlanOptions()[i].name;
    EXPECT_LT(counts.of(i), kSeeds) << PlanOptions()[i].name;
  }
  // No field of a plan is beyond the reach of a seed.
  for (const std::string& field : fields.all()) EXPECT_TRUE(fields.set().contains(field)) << field;
}

TEST(PlanOptions, OfAPlanOfDefaultsAreFew) {
  Plan plan;
  plan.clients.resize(1);
  std::set<std::string_view> chosen;
  for (size_t i = 0; i < PlanOptions().size(); ++i) {
    if (OptionsOf(plan)[i]) chosen.insert(PlanOptions()[i].name);
  }
  EXPECT_EQ(chosen, (std::set<std::string_view>{"ChaCha20-Poly1305", "nothing to send", "whole writes"}));
}

TEST(PlanOptions, HaveNamesOfTheirOwnTopicByTopic) {
  std::set<std::string_view> names;
  std::set<std::string_view> topics;
  std::string_view topic;
  for (const PlanOption& option : PlanOptions()) {
    EXPECT_TRUE(names.insert(option.name).second) << option.name;
    EXPECT_FALSE(option.meaning.empty() || option.fields.empty()) << option.name;
    if (option.topic == topic) continue;
    topic = option.topic;
    EXPECT_TRUE(topics.insert(topic).second) << topic;
  }
}

TEST(PlanOptions, AreCountedByACampaignWhateverItsJobs) {
  CampaignOptions options;
  options.seed_first = 5;
  options.seed_last = 300;
  options.profile = Profile::kSmall;
  OptionCounts expected;
  for (uint64_t seed = 5; seed <= 300; ++seed) expected.Add(OptionsOf(PlanOfSeed(seed, Profile::kSmall)));
  for (uint32_t jobs : {1U, 3U}) {
    options.jobs = jobs;
    EXPECT_EQ(RunCampaign(options).options, expected);
  }
}

}  // namespace
}  // namespace holdfast::sim
