#include "sim/generate.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "sim/plan_text.h"

namespace holdfast::sim {
namespace {

Plan Of(uint64_t seed, Profile profile) {
  Choices choices(seed);
  return Generate(choices, {.profile = profile, .up_bytes = {}, .down_bytes = {}}, seed);
}

TEST(Generate, IsAFunctionOfItsChoices) {
  EXPECT_EQ(Of(5, Profile::kDefault), Of(5, Profile::kDefault));
  EXPECT_NE(Of(5, Profile::kDefault), Of(6, Profile::kDefault));
}

TEST(Generate, OfARecordIsTheSamePlan) {
  for (uint64_t seed = 0; seed < 50; ++seed) {
    Choices choices(seed);
    choices.StartRecording();
    const Plan plan = Generate(choices, {}, seed);
    Choices replayed = Choices::FromRecord(choices.recorded());
    EXPECT_EQ(Generate(replayed, {}, seed), plan);
  }
}

TEST(Generate, MakesAPlanOfAnyBytes) {
  for (size_t size : {0U, 1U, 2U, 7U, 40U, 400U}) {
    for (unsigned fill : {0U, 1U, 0x5aU, 0xffU}) {
      const Bytes bytes(size, static_cast<uint8_t>(fill));
      Choices choices = Choices::FromBytes(bytes);
      const Plan plan = Generate(choices, {}, 1);
      EXPECT_EQ(Problem(plan), std::nullopt) << Print(plan);
    }
  }
}

TEST(Generate, SmallKeepsItsPromise) {
  for (uint64_t seed = 0; seed < 2000; ++seed) {
    const Plan plan = Of(seed, Profile::kSmall);
    ASSERT_EQ(plan.clients.size(), 1U);
    ASSERT_LE(plan.clients[0].up.bytes + plan.clients[0].down.bytes, 4096U);
    ASSERT_LE(std::ranges::count_if(plan.faults, [](const Fault& f) { return !IsAdversary(f.kind); }), 3);
    ASSERT_LE(plan.faults.size(), 6U);
  }
}

TEST(Generate, DefaultMeetsEveryKindOfEverything) {
  std::set<FaultKind> kinds;
  std::set<Segments> segments;
  std::set<size_t> clients;  // Crowds apart.
  size_t aborts = 0, bytes_large = 0, bytes_none = 0, narrow = 0, rekeys = 0, short_holds = 0, aes = 0;
  for (uint64_t seed = 0; seed < 2000; ++seed) {
    const Plan plan = Of(seed, Profile::kDefault);
    if (plan.clients.size() < 8) clients.insert(plan.clients.size());
    for (const Fault& fault : plan.faults) kinds.insert(fault.kind);
    for (const PathRule& rule : plan.paths) {
      segments.insert(rule.path.segments);
      narrow += rule.path.capacity < 100;
    }
    aborts += !plan.aborts.empty();
    bytes_large += plan.clients[0].up.bytes > 1'000'000;
    bytes_none += plan.clients[0].up.bytes == 0;
    rekeys += plan.server.session.rekey_interval < 100;
    short_holds += plan.clients[0].settings.hold < std::chrono::minutes(10);
    aes += plan.clients[0].settings.suite == Suite::kAesGcm;
  }
  EXPECT_EQ(kinds.size(), kFaultKinds);
  EXPECT_EQ(segments.size(), 4U);
  EXPECT_EQ(clients, (std::set<size_t>{1, 2, 3, 4}));
  for (size_t count : {aborts, bytes_large, bytes_none, narrow, rekeys, short_holds, aes}) EXPECT_GT(count, 20U);
}

TEST(Generate, TurnsWholeFamiliesOff) {
  size_t without_stalls = 0, without_silence = 0, plain_paths = 0;
  for (uint64_t seed = 0; seed < 500; ++seed) {
    const Plan plan = Of(seed, Profile::kDefault);
    auto has = [&plan](FaultKind kind) {
      return std::ranges::any_of(plan.faults, [kind](const Fault& fault) { return fault.kind == kind; });
    };
    without_stalls += !has(FaultKind::kStall);
    without_silence += !has(FaultKind::kSilence);
    plain_paths +=
        std::ranges::all_of(plan.paths, [](const PathRule& rule) { return rule.path.segments == Segments::kWhole; });
  }
  EXPECT_GT(without_stalls, 150U);
  EXPECT_GT(without_silence, 150U);
  EXPECT_GT(plain_paths, 150U);
}

TEST(Generate, TakesTheSizesOfFiles) {
  Choices choices(1);
  const Plan plan = Generate(choices, {.up_bytes = 12345, .down_bytes = 0}, 1);
  for (const ClientPlan& client : plan.clients) {
    EXPECT_EQ(client.up.bytes, 12345U);
    EXPECT_EQ(client.down.bytes, 0U);
  }
}

}  // namespace
}  // namespace holdfast::sim
