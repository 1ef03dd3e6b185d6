#include "core/session/session.h"

#include <gtest/gtest.h>

#include <vector>

#include "core/base/fork_key.h"

namespace holdfast {
namespace {

constexpr Time kStart{1ns};

// One session, and the peer's end of its link to look into the records.
struct Bench {
  explicit Bench(const SessionOptions& options = {}) : session(options) {
    NoiseSplit a;
    NoiseSplit b;
    link.emplace(kStart, options, Suite::kChaChaPoly, a, true);
    peer.emplace(kStart, options, Suite::kChaChaPoly, b, false);
    Claims claims;
    claims.credit_limit = {1 << 20};
    EXPECT_TRUE(session.Attach(claims));
  }

  std::vector<Frame> NextFrames(Time now = kStart) {
    const ByteSpan record = session.NextRecord(now, *link, scratch);
    plaintext.resize(record.size() - kRecordOverheadBytes);
    EXPECT_TRUE(peer->opener().Open(record.subspan(kRecordLengthBytes), plaintext));
    std::vector<Frame> frames;
    Reader reader(plaintext);
    for (;;) {
      auto frame = NextFrame(reader);
      EXPECT_TRUE(frame);
      if (!frame || !*frame) return frames;
      frames.push_back(**frame);
    }
  }

  Session session;
  std::optional<Link> link;
  std::optional<Link> peer;
  Scratch scratch;
  Bytes plaintext;
};

// HF-REC-7.
TEST(Session, ConfirmsATransportWithAnAckThoughThereIsNothingToSay) {
  Bench bench;
  EXPECT_TRUE(bench.session.HasRecord(kStart, *bench.link));
  const std::vector<Frame> frames = bench.NextFrames();
  ASSERT_EQ(frames.size(), 1U);
  EXPECT_TRUE(std::holds_alternative<AckFrame>(frames[0]));
  EXPECT_FALSE(bench.session.HasRecord(kStart, *bench.link));
}

// HF-FRM-5, HF-FRM-7.
TEST(Session, PutsLivenessBeforeBulk) {
  Bench bench;
  bench.session.Send(Bytes(100'000, 1));
  bench.session.Finish();
  bench.link->OnPing({{7}});
  const Time later = kStart + limits::kPingIdle;
  const std::vector<Frame> frames = bench.NextFrames(later);
  ASSERT_EQ(frames.size(), 4U);
  EXPECT_TRUE(std::holds_alternative<AckFrame>(frames[0]));
  EXPECT_TRUE(std::holds_alternative<PongFrame>(frames[1]));
  EXPECT_TRUE(std::holds_alternative<PingFrame>(frames[2]));
  EXPECT_TRUE(std::holds_alternative<DataFrame>(frames[3]));
}

TEST(Session, GathersSmallWritesIntoOneRecord) {
  Bench bench;
  for (int i = 0; i < 10; ++i) bench.session.Send(Bytes(50, 1));
  bench.session.Finish();
  const std::vector<Frame> frames = bench.NextFrames();
  ASSERT_EQ(frames.size(), 3U);
  EXPECT_EQ(std::get<DataFrame>(frames[1]).bytes.bytes.size(), 500U);
  EXPECT_EQ(std::get<FinFrame>(frames[2]).final_offset.value, 500U);
}

// HF-OFS-10, HF-OFS-13, HF-OFS-21.
TEST(Session, EndsForEveryFrameThatContradictsIt) {
  struct Case {
    Frame frame;
    Error error;
  };
  const Bytes byte = {1};
  const std::vector<Case> cases = {
      {AckFrame{{1}, {1 << 20}, false}, Error::kAckBeyondSent},
      {AckFrame{{0}, {1}, false}, Error::kCreditShrank},
      {AckFrame{{0}, {1 << 20}, true}, Error::kFinNotSent},
      {DataFrame{{1}, {byte}}, Error::kDataGap},
      {FinFrame{{1}}, Error::kFinMismatch},
  };
  for (const Case& c : cases) {
    Bench bench;
    auto outcome = bench.session.OnFrame(kStart, *bench.link, c.frame);
    ASSERT_FALSE(outcome) << Describe(c.frame);
    EXPECT_EQ(outcome.error(), c.error) << Describe(c.frame);
  }
}

// HF-OFS-5.
TEST(Session, ChecksClaimsInTheirOrder) {
  Bench bench;
  Claims claims = {{1}, {2}, {1}, {0}, true};
  EXPECT_EQ(bench.session.Attach(claims).error(), Error::kStateLost);
  claims.low = {0};
  EXPECT_EQ(bench.session.Attach(claims).error(), Error::kClaimsContradict);
  claims.consumed = {0};
  EXPECT_EQ(bench.session.Attach(claims).error(), Error::kAckBeyondSent);
  claims.received = {0};
  EXPECT_EQ(bench.session.Attach(claims).error(), Error::kFinNotSent);
  claims.fin_received = false;
  EXPECT_TRUE(bench.session.Attach(claims));
}

// HF-FRM-4, HF-FRM-6.
TEST(Session, TakesNothingFromPaddingNorFromAPongThatNobodyAskedFor) {
  Bench bench;
  bench.NextFrames();
  const auto state = [&bench] {
    Digest digest;
    bench.session.DigestInto(digest);
    bench.link->DigestInto(digest);
    return digest.value();
  };
  const uint64_t before = state();
  for (const Frame& frame : {Frame(PaddingFrame{}), Frame(PongFrame{{1, 2, 3}})}) {
    EXPECT_TRUE(bench.session.OnFrame(kStart, *bench.link, frame));
    EXPECT_EQ(state(), before);
    EXPECT_FALSE(bench.session.HasRecord(kStart, *bench.link));
  }
}

// HF-FRM-5.
TEST(Session, AnswersAPingWithItsTokenInTheNextRecordOnce) {
  Bench bench;
  bench.NextFrames();
  const PingToken token = {1, 2, 3, 4, 5, 6, 7, 8};
  ASSERT_TRUE(bench.session.OnFrame(kStart, *bench.link, PingFrame{token}));
  EXPECT_TRUE(bench.session.HasRecord(kStart, *bench.link));
  EXPECT_EQ(bench.NextFrames(), std::vector<Frame>{PongFrame{token}});
  EXPECT_FALSE(bench.session.HasRecord(kStart, *bench.link));
}

// HF-OFS-15, HF-OFS-21, HF-OFS-22.
TEST(Session, AcknowledgesEveryFinAtOnce) {
  Bench bench;
  bench.NextFrames();
  for (int i = 0; i < 3; ++i) {
    auto outcome = bench.session.OnFrame(kStart, *bench.link, FinFrame{{0}});
    ASSERT_TRUE(outcome);
    EXPECT_EQ(outcome->peer_finished, i == 0);
    EXPECT_TRUE(bench.session.HasRecord(kStart, *bench.link));
    const std::vector<Frame> frames = bench.NextFrames();
    ASSERT_EQ(frames.size(), 1U);
    EXPECT_TRUE(std::get<AckFrame>(frames[0]).fin_received);
    EXPECT_FALSE(bench.session.HasRecord(kStart, *bench.link));
  }
}

// HF-OFS-5.
TEST(Session, FindsOutThatThePeerNeedsWhatThisEndNeverHad) {
  Session session(SessionOptions{});
  Claims claims;
  claims.low = {1};
  EXPECT_EQ(session.Attach(claims).error(), Error::kStateLost);
}

TEST(Session, ForksToTheBit) {
  Bench bench;
  bench.session.Send(Bytes(5000, 3));
  bench.NextFrames();
  Digest a;
  Digest b;
  bench.session.DigestInto(a);
  bench.session.ForkForSimulation(ForkKey()).DigestInto(b);
  EXPECT_EQ(a.value(), b.value());
}

}  // namespace
}  // namespace holdfast
