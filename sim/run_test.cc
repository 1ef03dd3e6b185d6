#include "sim/run.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <utility>

#include "sim/campaign.h"
#include "sim/decorated_endpoint.h"
#include "sim/plan_text.h"

namespace holdfast::sim {
namespace {

using testing::HasSubstr;

TEST(Run, IsTheSameTwice) {
  for (uint64_t seed = 1; seed <= 40; ++seed) {
    const Plan plan = PlanOfSeed(seed, Profile::kDefault);
    const Report a = sim::Run(plan, {});
    const Report b = sim::Run(plan, {});
    ASSERT_EQ(a.hash, b.hash) << seed;
    ASSERT_EQ(a.counters, b.counters) << seed;
  }
}

TEST(Run, DoesNotRememberTheRunBefore) {
  Runner runner;
  for (uint64_t seed = 1; seed <= 40; ++seed) {
    const Plan plan = PlanOfSeed(seed, seed % 2 == 0 ? Profile::kDefault : Profile::kSmall);
    ASSERT_EQ(runner.Run(plan, {}).hash, sim::Run(plan, {}).hash) << seed;
  }
}

TEST(Run, KeepsTheTraceWithoutChangingTheHash) {
  const Plan plan = PlanOfSeed(3, Profile::kSmall);
  const Report plain = sim::Run(plan, {});
  const Report traced = sim::Run(plan, {.keep_trace = true});
  EXPECT_EQ(plain.hash, traced.hash);
  EXPECT_EQ(plain.trace, "");
  EXPECT_EQ(static_cast<uint64_t>(std::ranges::count(traced.trace, '\n')), traced.counters.events);
}

TEST(Run, CarriesFilesBothWays) {
  Bytes up(70000), down(5);
  for (size_t i = 0; i < up.size(); ++i) up[i] = static_cast<uint8_t>(i * i >> 3);
  Choices choices(9);
  const Plan plan = Generate(choices, {.up_bytes = up.size(), .down_bytes = down.size()}, 9);
  const RunOptions options = {.file_up = up, .file_down = down, .carry_files = true};
  const Report report = sim::Run(plan, options);
  EXPECT_EQ(report.verdict, std::nullopt);
  EXPECT_EQ(report.counters.bytes_delivered, plan.clients.size() * (up.size() + down.size()));
}

// Changes one byte of what is delivered.
class Corrupting final : public DecoratedEndpoint {
 public:
  using DecoratedEndpoint::DecoratedEndpoint;
  std::optional<Event> Poll(Time now, Entropy& entropy) override {
    auto event = DecoratedEndpoint::Poll(now, entropy);
    if (!event) return event;
    if (auto* deliver = std::get_if<event::Deliver>(&event->what)) {
      changed_ = ToBytes(deliver->bytes);
      changed_.back() ^= 1;
      deliver->bytes = changed_;
    }
    return event;
  }

 private:
  Bytes changed_;
};

TEST(Run, ComparesFilesByteForByte) {
  const Bytes file = {1, 2, 3, 4, 5, 6, 7, 8, 9};
  Choices choices(9);
  const Plan plan = Generate(choices, {.profile = Profile::kSmall, .up_bytes = 9, .down_bytes = 9}, 9);
  const DecoratedHoldfast<Corrupting> corrupting;
  RunOptions options = {.file_up = file, .file_down = file, .carry_files = true};
  EXPECT_EQ(sim::Run(plan, options).verdict, std::nullopt);
  options.protocol = &corrupting;
  const Report report = sim::Run(plan, options);
  ASSERT_TRUE(report.verdict.has_value());
  EXPECT_EQ(report.verdict->oracle, "exact_delivery");
}

TEST(Run, ShowsTheLastEventsOfAViolation) {
  const DecoratedHoldfast<Corrupting> corrupting;
  const auto plan = ParsePlan("client id=0\nstream client=0 of=c>s bytes=100\n");
  const Report report = sim::Run(*plan, {.trace_lines_at_end = 3, .protocol = &corrupting});
  ASSERT_TRUE(report.verdict.has_value());
  EXPECT_EQ(std::ranges::count(report.trace, '\n'), 3);
  EXPECT_THAT(report.trace, HasSubstr("server   Deliver        client=0 session=1 transport=0 offset=0 size=100"));
}

TEST(Run, EndsWhatDoesNotConverge) {
  const Report report = sim::Run(PlanOfSeed(1, Profile::kDefault), {.steps_max = 10});
  ASSERT_TRUE(report.verdict.has_value());
  EXPECT_EQ(report.verdict->oracle, "liveness");
}

// --- Planted nondeterminism: the check of hashes can fail ----------------------------------------------------------

// A counter that outlives the world: as a static would. (A static itself is banned from this room.)
std::atomic<int> leaked_count = 0;

class Leaking final : public DecoratedEndpoint {
 public:
  using DecoratedEndpoint::DecoratedEndpoint;
  std::optional<Event> Poll(Time now, Entropy& entropy) override {
    auto event = DecoratedEndpoint::Poll(now, entropy);
    if (event && std::holds_alternative<event::Dial>(event->what)) {
      std::get<event::Dial>(event->what).delay += Duration(leaked_count++);
    }
    return event;
  }
};

TEST(Determinism, FailsWhenAWorldRemembersAnother) {
  const Plan plan = PlanOfSeed(3, Profile::kSmall);
  const DecoratedHoldfast<Leaking> leaking;
  const RunOptions options = {.protocol = &leaking};
  EXPECT_NE(sim::Run(plan, options).hash, sim::Run(plan, options).hash);
  EXPECT_EQ(sim::Run(plan, {}).hash, sim::Run(plan, {}).hash);
}

// A wait that depends on where in memory an object lies.
class Addressed final : public DecoratedEndpoint {
 public:
  using DecoratedEndpoint::DecoratedEndpoint;
  std::optional<Event> Poll(Time now, Entropy& entropy) override {
    auto event = DecoratedEndpoint::Poll(now, entropy);
    if (event && std::holds_alternative<event::Dial>(event->what)) {
      std::get<event::Dial>(event->what).delay += Duration(reinterpret_cast<uintptr_t>(this) >> 4 & 0xffff);
    }
    return event;
  }
};

TEST(Determinism, FailsWhenAnAddressDecides) {
  const Plan plan = PlanOfSeed(3, Profile::kSmall);
  const DecoratedHoldfast<Addressed> addressed;
  const RunOptions options = {.protocol = &addressed};
  Runner a, b;  // Both are alive, so their endpoints lie in different places.
  EXPECT_NE(a.Run(plan, options).hash, b.Run(plan, options).hash);
}

}  // namespace
}  // namespace holdfast::sim
