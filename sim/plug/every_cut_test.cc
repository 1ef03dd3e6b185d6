// Explorations of guests within one process: by forks, and where there are none by running anew.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <variant>

#include "sim/examples/ferry.h"
#include "sim/explore.h"
#include "sim/plan_text.h"
#include "sim/plug/party_protocol.h"
#include "sim/plug/survives.h"
#include "sim/run.h"

namespace holdfast::sim {
namespace {

using testing::HasSubstr;
using FerryProtocol = PartyProtocol<ferry::Client, ferry::Server>;

constexpr uint64_t kCellsAtAByte = 15 + 15 + 6;  // Ways with whole pieces, with single bytes, cut there.

ExploreOptions OptionsFor(const Protocol& protocol) {
  ExploreOptions options;
  options.protocol = &protocol;
  return options;
}

TEST(EveryCut, OfAGoodProtocolIsSurvived) {
  const FerryProtocol protocol({.name = "ferry"});
  const Survival survival = SurvivesEveryCut(protocol);
  EXPECT_TRUE(survival) << survival.text;
  EXPECT_GT(survival.cells, 100 * kCellsAtAByte);
}

TEST(EveryCut, IsMadeAtEachByteOfTheWire) {
  const FerryProtocol protocol({.name = "ferry"});
  const ExploreReport report = Explore(OptionsFor(protocol));
  EXPECT_TRUE(report.complete);
  EXPECT_EQ(report.cells[0], report.wire_bytes * kCellsAtAByte);
  EXPECT_EQ(report.not_struck, 0U);
  EXPECT_GT(report.resumed, report.runs / 2);
  EXPECT_GT(report.checked, report.cells[0] / 40);
  uint64_t bytes = 0;
  for (const WireSpan& span : report.wire) bytes += span.end - span.begin;
  EXPECT_EQ(bytes, report.wire_bytes);
  EXPECT_EQ(report.wire[0].what, "write 0");
  EXPECT_EQ(report.wire[1].what, "write 1");
}

TEST(EveryCut, KnowsNothingOfHoldfastsPatterns) {
  const FerryProtocol protocol({.name = "ferry"});
  ExploreOptions options = OptionsFor(protocol);
  options.bytes_stride = 50;
  const ExploreReport plain = Explore(options);
  options.subject = {.mutual = true, .private_network = true, .suite = Suite::kAesGcm};
  EXPECT_EQ(Explore(options).hash, plain.hash);
}

// Two ends that can be moved only.
struct UniqueClient : ferry::Client {
  UniqueClient() = default;
  UniqueClient(UniqueClient&&) = default;
};
struct UniqueServer : ferry::Server {
  UniqueServer() = default;
  UniqueServer(UniqueServer&&) = default;
};

TEST(EveryCut, OfTypesThatCannotBeCopiedHasTheSameReport) {
  const FerryProtocol copied({.name = "ferry"});
  const PartyProtocol<UniqueClient, UniqueServer> unique({.name = "ferry"});
  ASSERT_TRUE(copied.CanFork());
  ASSERT_FALSE(unique.CanFork());
  for (const uint32_t depth : {1U, 2U}) {
    ExploreOptions options = OptionsFor(copied);
    options.depth = depth;
    options.bytes_stride = depth == 1 ? 5 : 200;
    const ExploreReport report = Explore(options);
    options.protocol = &unique;
    for (const uint32_t jobs : {1U, 3U}) {
      options.jobs = jobs;
      EXPECT_EQ(static_cast<const ExploreCounts&>(Explore(options)), static_cast<const ExploreCounts&>(report));
    }
    EXPECT_GT(report.cells[depth - 1], 100U);
  }
}

// --- Planted bugs ----------------------------------------------------------------------------------------------------

// A client that says something twice if a transport ends when so many bytes of it have come.
template <uint64_t kBytes>
struct Stammers : ferry::Client {
  void TransportOpened(Time now, TransportId transport) {
    came = 0;
    ferry::Client::TransportOpened(now, transport);
  }
  void Receive(Time now, TransportId transport, ByteSpan bytes) {
    came += bytes.size();
    ferry::Client::Receive(now, transport, bytes);
  }
  void TransportClosed(Time now, TransportId transport) {
    if (came == kBytes) Want(output::Deliver{}, ToBytes(AsBytes("x")));
    ferry::Client::TransportClosed(now, transport);
  }
  uint64_t came = 0;
};

TEST(EveryCut, FindsABugOfOneByteAndTellsItInOneText) {
  const PartyProtocol<Stammers<17>, ferry::Server> protocol({.name = "stammers"});
  const Survival survival = SurvivesEveryCut(protocol, {.jobs = 2});
  EXPECT_FALSE(survival);
  EXPECT_GT(survival.cells_failed, 0U);
  EXPECT_LT(survival.cells_failed, survival.cells / 20);
  EXPECT_EQ(survival.oracle, "exact_delivery");
  EXPECT_THAT(survival.text, HasSubstr("cells of stammers: VIOLATION of exact_delivery"));
  EXPECT_THAT(survival.text, HasSubstr("the plan:\nplan seed="));
  const auto plan = ParsePlan(survival.plan);
  ASSERT_TRUE(plan.has_value()) << plan.error();
  const RunOptions run = {.watch_marks = false, .protocol = &protocol};
  EXPECT_EQ(sim::Run(*plan, run).verdict->oracle, survival.oracle);
}

// A client that gives up when it is cut off in its first frame.
struct GivesUp : ferry::Client {
  void Receive(Time now, TransportId transport, ByteSpan bytes) {
    came += bytes.size();
    ferry::Client::Receive(now, transport, bytes);
  }
  void TransportClosed(Time now, TransportId transport) {
    if (came > 0 && came < 11) Want(output::Ended{.finished = false});
    ferry::Client::TransportClosed(now, transport);
  }
  uint64_t came = 0;
};

TEST(EveryCut, AsksThatTheSessionFinishes) {
  const PartyProtocol<GivesUp, ferry::Server> protocol({.name = "gives up"});
  const ExploreReport report = Explore(OptionsFor(protocol));
  EXPECT_GT(report.violation_count, 0U);
  EXPECT_LT(report.violation_count, report.cells[0] / 10);
}

// A client that dials later and later, from one to the next that is made.
struct Moody : ferry::Client {
  explicit Moody(uint64_t made) : after(made) {}
  std::optional<Output> Poll(Time now) {
    std::optional<Output> output = ferry::Client::Poll(now);
    if (output && std::holds_alternative<output::Dial>(*output)) std::get<output::Dial>(*output).after += after;
    return output;
  }
  Duration after;
};

TEST(EveryCut, SaysThatAGuestDoesNotDoTheSameTwice) {
  uint64_t made = 0;
  const PartyProtocol<Moody, ferry::Server> protocol({.name = "moody"}, [&made] { return Moody(++made); });
  ExploreOptions options = OptionsFor(protocol);
  options.bytes_stride = 10;
  options.violations_max = 1'000'000;
  const ExploreReport report = Explore(options);
  EXPECT_TRUE(std::ranges::any_of(
      report.violations, [](const ExploreViolation& violation) { return violation.verdict.oracle == "determinism"; }));
}

}  // namespace
}  // namespace holdfast::sim
