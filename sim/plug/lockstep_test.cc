#include "sim/plug/lockstep.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>
#include <variant>

#include "sim/campaign.h"
#include "sim/examples/ferry.h"
#include "sim/plug/lockstep_reply.h"
#include "sim/plug/mixed_protocol.h"
#include "sim/plug/party_protocol.h"
#include "sim/plug/survives.h"
#include "sim/run.h"

namespace holdfast::sim {
namespace {

using Json = nlohmann::json;
using testing::HasSubstr;
using testing::StartsWith;

constexpr char kNothing[] = R"({"outputs":[],"deadline":null})";

Plan SmallPlan(uint64_t seed, const Protocol& protocol) {
  CampaignOptions options;
  options.profile = Profile::kSmall;
  options.protocol = &protocol;
  return PlanOfSeed(seed, options);
}

Report RunOf(const Plan& plan, const Protocol& protocol) { return Run(plan, {.protocol = &protocol}); }

// --- Ferry, behind lines -------------------------------------------------------------------------------------------

Bytes FromHex(const std::string& hex) {
  Bytes bytes;
  for (size_t i = 0; i < hex.size(); i += 2) {
    bytes.push_back(static_cast<uint8_t>(std::stoi(hex.substr(i, 2), nullptr, 16)));
  }
  return bytes;
}

Json JsonOf(const Output& output) {
  if (const auto* dial = std::get_if<output::Dial>(&output)) return {{"wish", "dial"}, {"after", dial->after.count()}};
  if (const auto* write = std::get_if<output::Write>(&output)) {
    return {{"wish", "write"}, {"transport", write->transport}, {"bytes", ToHex(write->bytes)}};
  }
  if (const auto* close = std::get_if<output::Close>(&output)) {
    return {{"wish", "close"}, {"transport", close->transport}};
  }
  if (const auto* deliver = std::get_if<output::Deliver>(&output)) {
    return {{"wish", "deliver"}, {"bytes", ToHex(deliver->bytes)}};
  }
  if (const auto* ended = std::get_if<output::Ended>(&output)) {
    return {{"wish", "ended"}, {"given_up", !ended->finished}};
  }
  return {{"wish", "peer_finished"}};
}

class FerryExchange final : public LineExchange {
 public:
  std::expected<std::string, std::string> Ask(const std::string& line) override {
    const Json ask = Json::parse(line);
    const std::string verb = ask["do"];
    if (verb == "hello") return R"({"name":"ferry","survives":true,"memory_max":1048576})";
    const uint64_t end = ask["end"];
    if (verb == "destroy") {
      ends_.erase(end);
      return "{}";
    }
    if (verb == "create") {
      if (ask["role"] == "client") {
        ends_.emplace(end, std::make_unique<PartyOf<ferry::Client>>(ferry::Client()));
      } else {
        ends_.emplace(end, std::make_unique<PartyOf<ferry::Server>>(ferry::Server()));
      }
    }
    return Tell(*ends_.at(end), verb, ask);
  }

 private:
  static std::string Tell(AnyParty& party, const std::string& verb, const Json& ask) {
    const Time now(Duration(ask.value("now", int64_t{0})));
    const TransportId transport{ask.value("transport", uint64_t{0})};
    const Bytes bytes = FromHex(ask.value("bytes", ""));
    Json reply;
    if (verb == "opened") party.TransportOpened(now, transport);
    if (verb == "closed") party.TransportClosed(now, transport);
    if (verb == "dial_failed") party.DialFailed(now);
    if (verb == "bytes") party.Receive(now, transport, bytes);
    if (verb == "send") reply["taken"] = party.Send(now, bytes);
    if (verb == "finish") party.Finish(now);
    if (verb == "timer") party.Tick(now);
    reply["outputs"] = Json::array();
    while (const auto output = party.Poll(now)) reply["outputs"].push_back(JsonOf(*output));
    if (party.Deadline() != kNever) {
      reply["deadline"] = party.Deadline().time_since_epoch().count();
    } else {
      reply["deadline"] = nullptr;
    }
    reply["memory"] = party.MemoryBytes();
    return reply.dump();
  }

  std::map<uint64_t, std::unique_ptr<AnyParty>> ends_;
};

LockstepProtocol FerryBehindLines(int* started = nullptr) {
  auto protocol = LockstepProtocol::Start([started]() -> std::expected<std::unique_ptr<LineExchange>, std::string> {
    if (started != nullptr) ++*started;
    return std::make_unique<FerryExchange>();
  });
  EXPECT_TRUE(protocol.has_value());
  return *protocol;
}

const PartyProtocol<ferry::Client, ferry::Server>& FerryItself() {
  static const PartyProtocol<ferry::Client, ferry::Server> protocol({.name = "ferry", .memory_max = 1 << 20});
  return protocol;
}

TEST(Lockstep, TakesItsTraitsFromTheGreeting) {
  const LockstepProtocol protocol = FerryBehindLines();
  EXPECT_EQ(protocol.traits().name, "ferry");
  EXPECT_TRUE(protocol.traits().survives);
  EXPECT_EQ(protocol.traits().memory_max, 1U << 20);
  EXPECT_FALSE(protocol.traits().is_holdfast);
}

TEST(Lockstep, ChangesNothingOfAWorld) {
  const LockstepProtocol lines = FerryBehindLines();
  const MixedProtocol mixed(lines, FerryItself());
  for (uint64_t seed = 1; seed <= 200; ++seed) {
    const Plan plan = SmallPlan(seed, lines);
    const Report report = RunOf(plan, lines);
    EXPECT_FALSE(report.verdict) << seed << ": " << report.verdict->sentence;
    const uint64_t hash = RunOf(plan, FerryItself()).hash;
    EXPECT_EQ(report.hash, hash) << seed;
    EXPECT_EQ(RunOf(plan, mixed).hash, hash) << seed;
  }
}

TEST(Lockstep, ServesSeveralThreadsByAFewExchanges) {
  int started = 0;
  const LockstepProtocol protocol = FerryBehindLines(&started);
  const Survival survival = Survives(protocol, {.seeds = {1, 300}, .worlds = Profile::kSmall, .jobs = 4});
  EXPECT_TRUE(survival) << survival.text;
  EXPECT_LE(started, 4 * 3);
}

TEST(Lockstep, EndsMayOutliveTheProtocol) {
  std::unique_ptr<Endpoint> end;
  {
    const LockstepProtocol protocol = FerryBehindLines();
    end = protocol.MakeClient(SmallPlan(1, protocol), 0);
  }
  end->DialFailed(Time(Duration(5)));
  EXPECT_EQ(end->Complaint(), std::nullopt);
}

// --- What the other side does wrong --------------------------------------------------------------------------------

// Answers each verb with a text of its own.
using Script = std::map<std::string, std::expected<std::string, std::string>>;

class ScriptedExchange final : public LineExchange {
 public:
  ScriptedExchange(Script script, int* asked_after_the_end) : script_(std::move(script)), late_(asked_after_the_end) {}
  std::expected<std::string, std::string> Ask(const std::string& line) override {
    if (over_ && late_ != nullptr) ++*late_;
    const Json ask = Json::parse(line);
    const std::string verb = ask["do"];
    if (const auto found = script_.find(verb); found != script_.end()) {
      over_ = !found->second.has_value();
      return found->second;
    }
    if (verb == "hello") return R"({"name":"scripted","survives":true,"memory_max":null})";
    if (verb == "send") return R"({"outputs":[],"deadline":null,"taken":0})";
    if (verb == "create" && ask["role"] == "client")
      return R"({"outputs":[{"wish":"dial","after":0}],"deadline":null})";
    return kNothing;
  }

 private:
  Script script_;
  int* late_;
  bool over_ = false;
};

LineExchangeFactory Scripted(Script script, int* asked_after_the_end = nullptr) {
  return [=]() -> std::expected<std::unique_ptr<LineExchange>, std::string> {
    return std::make_unique<ScriptedExchange>(script, asked_after_the_end);
  };
}

std::string VerdictOf(LineExchangeFactory factory) {
  const auto protocol = LockstepProtocol::Start(std::move(factory));
  if (!protocol) return "not started: " + protocol.error();
  const Report report = RunOf(SmallPlan(1, *protocol), *protocol);
  return report.verdict ? fmt::format("{}: {}", report.verdict->oracle, report.verdict->sentence) : "good";
}

TEST(LockstepComplaint, NamesWhatBecameOfTheOtherSideAndWhatItWasTold) {
  for (const char* why : {"gave no answer within 10 s", "exited with status 3", "was ended by signal 9 (Killed)"}) {
    int late = 0;
    EXPECT_EQ(VerdictOf(Scripted({{"opened", std::unexpected(why)}}, &late)),
              fmt::format("contract: the endpoint of client0 {} (told 'opened')", why));
    EXPECT_EQ(late, 0) << "nothing is asked of an exchange that has failed";
  }
}

TEST(LockstepComplaint, NamesWhatIsNoJson) {
  EXPECT_EQ(VerdictOf(Scripted({{"opened", "Traceback (most\trecent"}})),
            "contract: the endpoint of client0 answers 'opened' with what is no JSON object: 'Traceback (most?recent'");
  EXPECT_THAT(VerdictOf(Scripted({{"opened", "[1]"}})), HasSubstr("with what is no JSON object: '[1]'"));
  EXPECT_THAT(VerdictOf(Scripted({{"opened", "1e999"}})), HasSubstr("with what is no JSON object: '1e999'"));
  EXPECT_THAT(VerdictOf(Scripted({{"opened", "\"\xff\""}})), HasSubstr("with what is no JSON object: '\"?\"'"));
  EXPECT_THAT(VerdictOf(Scripted({{"opened", std::string(100'000, '[')}})), HasSubstr("[[['..."));
}

TEST(LockstepComplaint, NamesALineThatIsTooLong) {
  const std::string much = std::string(kReplyBytesMax, ' ') + kNothing;
  EXPECT_THAT(VerdictOf(Scripted({{"opened", much}})),
              HasSubstr("client0 answers 'opened' with 16777246 bytes, more than 16777216"));
}

TEST(LockstepComplaint, RepeatsWhatTheOtherSideSaysOfItself) {
  EXPECT_EQ(VerdictOf(Scripted({{"opened", R"({"error":"KeyError: 7"})"}})),
            "contract: the endpoint of client0 says of 'opened': KeyError: 7");
  EXPECT_EQ(VerdictOf(Scripted({{"create", R"({"error":"no room"})"}})),
            "contract: the endpoint of client0 says of 'create': no room");
}

TEST(LockstepComplaint, IsWhoTakesMoreThanWasGiven) {
  const std::string much = R"({"outputs":[],"deadline":null,"taken":1000000000})";
  EXPECT_THAT(VerdictOf(Scripted({{"send", much}})), HasSubstr("takes 1000000000 of "));
}

TEST(LockstepComplaint, IsAServerThatDials) {
  EXPECT_EQ(VerdictOf(Scripted({{"create", R"({"outputs":[{"wish":"dial","after":0}],"deadline":null})"}})),
            "contract: the endpoint of server answers 'create' wrongly: a server does not dial");
}

TEST(LockstepComplaint, OfTheGreetingComesBeforeAnyWorld) {
  const auto start = [](const std::string& greeting) { return VerdictOf(Scripted({{"hello", greeting}})); };
  EXPECT_EQ(start("hello"), "not started: answers 'hello' with what is no JSON object: 'hello'");
  EXPECT_EQ(start(R"({"survives":true,"memory_max":null})"), "not started: answers 'hello' wrongly: 'name' is missing");
  EXPECT_THAT(start(R"({"name":"","survives":true,"memory_max":null})"), HasSubstr("'name' is not a name"));
  EXPECT_THAT(start(R"({"name":"x","survives":1,"memory_max":null})"), HasSubstr("'survives' is not true or"));
  EXPECT_THAT(start(R"({"name":"x","survives":true,"memory_max":-1})"), HasSubstr("'memory_max' is not a whole"));
  EXPECT_EQ(start(R"({"error":"only version 2"})"), "not started: says of 'hello': only version 2");
  EXPECT_EQ(VerdictOf(Scripted({{"hello", std::unexpected("exited with status 127")}})),
            "not started: exited with status 127 (told 'hello')");
  EXPECT_EQ(VerdictOf([] { return std::unexpected("could not be started: no memory"); }),
            "not started: could not be started: no memory");
}

TEST(LockstepComplaint, IsALaterExchangeThatIsAnotherProtocol) {
  int started = 0;
  EXPECT_THAT(VerdictOf([&] {
                const std::string greeting = R"({"name":"a","survives":true,"memory_max":)" + std::to_string(++started);
                return Scripted({{"hello", greeting + "}"}})();
              }),
              HasSubstr("client0 answers 'hello' otherwise than before"));
}

TEST(LockstepComplaint, LeavesAnEndThatDoesNothingAndAnExchangeThatGoesOn) {
  int started = 0;
  const auto counted = [&] {
    ++started;
    return Scripted({{"opened", R"({"outputs":[{"wish":"dance"}],"deadline":1})"}})();
  };
  const auto protocol = LockstepProtocol::Start(counted);
  ASSERT_TRUE(protocol);
  for (int worlds = 0; worlds < 3; ++worlds) {
    const auto end = protocol->MakeClient(SmallPlan(1, *protocol), 0);
    end->TransportOpened(Time(Duration(5)), {});
    EXPECT_THAT(end->Complaint().value_or(""), HasSubstr("'dance' is no wish"));
    EXPECT_EQ(end->Deadline(), kNever);
    const uint8_t byte = 1;
    EXPECT_EQ(end->Send(Time(Duration(6)), SessionId{1}, {&byte, 1}, false), 0U);
  }
  EXPECT_EQ(started, 1);
}

// --- Answers -------------------------------------------------------------------------------------------------------

TEST(LockstepReply, HasEveryWish) {
  const auto reply = ParseReply("send", R"({"taken":3,"deadline":70,"memory":9,"digest":18446744073709551615,
      "something else":1,"outputs":[{"wish":"write","transport":2,"bytes":"00fFA9"},{"wish":"dial","after":5},
      {"wish":"close","transport":1},{"wish":"deliver","bytes":""},{"wish":"peer_finished"},
      {"wish":"ended","given_up":true}]})");
  ASSERT_TRUE(reply) << reply.error().what;
  EXPECT_EQ(reply->taken, 3U);
  EXPECT_EQ(reply->deadline, Time(Duration(70)));
  EXPECT_EQ(reply->memory, 9U);
  EXPECT_EQ(reply->digest, UINT64_MAX);
  ASSERT_EQ(reply->wishes.size(), 6U);
  EXPECT_EQ(std::get<output::Write>(reply->wishes[0].output).transport, TransportId{2});
  EXPECT_EQ(reply->wishes[0].bytes, (Bytes{0x00, 0xff, 0xa9}));
  EXPECT_EQ(std::get<output::Dial>(reply->wishes[1].output).after, Duration(5));
  EXPECT_EQ(std::get<output::Close>(reply->wishes[2].output).transport, TransportId{1});
  EXPECT_TRUE(std::holds_alternative<output::Deliver>(reply->wishes[3].output));
  EXPECT_TRUE(std::holds_alternative<output::PeerFinished>(reply->wishes[4].output));
  EXPECT_FALSE(std::get<output::Ended>(reply->wishes[5].output).finished);
}

TEST(LockstepReply, IsWrongInOneWayAndSaysInWhich) {
  const std::pair<const char*, const char*> wrongs[] = {
      {R"({"deadline":null,"taken":0})", "'outputs' is missing"},
      {R"({"outputs":[],"taken":0})", "'deadline' is missing"},
      {R"({"outputs":[],"deadline":null})", "'taken' is missing"},
      {R"({"outputs":{},"deadline":null,"taken":0})", "'outputs' is not a list"},
      {R"({"outputs":[7],"deadline":null,"taken":0})", "output 1 is no object"},
      {R"({"outputs":[],"deadline":-1,"taken":0})", "'deadline' is not a whole number from 0 on or null"},
      {R"({"outputs":[],"deadline":1.5,"taken":0})", "'deadline' is not a whole number from 0 on or null"},
      {R"({"outputs":[],"deadline":null,"taken":"3"})", "'taken' is not a whole number from 0 on"},
      {R"({"outputs":[],"deadline":null,"taken":0,"memory":null})", "'memory' is not a whole number"},
      {R"({"outputs":[],"deadline":null,"taken":0,"digest":[]})", "'digest' is not a whole number"},
      {R"({"outputs":[{}]})", "output 1: 'wish' is missing"},
      {R"({"outputs":[{"wish":8}]})", "output 1: 'wish' is not a string"},
      {R"({"outputs":[{"wish":"dance"}]})", "output 1: 'dance' is no wish"},
      {R"({"outputs":[{"wish":"dial"}]})", "output 1: 'after' is missing"},
      {R"({"outputs":[{"wish":"dial","after":-4}]})", "output 1: 'after' is not a whole number from 0 on"},
      {R"({"outputs":[{"wish":"close"}]})", "output 1: 'transport' is missing"},
      {R"({"outputs":[{"wish":"close","transport":0}]})", "'transport' is not a whole number from 1 on"},
      {R"({"outputs":[{"wish":"write","bytes":"00"}]})", "output 1: 'transport' is missing"},
      {R"({"outputs":[{"wish":"write","transport":1}]})", "output 1: 'bytes' is missing"},
      {R"({"outputs":[{"wish":"deliver","bytes":"0"}]})", "'bytes' is not a string of hex digits"},
      {R"({"outputs":[{"wish":"deliver","bytes":"0g"}]})", "'bytes' is not a string of hex digits"},
      {R"({"outputs":[{"wish":"deliver","bytes":7}]})", "'bytes' is not a string of hex digits"},
      {R"({"outputs":[{"wish":"ended"}]})", "output 1: 'given_up' is missing"},
      {R"({"outputs":[{"wish":"ended","given_up":0}]})", "output 1: 'given_up' is not true or false"},
      {R"({"outputs":[{"wish":"peer_finished"},{"wish":"close"}]})", "output 2: 'transport' is missing"},
  };
  for (const auto& [line, sentence] : wrongs) {
    const auto reply = ParseReply("send", line);
    ASSERT_FALSE(reply) << line;
    EXPECT_THAT(reply.error().what, StartsWith("answers 'send' wrongly: ")) << line;
    EXPECT_THAT(reply.error().what, HasSubstr(sentence)) << line;
    EXPECT_TRUE(reply.error().in_step) << line;
  }
}

}  // namespace
}  // namespace holdfast::sim
