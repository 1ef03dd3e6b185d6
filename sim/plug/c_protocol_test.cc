#include "sim/plug/c_protocol.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/campaign.h"
#include "sim/explore.h"
#include "sim/plan_text.h"
#include "sim/plug/survives.h"
#include "sim/run.h"

namespace holdfast::sim {
namespace {

using testing::HasSubstr;

holdfast_plugin Nghttp2() { return *holdfast_plugin_get(); }

TEST(CProtocol, OfALibraryThatWasNotWrittenToFailHoldsItsStreams) {
  const CProtocol protocol(*holdfast_plugin_get());
  for (Profile worlds : {Profile::kDefault, Profile::kSmall}) {
    const Survival survival = Survives(protocol, {.seeds = {1, 300}, .worlds = worlds});
    EXPECT_TRUE(survival) << survival.text;
  }
}

// What it does not promise is seen when it is asked for all the same.
TEST(CProtocol, LosesASessionWithItsTransportIfTransportsDie) {
  holdfast_plugin boaster = Nghttp2();
  boaster.survives = 1;
  const CProtocol protocol(boaster);
  const Survival survival = Survives(protocol, {.seeds = {1, 100}});
  EXPECT_FALSE(survival);
  EXPECT_THAT(survival.oracle, testing::AnyOf("same_end", "liveness"));
}

// --- Every byte ------------------------------------------------------------------------------------------------------

// No transport dies: it stalls at a byte, alone or with the other direction, in whole pieces or single bytes; or two
// pieces meet there.
constexpr uint64_t kCellsAtAByte = 2 + 2 + 1;

TEST(CProtocol, OfThatLibraryIsStalledAndCutIntoPiecesAtEveryByte) {
  const CProtocol protocol(*holdfast_plugin_get());
  ASSERT_FALSE(protocol.CanFork());
  ExploreOptions options;
  options.protocol = &protocol;
  options.jobs = 2;
  const ExploreReport report = Explore(options);
  EXPECT_EQ(report.violation_count, 0U);
  EXPECT_GT(report.wire_bytes, 200U);
  EXPECT_EQ(report.cells[0], report.wire_bytes * kCellsAtAByte);
  EXPECT_EQ(report.not_struck, 0U);
  EXPECT_EQ(report.sum.transports, report.runs);
  EXPECT_EQ(report.sum.faults[static_cast<size_t>(FaultKind::kStall)], report.cells[0]);
}

TEST(CProtocol, IsStalledASecondTimeAtDepthTwo) {
  const CProtocol protocol(*holdfast_plugin_get());
  ExploreOptions options;
  options.protocol = &protocol;
  options.depth = 2;
  options.bytes_stride = 50;
  const ExploreReport report = Explore(options);
  EXPECT_EQ(report.violation_count, 0U);
  EXPECT_EQ(report.cells[1], report.places_second);
  EXPECT_GT(report.cells[1], report.wire_bytes);
}

TEST(CProtocol, ThatCannotReadTwoBytesIsFoundWherePiecesMeet) {
  holdfast_plugin plugin = Nghttp2();
  plugin.bytes = [](void* end, uint64_t now, uint64_t transport, const uint8_t* bytes, size_t size) {
    if (size != 2) holdfast_plugin_get()->bytes(end, now, transport, bytes, size);
  };
  const CProtocol protocol(plugin);
  const Survival survival = SurvivesEveryCut(protocol);
  EXPECT_FALSE(survival);
  EXPECT_LT(survival.cells_failed, survival.cells / 10);
  EXPECT_THAT(survival.plan, HasSubstr("stall "));
}

TEST(CProtocol, GivesTheSameTraceTwice) {
  const CProtocol protocol(*holdfast_plugin_get());
  CampaignOptions campaign;
  campaign.protocol = &protocol;
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    const Plan plan = PlanOfSeed(seed, campaign);
    const RunOptions options = RunOptionsOfSeed(seed, campaign);
    EXPECT_EQ(sim::Run(plan, options).hash, sim::Run(plan, options).hash);
  }
}

TEST(CProtocol, SaysWhatAPluginLacks) {
  EXPECT_THAT(*ProblemOf(nullptr), HasSubstr("returns nothing"));
  holdfast_plugin plugin = Nghttp2();
  EXPECT_FALSE(ProblemOf(&plugin));
  plugin.poll = nullptr;
  EXPECT_EQ(*ProblemOf(&plugin), "it lacks 'poll'");
  plugin.version = 7;
  EXPECT_EQ(*ProblemOf(&plugin), "its version is 7, and only 1 is known");
}

// --- An end that breaks the rules of the interface -------------------------------------------------------------------

std::string VerdictOf(const holdfast_plugin& plugin) {
  const CProtocol protocol(plugin);
  const auto plan = ParsePlan("plan seed=1\nclient id=0\nstream client=0 of=c>s bytes=100 finish_delay=1s\n");
  const Report report = sim::Run(*plan, {.watch_marks = false, .protocol = &protocol});
  return report.verdict ? report.verdict->oracle + ": " + report.verdict->sentence : "good";
}

TEST(CProtocol, IsTheVerdictOnAnEndThatTakesMoreThanItIsGiven) {
  holdfast_plugin plugin = Nghttp2();
  plugin.send = [](void*, uint64_t, const uint8_t*, size_t size) { return size + 1; };
  EXPECT_EQ(VerdictOf(plugin), "contract: the endpoint of client0 takes 101 of 100 bytes");
}

TEST(CProtocol, IsTheVerdictOnAWishForNothing) {
  holdfast_plugin plugin = Nghttp2();
  plugin.poll = [](void*, uint64_t, holdfast_output* output) { return output->wish = 77; };
  EXPECT_EQ(VerdictOf(plugin), "contract: the endpoint of client0 wishes for 77, which is nothing");
}

TEST(CProtocol, IsTheVerdictOnAnEndThatCannotBeMade) {
  holdfast_plugin plugin = Nghttp2();
  plugin.create = [](int, uint64_t) -> void* { return nullptr; };
  EXPECT_EQ(VerdictOf(plugin), "contract: the endpoint of client0 could not be created");
}

TEST(CProtocol, IsTheVerdictOnAWriteToATransportThatNeverWas) {
  holdfast_plugin plugin = Nghttp2();
  plugin.poll = [](void*, uint64_t, holdfast_output* output) {
    output->transport = 9;
    return output->wish = HOLDFAST_WRITE;
  };
  EXPECT_THAT(VerdictOf(plugin),
              HasSubstr("contract: the endpoint of client0 writes to a transport that it was never"));
}

TEST(CProtocol, BoundsWhatAnEndHolds) {
  holdfast_plugin plugin = Nghttp2();
  plugin.memory_max = 99;
  EXPECT_THAT(VerdictOf(plugin), HasSubstr("bounded_memory: the client's end holds 100 bytes; 99 are allowed"));
}

}  // namespace
}  // namespace holdfast::sim
