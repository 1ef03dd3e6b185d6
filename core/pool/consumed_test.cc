// Consumed: the application says itself what it owns (docs/protocol.md 5.2, 6.4, 7.2).

#include <gtest/gtest.h>

#include "core/pool/pair.h"

namespace holdfast {
namespace {

// Both ends say what they consume.
Pair::Options Explicit(size_t replay = limits::kReplayBytesDefault, size_t window = limits::kReceiveWindowDefault) {
  Pair::Options options;
  for (SessionOptions* session : {&options.client.session, &options.server_session}) {
    session->explicit_consume = true;
    session->replay_bytes_max = replay;
    session->receive_window = window;
  }
  return options;
}

SessionView ServerView(const Pair& pair) { return *pair.server.View(pair.server_session); }

void CutLast(Pair& pair) { pair.Cut(pair.pipes.back()); }

// HF-OFS-2, HF-OFS-12, HF-OFS-14.
TEST(Consumed, LetsThePeerForgetStepByStepAndNothingElseDoes) {
  Pair pair(Explicit());
  pair.RunFor(1s);
  const Bytes up = TestPattern(100, 1);
  const Bytes down = TestPattern(50, 2);
  pair.client.Send(pair.now, up);
  pair.server.Send(pair.now, pair.server_session, down);
  pair.RunFor(10s);
  EXPECT_EQ(pair.server_side.delivered, up);
  EXPECT_EQ(pair.client_side.delivered, down);
  EXPECT_EQ(ServerView(pair).received, 100U);
  EXPECT_EQ(ServerView(pair).consumed, 0U);
  EXPECT_EQ(pair.client.View().acked, 0U);
  EXPECT_EQ(pair.client.View().replay_bytes, 100U);
  for (uint64_t step = 1; step <= 50; ++step) {
    pair.server.Consumed(pair.now, pair.server_session, 2);
    pair.client.Consumed(pair.now, 1);
    pair.RunFor(1s);
    EXPECT_EQ(ServerView(pair).consumed, 2 * step);
    EXPECT_EQ(pair.client.View().acked, 2 * step);
    EXPECT_EQ(pair.client.View().consumed, step);
    EXPECT_EQ(ServerView(pair).acked, step);
  }
  EXPECT_EQ(pair.client.View().replay_bytes, 0U);
  EXPECT_EQ(ServerView(pair).replay_bytes, 0U);
}

// Any part is consumed, before and after a transport dies; nothing is delivered or acknowledged twice.
// HF-OFS-2, HF-OFS-3, HF-OFS-7.
TEST(Consumed, LeavesThePeerWhatIsNotConsumedOverEveryResume) {
  for (uint64_t first = 0; first <= 20; ++first) {
    for (uint64_t suspended = 0; suspended + first <= 20; suspended += 5) {
      Pair pair(Explicit());
      pair.RunFor(1s);
      pair.client.Send(pair.now, TestPattern(20));
      pair.RunFor(1s);
      pair.server.Consumed(pair.now, pair.server_session, first);
      pair.RunFor(1s);
      CutLast(pair);
      pair.server.Consumed(pair.now, pair.server_session, suspended);
      pair.RunFor(5s);
      ASSERT_EQ(pair.client.state(), ClientState::kOpen);
      EXPECT_EQ(pair.client.View().acked, first + suspended);
      EXPECT_EQ(pair.client.View().replay_bytes, 20 - first - suspended);
      EXPECT_EQ(pair.client.View().bytes_replayed, 0U) << "it was received";
      pair.server.Consumed(pair.now, pair.server_session, 20 - first - suspended);
      pair.RunFor(1s);
      EXPECT_EQ(pair.client.View().acked, 20U);
      EXPECT_EQ(pair.server_side.delivered, TestPattern(20));
    }
  }
}

// HF-END-5, HF-END-6.
TEST(Consumed, IsWhatTheServerWaitsForBeforeItFinishes) {
  for (bool suspended : {false, true}) {
    Pair pair(Explicit());
    pair.RunFor(1s);
    pair.client.Send(pair.now, TestPattern(10));
    pair.client.Finish(pair.now);
    pair.server.Finish(pair.now, pair.server_session);
    pair.RunFor(5s);
    EXPECT_EQ(pair.server_side.finished, 1U);
    EXPECT_FALSE(pair.server_side.ending);
    if (suspended) {
      CutLast(pair);
      pair.dial_at.reset();
    }
    pair.server.Consumed(pair.now, pair.server_session, 9);
    pair.Run();
    EXPECT_FALSE(pair.server_side.ending) << suspended;
    pair.server.Consumed(pair.now, pair.server_session, 1);
    pair.Run();
    ASSERT_TRUE(pair.server_side.ending) << suspended;
    EXPECT_EQ(pair.server_side.ending->cause, Cause::kFinished);
    EXPECT_EQ(pair.server.state(pair.server_session), ServerState::kTombstone);
    if (suspended) {
      EXPECT_FALSE(pair.client_side.ending);
      pair.Connect();
      pair.Run();
    }
    ASSERT_TRUE(pair.client_side.ending) << suspended;
    EXPECT_EQ(pair.client_side.ending->cause, Cause::kFinished);
  }
}

// HF-END-5, HF-END-7.
TEST(Consumed, OfTheClientIsWaitedForToo) {
  Pair pair(Explicit());
  pair.RunFor(1s);
  pair.server.Send(pair.now, pair.server_session, TestPattern(10));
  pair.server.Finish(pair.now, pair.server_session);
  pair.client.Finish(pair.now);
  pair.RunFor(5s);
  EXPECT_EQ(pair.client_side.finished, 1U);
  CutLast(pair);
  pair.RunFor(5s);
  EXPECT_FALSE(pair.client_side.ending || pair.server_side.ending);
  pair.client.Consumed(pair.now, 10);
  pair.RunFor(5s);
  ASSERT_TRUE(pair.client_side.ending && pair.server_side.ending);
  EXPECT_EQ(pair.client_side.ending->cause, Cause::kFinished);
}

// HF-OFS-2.
TEST(Consumed, IsIgnoredWhereDeliveryIsAllThatItTakesAndOnceItIsOver) {
  Pair pair;
  pair.client.Consumed(pair.now, 7);
  pair.server.Consumed(pair.now, SessionId{99}, 7);
  pair.RunFor(1s);
  pair.client.Send(pair.now, TestPattern(10));
  pair.RunFor(1s);
  const uint64_t client = pair.client.StateDigest();
  const uint64_t server = pair.server.StateDigest();
  pair.client.Consumed(pair.now, 1000);
  pair.server.Consumed(pair.now, pair.server_session, 1000);
  EXPECT_EQ(pair.client.StateDigest(), client);
  EXPECT_EQ(pair.server.StateDigest(), server);

  Pair over(Explicit());
  over.RunFor(1s);
  over.client.Abort(over.now, 1);
  over.client.Consumed(over.now, 1000);
  over.RunFor(1s);
  over.client.Consumed(over.now, 1000);
  over.server.Consumed(over.now, over.server_session, 1000);
  EXPECT_EQ(over.client.state(), ClientState::kEnded);
}

TEST(Consumed, CannotBeMoreThanWasDelivered) {
  Pair pair(Explicit());
  pair.RunFor(1s);
  pair.client.Send(pair.now, TestPattern(10));
  pair.RunFor(1s);
  EXPECT_DEATH(pair.server.Consumed(pair.now, pair.server_session, 11), "received_ - consumed_");
  EXPECT_DEATH(pair.client.Consumed(pair.now, 1), "received_ - consumed_");
  pair.server.Consumed(pair.now, pair.server_session, 10);
}

// Both ends write until neither can: every buffer and both windows are full, with or without a cut at that moment. Then
// they read what they were given. That goes on until all is through, for every proportion of buffer and window.
// HF-OFS-9, HF-OFS-16, HF-OFS-17, HF-LIM-6.
TEST(Backpressure, HasNoDeadlockWhenEverythingIsFullInBothDirections) {
  for (size_t replay : {size_t{1}, size_t{10}, size_t{100}}) {
    for (size_t window : {size_t{1}, size_t{10}, size_t{100}}) {
      for (bool cut : {false, true}) {
        Pair pair(Explicit(replay, window));
        pair.RunFor(1s);
        const size_t size = 3 * (replay + window);
        const Bytes up = TestPattern(size, 1);
        const Bytes down = TestPattern(size, 2);
        size_t up_sent = 0;
        size_t down_sent = 0;
        size_t rounds = 0;
        while (pair.server_side.delivered.size() < size || pair.client_side.delivered.size() < size) {
          ASSERT_LT(++rounds, 2 * size + 10) << replay << " " << window << " " << cut;
          for (size_t before = SIZE_MAX; before != up_sent + down_sent;) {
            before = up_sent + down_sent;
            up_sent += pair.client.Send(pair.now, ByteSpan(up).subspan(up_sent));
            down_sent += pair.server.Send(pair.now, pair.server_session, ByteSpan(down).subspan(down_sent));
            pair.RunFor(100ms);
          }
          const SessionView client = pair.client.View();
          const SessionView server = ServerView(pair);
          ASSERT_TRUE(up_sent == size || client.replay_bytes == replay);
          ASSERT_TRUE(down_sent == size || server.replay_bytes == replay);
          ASSERT_LE(client.sent, server.consumed + window);
          ASSERT_LE(server.sent, client.consumed + window);
          if (cut) {
            CutLast(pair);
            pair.RunFor(1s);
          }
          const uint64_t at_client = pair.client.View().received - pair.client.View().consumed;
          const uint64_t at_server = ServerView(pair).received - ServerView(pair).consumed;
          ASSERT_GT(at_client + at_server, 0U);
          pair.client.Consumed(pair.now, at_client);
          pair.server.Consumed(pair.now, pair.server_session, at_server);
          pair.RunFor(1s);
        }
        EXPECT_EQ(pair.server_side.delivered, up);
        EXPECT_EQ(pair.client_side.delivered, down);
      }
    }
  }
}

// Both windows are full and nobody reads for an hour: no transport dies of it, and then it goes on.
// HF-LIV-2, HF-LIV-11, HF-OFS-9.
TEST(Backpressure, IsNoSilence) {
  Pair pair(Explicit(2000, 1000));
  pair.RunFor(1s);
  pair.client.Send(pair.now, TestPattern(2000, 1));
  pair.server.Send(pair.now, pair.server_session, TestPattern(2000, 2));
  pair.RunFor(3600s);
  EXPECT_EQ(pair.pipes.size(), 1U);
  EXPECT_EQ(pair.client.state(), ClientState::kOpen);
  EXPECT_EQ(pair.server_side.delivered.size(), 1000U);
  EXPECT_EQ(pair.client_side.delivered.size(), 1000U);
  pair.client.Consumed(pair.now, 1000);
  pair.server.Consumed(pair.now, pair.server_session, 1000);
  pair.RunFor(1s);
  EXPECT_EQ(pair.server_side.delivered, TestPattern(2000, 1));
  EXPECT_EQ(pair.client_side.delivered, TestPattern(2000, 2));
}

}  // namespace
}  // namespace holdfast
