#include "sim/explore.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <memory>
#include <utility>
#include <variant>

#include "core/wire/frames.h"
#include "core/wire/messages.h"
#include "sim/decorated_endpoint.h"
#include "sim/plan_text.h"
#include "sim/run.h"

namespace holdfast::sim {
namespace {

constexpr uint64_t kWays = 15;      // Of fins 3, of resets 5, of silences 2, of stalls 5.
constexpr uint64_t kWaysCut = 6;    // Of them: what is kept, without a stall.
constexpr uint64_t kWaysAgain = 5;  // That serve as the second death.

void ExpectNoViolation(const ExploreReport& report) {
  EXPECT_EQ(report.violation_count, 0U);
  for (const ExploreViolation& violation : report.violations) {
    ADD_FAILURE() << violation.verdict.oracle << ": " << violation.verdict.sentence << "\n"
                  << violation.plan << violation.last_events;
  }
}

// --- What is on the wire, by the spec --------------------------------------------------------------------------------

constexpr uint64_t kTag = 16;
constexpr uint64_t kLength = 2;
constexpr uint64_t kKey = 32;

constexpr uint64_t kGreeting = kPreambleBytes + kLength + kKey + EncodedSize(ClientParameters{});
constexpr uint64_t kPrivateGreeting = kPreambleBytes + kLength + kKey + EncodedSize(PrivateClientParameters{}) + kTag;
constexpr uint64_t kGreetingAnswer = kLength + kKey + (kKey + kTag) + EncodedSize(ServerParameters{}) + kTag;
constexpr uint64_t kMessage3 = kLength + (kKey + kTag) + kTag;
constexpr uint64_t kResume = kPreambleBytes + kLocatorBytes + kLength + kKey + EncodedSize(ResumeRequest{}) + kTag;
constexpr uint64_t kResumeAnswer = kLength + kKey + EncodedSize(ResumeReply{}) + kTag;
static_assert(kGreeting == 62 && kGreetingAnswer == 114 && kResume == 130 && kResumeAnswer == 94);

// Bytes of one transport and direction that are no records.
uint64_t HandshakeBytes(const ExploreReport& report, uint32_t transport, Direction direction) {
  uint64_t bytes = 0;
  for (const WireSpan& span : report.wire) {
    const bool counts = span.transport == transport && span.direction == direction && !span.what.starts_with("record");
    bytes += counts ? span.end - span.begin : 0;
  }
  return bytes;
}

ExploreOptions Whole(const ExploreSubject& subject, uint32_t jobs) {
  ExploreOptions options;
  options.subject = subject;
  options.jobs = jobs;
  return options;
}

TEST(Explore, CoversEveryByteOfTheWire) {
  const ExploreReport report = Explore(Whole({}, 2));
  ExpectNoViolation(report);
  EXPECT_TRUE(report.complete);

  // The network has counted the bytes of a plain run by itself.
  const Counters plain = sim::Run(ExploreBase({}), {}).counters;
  EXPECT_EQ(plain.transports, 2U);
  EXPECT_EQ(plain.resumes, 1U);
  EXPECT_EQ(report.wire_bytes, plain.bytes_on_wire);
  EXPECT_EQ(HandshakeBytes(report, 0, Direction::kUp), kGreeting);
  EXPECT_EQ(HandshakeBytes(report, 0, Direction::kDown), kGreetingAnswer);
  EXPECT_EQ(HandshakeBytes(report, 1, Direction::kUp), kResume);
  EXPECT_EQ(HandshakeBytes(report, 1, Direction::kDown), kResumeAnswer);

  // Without a gap.
  std::array<std::array<uint64_t, 2>, 2> ends = {};
  uint64_t bytes = 0;
  for (const WireSpan& span : report.wire) {
    ASSERT_LT(span.transport, 2U);
    uint64_t& end = ends[span.transport][static_cast<size_t>(span.direction)];
    EXPECT_EQ(span.begin, end) << span.what;
    end = span.end;
    bytes += span.end - span.begin;
  }
  EXPECT_EQ(bytes, report.wire_bytes);

  EXPECT_EQ(report.cells[0], bytes * (kWays + kWays + kWaysCut));
  EXPECT_EQ(report.cells[1], 0U);
  EXPECT_EQ(report.cells_in_pieces, (std::array<uint64_t, 3>{bytes * kWays, bytes * kWays, bytes * kWaysCut}));
  for (size_t way = 0; way < kWaysToDie.size(); ++way) {
    EXPECT_EQ(report.cells_of_way[0][way], bytes * (GoTogether(kWaysToDie[way], Pieces::kCut) ? 3 : 2));
  }
  EXPECT_EQ(report.runs, report.cells[0] + 2);  // And the base, in both kinds of pieces.
  EXPECT_EQ(report.not_struck, 0U);
  EXPECT_EQ(report.sum.endings[static_cast<size_t>(Cause::kFinished)], report.runs);
  EXPECT_GT(report.checked, report.cells[0] / 40);
}

// A record's plaintext, in frames.
template <typename... Frames>
constexpr uint64_t RecordBytes(const Frames&... frames) {
  return kLength + (FrameSize(frames) + ...) + kTag;
}

TEST(Explore, KnowsWhatEachByteIs) {
  const Bytes half(24);
  const Varint window{limits::kReceiveWindowDefault};
  const DataFrame first = {.offset = {0}, .bytes = {half}};
  const DataFrame second = {.offset = {24}, .bytes = {half}};
  const FinFrame fin = {.final_offset = {48}};
  ExploreOptions options = Whole({}, 1);
  options.bytes_stride = 10'000;
  const ExploreReport report = Explore(options);
  const auto size_of = [&](uint32_t transport, Direction direction, std::string_view what) -> uint64_t {
    const auto found = std::ranges::find_if(report.wire, [&](const WireSpan& span) {
      return span.transport == transport && span.direction == direction && span.what == what;
    });
    return found != report.wire.end() ? found->end - found->begin : 0;
  };
  const AckFrame ack = {.consumed = {0}, .credit_limit = window, .fin_received = false};
  EXPECT_EQ(size_of(0, Direction::kUp, "preamble, message 1"), kGreeting);
  EXPECT_EQ(size_of(0, Direction::kUp, "record 0"), RecordBytes(ack, first));
  EXPECT_EQ(size_of(0, Direction::kDown, "message 2"), kGreetingAnswer);
  EXPECT_EQ(size_of(0, Direction::kDown, "record 0"), RecordBytes(ack));
  EXPECT_EQ(size_of(0, Direction::kDown, "record 1"), RecordBytes(first));
  EXPECT_EQ(size_of(1, Direction::kUp, "preamble, locator, message 1"), kResume);
  EXPECT_EQ(size_of(1, Direction::kUp, "record 0"), RecordBytes(ack, second, fin));
  EXPECT_EQ(size_of(1, Direction::kDown, "message 2"), kResumeAnswer);
}

TEST(Explore, CoversPrivateNetworksAndClientsThatProveWhoTheyAre) {
  for (const bool private_network : {false, true}) {
    ExploreOptions options = Whole({.mutual = true, .private_network = private_network, .suite = Suite::kAesGcm}, 2);
    options.bytes_stride = 5;
    const ExploreReport report = Explore(options);
    ExpectNoViolation(report);
    // Where message 3 is lost (HF-NEW-11), and nowhere else.
    const uint64_t never = report.sum.endings[static_cast<size_t>(Cause::kNeverConfirmed)];
    EXPECT_GT(never, report.runs / 50);
    EXPECT_LT(never, report.runs / 4);
    EXPECT_EQ(report.sum.endings[static_cast<size_t>(Cause::kFinished)], report.runs - never);
    EXPECT_EQ(HandshakeBytes(report, 0, Direction::kUp), (private_network ? kPrivateGreeting : kGreeting) + kMessage3);
    EXPECT_EQ(HandshakeBytes(report, 1, Direction::kUp), kResume);
  }
}

// --- Determinism -----------------------------------------------------------------------------------------------------

void ExpectEqual(const ExploreReport& a, const ExploreReport& b) {
  EXPECT_EQ(a.hash, b.hash);
  EXPECT_EQ(a.sum, b.sum);
  EXPECT_EQ(a.cells, b.cells);
  EXPECT_EQ(a.cells_of_way, b.cells_of_way);
  EXPECT_EQ(a.resumed_twice, b.resumed_twice);
  EXPECT_EQ(a.checked, b.checked);
  EXPECT_EQ(a.violation_count, b.violation_count);
  ASSERT_EQ(a.violations.size(), b.violations.size());
  for (size_t i = 0; i < a.violations.size(); ++i) {
    EXPECT_EQ(a.violations[i].plan, b.violations[i].plan);
    EXPECT_EQ(a.violations[i].last_events, b.violations[i].last_events);
  }
}

TEST(Explore, IsTheSameForAnyNumberOfJobs) {
  ExploreOptions options = Whole({}, 1);
  options.bytes_stride = 9;
  const ExploreReport one = Explore(options);
  for (uint32_t jobs : {2U, 5U}) {
    options.jobs = jobs;
    ExpectEqual(Explore(options), one);
  }
}

TEST(Explore, EndsWhenItIsToldTo) {
  ExploreOptions options = Whole({}, 2);
  std::atomic<uint32_t> asked = 0;
  options.stop = [&asked] { return ++asked > 500; };
  const ExploreReport report = Explore(options);
  EXPECT_FALSE(report.complete);
  EXPECT_LE(report.cells[0], 500U);
}

// --- Two deaths ------------------------------------------------------------------------------------------------------

TEST(Explore, FollowsTheFirstDeathWithASecondAtEveryByte) {
  ExploreOptions options = Whole({}, 2);
  options.depth = 2;
  options.bytes_stride = 300;
  const ExploreReport report = Explore(options);
  ExpectNoViolation(report);
  const uint64_t firsts = (report.wire_bytes + options.bytes_stride - 1) / options.bytes_stride;
  EXPECT_EQ(report.cells[0], firsts * (kWays + kWays + kWaysCut));
  EXPECT_EQ(report.cells[1], report.places_second * kWaysAgain);
  // Each of these has a resume behind it, or the whole session.
  EXPECT_GT(report.places_second, firsts * kWays * (kResume + kResumeAnswer));
  EXPECT_GT(report.resumed, report.cells[1] / 2);
  EXPECT_GT(report.resumed_twice, report.cells[1] / 10);
  EXPECT_GT(report.resumed_thrice, 0U);
  EXPECT_GT(report.checked, 10U);
}

// --- Planted bugs ----------------------------------------------------------------------------------------------------

// A client that delivers a wrong byte once its transports have died in a certain way.
class Fragile : public DecoratedEndpoint {
 public:
  using DecoratedEndpoint::DecoratedEndpoint;
  TransportId TransportOpened(Time now, const Arrival& arrival) override {
    received_ = 0;
    confirmed_ = false;
    return DecoratedEndpoint::TransportOpened(now, arrival);
  }
  void Receive(Time now, TransportId t, ByteSpan bytes) override {
    received_ += bytes.size();
    DecoratedEndpoint::Receive(now, t, bytes);
  }
  void TransportClosed(Time now, TransportId t) override {
    if (!confirmed_) ++handshake_deaths_;
    died_at_ = received_;
    DecoratedEndpoint::TransportClosed(now, t);
  }
  std::optional<Event> Poll(Time now, Entropy& entropy) override {
    auto event = DecoratedEndpoint::Poll(now, entropy);
    if (!event) return event;
    if (std::holds_alternative<event::Opened>(event->what) || std::holds_alternative<event::Resumed>(event->what)) {
      confirmed_ = true;
    }
    if (auto* deliver = std::get_if<event::Deliver>(&event->what); deliver != nullptr && Broken()) {
      changed_ = ToBytes(deliver->bytes);
      changed_.back() ^= 1;
      deliver->bytes = changed_;
    }
    return event;
  }

 protected:
  virtual bool Broken() const = 0;
  uint64_t died_at_ = 0;
  uint32_t handshake_deaths_ = 0;

  // What a fork of `other` holds beside its inner endpoint.
  void CopyState(const Fragile& other) {
    received_ = other.received_;
    confirmed_ = other.confirmed_;
    died_at_ = other.died_at_;
    handshake_deaths_ = other.handshake_deaths_;
  }

 private:
  uint64_t received_ = 0;
  bool confirmed_ = false;
  Bytes changed_;
};

// After 45 bytes of a handshake message, and no other number.
class FragileAtAByte final : public Fragile {
 public:
  using Fragile::Fragile;
  std::unique_ptr<Endpoint> Fork(const ForkKey& key) const override {
    auto copy = std::make_unique<FragileAtAByte>(ForkInner(key));
    copy->CopyState(*this);
    return copy;
  }

 private:
  bool Broken() const override { return handshake_deaths_ > 0 && died_at_ == 45; }
};

// Once two transports have died in the handshake.
class FragileAtTheSecond final : public Fragile {
 public:
  using Fragile::Fragile;
  std::unique_ptr<Endpoint> Fork(const ForkKey& key) const override {
    auto copy = std::make_unique<FragileAtTheSecond>(ForkInner(key));
    copy->CopyState(*this);
    return copy;
  }

 private:
  bool Broken() const override { return handshake_deaths_ >= 2; }
};

template <typename Client>
class HoldfastWith final : public Protocol {
 public:
  std::unique_ptr<Endpoint> MakeClient(const Plan& plan, uint32_t client) const override {
    return std::make_unique<Client>(Holdfast().MakeClient(plan, client));
  }
  std::unique_ptr<Endpoint> MakeServer(const Plan& plan) const override { return Holdfast().MakeServer(plan); }
};

TEST(Explore, FindsABugOfOneByte) {
  const HoldfastWith<FragileAtAByte> fragile;
  ExploreOptions options = Whole({}, 2);
  options.protocol = &fragile;
  const ExploreReport report = Explore(options);
  ASSERT_GT(report.violation_count, 0U);
  EXPECT_LT(report.violation_count, 200U);  // Of tens of thousands of cells.
  for (const ExploreViolation& violation : report.violations) {
    EXPECT_EQ(violation.verdict.oracle, "exact_delivery");
    const auto plan = ParsePlan(violation.plan);
    ASSERT_TRUE(plan.has_value()) << plan.error();
    EXPECT_EQ(sim::Run(*plan, {.protocol = &fragile}).verdict, violation.verdict);
    EXPECT_EQ(sim::Run(*plan, {}).verdict, std::nullopt);
    EXPECT_NE(violation.last_events, "");
  }
}

TEST(Explore, FindsABugOfTwoDeathsAtDepthTwoOnly) {
  const HoldfastWith<FragileAtTheSecond> fragile;
  ExploreOptions options = Whole({}, 2);
  options.protocol = &fragile;
  options.bytes_stride = 3;
  EXPECT_EQ(Explore(options).violation_count, 0U);
  options.depth = 2;
  options.bytes_stride = 1000;
  const ExploreReport report = Explore(options);
  ASSERT_GT(report.violation_count, 0U);
  EXPECT_EQ(report.violations[0].deaths, 2U);
  const auto plan = ParsePlan(report.violations[0].plan);
  ASSERT_TRUE(plan.has_value()) << plan.error();
  EXPECT_EQ(sim::Run(*plan, {.protocol = &fragile}).verdict, report.violations[0].verdict);
}

// An endpoint whose fork is not what it was.
class ForksForgetfully final : public Fragile {
 public:
  using Fragile::Fragile;
  std::unique_ptr<Endpoint> Fork(const ForkKey& key) const override {
    return std::make_unique<ForksForgetfully>(ForkInner(key));
  }

 private:
  bool Broken() const override { return handshake_deaths_ >= 2; }
};

TEST(Explore, SaysThatAForkIsNotWhatItsPlanIs) {
  const HoldfastWith<ForksForgetfully> forgetful;
  ExploreOptions options = Whole({}, 1);
  options.protocol = &forgetful;
  options.depth = 2;
  options.bytes_stride = 1000;
  options.violations_max = 1'000'000;
  const ExploreReport report = Explore(options);
  EXPECT_TRUE(std::ranges::any_of(
      report.violations, [](const ExploreViolation& violation) { return violation.verdict.oracle == "determinism"; }));
}

}  // namespace
}  // namespace holdfast::sim
