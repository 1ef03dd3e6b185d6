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
    link.emplace(kStart, options, limits::kHold, Suite::kChaChaPoly, a, true);
    peer.emplace(kStart, options, limits::kHold, Suite::kChaChaPoly, b, false);
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

// HF-OFS-2, HF-OFS-12, HF-OFS-15.
TEST(Session, AcknowledgesWhatIsConsumedAndNotWhatIsDelivered) {
  SessionOptions options;
  options.explicit_consume = true;
  options.receive_window = 1000;
  Bench bench(options);
  bench.NextFrames();
  const Bytes bytes(300, 7);
  ASSERT_TRUE(bench.session.OnFrame(kStart, *bench.link, DataFrame{{0}, {bytes}}));
  EXPECT_FALSE(bench.session.HasRecord(kStart + 1s, *bench.link)) << "nothing is consumed";
  EXPECT_EQ(bench.session.ClaimsNow().received.value, 300U);
  EXPECT_EQ(bench.session.ClaimsNow().consumed.value, 0U);
  bench.session.Consumed(kStart, 100, &*bench.link);
  EXPECT_FALSE(bench.session.HasRecord(kStart, *bench.link)) << "in a while";
  EXPECT_EQ(bench.NextFrames(kStart + options.ack_delay), (std::vector<Frame>{AckFrame{{100}, {1100}, false}}));
  EXPECT_FALSE(bench.session.HasRecord(kStart + 1s, *bench.link));
  ASSERT_TRUE(bench.session.OnFrame(kStart, *bench.link, DataFrame{{300}, {bytes}}));
  bench.session.Consumed(kStart, 500, &*bench.link);
  EXPECT_TRUE(bench.session.HasRecord(kStart, *bench.link)) << "half of the window, so at once";
  EXPECT_EQ(bench.NextFrames(), (std::vector<Frame>{AckFrame{{600}, {1600}, false}}));
}

// HF-OFS-15, HF-END-5.
TEST(Session, AcknowledgesFinAtOnceAndIsFinishedOnceAllIsConsumed) {
  SessionOptions options;
  options.explicit_consume = true;
  Bench bench(options);
  bench.NextFrames();
  bench.session.Finish();
  EXPECT_EQ(bench.NextFrames(), (std::vector<Frame>{FinFrame{{0}}}));
  const Bytes abc = ToBytes(AsBytes("abc"));
  ASSERT_TRUE(bench.session.OnFrame(kStart, *bench.link, DataFrame{{0}, {abc}}));
  ASSERT_TRUE(bench.session.OnFrame(kStart, *bench.link, FinFrame{{3}}));
  EXPECT_EQ(bench.NextFrames(), (std::vector<Frame>{AckFrame{{0}, {1 << 20}, true}}));
  ASSERT_TRUE(bench.session.OnFrame(kStart, *bench.link, AckFrame{{0}, {1 << 20}, true}));
  for (int i = 0; i < 3; ++i) {
    EXPECT_FALSE(bench.session.Finished()) << i;
    bench.session.Consumed(kStart, 1, &*bench.link);
  }
  EXPECT_TRUE(bench.session.Finished());
}

// HF-OFS-20.
TEST(Session, TellsTheEndOfAStreamThatFellBackAfterItsLastByte) {
  SessionOptions options;
  options.explicit_consume = true;
  Session session(options, SendStream(options.replay_bytes_max),
                  ReceiveStream(100, true, {.received = 4, .consumed = 4, .credit_limit = 100, .final_offset = 6}));
  NoiseSplit split;
  Link link(kStart, options, limits::kHold, Suite::kChaChaPoly, split, false);
  const Bytes byte = {1};
  auto outcome = session.OnFrame(kStart, link, DataFrame{{4}, {byte}});
  ASSERT_TRUE(outcome);
  EXPECT_FALSE(outcome->peer_finished);
  outcome = session.OnFrame(kStart, link, DataFrame{{5}, {byte}});
  ASSERT_TRUE(outcome);
  EXPECT_TRUE(outcome->peer_finished);
  outcome = session.OnFrame(kStart, link, FinFrame{{6}});
  ASSERT_TRUE(outcome);
  EXPECT_FALSE(outcome->peer_finished) << "once";
}

// HF-OFS-18.
TEST(Session, ReachesItsOffsetLimitInEitherDirectionWithTheCauseOfThat) {
  const SessionOptions options;
  const uint64_t near = kVarintMax - 10;
  Session session(options, SendStream(100, near), ReceiveStream(100, false, {.received = near, .consumed = near}));
  EXPECT_EQ(session.Send(Bytes(9)), 9U);
  EXPECT_FALSE(session.AtOffsetLimit());
  EXPECT_EQ(session.Send(Bytes(9)), 1U);
  EXPECT_TRUE(session.AtOffsetLimit());
  NoiseSplit split;
  Link link(kStart, options, limits::kHold, Suite::kChaChaPoly, split, true);
  const Bytes bytes(10);
  auto outcome = session.OnFrame(kStart, link, DataFrame{{near}, {bytes}});
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error(), Error::kOffsetLimit);
  EXPECT_EQ(InfoOf(outcome.error()).cause, Cause::kOffsetLimit);
}

// Both ends have bulk to send in every record. Whatever is owed goes into the very next one.
// HF-FRM-5, HF-FRM-7, HF-OFS-15, HF-LIV-2.
TEST(Session, NeverStarvesWhatIsOwedBehindBulkInBothDirections) {
  Bench bench;
  bench.NextFrames();
  uint64_t received = 0;
  uint64_t acked = 0;
  uint64_t sent = 0;
  Time now = kStart;
  for (int round = 0; round < 2000; ++round) {
    bench.session.Send(Bytes(100'000, 1));
    const Bytes bulk(16'000, 2);
    ASSERT_TRUE(bench.session.OnFrame(now, *bench.link, DataFrame{{received}, {bulk}}));
    received += bulk.size();
    const bool pinged = round % 3 == 0;
    const PingToken token = {static_cast<uint8_t>(round), 1};
    if (pinged) {
      ASSERT_TRUE(bench.session.OnFrame(now, *bench.link, PingFrame{token}));
    }
    const bool silent = round % 7 == 0;  // The transport stood still; a PING is due.
    now += silent ? limits::kPingIdle : 1ms;
    const std::vector<Frame> frames = bench.NextFrames(now);
    bench.link->OnLife(now);
    bool has_pong = false;
    bool has_ping = false;
    bool has_data = false;
    for (const Frame& frame : frames) {
      if (const auto* pong = std::get_if<PongFrame>(&frame)) has_pong = pong->token == token;
      has_ping = has_ping || std::holds_alternative<PingFrame>(frame);
      if (const auto* ack = std::get_if<AckFrame>(&frame)) acked = ack->consumed.value;
      if (const auto* data = std::get_if<DataFrame>(&frame)) {
        has_data = true;
        sent = data->offset.value + data->bytes.bytes.size();
      }
    }
    ASSERT_EQ(has_pong, pinged) << round;
    ASSERT_EQ(has_ping, silent) << round;
    ASSERT_TRUE(has_data) << round;
    ASSERT_EQ(acked, received) << round;
    ASSERT_TRUE(bench.session.OnFrame(now, *bench.link, AckFrame{{sent}, {sent + (1 << 20)}, false}));
  }
}

}  // namespace
}  // namespace holdfast
