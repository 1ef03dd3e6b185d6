// The oracles that watch what an adversary brings about: each is shown what it must object to, and what it must not;
// and in whole worlds, an endpoint that falls for him.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <variant>

#include "core/base/error.h"
#include "core/wire/messages.h"
#include "sim/decorated_endpoint.h"
#include "sim/oracles/oracle_fixture.h"
#include "sim/plan_text.h"
#include "sim/run.h"

namespace holdfast::sim {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::HasSubstr;

constexpr Provenance kForged = {.tainted = true, .forged = true};
constexpr Provenance kNews = {.tainted = true, .forged = true, .news = true, .owner = 0};

class AdversaryOraclesTest : public OracleTest {
 protected:
  AdversaryOraclesTest() { SetClients(2); }
};

// --- forgery -------------------------------------------------------------------------------------------------------

class ForgeryTest : public AdversaryOraclesTest {
 protected:
  void Come(Actor actor, const Provenance& provenance, uint64_t transport = kIntruders) {
    oracles_.forgery.OnReceive(SceneOf(actor), 0, transport, provenance);
  }
  template <typename Event>
  void Judged(Actor actor, const Event& event) {  // Alone: the others have their own opinion of such a session.
    oracles_.forgery.On(SceneOf(actor), event);
  }
  trace::Ended Ended(Cause cause, Origin origin) {
    return {.client = 0,
            .session = 1,
            .cause = static_cast<uint64_t>(cause),
            .origin = static_cast<uint64_t>(origin),
            .code = 0,
            .crossed = 0,
            .peer_code = 0};
  }
};

TEST_F(ForgeryTest, ObjectsToASessionOpenedByForgedBytes) {
  Come(kServer, {});
  Judged(kServer, trace::SessionOpened{.client = 0, .session = 1, .transport = 0});
  Come(kServer, kForged);
  oracles_.forgery.OnDone();
  Judged(kServer, trace::SessionOpened{.client = 0, .session = 1, .transport = 0});
  ExpectContent();
  Come(kServer, kForged);
  Judged(kServer, trace::SessionOpened{.client = 0, .session = 1, .transport = kIntruders});
  ExpectVerdict("forgery",
                "at the server client 0's session is opened because of bytes that nobody wrote there, or "
                "wrote before, of intruder 0's transport");
}

TEST_F(ForgeryTest, ObjectsToEachThingThatForgedBytesMustNotDo) {
  const auto fails = [this](Actor actor, const auto& event) {
    judge_.Reset();
    Come(actor, kForged, 3);
    Judged(actor, event);
    return judge_.failed();
  };
  EXPECT_TRUE(fails(kServer, trace::Resumed{.client = 0, .session = 1, .transport = 3}));
  EXPECT_TRUE(fails(kServer, trace::Deliver{.client = 0, .session = 1, .transport = 3, .offset = 0, .size = 1}));
  EXPECT_TRUE(fails(kClient, trace::PeerFinished{.client = 0, .session = 1, .offset = 0}));
  EXPECT_TRUE(fails(kServer, trace::Asked{.client = 0, .session = 1}));
  EXPECT_TRUE(fails(kServer, trace::Crossed{.client = 0, .session = 1, .peer_code = 0}));
  EXPECT_TRUE(fails(kServer, Ended(Cause::kAborted, Origin::kClient)));
  EXPECT_TRUE(fails(kClient, Ended(Cause::kAborted, Origin::kServer)));
  EXPECT_TRUE(fails(kClient, Ended(Cause::kFinished, Origin::kNobody)));
  EXPECT_TRUE(fails(kServer, Ended(Cause::kViolation, Origin::kServer)));
  EXPECT_TRUE(fails(kServer, trace::Suspended{.client = 0, .session = 1, .transport = 2, .error = 0}));
  // It costs its own transport, and applications go on by themselves.
  EXPECT_FALSE(fails(kServer, trace::Suspended{.client = 0, .session = 1, .transport = 3, .error = 0}));
  EXPECT_FALSE(fails(kServer, Ended(Cause::kAborted, Origin::kServer)));
  EXPECT_FALSE(fails(kServer, Ended(Cause::kExpired, Origin::kNobody)));
}

TEST_F(ForgeryTest, LetsAWithheldWordCountForItsClientOnly) {
  Come(kServer, kNews);
  Judged(kServer, trace::SessionOpened{.client = 0, .session = 1, .transport = kIntruders});
  Judged(kServer, Ended(Cause::kAborted, Origin::kClient));
  ExpectContent();
  Judged(kServer, trace::SessionOpened{.client = 1, .session = 2, .transport = kIntruders});
  ExpectVerdict("forgery", "client 1's session is opened");
}

TEST_F(ForgeryTest, DoesNotLetAWithheldWordResume) {
  Come(kServer, kNews);
  Judged(kServer, trace::Resumed{.client = 0, .session = 1, .transport = kIntruders});
  ExpectVerdict("forgery", "is resumed");
}

TEST_F(ForgeryTest, ObjectsToTruncationThatIsTakenForTheEnd) {
  oracles_.forgery.OnGone(SceneOf(kServer), 0, 0);
  Judged(kServer, trace::Suspended{.client = 0, .session = 1, .transport = 0, .error = 0});
  ExpectContent();
  Judged(kServer, trace::PeerFinished{.client = 0, .session = 1, .offset = 0});
  ExpectVerdict("forgery", "is told that its peer's stream is complete because of the end of transport 0");
}

// --- attempts, honest ----------------------------------------------------------------------------------------------

TEST_F(ForgeryTest, ObjectsToATransportThatOutlivesAForgedRecord) {
  oracles_.forgery.OnOutlived(SceneOf(kClient), 1, 3);
  ExpectVerdict("forgery", "the client keeps client 1's transport 3 after a record that nobody wrote there");
}

TEST_F(AdversaryOraclesTest, AttemptsObjectsToASessionThatAnIntrusionChanged) {
  oracles_.attempts.OnIntrusion(SceneOf(kServer), 0, kIntruders + 2, false, 5, 5);
  ExpectContent();
  oracles_.attempts.OnIntrusion(SceneOf(kServer), 0, kIntruders + 2, false, 5, 6);
  ExpectVerdict("attempts", "what intruder 2 said changed client 0's session at the server, although it was forged");
}

TEST_F(AdversaryOraclesTest, HonestAllowsWhatForgeryDoesOnItsTransportAndNowhereElse) {
  const auto close = [](uint64_t transport, Error error) {
    return trace::Close{.client = 0, .transport = transport, .error = static_cast<uint64_t>(error)};
  };
  oracles_.honest.OnTainted(0, 3);
  oracles_.honest.On(SceneOf(kServer), close(3, Error::kBadTag));
  oracles_.honest.On(SceneOf(kClient), close(3, Error::kBadLength));
  ExpectContent();
  oracles_.honest.On(SceneOf(kServer), close(4, Error::kBadTag));
  ExpectVerdict("honest", "a tag does not verify");
}

TEST_F(AdversaryOraclesTest, HonestNeverAllowsAFrameThatMayNotBe) {
  oracles_.honest.OnTainted(0, 3);
  oracles_.honest.On(
      SceneOf(kServer),
      trace::Suspended{
          .client = 0, .session = 1, .transport = 3, .error = static_cast<uint64_t>(Error::kUnknownFrame)});
  ExpectVerdict("honest", "a frame has a type");
}

// --- indistinct ----------------------------------------------------------------------------------------------------

class IndistinctTest : public AdversaryOraclesTest {
 protected:
  IndistinctTest() {
    plan_.server.network_key = true;
    oracles_.indistinct.On(SceneOf(kServer), trace::Opened{.client = 0, .transport = kIntruders, .id = 9});
  }
  void Close(Error error = Error::kBadTag) {
    oracles_.indistinct.On(SceneOf(kServer),
                           trace::Close{.client = 0, .transport = kIntruders, .error = static_cast<uint64_t>(error)});
  }
};

TEST_F(IndistinctTest, AcceptsACloseAtTheOneMoment) {
  now_ += plan_.server.handshake_time;
  Close();
  ExpectContent();
}

TEST_F(IndistinctTest, ObjectsToACloseAtAnother) {
  now_ += milliseconds(3);
  Close();
  ExpectVerdict("indistinct", "closed it after 0.003000000 s; on all such it should be after 60.000000000 s");
}

TEST_F(IndistinctTest, AcceptsThatAMemberIsClosedForWhatFollows) {
  oracles_.indistinct.OnHeard(SceneOf(kServer), 0, kIntruders, {.genuine = true});
  Close();
  ExpectContent();
}

TEST_F(IndistinctTest, AcceptsThatRoomIsMade) {
  Close(Error::kTableFull);
  ExpectContent();
}

TEST_F(IndistinctTest, ObjectsToATransportThatStaysOpen) {
  now_ += plan_.server.handshake_time + Duration(1);
  const trace::Receive more = {.client = 0, .transport = kIntruders, .dir = 0, .offset = 0, .size = 1};
  oracles_.indistinct.On(SceneOf(kServer), more);
  ExpectVerdict("indistinct", "is still open after 60.000000001 s");
}

TEST_F(IndistinctTest, ObjectsToAnAnswerToWhatNoMemberWrote) {
  oracles_.indistinct.OnAnswer(SceneOf(kServer), 0, kIntruders, {.genuine = true});
  oracles_.indistinct.OnAnswer(SceneOf(kServer), 0, kIntruders, {.genuine = true, .repeated = true});  // No clock.
  ExpectContent();
  oracles_.indistinct.OnAnswer(SceneOf(kServer), 0, kIntruders, {});
  ExpectVerdict("indistinct", "answers what no member wrote");
}

TEST_F(IndistinctTest, ObjectsToAnAnswerToWhatIsRepeated) {
  plan_.clocks.push_back({});
  oracles_.indistinct.OnAnswer(SceneOf(kServer), 0, kIntruders, {.genuine = true, .repeated = true});
  ExpectVerdict("indistinct", "answers what was said before");
}

// --- Whole worlds, with endpoints that fall for him ----------------------------------------------------------------

constexpr std::string_view kWorld =
    "plan seed=7 heal=30s\n{}client id=0{}\n"
    "stream client=0 of=c>s bytes=3000 finish_delay=8s\nstream client=0 of=s>c bytes=3000\n";

Plan PlanOf(std::string text, std::string_view lines, bool members = false) {
  const auto put = [&text](std::string_view what) { text.replace(text.find("{}"), 2, what); };
  put(members ? "server network_key=yes\n" : "");
  put(members ? " network_key=right" : "");
  auto plan = ParsePlan(text + std::string(lines));
  EXPECT_TRUE(plan.has_value()) << plan.error();
  return *plan;
}

std::string VerdictOf(const Plan& plan, const Protocol& protocol = Holdfast()) {
  const Report report = sim::Run(plan, {.protocol = &protocol});
  return report.verdict ? report.verdict->oracle + ": " + report.verdict->sentence : "";
}

// Takes a record that somebody changed for a sign that the session goes on.
class Gullible final : public DecoratedEndpoint {
 public:
  using DecoratedEndpoint::DecoratedEndpoint;
  std::optional<Event> Poll(Time now, Entropy& entropy) override {
    auto event = DecoratedEndpoint::Poll(now, entropy);
    const auto* lost = event ? std::get_if<event::Suspended>(&event->what) : nullptr;
    if (lost != nullptr && lost->why == Error::kBadTag) event->what = event::Resumed{};
    return event;
  }
};

TEST(ForgeryWorld, IsBrokenByAServerThatTakesABadTagForAResume) {
  const Plan plan = PlanOf(std::string(kWorld), "tamper client=0 transport=0 of=c>s message=2 byte=9 bit=1\n");
  EXPECT_EQ(VerdictOf(plan), "");
  EXPECT_THAT(VerdictOf(plan, DecoratedHoldfast<Gullible>()), HasSubstr("forgery: at the server"));
}

// What is said to a server on a new transport changes a session that is there.
class Loose final : public DecoratedEndpoint {
 public:
  using DecoratedEndpoint::DecoratedEndpoint;
  TransportId TransportOpened(Time now, const Arrival& arrival) override {
    ++opened_;
    return DecoratedEndpoint::TransportOpened(now, arrival);
  }
  void Receive(Time now, TransportId t, ByteSpan bytes) override {
    received_ += opened_ > 1;
    DecoratedEndpoint::Receive(now, t, bytes);
  }
  uint64_t WholeSessionDigest(SessionId s) const override {
    return DecoratedEndpoint::WholeSessionDigest(s) + received_;
  }

 private:
  uint64_t opened_ = 0;
  uint64_t received_ = 0;
};

TEST(AttemptsWorld, AreBrokenByAServerThatCountsWhatIsRepeated) {
  const Plan plan = PlanOf(std::string(kWorld), "intrude client=0 transport=0 age=2s from_message=0\n");
  EXPECT_EQ(VerdictOf(plan), "");
  EXPECT_THAT(VerdictOf(plan, DecoratedHoldfast<Loose>()),
              HasSubstr("attempts: what intruder 0 said changed client 0"));
}

// Closes at once what it cannot understand.
class Hasty final : public DecoratedEndpoint {
 public:
  using DecoratedEndpoint::DecoratedEndpoint;
  TransportId TransportOpened(Time now, const Arrival& arrival) override {
    const TransportId id = DecoratedEndpoint::TransportOpened(now, arrival);
    if (arrival.source != 0) last_ = id;  // An intruder's.
    return id;
  }
  void Receive(Time now, TransportId t, ByteSpan bytes) override {
    DecoratedEndpoint::Receive(now, t, bytes);
    if (t != last_ || bytes.empty() || bytes[0] == kMagic[0] || closes_) return;
    closes_ = true;
  }
  std::optional<Event> Poll(Time now, Entropy& entropy) override {
    if (std::exchange(closes_, false)) {
      DecoratedEndpoint::Poll(now, entropy);
      DecoratedEndpoint::TransportClosed(now, last_);
      return Event{SessionId::kNone, last_, event::CloseTransport{Error::kBadPreamble}};
    }
    return DecoratedEndpoint::Poll(now, entropy);
  }

 private:
  TransportId last_ = TransportId::kNone;
  bool closes_ = false;
};

TEST(IndistinctWorld, IsBrokenByAListenerThatClosesAtOnce) {
  std::string text(kWorld);
  const Plan plan = PlanOf(text, "intrude client=0 at=2s with=noise size=40 lasting=never\n", true);
  EXPECT_EQ(VerdictOf(plan), "");
  EXPECT_THAT(VerdictOf(plan, DecoratedHoldfast<Hasty>()), HasSubstr("indistinct: the private listener answered"));
}

}  // namespace
}  // namespace holdfast::sim
