// Sessions that move to another pool or process, at rest and in mid-stream.

#include "core/pool/moving.h"

#include <gtest/gtest.h>

#include <set>
#include <utility>

#include "core/pool/moving_fixture.h"

namespace holdfast {
namespace {

// HF-MOV-1, HF-MOV-4, HF-MOV-6, HF-RES-3.
TEST(Moving, AtRestAfterEveryStepDeliversEveryByteOnceWithTheSameEnd) {
  for (int cut_every : {1000, 9, 14}) {
    int moved = 0;
    for (int k = 0;; ++k) {
      SCOPED_TRACE("after step " + std::to_string(k) + ", cut every " + std::to_string(cut_every));
      Pair pair(SmallSteps());
      if (!Steps(pair, k, cut_every)) break;
      ASSERT_LT(k, 2000);
      if (MoveAtRest(pair, ConfigOf(SmallSteps()))) ++moved;
      ExpectAllArrives(pair);
      if (testing::Test::HasFailure()) return;
    }
    EXPECT_GT(moved, 40);
  }
}

// HF-MOV-10.
TEST(Moving, LiveAfterEveryStepDeliversEveryByteOnceWithoutAResume) {
  int moved = 0;
  for (int k = 0;; ++k) {
    SCOPED_TRACE("after step " + std::to_string(k));
    Pair pair(SmallSteps());
    if (!Steps(pair, k, 1000)) break;
    if (MoveLive(pair, ConfigOf(SmallSteps()))) ++moved;
    ExpectAllArrives(pair);
    if (pair.server_session != SessionId::kNone) {
      EXPECT_EQ(pair.client.View().resumes, 0U);
    }
    if (testing::Test::HasFailure()) return;
  }
  EXPECT_GT(moved, 40);
}

// HF-MOV-10, HF-REC-2, HF-REC-3.
TEST(Moving, LiveAtEveryByteOfARecordGoesOnWhereItWas) {
  for (Suite suite : {Suite::kChaChaPoly, Suite::kAesGcm}) {
    for (uint64_t rekey : {1U, 2U, 3U}) {
      Pair::Options options;
      options.client.suite = suite;
      options.client.session.rekey_interval = options.server_session.rekey_interval = rekey;
      options.client.session.data_bytes_first = options.client.session.data_bytes_max = 20;
      for (size_t cut = 0;; ++cut) {
        SCOPED_TRACE("rekey " + std::to_string(rekey) + ", byte " + std::to_string(cut));
        Pair pair(options);
        pair.PollClient();
        pair.Connect();
        pair.Run();
        for (int i = 0; i < 3; ++i) {  // Some records each way.
          pair.client.Send(pair.now, AsBytes("first"));
          pair.server.Send(pair.now, pair.server_session, AsBytes("first"));
          pair.Run();
        }
        pair.client.Send(pair.now, AsBytes("two records in flight, or three"));
        pair.PollClient();
        TestPipe& pipe = pair.pipes.back();
        const Bytes flight = std::exchange(pipe.to_server, {});
        ASSERT_GT(flight.size(), 40U);
        if (cut > flight.size()) break;
        pair.server.Receive(pair.now, pipe.server_id, ByteSpan(flight).first(cut));
        ASSERT_TRUE(MoveLive(pair, ConfigOf(options)));
        pair.server.Receive(pair.now, pipe.server_id, ByteSpan(flight).subspan(cut));
        pair.PollServer();
        for (int i = 0; i < 5; ++i) {
          pair.client.Send(pair.now, AsBytes("last"));
          pair.server.Send(pair.now, pair.server_session, AsBytes("last"));
          pair.Run();
        }
        EXPECT_EQ(pair.server_side.delivered.size(), 15U + 31U + 20U);
        EXPECT_EQ(pair.client_side.delivered.size(), 15U + 20U);
        EXPECT_EQ(pair.client.View().resumes, 0U);
        if (testing::Test::HasFailure()) return;
      }
    }
  }
}

// HF-MOV-10, HF-SEC-2, HF-REC-4.
TEST(Moving, NeverSealsTwiceUnderOneKeyAndNonce) {
  for (uint64_t rekey : {1U, 2U, 3U, 1000U}) {
    Pair::Options options = SmallSteps();
    options.client.session.rekey_interval = options.server_session.rekey_interval = rekey;
    for (int k = 5; k < 40; k += 3) {
      Pair pair(options);
      Steps(pair, k, 1000);
      (k % 2 == 0 ? MoveLive : MoveAtRest)(pair, ConfigOf(options));
      Steps(pair, 10, 1000);
      MoveLive(pair, ConfigOf(options));
      ExpectAllArrives(pair);
      std::set<std::pair<uint64_t, uint64_t>> seen;
      for (const SealMark& mark : pair.server_seals) {
        EXPECT_TRUE(seen.insert({mark.key_digest, mark.nonce}).second);
      }
      EXPECT_GT(seen.size(), 10U);
    }
  }
}

// The client holds a key that the server has only as the pending epoch; or has not heard of it at all.
// HF-MOV-4, HF-RES-19, HF-RES-20.
TEST(Moving, InTheMiddleOfAResumeTheNextAttemptFindsAKey) {
  for (bool heard : {false, true}) {
    Pair pair = Halfway();
    pair.Cut(pair.pipes.back());
    pair.dial_at.reset();
    TestPipe& pipe = pair.Connect();
    pair.PollClient();
    pair.Carry(pipe, true);  // Message 1: a candidate, and a pending epoch.
    if (!heard) pipe.to_client.clear();
    pair.Carry(pipe, false);
    const SessionView before = *pair.server.View(pair.server_session);
    EXPECT_NE(before.candidate, TransportId::kNone);
    EXPECT_EQ(pair.client.View().epoch, before.epoch + (heard ? 1 : 0));
    ASSERT_TRUE(MoveAtRest(pair, ConfigOf(SmallSteps())));
    ExpectAllArrives(pair);
    EXPECT_EQ(std::count(pair.server_side.log.begin(), pair.server_side.log.end(), "CloseTransport kMoved"), 1);
    EXPECT_EQ(std::count(pair.client_side.log.begin(), pair.client_side.log.end(), "Resumed"), heard ? 2 : 1);
  }
}

// HF-MOV-2.
TEST(Moving, LeavesNothingBehind) {
  Pair pair = Halfway();
  const RestBlob blob = ExportOf(pair);
  pair.PollServer();
  EXPECT_EQ(pair.server_side.log.back(), "CloseTransport kMoved");
  EXPECT_EQ(pair.server.census().transports, 0U);
  EXPECT_EQ(pair.server.View(pair.server_session), std::nullopt);
  EXPECT_EQ(pair.server.Send(pair.now, pair.server_session, AsBytes("x")), 0U);
  pair.server.Abort(pair.now, pair.server_session, 1);
  EXPECT_FALSE(pair.server_side.ending);
  // Its locators mean nothing here any more.
  pair.Run();
  pair.Connect();
  pair.Run();
  EXPECT_EQ(pair.server_side.log.back(), "CloseTransport kUnknownLocator");
}

// HF-MOV-2.
TEST(Moving, IsRefusedForWhatIsNotThereOrNotOpen) {
  StreamEntropy entropy(7, "export");
  Pair pair(SmallSteps());
  pair.PollClient();
  TestPipe& pipe = pair.Connect();
  EXPECT_EQ(pair.client.ExportAtRest(pair.now, entropy).error(), Error::kNotMovable);
  pair.PollClient();
  pair.Carry(pipe, true);  // An embryo.
  ASSERT_EQ(pair.server.census().embryos, 1U);
  const uint64_t digest = pair.server.StateDigest();
  for (SessionId id : {SessionId{0}, SessionId{1}, SessionId{2}}) {
    EXPECT_EQ(pair.server.ExportAtRest(pair.now, id, entropy).error(), Error::kNotMovable);
    EXPECT_EQ(pair.server.ExportLive(pair.now, id, TicketOf(1).key(), entropy).error(), Error::kNotMovable);
  }
  EXPECT_EQ(pair.server.StateDigest(), digest);
  ExpectAllArrives(pair);
  EXPECT_EQ(pair.client.ExportAtRest(pair.now, entropy).error(), Error::kNotMovable);
}

// HF-MOV-2.
TEST(Moving, LiveNeedsATransportAndAKey) {
  StreamEntropy entropy(7, "export");
  Pair pair = Halfway();
  const uint64_t digest = pair.server.StateDigest();
  EXPECT_EQ(pair.server.ExportLive(pair.now, pair.server_session, TicketKey{}, entropy).error(), Error::kWeakKey);
  EXPECT_EQ(pair.server.StateDigest(), digest);
  pair.Cut(pair.pipes.back());
  EXPECT_EQ(pair.server.ExportLive(pair.now, pair.server_session, TicketOf(1).key(), entropy).error(),
            Error::kNotMovable);
}

// HF-MOV-6, HF-OFS-2.
TEST(Moving, AtRestDeliversAgainWhatWasNotConsumedAndLiveDoesNot) {
  for (bool live : {false, true}) {
    Pair::Options options = SmallSteps();
    options.server_session.explicit_consume = true;
    Pair pair(options);
    pair.PollClient();
    pair.Connect();
    pair.client.Send(pair.now, TestPattern(100));
    pair.Run();
    pair.server.Consumed(pair.now, pair.server_session, 40);
    ASSERT_TRUE((live ? MoveLive : MoveAtRest)(pair, ConfigOf(options)));
    EXPECT_EQ(pair.server.View(pair.server_session)->received, live ? 100U : 40U);
    EXPECT_EQ(pair.server.View(pair.server_session)->consumed, 40U);
    if (live) continue;
    pair.server_side.delivered.resize(40);  // The new owner's.
    pair.Run();
    pair.Connect();
    pair.Run();
    EXPECT_EQ(pair.server_side.delivered, TestPattern(100));
  }
}

// HF-MOV-5, HF-END-25.
TEST(Moving, KeepsTheHoldTimeAndEndsWhatExpiredWhileAway) {
  for (Duration short_of : {1ns, 0ns}) {
    Pair pair = Halfway();
    pair.Cut(pair.pipes.back());
    pair.dial_at.reset();
    const Duration left = limits::kHold + limits::kDeadTransport;  // No time has passed since the last record.
    RestBlob blob = ExportOf(pair);
    Server next(ConfigOf(SmallSteps()));
    const Time now{5ns};  // Another machine, whose clock has just begun.
    const auto session = next.ImportAtRest(now, std::move(blob), left - short_of);
    ASSERT_TRUE(session);
    next.Tick(now);
    EXPECT_EQ(next.state(*session), short_of > 0ns ? ServerState::kSuspended : ServerState::kTombstone);
    if (short_of == 0ns) {
      pair.now = std::max(pair.now, now);
      Replace(pair, std::move(next), *session);
      pair.PollServer();
      ASSERT_TRUE(pair.server_side.ending);
      EXPECT_EQ(pair.server_side.ending->cause, Cause::kExpired);
      pair.Connect();
      pair.RunFor(20s);
      ASSERT_TRUE(pair.client_side.ending);
      EXPECT_EQ(pair.client_side.ending->cause, Cause::kExpired);
    }
  }
}

// HF-MOV-5.
TEST(Moving, CountsTheTimeAwayByTheClockOnTheWallIfBothHaveOne) {
  const Duration hold = limits::kHold + limits::kDeadTransport;
  const uint64_t away_ms = MillisecondsOf(hold);
  for (uint64_t passed_ms : {away_ms - 1, away_ms}) {
    Pair pair = Halfway();
    pair.server.SetClock(pair.now, {1'000'000});
    RestBlob blob = ExportOf(pair);
    Server next(ConfigOf(SmallSteps()));
    next.SetClock(Time(5ns), {1'000'000 + passed_ms});
    const auto session = next.ImportAtRest(Time(5ns), std::move(blob));
    ASSERT_TRUE(session);
    next.Tick(Time(5ns));
    EXPECT_EQ(next.state(*session), passed_ms < away_ms ? ServerState::kSuspended : ServerState::kTombstone);
  }
}

// HF-MOV-4.
TEST(Moving, KeepsTheKeyThatTheClientProved) {
  for (bool live : {false, true}) {
    Pair::Options options = SmallSteps();
    options.client.static_key = Pair::ClientKey();
    Pair pair(options);
    pair.PollClient();
    pair.Connect();
    pair.Run();
    EXPECT_EQ(pair.server.ExportAtRest(pair.now, pair.server_session, pair.server_entropy()).error(),
              Error::kNotMovable)
        << "nobody has judged the client";
    pair.server.Judge(pair.now, pair.server_session, true);
    pair.Run();
    ASSERT_EQ(pair.server.PeerKey(pair.server_session), Pair::ClientKey().public_key());
    ASSERT_TRUE((live ? MoveLive : MoveAtRest)(pair, ConfigOf(options)));
    EXPECT_EQ(pair.server.PeerKey(pair.server_session), Pair::ClientKey().public_key());
    MoveClient(pair, options);
    pair.dial_at = pair.now;
    ExpectAllArrives(pair);
  }
}

// HF-MOV-4, HF-END-28.
TEST(Moving, ATombstoneAnswersWhereItWasMoved) {
  Pair pair = Halfway();
  pair.Cut(pair.pipes.back());
  pair.dial_at.reset();
  pair.server.Abort(pair.now, pair.server_session, 42);
  pair.PollServer();
  ASSERT_TRUE(MoveAtRest(pair, ConfigOf(SmallSteps())));
  EXPECT_EQ(pair.server.census().tombstones, 1U);
  pair.Connect();
  pair.Run();
  ASSERT_TRUE(pair.client_side.ending);
  EXPECT_EQ(pair.client_side.ending->cause, Cause::kAborted);
  EXPECT_EQ(pair.client_side.ending->app_code, 42U);
  pair.now += 30 * 24h;
  pair.server.Tick(pair.now);
  EXPECT_EQ(pair.server.census().tombstones, 0U) << "and is forgotten in the end";
}

// A window that is smaller at the importer takes back nothing; a replay buffer loses nothing.
// HF-MOV-6, HF-OFS-16, HF-OFS-17.
TEST(Moving, IntoAPoolOfSmallerBuffersKeepsWhatWasPromised) {
  for (bool live : {false, true}) {
    for (int k = 5; k < 50; k += 5) {
      SCOPED_TRACE(k);
      Pair::Options smaller = SmallSteps();
      smaller.server_session.receive_window = 8;
      smaller.server_session.replay_bytes_max = 16;
      Pair pair(SmallSteps());
      Steps(pair, k, 1000);
      EXPECT_TRUE((live ? MoveLive : MoveAtRest)(pair, ConfigOf(smaller)));
      ExpectAllArrives(pair);
    }
  }
}

// HF-MOV-4, HF-RES-2, HF-SEC-8.
TEST(Moving, AClientAfterEveryStepResumesWithAnAttemptThatIsNew) {
  for (int cut_every : {1000, 9}) {
    for (int k = 0;; ++k) {
      SCOPED_TRACE("after step " + std::to_string(k));
      Pair pair(SmallSteps());
      if (!Steps(pair, k, cut_every)) break;
      const bool over = pair.client_side.ending.has_value();
      MoveClient(pair, SmallSteps());
      if (!over) {
        ExpectAllArrives(pair);
      }
      EXPECT_EQ(std::count(pair.server_side.log.begin(), pair.server_side.log.end(), "CloseTransport kStaleAttempt"),
                0);
      if (testing::Test::HasFailure()) return;
    }
  }
}

// HF-MOV-4, HF-END-18.
TEST(Moving, AClientThatWasClosingTellsTheServer) {
  Pair pair = Halfway();
  pair.Cut(pair.pipes.back());
  pair.dial_at.reset();
  pair.client.Abort(pair.now, 17);
  MoveClient(pair, SmallSteps());
  EXPECT_EQ(pair.client.state(), ClientState::kClosing);
  pair.RunFor(20s);
  for (const TestSide* side : {&pair.client_side, &pair.server_side}) {
    ASSERT_TRUE(side->ending);
    EXPECT_EQ(side->ending->cause, Cause::kAborted);
    EXPECT_EQ(side->ending->app_code, 17U);
  }
}

}  // namespace
}  // namespace holdfast
