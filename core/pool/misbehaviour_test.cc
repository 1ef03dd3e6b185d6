// What an authentic peer may do wrong: each is found, named, and ends the session with the same cause on both sides, or
// costs a transport. Nothing trips a check.

#include <gtest/gtest.h>

#include <string>
#include <variant>
#include <vector>

#include "core/pool/raw_fixture.h"

namespace holdfast {
namespace {

// HF-OFS-10, HF-OFS-13, HF-OFS-21, HF-END-11, HF-END-13, HF-END-14.
TEST_F(RawClientTest, IsToldByAnAuthenticWordWhatItBroke) {
  const Bytes byte = {1};
  struct Case {
    std::vector<Frame> frames;
    Error error;
  };
  const std::vector<Case> cases = {
      {{AckFrame{{1}, {1 << 20}, false}}, Error::kAckBeyondSent},
      {{AckFrame{{0}, {0}, false}}, Error::kCreditShrank},
      {{AckFrame{{0}, {1 << 20}, true}}, Error::kFinNotSent},
      {{DataFrame{{1}, {byte}}}, Error::kDataGap},
      {{FinFrame{{1}}}, Error::kFinMismatch},
      {{FinFrame{{0}}, DataFrame{{0}, {byte}}}, Error::kDataBeyondFinal},
      {{CloseFrame{{Cause::kFinished, Origin::kClient, {0}}}}, Error::kWrongRole},
      {{CloseFrame{{Cause::kAborted, Origin::kServer, {0}}}}, Error::kWrongRole},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(Describe(c.frames.back()));
    ending_.reset();
    client_ = RawClient();
    const TransportId transport = Open();
    ExpectClose(Say(transport, client_.Seal(c.frames)), InfoOf(c.error).cause);
    ASSERT_TRUE(ending_);
    EXPECT_EQ(ending_->error, c.error);
    EXPECT_EQ(ending_->cause, InfoOf(c.error).cause);
    EXPECT_EQ(InfoOf(c.error).blame, Blame::kPeer);
  }
}

// HF-ENC-10, HF-FRM-2, HF-FRM-3, HF-OFS-8.
TEST_F(RawClientTest, IsToldWhenAFrameCannotBeRead) {
  for (const Bytes& plaintext : {Bytes{7}, Bytes{4, 0, 0}, Bytes{5, 0x40, 1}, Bytes{3, 0}, Bytes{6, 9, 9}}) {
    ending_.reset();
    client_ = RawClient();
    const TransportId transport = Open();
    ExpectClose(Say(transport, client_.SealPlaintext(plaintext)), Cause::kViolation);
    EXPECT_TRUE(ending_) << ToHex(plaintext);
  }
}

// HF-RES-5, HF-REC-5, HF-END-15.
TEST_F(RawClientTest, LosesATransportButNotTheSessionByABadRecord) {
  const TransportId transport = Open();
  Bytes record = client_.Seal({PingFrame{}});
  record.back() ^= 1;
  Say(transport, record);
  EXPECT_EQ(closed_[transport], Error::kBadTag);
  EXPECT_EQ(server_.state(session_), ServerState::kSuspended);
  EXPECT_FALSE(ending_);
}

// HF-REC-1.
TEST_F(RawClientTest, IsAStrangerForWhomLittleIsBufferedUntilItsFirstRecord) {
  const TransportId transport = server_.TransportOpened(now_);
  Bytes reply = Say(transport, client_.NewSession());
  client_.OnMessage2(reply, 1);
  const Bytes length = {0x10, 0x01};  // 4097
  Say(transport, length);
  EXPECT_EQ(closed_[transport], Error::kBadLength);
  const TransportId second = Open();
  const Bytes large = {0xff, 0xff};
  Say(second, large);
  EXPECT_FALSE(closed_.contains(second));
}

// HF-OFS-5, HF-RES-13, HF-RES-25.
TEST_F(RawClientTest, EndsTheSessionByClaimsThatCannotBeTrueOnlyOnceItConfirmed) {
  struct Case {
    Claims claims;
    Error error;
  };
  const std::vector<Case> cases = {
      {{{1}, {0}, {0}, {1 << 20}, false}, Error::kAckBeyondSent},
      {{{0}, {1}, {0}, {1 << 20}, false}, Error::kClaimsContradict},
      {{{0}, {0}, {1}, {1 << 20}, false}, Error::kStateLost},
      {{{0}, {0}, {0}, {1 << 20}, true}, Error::kFinNotSent},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(InfoOf(c.error).name);
    ending_.reset();
    client_ = RawClient();
    Open();
    const uint64_t before = server_.SessionDigest(session_, false);
    const TransportId second = server_.TransportOpened(now_);
    ResumeRequest request;
    request.attempt = 1;
    request.claims = c.claims;
    Bytes reply = Say(second, client_.Resume(request));
    EXPECT_FALSE(ending_);
    EXPECT_EQ(server_.SessionDigest(session_, false), before);
    client_.OnMessage2(reply, 2);
    ExpectClose(Say(second, client_.Seal({AckFrame{{0}, {1 << 20}, false}})), InfoOf(c.error).cause);
    ASSERT_TRUE(ending_);
    EXPECT_EQ(ending_->error, c.error);
  }
}

// HF-RES-8, HF-RES-10, HF-SEC-7.
TEST_F(RawClientTest, GetsNoAnswerToAnAttemptThatIsNotNewer) {
  Open();
  auto answered = [this](uint64_t attempt) {
    const TransportId transport = server_.TransportOpened(now_);
    ResumeRequest request;
    request.attempt = attempt;
    const bool any = !Say(transport, client_.Resume(request)).empty();
    EXPECT_EQ(closed_.contains(transport), !any);
    if (!any) {
      EXPECT_EQ(closed_[transport], Error::kStaleAttempt);
    }
    return any;
  };
  EXPECT_TRUE(answered(5));
  for (uint64_t attempt : {5U, 4U, 1U, 0U}) EXPECT_FALSE(answered(attempt)) << attempt;
  EXPECT_TRUE(answered(6));
}

// HF-ENC-8, HF-ENC-10, HF-RES-9.
TEST_F(RawClientTest, GetsNoAnswerToAPayloadThatCannotBeRead) {
  Open();
  const uint64_t before = server_.SessionDigest(session_, true);
  ResumeRequest request;
  request.attempt = 1;
  const Bytes good = Encode(request);
  for (size_t size = 0; size < good.size(); ++size) {
    const TransportId transport = server_.TransportOpened(now_);
    EXPECT_TRUE(Say(transport, client_.Resume(ByteSpan(good).first(size))).empty());
    EXPECT_EQ(closed_[transport], Error::kTruncated);
  }
  EXPECT_EQ(server_.SessionDigest(session_, true), before);
}

// HF-RES-8.
TEST_F(RawClientTest, CannotEndTheSessionInTheServersName) {
  Open();
  ResumeRequest request;
  request.attempt = 1;
  request.closing = true;
  for (Closing end :
       {Closing{Cause::kFinished, Origin::kClient, {0}}, Closing{Cause::kAborted, Origin::kServer, {0}}}) {
    request.end = end;
    const TransportId transport = server_.TransportOpened(now_);
    EXPECT_TRUE(Say(transport, client_.Resume(request)).empty());
    EXPECT_FALSE(ending_);
  }
}

// HF-RES-21, HF-RES-24, HF-RES-25.
TEST_F(RawClientTest, ConfirmsTheNewestCandidateThoughAnOlderOneSpeaksLater) {
  const TransportId attached = Open();
  RawClient older = RawClient();
  older.epoch = client_.epoch->ForkForSimulation(ForkKey());
  ResumeRequest request;
  request.attempt = 1;
  const TransportId first = server_.TransportOpened(now_);
  Bytes reply = Say(first, older.Resume(request));
  older.OnMessage2(reply, 2);
  request.attempt = 2;
  const TransportId second = server_.TransportOpened(now_);
  reply = Say(second, client_.Resume(request));
  client_.OnMessage2(reply, 2);
  EXPECT_EQ(closed_[first], Error::kSuperseded);
  Say(first, older.Seal({}));
  EXPECT_EQ(server_.View(session_)->attached, attached);
  Say(second, client_.Seal({}));
  EXPECT_EQ(server_.View(session_)->attached, second);
  EXPECT_EQ(closed_[attached], Error::kSuperseded);
}

// HF-RES-25, HF-RES-26, HF-OFS-11.
TEST_F(RawClientTest, HasItsLateBytesTakenUntilTheSwitchAndNeverAfter) {
  const TransportId attached = Open();
  RawClient on_new = RawClient();
  on_new.epoch = client_.epoch->ForkForSimulation(ForkKey());
  ResumeRequest request;
  request.attempt = 1;
  request.claims.credit_limit = {1 << 20};
  const TransportId second = server_.TransportOpened(now_);
  Bytes reply = Say(second, on_new.Resume(request));
  on_new.OnMessage2(reply, 2);
  const Bytes abc = ToBytes(AsBytes("abc"));
  Say(attached, client_.Seal({DataFrame{{0}, {abc}}}));
  EXPECT_EQ(delivered_, abc);
  Say(second, on_new.Seal({DataFrame{{0}, {abc}}}));
  EXPECT_EQ(delivered_, abc) << "an overlap is dropped";
  Say(attached, client_.Seal({DataFrame{{3}, {abc}}}));
  EXPECT_EQ(delivered_, abc);
}

// HF-END-9, HF-END-14.
TEST_F(RawServerTest, IsToldWhatItBrokeAndHasTheLastWord) {
  Open();
  const Bytes byte = {1};
  Say(server_.Seal({DataFrame{{1}, {byte}}}));
  EXPECT_EQ(client_.state(), ClientState::kClosing);
  EXPECT_FALSE(ending_);
  std::vector<Frame> last;
  while (!written_.empty()) last = server_.Open(written_);
  ASSERT_FALSE(last.empty());
  const Closing said = {Cause::kViolation, Origin::kClient, {0}};
  EXPECT_EQ(last.back(), Frame(CloseFrame{said}));
  Say(server_.Seal({CloseFrame{said}}));
  ASSERT_TRUE(ending_);
  EXPECT_EQ(ending_->cause, Cause::kViolation);
  EXPECT_EQ(ending_->error, Error::kDataGap);
}

// HF-END-8.
TEST_F(RawServerTest, CannotCallUnfinishedStreamsFinished) {
  Open();
  client_.Send(now_, AsBytes("not all of it"));
  Say(server_.Seal({CloseFrame{{Cause::kFinished, Origin::kNobody, {0}}}}));
  ASSERT_TRUE(ending_);
  EXPECT_EQ(ending_->cause, Cause::kViolation);
}

// The client has bytes, and its FIN, that no credit has let out: a server cannot have had them.
// HF-END-8.
TEST_F(RawServerTest, CannotCallStreamsFinishedThatItGaveNoCreditFor) {
  Drain();
  Dial();
  client_.Send(now_, AsBytes("all of it"));
  client_.Finish(now_);
  Say(server_.Answer(std::exchange(written_, {}), Encode(ServerParameters{{0}, 3'600'000, 300'000})));
  Say(server_.Seal({FinFrame{{0}}, CloseFrame{{Cause::kFinished, Origin::kNobody, {0}}}}));
  ASSERT_TRUE(ending_);
  EXPECT_EQ(ending_->cause, Cause::kViolation);
}

// HF-END-8.
TEST_F(RawServerTest, CannotSayThatTheClientEndedTheSession) {
  Open();
  Say(server_.Seal({CloseFrame{{Cause::kAborted, Origin::kClient, {7}}}}));
  ASSERT_TRUE(ending_);
  EXPECT_EQ(ending_->cause, Cause::kViolation);
  EXPECT_EQ(ending_->error, Error::kWrongRole);
}

// HF-RES-5, HF-REC-5, HF-END-15.
TEST_F(RawServerTest, CostsATransportByABadRecordOrABadLength) {
  Open();
  Bytes record = server_.Seal({});
  record.back() ^= 1;
  Say(record);
  EXPECT_EQ(suspended_, 1);
  EXPECT_EQ(client_.state(), ClientState::kSuspended);
  EXPECT_FALSE(ending_);
}

// HF-NEW-13.
TEST_F(RawServerTest, CostsAnAttemptByAMessage2ThatCannotBeRead) {
  Drain();
  Dial();
  Say(server_.Answer(std::exchange(written_, {}), Bytes{1, 2, 3}));
  EXPECT_EQ(failure_, Error::kTruncated);
  EXPECT_EQ(client_.state(), ClientState::kNew);
}

// HF-OFS-5, HF-OFS-6.
TEST_F(RawServerTest, EndsTheSessionByClaimsOfALostState) {
  Open();
  client_.Send(now_, Bytes(100));
  Drain();
  Say(server_.Seal({AckFrame{{0}, {1 << 20}, false}}));
  Say(server_.Seal({AckFrame{{100}, {1 << 20}, false}}));
  client_.TransportClosed(now_, transport_);
  Drain();
  Dial();
  ResumeReply reply;
  reply.claims = {{50}, {50}, {0}, {1 << 20}, false};  // It had consumed 100.
  Say(server_.Answer(std::exchange(written_, {}), Encode(reply)));
  EXPECT_EQ(client_.View().acked, 100U);
  reply.claims.low = {1};  // And it believes to have been told of a byte that was never received here.
  client_.TransportClosed(now_, transport_);
  Drain();
  Dial();
  Say(server_.Answer(std::exchange(written_, {}), Encode(reply)));
  EXPECT_EQ(client_.state(), ClientState::kClosing);
}

}  // namespace
}  // namespace holdfast
