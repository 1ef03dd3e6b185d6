// Explorations whose worlds are copied with the process.

#include "tools/forked_copies.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <optional>
#include <string>

#include "sim/examples/ferry.h"
#include "sim/explore.h"
#include "sim/plan_text.h"
#include "sim/plug/party_protocol.h"

namespace holdfast::tools {
namespace {

using sim::ExploreCounts;
using sim::ExploreOptions;
using sim::ExploreReport;
using sim::ExploreViolation;
using testing::HasSubstr;

const sim::PartyProtocol<sim::ferry::Client, sim::ferry::Server> kFerry({.name = "ferry"});

ExploreOptions OptionsFor(const sim::Protocol& protocol, sim::ProcessCopies* copies, uint32_t jobs = 2) {
  ExploreOptions options;
  options.protocol = &protocol;
  options.copies = copies;
  options.jobs = jobs;
  return options;
}

void ExpectEqual(const ExploreReport& a, const ExploreReport& b) {
  EXPECT_EQ(static_cast<const ExploreCounts&>(a), static_cast<const ExploreCounts&>(b));
  EXPECT_EQ(a.wire_bytes, b.wire_bytes);
  EXPECT_EQ(a.wire.size(), b.wire.size());
  EXPECT_EQ(a.complete, b.complete);
  ASSERT_EQ(a.violations.size(), b.violations.size());
  for (size_t i = 0; i < a.violations.size(); ++i) {
    EXPECT_EQ(a.violations[i].verdict, b.violations[i].verdict);
    EXPECT_EQ(a.violations[i].deaths, b.violations[i].deaths);
    EXPECT_EQ(a.violations[i].plan, b.violations[i].plan);
    EXPECT_EQ(a.violations[i].last_events, b.violations[i].last_events);
  }
}

// Two ends that can be moved only.
struct UniqueClient : sim::ferry::Client {
  UniqueClient() = default;
  UniqueClient(UniqueClient&&) = default;
};
struct UniqueServer : sim::ferry::Server {
  UniqueServer() = default;
  UniqueServer(UniqueServer&&) = default;
};

TEST(ForkedCopies, OfTheProcessAndForksOfAWorldGiveOneReport) {
  const sim::PartyProtocol<UniqueClient, UniqueServer> unique({.name = "ferry"});
  ASSERT_TRUE(kFerry.CanFork());
  ASSERT_FALSE(unique.CanFork());
  ForkedCopies copies;
  for (const uint32_t depth : {1U, 2U}) {
    ExploreOptions options = OptionsFor(kFerry, nullptr);
    options.depth = depth;
    options.bytes_stride = depth == 1 ? 10 : 200;
    const ExploreReport by_forks = Explore(options);
    options.copies = &copies;
    for (const uint32_t jobs : {1U, 3U}) {
      options.jobs = jobs;
      options.protocol = &kFerry;
      ExpectEqual(Explore(options), by_forks);
      options.protocol = &unique;
      ExpectEqual(Explore(options), by_forks);
    }
    EXPECT_GT(by_forks.cells[depth - 1], 100U);
    EXPECT_EQ(by_forks.violation_count, 0U);
  }
}

// --- Guests that do not come back ------------------------------------------------------------------------------------

// A client that counts what comes, and meets its fate when a transport dies after exactly so many bytes.
template <typename Fate, uint64_t kBytes>
struct Fragile : sim::ferry::Client {
  void TransportOpened(Time now, TransportId transport) {
    came = 0;
    Client::TransportOpened(now, transport);
  }
  void Receive(Time now, TransportId transport, ByteSpan bytes) {
    came += bytes.size();
    Client::Receive(now, transport, bytes);
  }
  void TransportClosed(Time now, TransportId transport) {
    if (came == kBytes) Fate()();
    Client::TransportClosed(now, transport);
  }
  uint64_t came = 0;
};

struct ByASignal {
  void operator()() const {
    signal(SIGSEGV, SIG_DFL);  // What looks after memory errors in this process is of no account.
    raise(SIGSEGV);
  }
};
struct ByAnExit {
  void operator()() const { _exit(0); }
};
struct Never {
  void operator()() const {
    while (true) pause();
  }
};

template <typename Client>
ExploreReport ExploreWith(const net::ForkedOptions& fork, uint32_t depth = 1, uint32_t stride = 1) {
  const sim::PartyProtocol<Client, sim::ferry::Server> protocol({.name = "fragile"});
  ForkedCopies copies(fork);
  ExploreOptions options = OptionsFor(protocol, &copies);
  options.depth = depth;
  options.bytes_stride = stride;
  return Explore(options);
}

TEST(ForkedCopies, ThatCrashAtAByteAreViolationsOfTheirCells) {
  const ExploreReport report = ExploreWith<Fragile<ByASignal, 5>>({.patience = std::chrono::seconds(60)});
  EXPECT_TRUE(report.complete);
  EXPECT_GT(report.violation_count, 0U);
  EXPECT_LT(report.violation_count, report.cells[0] / 20);
  EXPECT_EQ(report.runs, report.cells[0] + 2 - report.violation_count);  // All others came to their ends.
  for (const ExploreViolation& violation : report.violations) {
    EXPECT_EQ(violation.verdict.oracle, "explore");
    EXPECT_EQ(violation.verdict.sentence,
              "the copy of the process that ran it was ended by signal 11 (Segmentation fault)");
    EXPECT_EQ(violation.deaths, 1U);
    const auto plan = sim::ParsePlan(violation.plan);
    ASSERT_TRUE(plan.has_value()) << plan.error();
    EXPECT_GE(plan->faults.size(), 2U);
  }
  EXPECT_THAT(report.violations[0].last_events, HasSubstr("Death"));  // The last before the crash.
}

// It crashes at the second transport that dies before the server has said all of its HELLO.
struct TwiceFragile : Fragile<ByASignal, UINT64_MAX> {
  void TransportClosed(Time now, TransportId transport) {
    if (came < 11 && ++cut == 2) ByASignal()();
    Client::TransportClosed(now, transport);
  }
  int cut = 0;
};

TEST(ForkedCopies, ThatCrashAtTheSecondDeathAreFoundAtDepthTwo) {
  EXPECT_EQ(ExploreWith<TwiceFragile>({.patience = std::chrono::seconds(60)}, 1, 10).violation_count, 0U);
  const ExploreReport report = ExploreWith<TwiceFragile>({.patience = std::chrono::seconds(60)}, 2, 1000);
  ASSERT_GT(report.violation_count, 0U);
  EXPECT_EQ(report.violations[0].deaths, 2U);
  EXPECT_EQ(report.places_given_up, 1U);  // There are many, and each costs a copy.
  EXPECT_TRUE(report.complete);
}

TEST(ForkedCopies, ThatExitAreNotTakenForGood) {
  const ExploreReport report = ExploreWith<Fragile<ByAnExit, 5>>({.patience = std::chrono::seconds(60)});
  ASSERT_GT(report.violation_count, 0U);
  EXPECT_THAT(report.violations[0].verdict.sentence, HasSubstr("exited with status 0"));
}

TEST(ForkedCopies, ThatHangAreNotWaitedForLongerThanThePatience) {
  const ExploreReport report = ExploreWith<Fragile<Never, 5>>({.patience = std::chrono::milliseconds(200)});
  ASSERT_GT(report.violation_count, 0U);
  EXPECT_THAT(report.violations[0].verdict.sentence, HasSubstr("gave no sign of life within 200 ms"));
}

TEST(ForkedCopies, ThatCrashWithoutAnyFaultLeaveNothingToExplore) {
  struct Stillborn : sim::ferry::Client {
    Stillborn() { ByASignal()(); }
  };
  const ExploreReport report = ExploreWith<Stillborn>({});
  EXPECT_EQ(report.cells[0], 0U);
  EXPECT_EQ(report.violation_count, 2U);  // In both kinds of pieces.
  EXPECT_EQ(report.violations[0].deaths, 0U);
}

// --- A system that does not help -------------------------------------------------------------------------------------

// So many copies, and then no more.
class FewCopies final : public sim::ProcessCopies {
 public:
  explicit FewCopies(uint32_t count) : left_(count) {}
  std::expected<std::unique_ptr<sim::ProcessCopy>, std::string> Begin(
      const std::function<Bytes(const sim::Reached&)>& work) override {
    if (left_ == 0) return std::unexpected("no more");
    --left_;
    return copies_.Begin(work);
  }

 private:
  ForkedCopies copies_;
  uint32_t left_;
};

TEST(ForkedCopies, ThatTheSystemRefusesEndTheExplorationAndAreNoFinding) {
  for (const uint32_t count : {0U, 2U, 7U, 20U}) {
    FewCopies copies(count);
    const ExploreReport report = Explore(OptionsFor(kFerry, &copies));
    EXPECT_FALSE(report.complete);
    EXPECT_EQ(report.trouble, "no more");
    EXPECT_EQ(report.violation_count, 0U);
  }
}

TEST(ForkedCopies, StopWhenTheyAreToldTo) {
  ForkedCopies copies;
  ExploreOptions options = OptionsFor(kFerry, &copies);
  uint32_t asked = 0;  // Each process counts for itself.
  options.stop = [&asked] { return ++asked > 20; };
  const ExploreReport report = Explore(options);
  EXPECT_FALSE(report.complete);
  EXPECT_LE(report.cells[0], 20U * 20U);
}

}  // namespace
}  // namespace holdfast::tools
