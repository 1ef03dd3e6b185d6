// Protocols in real children: the Ferry of sim/examples/ferry.py, and some that misbehave.

#include "tools/child_exchange.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

#include "sim/campaign.h"
#include "sim/examples/ferry.h"
#include "sim/plug/mixed_protocol.h"
#include "sim/plug/party_protocol.h"
#include "sim/plug/survives.h"
#include "sim/run.h"

namespace holdfast::tools {
namespace {

using testing::HasSubstr;

constexpr char kPythonFerry[] = "exec python3 sim/examples/ferry.py";

sim::LockstepProtocol Start(const std::string& command, const net::ChildOptions& options = {}) {
  auto protocol = sim::LockstepProtocol::Start(ExchangesWith(command, options));
  if (!protocol) throw std::runtime_error(protocol.error());  // GoogleTest fails the test by it.
  return *protocol;
}

sim::Plan SmallPlan(uint64_t seed, const sim::Protocol& protocol) {
  sim::CampaignOptions options;
  options.profile = sim::Profile::kSmall;
  options.protocol = &protocol;
  return sim::PlanOfSeed(seed, options);
}

sim::Report RunOf(const sim::Plan& plan, const sim::Protocol& protocol) {
  return sim::Run(plan, {.protocol = &protocol});
}

TEST(ChildExchange, APythonProtocolSurvives) {
  const sim::LockstepProtocol ferry = Start(kPythonFerry);
  EXPECT_EQ(ferry.traits().name, "ferry");
  const sim::Survival survival = Survives(ferry, {.seeds = {1, 50}, .worlds = sim::Profile::kSmall, .jobs = 2});
  EXPECT_TRUE(survival) << survival.text;
  EXPECT_EQ(survival.seeds, 50U);
}

TEST(ChildExchange, ThePythonFerryIsByteForByteTheOneInCpp) {
  const sim::LockstepProtocol python = Start(kPythonFerry);
  const sim::PartyProtocol<sim::ferry::Client, sim::ferry::Server> cpp({.name = "ferry"});
  const sim::MixedProtocol python_client(python, cpp);
  const sim::MixedProtocol python_server(cpp, python);
  for (uint64_t seed = 1; seed <= 50; ++seed) {
    const sim::Plan plan = SmallPlan(seed, cpp);
    const uint64_t hash = RunOf(plan, cpp).hash;
    for (const sim::Protocol* protocol :
         {static_cast<const sim::Protocol*>(&python), static_cast<const sim::Protocol*>(&python_client),
          static_cast<const sim::Protocol*>(&python_server)}) {
      EXPECT_EQ(RunOf(plan, *protocol).hash, hash) << seed << " of " << protocol->traits().name;
    }
  }
}

TEST(ChildExchange, TheSameSeedTwiceIsTheSameRun) {
  const sim::LockstepProtocol first = Start(kPythonFerry);
  const sim::LockstepProtocol second = Start(kPythonFerry);
  for (uint64_t seed = 1; seed <= 10; ++seed) {
    const sim::Plan plan = SmallPlan(seed, first);
    const uint64_t hash = RunOf(plan, first).hash;
    EXPECT_EQ(RunOf(plan, first).hash, hash) << seed;
    EXPECT_EQ(RunOf(plan, second).hash, hash) << seed;
  }
}

TEST(ChildExchange, TheBugOfAPythonProtocolIsFound) {
  const sim::LockstepProtocol ferry = Start(std::string(kPythonFerry) + " --buggy");
  const sim::Survival survival =
      Survives(ferry, {.seeds = {1, 200}, .worlds = sim::Profile::kSmall, .shrink_runs = 100});
  EXPECT_FALSE(survival);
  EXPECT_EQ(survival.oracle, "exact_delivery") << survival.text;
}

// --- Children that misbehave ---------------------------------------------------------------------------------------

constexpr char kHello[] = R"(read hello; echo '{"name":"sh","survives":true,"memory_max":null}'; )";

std::string VerdictOf(const std::string& after_hello, const net::ChildOptions& options = {}) {
  const auto protocol = Start(kHello + after_hello, options);
  const sim::Report report = RunOf(SmallPlan(1, protocol), protocol);
  return report.verdict ? fmt::format("{}: {}", report.verdict->oracle, report.verdict->sentence) : "good";
}

TEST(ChildExchange, AChildThatHangsFailsItsWorld) {
  EXPECT_EQ(VerdictOf("read create; read another", {.patience = std::chrono::seconds(1)}),
            "contract: the endpoint of client0 gave no answer within 1 s (told 'create')");
}

TEST(ChildExchange, AChildThatDiesFailsItsWorld) {
  EXPECT_EQ(VerdictOf("read create; exit 3"), "contract: the endpoint of client0 exited with status 3 (told 'create')");
  EXPECT_EQ(VerdictOf("read create; kill -9 $$"),
            "contract: the endpoint of client0 was ended by signal 9 (Killed) (told 'create')");
}

TEST(ChildExchange, AChildThatTalksNonsenseFailsItsWorld) {
  EXPECT_EQ(VerdictOf("while read line; do echo hello; done"),
            "contract: the endpoint of client0 answers 'create' with what is no JSON object: 'hello'");
}

TEST(ChildExchange, AChildThatIsNoProgramDoesNotStart) {
  const auto protocol = sim::LockstepProtocol::Start(ExchangesWith("no_such_program 2> /dev/null"));
  ASSERT_FALSE(protocol);
  EXPECT_EQ(protocol.error(), "exited with status 127 (told 'hello')");
}

TEST(ChildExchange, AnExceptionInPythonIsToldInAWorld) {
  const std::string broken = R"(exec python3 -c '
import sys
sys.path.insert(0, "sim/examples")
import lockstep
class Broken(lockstep.End):
    def opened(self, now, transport):
        print("this is no answer")
        return [][transport]
class Client(Broken):
    def __init__(self, seed):
        super().__init__(seed)
        self.dial()
lockstep.run("broken", Client, Broken)
' 2> /dev/null)";
  const auto protocol = Start(broken);
  const sim::Report report = RunOf(SmallPlan(1, protocol), protocol);
  ASSERT_TRUE(report.verdict);
  EXPECT_EQ(report.verdict->oracle, "contract");
  EXPECT_THAT(report.verdict->sentence, HasSubstr("says of 'opened': IndexError: list index out of range"));
}

}  // namespace
}  // namespace holdfast::tools
