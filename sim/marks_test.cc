#include "sim/marks.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <thread>

#include "sim/campaign.h"
#include "sim/run.h"
#include "sim/situations.h"

namespace holdfast::sim {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// A second of each direction's stream over a good path, and the server ends its own when it has had the client's.
Plan Quiet() {
  Plan plan;
  plan.clients.resize(1);
  plan.clients[0].up.bytes = plan.clients[0].down.bytes = 20000;
  plan.clients[0].up.chunk = plan.clients[0].down.chunk = 1000;
  plan.clients[0].up.think = plan.clients[0].down.think = milliseconds(50);
  plan.clients[0].down.finish = FinishRule::kAfterPeer;
  return plan;
}

Fault ResetOf(uint32_t transport) {
  Fault fault = FaultOf(FaultKind::kReset);
  fault.transport = transport;
  return fault;
}
Fault ResetAt(uint32_t transport, Duration age) {
  Fault fault = ResetOf(transport);
  fault.age = age;
  return fault;
}
Fault ResetBeforeDown(uint32_t transport, uint64_t byte) {
  Fault fault = ResetOf(transport);
  fault.direction = Direction::kDown;
  fault.byte = byte;
  return fault;
}
Fault Move(Duration at, bool live) {
  Fault fault = FaultOf(FaultKind::kMove);
  fault.at = at;
  fault.live = live;
  fault.lasting = milliseconds(300);
  return fault;
}

std::set<std::string> MetBy(const Plan& plan) {
  const Report report = sim::Run(plan, {});
  EXPECT_FALSE(report.verdict) << report.verdict->sentence;
  std::set<std::string> met;
  for (size_t i = 0; i < AllMarks().size(); ++i) {
    if (report.marks[i]) met.insert(AllMarks()[i].name);
  }
  return met;
}

std::set<std::string> Situated(const Plan& plan) {
  std::set<std::string> met = MetBy(plan);
  std::set<std::string> names;
  for (const Situation& s : Situations()) names.insert(std::string(s.name));
  std::erase_if(met, [&names](const std::string& name) { return !names.contains(name); });
  return met;
}

TEST(Marks, AreAllMetByTheDefaultCampaign) {
  CampaignOptions options;
  options.jobs = std::max(1U, std::thread::hardware_concurrency());
  const CampaignReport report = RunCampaign(options);
  EXPECT_EQ(report.seeds, 2000U);
  EXPECT_EQ(report.marks.CountMet(), AllMarks().size());
  for (size_t i = 0; i < AllMarks().size(); ++i) {
    EXPECT_GE(report.marks.of(i), 3U) << AllMarks()[i].topic << ": " << AllMarks()[i].name;
  }
}

TEST(Marks, NameEveryRowOfTheTables) {
  const size_t rows =
      kClientStateNames.size() + kClientTransitions.size() + kServerStateNames.size() + kServerTransitions.size();
  ASSERT_EQ(AllMarks().size(), rows + Situations().size());
  for (const auto& row : kClientTransitions) {
    const std::string name = std::string(NameOf(row.from)) + ": " +
                             std::string(kClientInputNames[static_cast<size_t>(row.input)]) + " -> " +
                             std::string(NameOf(row.to));
    EXPECT_TRUE(MarkNamed(name)) << name;
  }
  for (const auto& row : kServerTransitions) {
    const std::string name = std::string(NameOf(row.from)) + ": " +
                             std::string(kServerInputNames[static_cast<size_t>(row.input)]) + " -> " +
                             std::string(NameOf(row.to));
    EXPECT_TRUE(MarkNamed(name)) << name;
  }
}

TEST(Marks, HaveNamesOfTheirOwnTopicByTopic) {
  std::set<std::pair<std::string, std::string>> names;
  std::set<std::string> topics;
  std::string topic;
  for (const Mark& mark : AllMarks()) {
    EXPECT_TRUE(names.insert({mark.topic, mark.name}).second) << mark.name;
    EXPECT_FALSE(mark.meaning.empty()) << mark.name;
    if (mark.topic == topic) continue;
    topic = mark.topic;
    EXPECT_TRUE(topics.insert(topic).second) << topic;
  }
  EXPECT_FALSE(MarkNamed("no such mark"));
}

TEST(Marks, OfAQuietPlanAreTheShortestWayThroughTheTables) {
  EXPECT_EQ(MetBy(Quiet()),
            (std::set<std::string>{"new", "greeting", "open", "ended", "embryo", "attached", "tombstone",
                                   "new: greet -> greeting", "greeting: opened -> open", "open: end -> ended",
                                   "embryo: switched -> attached", "attached: end -> tombstone"}));
}

TEST(Marks, AreNotMetIfNobodyWatches) {
  EXPECT_TRUE(sim::Run(Quiet(), {.watch_marks = false}).marks.none());
  EXPECT_EQ(sim::Run(Quiet(), {.watch_marks = false}).hash, sim::Run(Quiet(), {}).hash);
}

TEST(Marks, ShowThatMessage2IsLostOnceOrTwice) {
  Plan plan = Quiet();
  plan.faults = {ResetBeforeDown(0, 50)};
  std::set<std::string> met = Situated(plan);
  EXPECT_TRUE(met.contains("message 2 of a new session is lost"));
  EXPECT_TRUE(met.contains("a cut inside a message 2"));
  EXPECT_FALSE(met.contains("message 2 of a resume is lost"));

  plan.faults = {ResetAt(0, milliseconds(300)), ResetBeforeDown(1, 50)};
  met = Situated(plan);
  EXPECT_TRUE(met.contains("message 2 of a resume is lost"));
  EXPECT_FALSE(met.contains("message 2 of a resume is lost twice"));
  EXPECT_FALSE(met.contains("message 2 of a new session is lost"));

  plan.faults.push_back(ResetBeforeDown(2, 0));
  EXPECT_TRUE(Situated(plan).contains("message 2 of a resume is lost twice"));
}

TEST(Marks, TellALiveMoveFromOneAtRest) {
  Plan plan = Quiet();
  plan.faults = {Move(milliseconds(300), true)};
  EXPECT_EQ(Situated(plan), (std::set<std::string>{"a session moves live"}));
  plan.faults = {Move(milliseconds(300), false)};
  const std::set<std::string> met = Situated(plan);
  EXPECT_TRUE(met.contains("a session moves at rest"));
  EXPECT_TRUE(met.contains("a resume meets a session that is away"));
  EXPECT_FALSE(met.contains("a session moves live"));
}

TEST(Marks, ShowWhoGaveUpAndWhen) {
  Plan plan = Quiet();
  plan.aborts = {{.client = 0, .by = Side::kClient, .at = milliseconds(300)},
                 {.client = 0, .by = Side::kServer, .at = milliseconds(302)}};
  std::set<std::string> met = Situated(plan);
  EXPECT_TRUE(met.contains("aborts cross"));
  EXPECT_FALSE(met.contains("an abort while suspended"));

  plan.aborts = {{.client = 0, .by = Side::kClient, .at = milliseconds(310)}};
  plan.faults = {ResetAt(0, milliseconds(280))};
  met = MetBy(plan);
  EXPECT_TRUE(met.contains("an abort while suspended"));
  EXPECT_TRUE(met.contains("suspended: give_up -> closing"));
  EXPECT_TRUE(met.contains("closing: end -> ended"));
  EXPECT_FALSE(met.contains("aborts cross"));
}

TEST(Marks, ShowAProbeThatTakesALiveTransportsPlace) {
  Plan plan = Quiet();
  Fault probe = FaultOf(FaultKind::kProbe);
  probe.at = milliseconds(300);
  plan.faults = {probe};
  const std::set<std::string> met = MetBy(plan);
  EXPECT_TRUE(met.contains("a probe takes a live transport's place"));
  EXPECT_TRUE(met.contains("open: attached -> open"));
  EXPECT_FALSE(met.contains("open: transport_lost -> suspended"));
}

TEST(Marks, ShowAVerdictThatComesLate) {
  Plan plan = Quiet();
  plan.clients[0].settings.static_key = true;
  plan.clients[0].verdict_delay = seconds(3);
  plan.faults = {ResetAt(0, milliseconds(300))};
  const std::set<std::string> met = MetBy(plan);
  EXPECT_TRUE(met.contains("unjudged: promoted -> unjudged"));
  EXPECT_TRUE(met.contains("unjudged: accepted -> embryo"));
  EXPECT_TRUE(met.contains("embryo: promoted -> suspended"));
  EXPECT_FALSE(met.contains("embryo: switched -> attached"));
}

TEST(Marks, OfATableAreNotGuessed) {
  StateWalk<kClientTransitions> walk;
  walk.Step(ClientInput::kGreet);
  EXPECT_EQ(walk.Arrive(ClientState::kGreeting), 1U);
  walk.Step(ClientInput::kOpened);
  EXPECT_EQ(walk.Arrive(ClientState::kNew), 0U);  // It was something else.
  walk.Step(ClientInput::kAttached);              // No row has it.
  EXPECT_EQ(walk.Arrive(ClientState::kNew), 0U);
  walk.Step(ClientInput::kGreet);
  EXPECT_EQ(walk.Arrive(ClientState::kGreeting), 1U);
}

TEST(Marks, AreCountedByACampaignWhateverItsJobs) {
  CampaignOptions options;
  options.seed_last = 300;
  options.profile = Profile::kSmall;
  const MarkCounts one = RunCampaign(options).marks;
  EXPECT_GT(one.CountMet(), 60U);
  options.jobs = 3;
  EXPECT_EQ(RunCampaign(options).marks, one);
}

}  // namespace
}  // namespace holdfast::sim
