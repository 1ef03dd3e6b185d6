// Programs that nobody has touched: one that is what it says, with flaws on request, and one that survives, with a bug.

#include "tools/proxy/program_pair.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "net/test_support.h"
#include "sim/plan_text.h"
#include "tools/proxy/fitted_plan.h"
#include "tools/proxy/proxy_campaign.h"

namespace holdfast::tools {
namespace {

sim::Plan PlanOf(const std::string& lines) {
  const auto plan = sim::ParsePlan(lines);
  EXPECT_TRUE(plan.has_value()) << plan.error();
  return *plan;
}

constexpr std::chrono::minutes kGenerous(2);  // The machine may be busy.

const char* const kPlain =
    "plan seed=1 heal=300ms\nclient id=0\nstream client=0 of=c>s bytes=200000\nstream client=0 of=s>c bytes=100000\n";

PairOptions Pipe(const std::string& client_flaw = "", const std::string& server_flaw = "") {
  const std::string program = "python3 tools/proxy/pipe_tcp.py";
  return {.server = program + " serve {host} {port} " + server_flaw,
          .client = program + " dial {host} {port} " + client_flaw,
          .survives = false,
          .patience = kGenerous};
}

PairOptions Ferry(const std::string& flags) {
  const std::string program = "python3 sim/examples/ferry_tcp.py";
  return {.server = program + " serve {host} {port} " + flags,
          .client = program + " dial {host} {port} " + flags,
          .patience = kGenerous};
}

PairReport RunOf(const sim::Plan& plan, const PairOptions& options) {
  const Parsed<PairReport> report = RunPair(plan, options);
  EXPECT_TRUE(report.has_value()) << report.error();
  return report.value_or(PairReport{});
}

std::string OracleOf(const PairReport& report) { return report.verdict ? report.verdict->oracle : "none"; }
std::string WordsOf(const PairReport& report) {
  return report.verdict ? report.verdict->sentence + "\n" + report.trace + report.last_words[0] + report.last_words[1]
                        : "";
}

TEST(ProgramPair, APlainPipeCarriesBothStreamsExactly) {
  const size_t before = net::OpenDescriptors();
  const PairReport report = RunOf(PlanOf(kPlain), Pipe());
  EXPECT_EQ(OracleOf(report), "none") << WordsOf(report);
  EXPECT_FALSE(report.undecided);
  EXPECT_EQ(report.counters.bytes_sent, 300'000U);
  EXPECT_EQ(report.counters.bytes_delivered, 300'000U);
  EXPECT_EQ(report.counters.transports, 1U);
  EXPECT_EQ(net::OpenDescriptors(), before);
}

TEST(ProgramPair, ItComesThroughDelaysAndNarrowness) {
  for (uint64_t seed = 1; seed <= 4; ++seed) {
    const PairReport report = RunOf(ProxyPlanOfSeed(seed, sim::Profile::kSmall, false), Pipe());
    EXPECT_EQ(OracleOf(report), "none") << WordsOf(report);
  }
}

TEST(ProgramPair, EveryFlawIsFoundByTheOracleOfItsKind) {
  EXPECT_EQ(OracleOf(RunOf(PlanOf(kPlain), Pipe("repeat"))), "exact_delivery");
  EXPECT_EQ(OracleOf(RunOf(PlanOf(kPlain), Pipe("", "repeat"))), "exact_delivery");
  EXPECT_EQ(OracleOf(RunOf(PlanOf(kPlain), Pipe("", "fail"))), "same_end");
  EXPECT_EQ(OracleOf(RunOf(PlanOf(kPlain), Pipe("fail"))), "same_end");
  PairOptions hangs = Pipe("hang");
  hangs.patience = std::chrono::seconds(1);
  EXPECT_EQ(OracleOf(RunOf(PlanOf(kPlain), hangs)), "liveness");
  PairOptions grows = Pipe("grow");
  grows.memory_max = uint64_t{60} << 20;
  // It holds so much until the other side has come to its end, which takes a while here.
  const PairReport report =
      RunOf(PlanOf("plan seed=1 heal=3s\nclient id=0\nstream client=0 of=s>c bytes=1 start_delay=4s\n"), grows);
  EXPECT_EQ(OracleOf(report), "bounded_memory") << WordsOf(report);
  EXPECT_GT(report.memory_bytes[0], grows.memory_max);
  EXPECT_LT(report.memory_bytes[1], grows.memory_max);
}

// Truncated is what it is, not a good end: whoever exits with status 0 says that all is well.
TEST(ProgramPair, AProgramThatStopsTooEarlyIsFound) {
  const PairReport report = RunOf(PlanOf(kPlain), Pipe("", "swallow"));
  const std::string oracle = OracleOf(report);
  EXPECT_TRUE(oracle == "fin_once" || oracle == "exact_delivery" || oracle == "same_end") << WordsOf(report);
}

TEST(ProgramPair, OfAPipeWhoseTransportDiesOnlyAPrefixIsAskedFor) {
  PairOptions pipe = Pipe();
  pipe.patience = std::chrono::seconds(3);  // One of them waits for ever.
  const PairReport report =
      RunOf(PlanOf(std::string(kPlain) + "reset client=0 transport=0 of=c>s byte=100000\n"), pipe);
  EXPECT_EQ(OracleOf(report), "none") << WordsOf(report);
  EXPECT_TRUE(report.undecided);
  EXPECT_EQ(report.counters.faults[static_cast<size_t>(sim::FaultKind::kReset)], 1U);
}

TEST(ProgramPair, WhoSaysThatItSurvivesMust) {
  PairOptions boasts = Pipe();
  boasts.survives = true;
  const PairReport report =
      RunOf(PlanOf(std::string(kPlain) + "reset client=0 transport=0 of=c>s byte=100000\n"), boasts);
  EXPECT_EQ(OracleOf(report), "same_end") << WordsOf(report);
}

TEST(ProgramPair, ACommandThatCannotBeRunIsAComplaint) {
  PairOptions options = Pipe();
  options.client = "no_such_program {port}";
  const Parsed<PairReport> report = RunPair(PlanOf(kPlain), options);
  ASSERT_FALSE(report.has_value());
  EXPECT_NE(report.error().find("the client's command cannot be run"), std::string::npos) << report.error();
  EXPECT_TRUE(ProblemOfCommand("--client", "no_port").has_value());
  EXPECT_FALSE(ProblemOfCommand("--client", "a {port}").has_value());
}

TEST(ProgramPair, FerrySurvivesOverRealSockets) {
  for (uint64_t seed = 1; seed <= 2; ++seed) {
    const sim::Plan plan = ProxyPlanOfSeed(seed, sim::Profile::kSmall, true);
    const PairReport report = RunOf(plan, Ferry("--hurry"));
    EXPECT_EQ(OracleOf(report), "none") << WordsOf(report) << sim::Print(plan);
    EXPECT_FALSE(report.undecided);
  }
}

// The bytes of the first transport are held up until the second has brought them again.
const char* const kLateBytes =
    "plan seed=1 heal=20s\n"
    "client id=0\n"
    "stream client=0 of=c>s bytes=100 finish_delay=7s\n"
    "stall client=0 transport=0 of=c>s byte=11 lasting=5s\n";

TEST(ProgramPair, TheBugOfFerryIsFoundByBytesThatAreLate) {
  const PairReport report = RunOf(PlanOf(kLateBytes), Ferry("--hurry --buggy"));
  EXPECT_EQ(OracleOf(report), "exact_delivery") << WordsOf(report);
  const PairReport mended = RunOf(PlanOf(kLateBytes), Ferry("--hurry"));
  EXPECT_EQ(OracleOf(mended), "none") << WordsOf(mended);
}

TEST(ProxyCampaign, ShrinksWhatFails) {
  sim::Plan plan =
      PlanOf(std::string(kPlain) + "slow client=0 dial=0 lasting=10ms\nstall client=0 at=50ms lasting=1ms\n");
  ProxyCampaignOptions options = {.pair = Pipe("fail"), .jobs = 2, .shrink_runs = 12, .shrink_tries = 1};
  const auto report = RunProxyCampaign({{"a plan", {}, plan}, {"the same", {}, plan}}, options);
  ASSERT_TRUE(report.has_value()) << report.error();
  EXPECT_EQ(report->subjects, 2U);
  ASSERT_EQ(report->failures.size(), 2U);
  for (const ProxyFailure& failure : report->failures) {
    EXPECT_EQ(failure.report.verdict->oracle, "same_end");
    ASSERT_TRUE(failure.shrunk.has_value());
    EXPECT_EQ(failure.shrunk->verdict.oracle, "same_end");
    EXPECT_LT(failure.shrunk->after.lines, failure.shrunk->before.lines);
  }
}

}  // namespace
}  // namespace holdfast::tools
