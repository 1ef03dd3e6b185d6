// The network of a plan between real sockets: a client and a server of this process, and the proxy between them.

#include "tools/proxy/proxy.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>

#include "net/test_support.h"
#include "sim/plan_text.h"
#include "tools/proxy/fitted_plan.h"

namespace holdfast::tools {
namespace {

using net::Flow;

sim::Plan PlanOf(const std::string& lines) {
  const auto plan = sim::ParsePlan("plan seed=1 heal=500ms\nclient id=0\n" + lines);
  EXPECT_TRUE(plan.has_value()) << plan.error();
  return *plan;
}

std::string Text(size_t size) {
  std::string text(size, 'a');
  for (size_t i = 0; i < size; ++i) text[i] = static_cast<char>('a' + i % 26);
  return text;
}

struct Road {
  net::Loop loop;
  std::vector<std::unique_ptr<net::Stream>> accepted;  // By the server.
  std::unique_ptr<net::TcpListener> server;
  std::unique_ptr<Proxy> proxy;
  std::optional<net::TcpAddress> entry;

  explicit Road(const std::string& lines) {
    server = *net::TcpListener::Open(loop, net::TcpAddress::Loopback(0),
                                     [this](std::unique_ptr<net::Stream> s) { accepted.push_back(std::move(s)); });
    proxy = std::make_unique<Proxy>(loop, PlanOf(lines), ProxyOptions{.to = server->address(), .keep_trace = true});
    entry = *proxy->Listen(0, net::TcpAddress::Loopback(0));
  }
  std::unique_ptr<net::Stream> Dial() {
    std::unique_ptr<net::Stream> stream;
    const net::TcpDial dial(loop, *entry, [&](net::TcpDial::Result result) {
      EXPECT_TRUE(result.has_value());
      if (result) stream = *std::move(result);
    });
    net::RunUntil(loop, [&] { return stream != nullptr; });
    return stream;
  }
  net::Stream& Accepted(size_t index = 0) {
    net::RunUntil(loop, [&] { return accepted.size() > index; });
    return *accepted[index];
  }
  void UntilHealed() {
    net::RunUntil(loop, [&] { return proxy->stage().healed; });
  }
  uint64_t Struck(sim::FaultKind kind) const { return proxy->stage().counters.faults[static_cast<size_t>(kind)]; }
};

TEST(Proxy, CarriesEveryByteBothWaysWhateverTheNetworkIsLike) {
  const size_t before = net::OpenDescriptors();
  for (const char* path : {"", "latency=20ms jitter=20ms", "capacity=1 latency=0s", "bandwidth=100000 capacity=4096",
                           "segments=one-byte latency=0s", "segments=random segment_bytes=7 latency=0s",
                           "segments=coalesced window=10ms capacity=10000"}) {
    Road road(fmt::format("path client=0 of=c>s {}\npath client=0 of=s>c {}\n", path, path));
    const auto client = road.Dial();
    const std::string up = Text(200'000);
    const std::string down = Text(100'000);
    net::Writer up_writer(*client, up);
    net::Reader down_reader(*client);
    net::Stream& server = road.Accepted();
    net::Writer down_writer(server, down);
    net::Reader up_reader(server);
    net::RunUntil(road.loop, [&] { return up_reader.over() && down_reader.over(); });
    EXPECT_TRUE(up_reader.text() == up) << path;
    EXPECT_TRUE(down_reader.text() == down) << path;
    EXPECT_EQ(up_reader.flow(), Flow::kFinished) << path;
    EXPECT_EQ(down_reader.flow(), Flow::kFinished) << path;
    EXPECT_EQ(road.proxy->stage().counters.bytes_on_wire, up.size() + down.size()) << path;
  }
  EXPECT_EQ(net::OpenDescriptors(), before);
}

TEST(Proxy, OneDirectionGoesOnAfterTheEndOfTheOther) {
  Road road("");
  const auto client = road.Dial();
  client->Finish();
  net::Stream& server = road.Accepted();
  net::Reader up(server);
  net::RunUntil(road.loop, [&] { return up.over(); });
  net::Writer writer(server, "late");
  net::Reader down(*client);
  net::RunUntil(road.loop, [&] { return down.over(); });
  EXPECT_EQ(down.text(), "late");
}

TEST(Proxy, ATransportEndsAtWhateverByteThePlanSays) {
  for (const uint64_t byte : {1U, 2U, 49U, 99U}) {
    Road road(fmt::format("fin client=0 transport=0 of=c>s byte={}\n", byte));
    const auto client = road.Dial();
    net::Writer writer(*client, Text(100), false);
    net::Reader down(*client);
    net::Reader up(road.Accepted());
    net::RunUntil(road.loop, [&] { return up.over() && down.over(); });
    EXPECT_EQ(up.text(), Text(byte)) << byte;
    EXPECT_EQ(up.flow(), Flow::kFinished);
    EXPECT_EQ(down.flow(), Flow::kFinished);
    EXPECT_EQ(road.Struck(sim::FaultKind::kFin), 1U);
  }
}

// The news is there before the transport is.
TEST(Proxy, AServerNeverSeesATransportThatDiesWithItsFirstByte) {
  Road road("fin client=0 transport=0 of=c>s byte=0\n");
  const auto client = road.Dial();
  net::Writer writer(*client, Text(100), false);
  net::Reader down(*client);
  net::RunUntil(road.loop, [&] { return down.over(); });
  road.UntilHealed();
  EXPECT_TRUE(road.accepted.empty());
}

TEST(Proxy, ATransportIsResetForEachSideWhenThePlanSays) {
  Road road("reset client=0 transport=0 of=s>c byte=10 server_learns=100ms keep_down=10\n");
  const auto client = road.Dial();
  net::Writer hello(*client, "hello", false);
  net::Stream& server = road.Accepted();
  net::Reader up(server);
  net::Reader down(*client);
  net::RunUntil(road.loop, [&] { return up.text() == "hello"; });
  net::Writer writer(server, Text(100), false);
  net::RunUntil(road.loop, [&] { return down.over(); });
  EXPECT_EQ(down.flow(), Flow::kBroken);
  net::RunUntil(road.loop, [&] { return up.over(); });
  EXPECT_EQ(up.flow(), Flow::kBroken);
}

TEST(Proxy, NobodyIsToldOfASilence) {
  Road road("silence client=0 transport=0 of=c>s byte=10\n");
  const auto client = road.Dial();
  net::Writer writer(*client, Text(100));
  net::Reader down(*client);
  net::Reader up(road.Accepted());
  net::RunUntil(road.loop, [&] { return up.text().size() == 10; });
  road.UntilHealed();
  const auto second = road.Dial();  // What is dead stays dead, and what comes after lives.
  net::Writer again(*second, "alive");
  net::Reader alive(road.Accepted(1));
  net::RunUntil(road.loop, [&] { return alive.over(); });
  EXPECT_EQ(alive.text(), "alive");
  EXPECT_FALSE(up.over());
  EXPECT_FALSE(down.over());
  EXPECT_EQ(up.text().size(), 10U);
}

TEST(Proxy, WhatStallsGoesOnAtTheHeal) {
  Road road("stall client=0 transport=0 of=c>s byte=5 lasting=600s\n");
  const auto client = road.Dial();
  net::Writer writer(*client, Text(100));
  net::Reader up(road.Accepted());
  net::RunUntil(road.loop, [&] { return up.over(); });
  EXPECT_TRUE(road.proxy->stage().healed);
  EXPECT_EQ(up.text(), Text(100));
}

// --- Dials ---------------------------------------------------------------------------------------------------------

TEST(Proxy, ARefusedDialIsResetAndTheNextIsNot) {
  Road road("refuse client=0 dial=0\n");
  const auto refused = road.Dial();
  net::Reader reader(*refused);
  net::RunUntil(road.loop, [&] { return reader.over(); });
  EXPECT_EQ(reader.flow(), Flow::kBroken);
  const auto client = road.Dial();
  net::Writer writer(*client, "here");
  net::Reader up(road.Accepted());
  net::RunUntil(road.loop, [&] { return up.over(); });
  EXPECT_EQ(up.text(), "here");
  EXPECT_EQ(road.accepted.size(), 1U);
}

TEST(Proxy, ADialThatHangsIsSilentAndOneThatIsAGhostIsThereForTheServerAlone) {
  for (const char* kind : {"hang", "ghost"}) {
    Road road(fmt::format("{} client=0 dial=0\n", kind));
    const auto client = road.Dial();
    net::Writer writer(*client, "anybody there?");
    net::Reader down(*client);
    if (std::string(kind) == "ghost") {
      net::Stream& server = road.Accepted();
      net::Writer answer(server, "yes");
      net::Reader up(server);
      road.UntilHealed();
      EXPECT_EQ(up.text(), "");
      EXPECT_FALSE(up.over());
    }
    road.UntilHealed();
    EXPECT_EQ(down.text(), "") << kind;
    EXPECT_EQ(road.accepted.size(), std::string(kind) == "ghost" ? 1U : 0U);
  }
}

TEST(Proxy, AServerThatIsNotThereIsAnEnd) {
  Road road("");
  road.server.reset();
  const auto client = road.Dial();
  net::Reader reader(*client);
  net::RunUntil(road.loop, [&] { return reader.over(); });
  EXPECT_EQ(reader.flow(), Flow::kBroken);
}

// --- What the programs do ------------------------------------------------------------------------------------------

TEST(Proxy, WhatAProgramBreaksOffIsBrokenForTheOther) {
  Road road("path client=0 of=c>s latency=20ms\n");
  auto client = road.Dial();
  {
    net::Writer writer(*client, "before", false);
    net::RunUntil(road.loop, [&] { return writer.done(); });
  }
  net::Reader up(road.Accepted());
  net::RunUntil(road.loop, [&] { return up.text() == "before"; });
  client->Reset();
  net::RunUntil(road.loop, [&] { return up.over(); });
  EXPECT_EQ(up.flow(), Flow::kBroken);
}

// What is between them then is the plan's capacity, and what the system itself holds for four sockets.
TEST(Proxy, AReaderThatDoesNotReadHoldsUpTheWriter) {
  Road road("path client=0 of=c>s capacity=1000\n");
  const auto client = road.Dial();
  net::Writer writer(*client, std::string(200'000'000, 'x'), false);
  road.Accepted();
  road.UntilHealed();
  net::RunUntil(road.loop, [&] { return writer.flow() == Flow::kWaits; });
  EXPECT_LT(writer.written(), 100'000'000U);
}

// --- The adversary, and what is not the proxy's --------------------------------------------------------------------

TEST(Proxy, AnAdversaryChangesBytesAndComesByHimself) {
  Road road(
      "tamper client=0 transport=0 of=c>s byte=3 bit=0\n"
      "intrude client=0 at=50ms with=noise size=20\n");
  const auto client = road.Dial();
  net::Writer writer(*client, "abcdef");
  net::Reader up(road.Accepted());
  net::RunUntil(road.loop, [&] { return up.over(); });
  EXPECT_EQ(up.text(), "abceef");
  net::Reader intruder(road.Accepted(1));
  net::RunUntil(road.loop, [&] { return intruder.text().size() == 20; });
}

TEST(FittedPlan, SaysOfEveryLineWhyAProxyCannotDoIt) {
  const FittedPlan fitted =
      FitToProxy(PlanOf("server replay_bytes_max=4096\n"
                        "stream client=0 of=c>s bytes=10\n"
                        "clock of=server at=1s\n"
                        "abort client=0 by=client code=1 at=1s\n"
                        "reset client=0 transport=0 age=1s\n"
                        "probe client=0 at=1s\n"
                        "move client=0 at=1s\n"
                        "restart at=1s lasting=1s\n"
                        "scarce at=1s lasting=1s\n"
                        "tamper client=0 transport=0 of=c>s message=1 byte=3 bit=0\n"));
  EXPECT_EQ(fitted.ignored.size(), 8U);
  EXPECT_EQ(sim::Print(fitted.plan),
            sim::Print(PlanOf("stream client=0 of=c>s bytes=10\nreset client=0 transport=0 age=1s\n")));
  EXPECT_TRUE(FitToProxy(fitted.plan).ignored.empty());
}

TEST(FittedPlan, ThePlanOfASeedIsShortAndFits) {
  for (uint64_t seed = 1; seed <= 500; ++seed) {
    for (const bool survives : {true, false}) {
      const sim::Plan plan = ProxyPlanOfSeed(seed, sim::Profile::kSmall, survives);
      EXPECT_FALSE(sim::Problem(plan).has_value());
      EXPECT_TRUE(FitToProxy(plan).ignored.empty());
      EXPECT_LE(plan.heal, kProxyHeal);
      EXPECT_EQ(HasDeaths(plan), survives) << sim::Print(plan);
      EXPECT_EQ(plan, ProxyPlanOfSeed(seed, sim::Profile::kSmall, survives));
    }
  }
}

}  // namespace
}  // namespace holdfast::tools
