// Sessions that move between the servers of a site.

#include "sim/site_endpoint.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>

#include "sim/plan_text.h"
#include "sim/run.h"

namespace holdfast::sim {
namespace {

// One client, whose first transport dies in the middle of what both have to say.
constexpr std::string_view kTwoServers =
    "plan seed=3\nserver servers=2 hold_max=60s\nclient id=0\n"
    "stream client=0 of=c>s bytes=40000 chunk=500 think=10ms\nstream client=0 of=s>c bytes=40000 chunk=500 think=10ms\n"
    "reset client=0 transport=0 of=c>s byte=2500\n";

Report Play(const std::string& text) {
  const auto plan = ParsePlan(text);
  EXPECT_TRUE(plan.has_value()) << plan.error();
  const Report report = sim::Run(*plan, {.keep_trace = true});
  EXPECT_FALSE(report.verdict.has_value()) << text << report.verdict->oracle << ": " << report.verdict->sentence;
  EXPECT_EQ(report.counters.endings[static_cast<size_t>(Cause::kFinished)], 1U) << text;
  return report;
}

bool Met(const Report& report, std::string_view mark) { return report.marks.test(*MarkNamed(mark)); }

// Dials, message 1, its answer and the first record pass within some 40 ms, and the move strikes at each of these.
TEST(Site, ASessionThatMovesToAnotherServerAtAnyMomentOfAResumeGoesOn) {
  int in_mid_resume = 0;
  for (int microseconds = 0; microseconds <= 40'000; microseconds += 250) {
    for (int away : {0, 3, 400}) {
      const Report report = Play(
          fmt::format("{}move client=0 transport=1 age={}us lasting={}ms to=1\n", kTwoServers, microseconds, away));
      EXPECT_EQ(report.counters.faults[static_cast<size_t>(FaultKind::kMove)], 1U);
      in_mid_resume += Met(report, "a session moves to another server in mid-resume");
    }
  }
  EXPECT_GT(in_mid_resume, 20);
}

TEST(Site, ALiveSessionTakesItsTransportToAnotherServer) {
  for (int milliseconds = 25; milliseconds <= 100; ++milliseconds) {
    const Report report = Play(
        fmt::format("{}move client=0 transport=1 age={}ms lasting=7ms live=yes to=1\n", kTwoServers, milliseconds));
    if (report.counters.faults[static_cast<size_t>(FaultKind::kMove)] == 0) continue;  // Nothing was attached.
    EXPECT_EQ(report.counters.transports, 2U);
    EXPECT_NE(report.trace.find("server=1"), std::string::npos);
  }
}

// The move strikes before the transport dies, while the session is on its way, and after; and what was said on the dead
// one, at either end, is with one owner or the other.
TEST(Site, ALiveMoveSurvivesEveryDeathAtEveryByte) {
  const std::string streams =
      "plan seed=5\nserver servers=2\nclient id=0\nstream client=0 of=c>s bytes=240 chunk=40 think=8ms\n"
      "stream client=0 of=s>c bytes=240 chunk=40 think=8ms\n";
  uint64_t moved = 0;
  uint64_t cut = 0;
  Runner runner;
  for (const std::string_view how : {"fin", "reset", "silence"}) {
    for (const std::string_view of : {"c>s", "s>c"}) {
      for (int byte = 62; byte <= 560; ++byte) {
        for (const int at : {45, 60, 85}) {
          const std::string text =
              fmt::format("{}{} client=0 transport=0 of={} byte={}\nmove client=0 at={}ms lasting={}ms live=yes to=1\n",
                          streams, how, of, byte, at, byte % 3 * 9);
          const auto plan = ParsePlan(text);
          ASSERT_TRUE(plan.has_value()) << plan.error();
          const Report& report = runner.Run(*plan, {.watch_marks = false});
          ASSERT_EQ(report.verdict, std::nullopt) << text << report.verdict->sentence;
          ASSERT_EQ(report.counters.bytes_delivered, 480U) << text;
          moved += report.counters.faults[static_cast<size_t>(FaultKind::kMove)];
          cut += report.counters.transports > 1;
        }
      }
    }
  }
  EXPECT_GT(moved, 3000U);  // Where there was a transport to take along.
  EXPECT_GT(cut, 6000U);
}

TEST(Site, ASessionGoesFromServerToServerAndBack) {
  std::string text(kTwoServers);
  text.replace(text.find("servers=2"), 9, "servers=3");
  for (int i = 0; i < 6; ++i) text += fmt::format("move client=0 at={}ms lasting=1ms to={}\n", 60 + 150 * i, 1 + i % 2);
  const Report report = Play(text);
  EXPECT_GE(report.counters.resumes, 5U);
}

// Who comes to a server whose session has gone elsewhere is told that nobody knows it, and comes again.
TEST(Site, AClientThatComesToTheServerBeforeIsNotKnownThere) {
  const Report report = Play(fmt::format("{}move client=0 transport=1 age=2ms lasting=0ms to=1\n", kTwoServers));
  EXPECT_NE(report.trace.find("kUnknownLocator"), std::string::npos) << report.trace;
}

TEST(Site, IsCarriedThroughARestart) {
  Play(fmt::format("{}move client=0 at=40ms lasting=1ms to=1\nrestart at=100ms lasting=200ms state=kept\n",
                   kTwoServers));
}

TEST(Site, OfOneServerIsThatServer) {
  const std::string one = "plan seed=3\nclient id=0\nstream client=0 of=c>s bytes=60\n";
  EXPECT_EQ(Play(one).hash, Play("plan seed=3\nserver servers=1\nclient id=0\nstream client=0 of=c>s bytes=60\n").hash);
  EXPECT_NE(ParsePlan("plan seed=3\nserver servers=5\nclient id=0\n").error().find("from 1 to 4"), std::string::npos);
}

}  // namespace
}  // namespace holdfast::sim
