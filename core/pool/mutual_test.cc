// Who the peer is, and who says whether that will do: XX and the verdicts on keys (docs/protocol.md 4.3).

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "core/pool/pair.h"
#include "core/wire/limits.h"

namespace holdfast {
namespace {

constexpr size_t kPreambleAndMessage1 = 62;
constexpr size_t kMessage2 = 114;
constexpr size_t kMessage3 = 66;

Pair::Options Mutual(Suite suite = Suite::kChaChaPoly) {
  Pair::Options options;
  options.client.static_key = Pair::ClientKey();
  options.client.suite = suite;
  options.client.backoff_first = options.client.backoff_max = 1ms;
  return options;
}

size_t Count(const TestSide& side, std::string_view what) {
  return static_cast<size_t>(std::ranges::count(side.log, what));
}

void Exchange(Pair& pair) {
  pair.client.Send(pair.now, TestPattern(3000));
  pair.server.Send(pair.now, pair.server_session, TestPattern(2000, 5));
  pair.client.Finish(pair.now);
  pair.server.Finish(pair.now, pair.server_session);
  pair.RunFor(1h);
  EXPECT_EQ(pair.server_side.delivered, TestPattern(3000));
  EXPECT_EQ(pair.client_side.delivered, TestPattern(2000, 5));
  ASSERT_TRUE(pair.client_side.ending && pair.server_side.ending);
  EXPECT_EQ(pair.client_side.ending->cause, Cause::kFinished);
  EXPECT_EQ(pair.server_side.ending->cause, Cause::kFinished);
}

// HF-NEW-15, HF-NEW-18, HF-KEY-12.
TEST(Mutual, OpensOnceTheServersApplicationAcceptsTheClientsKey) {
  for (Suite suite : {Suite::kChaChaPoly, Suite::kAesGcm}) {
    for (size_t segment : {size_t{1}, size_t{7}, SIZE_MAX}) {
      Pair::Options options = Mutual(suite);
      options.segment = segment;
      Pair pair(options);
      pair.Connect();
      pair.Run();
      EXPECT_EQ(pair.server_side.presented, Pair::ClientKey().public_key());
      EXPECT_EQ(pair.server.state(pair.server_session), ServerState::kUnjudged);
      EXPECT_EQ(Count(pair.server_side, "Opened"), 0U);
      pair.server.Judge(pair.now, pair.server_session, true);
      pair.Run();
      EXPECT_EQ(pair.server.state(pair.server_session), ServerState::kAttached);
      EXPECT_EQ(pair.server.PeerKey(pair.server_session), Pair::ClientKey().public_key());
      Exchange(pair);
      EXPECT_EQ(Count(pair.server_side, "KeyPresented"), 1U);
      EXPECT_EQ(Count(pair.server_side, "Opened"), 1U);
    }
  }
}

// HF-NEW-19.
TEST(Mutual, HasTheClientSendOneRecordAndNoMoreWhileTheVerdictIsOut) {
  Pair pair(Mutual());
  pair.client.Send(pair.now, TestPattern(500'000));
  TestPipe& pipe = pair.Connect();
  pair.PollClient();
  pair.Carry(pipe, true);
  pair.PollServer();
  pair.Carry(pipe, false);
  pair.PollClient();
  EXPECT_GT(pipe.to_server.size(), kMessage3);
  EXPECT_LE(pipe.to_server.size(), kMessage3 + 2 + limits::kFirstRecordCiphertextBytesMax);
  pair.Run();
  pair.client.Send(pair.now, TestPattern(10));
  pair.PollClient();
  EXPECT_TRUE(pipe.to_server.empty());
  EXPECT_TRUE(pair.server_side.delivered.empty());
  pair.server.Judge(pair.now, pair.server_session, true);
  pair.Run();
  EXPECT_EQ(pair.server_side.delivered.size(), 500'010U);
}

// A peer that does not keep to it loses the transport, and nothing else. HF-NEW-19.
TEST(Mutual, CostsATransportToSendMoreThanOneRecordBeforeTheVerdict) {
  Pair pair(Mutual());
  TestPipe& pipe = pair.Connect();
  pair.Run();
  const Bytes more = {0};
  pair.server.Receive(pair.now, pipe.server_id, more);
  pair.PollServer();
  EXPECT_EQ(Count(pair.server_side, "CloseTransport kTooSoon"), 1U);
  EXPECT_EQ(pair.server.state(pair.server_session), ServerState::kUnjudged);
  pair.CutClient(pipe);
  pair.server.Judge(pair.now, pair.server_session, true);
  pair.RunFor(5s);
  Exchange(pair);
}

// The client has opened the session, and the server cannot know of it.
bool LosesMessage3(bool up, size_t cut) {
  return up ? cut >= kPreambleAndMessage1 && cut < kPreambleAndMessage1 + kMessage3 : cut == kMessage2;
}

// HF-NEW-11, HF-END-26: a new session for the same bytes is not begun behind the application's back.
TEST(Mutual, IsNeverConfirmedIfMessage3IsLost) {
  for (size_t cut = kPreambleAndMessage1; cut < kPreambleAndMessage1 + kMessage3; cut += 13) {
    Pair::Options options = Mutual();
    options.client.backoff_first = options.client.backoff_max = 10s;
    Pair pair(options);
    pair.client.Send(pair.now, TestPattern(30));
    pair.Connect(cut);
    pair.RunFor(limits::kEmbryoTime + limits::kAttemptTimeoutMax);
    ASSERT_TRUE(pair.client_side.ending) << cut;
    EXPECT_EQ(pair.client_side.ending->cause, Cause::kNeverConfirmed);
    EXPECT_EQ(Count(pair.server_side, "KeyPresented"), 0U);
  }
}

// HF-NEW-20.
TEST(Mutual, TellsTheClientOfARefusalWhereverTheTransportIsCut) {
  for (bool up : {true, false}) {
    for (size_t cut = 0; cut < 260; ++cut) {
      for (bool early : {true, false}) {  // The verdict comes before the client's first record, or some time after it.
        Pair pair(Mutual());
        pair.client.Send(pair.now, TestPattern(30));
        pair.Connect(up ? cut : kNoCut, up ? kNoCut : cut);
        bool judged = false;
        for (int i = 0; i < 40 && !pair.client_side.ending; ++i) {
          if (!early) pair.Run();
          pair.RunFor(1ms);
          if (pair.server.state(pair.server_session) == ServerState::kUnjudged) {
            pair.server.Judge(pair.now, pair.server_session, false);
            judged = true;
          }
          if (early) pair.Run();
        }
        if (LosesMessage3(up, cut)) {
          EXPECT_FALSE(judged || pair.client_side.ending);
          continue;
        }
        ASSERT_TRUE(pair.client_side.ending) << up << ' ' << cut;
        EXPECT_TRUE(judged);
        EXPECT_EQ(pair.client_side.ending->cause, Cause::kRefused);
        EXPECT_EQ(pair.client_side.ending->origin, Origin::kServer);
        ASSERT_TRUE(pair.server_side.ending);
        EXPECT_EQ(pair.server_side.ending->cause, Cause::kRefused);
        EXPECT_TRUE(pair.server_side.delivered.empty());
        EXPECT_EQ(pair.server.census().tombstones, 0U);
        pair.now += limits::kEmbryoTime + limits::kHandshakeTime;
        pair.server.Tick(pair.now);
        pair.PollServer();
        EXPECT_EQ(pair.server.census().embryos, 0U);
        EXPECT_EQ(pair.server.state(pair.server_session), std::nullopt);
      }
    }
  }
}

// HF-NEW-19: the session is met under its first epoch, and under the ones after it, though nobody has judged it.
TEST(Mutual, ResumesWhileTheVerdictIsOutWhereverTheTransportsAreCut) {
  for (bool up : {true, false}) {
    for (size_t cut = 0; cut < 330; cut += 3) {
      if (LosesMessage3(up, cut)) continue;
      for (int rounds : {1, 3}) {
        Pair pair(Mutual());
        for (int i = 0; i < rounds; ++i) {
          pair.dial_at.reset();
          pair.Connect(up ? cut : kNoCut, up ? kNoCut : cut);
          pair.Run();
        }
        pair.RunFor(100ms);
        ASSERT_EQ(pair.server.state(pair.server_session), ServerState::kUnjudged) << up << ' ' << cut;
        pair.server.Judge(pair.now, pair.server_session, true);
        pair.RunFor(1s);
        Exchange(pair);
        EXPECT_EQ(Count(pair.server_side, "Opened"), 1U);
      }
    }
  }
}

// HF-END-27, HF-END-26.
TEST(Mutual, ForgetsAClientThatNobodyJudges) {
  Pair pair(Mutual());
  pair.client.Send(pair.now, TestPattern(30));
  pair.Connect();
  pair.Run();
  pair.RunFor(limits::kEmbryoTime + limits::kDeadTransport + 400s);
  EXPECT_EQ(pair.server.state(pair.server_session), std::nullopt);
  ASSERT_TRUE(pair.server_side.ending && pair.client_side.ending);
  EXPECT_EQ(pair.server_side.ending->cause, Cause::kExpired);
  EXPECT_EQ(pair.client_side.ending->cause, Cause::kNeverConfirmed);
  pair.server.Judge(pair.now, pair.server_session, true);  // Too late, and no harm.
  EXPECT_EQ(Count(pair.server_side, "Opened"), 0U);
}

// HF-NEW-19: whoever is not known to be welcome holds a place no longer by asking for it again.
TEST(Mutual, HoldsItsPlaceWithoutAVerdictNoLongerByResuming) {
  Pair pair(Mutual());
  pair.Connect();
  pair.Run();
  const Time begun = pair.now;
  while (pair.server.state(pair.server_session) == ServerState::kUnjudged && pair.now < begun + 2h) {
    pair.Cut(pair.pipes.back());
    pair.dial_at.reset();
    pair.Connect();
    pair.RunFor(20s);
  }
  EXPECT_LE(pair.now - begun, limits::kEmbryoTime + limits::kCandidateTime);
  ASSERT_TRUE(pair.server_side.ending);
  EXPECT_EQ(pair.server_side.ending->cause, Cause::kExpired);
}

// HF-NEW-20.
TEST(Mutual, TakesTheClientsOwnEndBeforeTheVerdict) {
  Pair pair(Mutual());
  TestPipe& pipe = pair.Connect();
  pair.Run();
  pair.Cut(pipe);
  pair.client.Abort(pair.now, 42);
  pair.RunFor(5s);
  ASSERT_TRUE(pair.server_side.ending && pair.client_side.ending);
  EXPECT_EQ(pair.server_side.ending->cause, Cause::kAborted);
  EXPECT_EQ(pair.server_side.ending->app_code, 42U);
  EXPECT_EQ(pair.client_side.ending->cause, Cause::kAborted);
  EXPECT_EQ(pair.server.state(pair.server_session), ServerState::kRefused);
}

// HF-NEW-18.
TEST(Mutual, MakesNoSessionOfAFlippedMessage3) {
  for (size_t bit = 0; bit < 8 * kMessage3; ++bit) {
    Pair pair(Mutual());
    TestPipe& pipe = pair.Connect();
    pair.PollClient();
    pair.Carry(pipe, true);
    pair.PollServer();
    pair.Carry(pipe, false);
    pair.PollClient();
    pipe.to_server[bit / 8] ^= static_cast<uint8_t>(1 << bit % 8);
    pair.Run();
    EXPECT_EQ(pair.server.census().embryos, 0U) << bit;
    EXPECT_EQ(Count(pair.server_side, "KeyPresented"), 0U) << bit;
  }
}

// HF-SEC-10.
TEST(Mutual, RefusesAPeerWithTheSameKey) {
  Pair::Options options = Mutual();
  options.client.static_key = Pair::ServerKey();
  Pair pair(options);
  pair.Connect();
  pair.Run();
  ASSERT_TRUE(pair.client_side.ending);
  EXPECT_EQ(pair.client_side.ending->cause, Cause::kRefused);
  EXPECT_EQ(pair.client_side.ending->error, Error::kOwnKey);
  EXPECT_EQ(pair.server.census().embryos, 0U);
}

// --- The verdict on the server -------------------------------------------------------------------------------------

Pair::Options Asking(bool mutual) {
  Pair::Options options = mutual ? Mutual() : Pair::Options();
  options.client.backoff_first = options.client.backoff_max = 1ms;
  options.knows_server = false;
  return options;
}

// HF-NEW-12, HF-NEW-15.
TEST(ServerVerdict, PrecedesEverythingThatTheServerCouldLearn) {
  for (bool mutual : {false, true}) {
    Pair pair(Asking(mutual));
    pair.client.Send(pair.now, TestPattern(30));
    TestPipe& pipe = pair.Connect();
    pair.Run();
    EXPECT_EQ(pair.client_side.presented, Pair::ServerKey().public_key());
    EXPECT_EQ(pair.client.state(), ClientState::kGreeting);
    EXPECT_TRUE(pipe.to_server.empty());
    EXPECT_TRUE(pair.server_side.log.empty());
    pair.client.Judge(pair.now, Pair::ServerKey().public_key(), true);
    pair.Run();
    if (mutual) pair.server.Judge(pair.now, pair.server_session, true);
    pair.Run();
    EXPECT_EQ(pair.client.state(), ClientState::kOpen);
    EXPECT_EQ(pair.server_side.delivered, TestPattern(30));
  }
}

TEST(ServerVerdict, EndsTheSessionIfItIsNo) {
  for (bool mutual : {false, true}) {
    Pair pair(Asking(mutual));
    pair.Connect();
    pair.Run();
    pair.client.Judge(pair.now, Pair::ServerKey().public_key(), false);
    pair.RunFor(1h);
    ASSERT_TRUE(pair.client_side.ending);
    EXPECT_EQ(pair.client_side.ending->cause, Cause::kRefused);
    EXPECT_EQ(pair.client_side.ending->error, Error::kServerKeyRefused);
    EXPECT_EQ(Count(pair.server_side, "Opened"), 0U);
  }
}

TEST(ServerVerdict, IsAskedForOnceAndHoldsForLaterAttempts) {
  for (bool mutual : {false, true}) {
    Pair pair(Asking(mutual));
    TestPipe& first = pair.Connect();
    pair.Run();
    pair.Cut(first);
    pair.RunFor(10ms);  // The next attempt meets the same key, and waits.
    EXPECT_EQ(pair.client.state(), ClientState::kGreeting);
    pair.Cut(pair.pipes.back());
    pair.dial_at.reset();
    pair.client.Judge(pair.now, Pair::ServerKey().public_key(), true);  // Between two attempts.
    pair.Connect();
    pair.Run();
    EXPECT_EQ(pair.client.state(), ClientState::kOpen);
    EXPECT_EQ(Count(pair.client_side, "KeyPresented"), 1U);
  }
}

TEST(ServerVerdict, OnAnotherKeyThanTheOnePresentedSaysNothing) {
  Pair pair(Asking(false));
  pair.Connect();
  pair.Run();
  for (bool accept : {true, false}) pair.client.Judge(pair.now, Pair::ClientKey().public_key(), accept);
  pair.Run();
  EXPECT_EQ(pair.client.state(), ClientState::kGreeting);
  EXPECT_FALSE(pair.client_side.ending);
}

// HF-NEW-12.
TEST(ServerVerdict, IsNotWaitedForByAServerThatSpeaksTooSoon) {
  Pair pair(Asking(false));
  TestPipe& pipe = pair.Connect();
  pair.Run();
  const Bytes byte = {0};
  pair.client.Receive(pair.now, pipe.client_id, byte);
  pair.PollClient();
  EXPECT_EQ(Count(pair.client_side, "AttemptFailed kTooSoon"), 1U);
}

}  // namespace
}  // namespace holdfast
