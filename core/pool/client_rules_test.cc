// What the protocol asks of a client, rule by rule, as a server with real keys sees it.

#include <gtest/gtest.h>

#include <vector>

#include "core/pool/raw_fixture.h"

namespace holdfast {
namespace {

const ServerParameters kGranted = {{1 << 20}, 3'600'000, 300'000};

ResumeReply ReplyOf(const Claims& claims) {
  ResumeReply reply;
  reply.claims = claims;
  reply.claims.credit_limit = {1 << 20};
  return reply;
}

// --- Attempts ------------------------------------------------------------------------------------------------------

// HF-PRE-11.
TEST_F(RawServerTest, IsNotHeardBeforeMessage1IsOut) {
  Drain();
  transport_ = client_.TransportOpened(now_);
  Say({0, 112});
  EXPECT_EQ(failure_, Error::kBadPreamble);
  EXPECT_TRUE(closed_.contains(transport_));
  EXPECT_TRUE(written_.empty());
}

// HF-PRE-8.
TEST_F(RawServerTest, CostsAnAttemptByAShortLengthAsSoonAsItIsRead) {
  Drain();
  Dial();
  Say({0, 47});
  EXPECT_EQ(failure_, Error::kBadLength);
}

// HF-PRE-8.
TEST_F(RawServerTest, CostsAnAttemptByALengthThatCannotBe) {
  Drain();
  Dial();
  Say({0x10, 0x01});  // 4097
  EXPECT_EQ(failure_, Error::kBadLength);
  failure_.reset();
  Dial();
  Say({0, 47});
  Say(Bytes(47));
  EXPECT_EQ(failure_, Error::kBadLength);
}

// HF-PRE-14, HF-END-15.
TEST_F(RawServerTest, CostsAnAttemptAndNothingElseByAHint) {
  struct Case {
    Bytes hint;
    Error error;
  };
  Bytes endless(34, 1);
  endless[0] = 63;
  const std::vector<Case> cases = {
      {{1, 2, 2, 1, 2}, Error::kUnsupportedVersion},
      {{1, 1, 1, 2}, Error::kUnsupportedSuite},
      {{1, 1, 2, 1, 2}, Error::kUnsupportedPattern},
      {{0x40, 1, 1, 1, 1}, Error::kServerHint},
      {endless, Error::kServerHint},
  };
  for (bool resume : {false, true}) {
    if (resume) {
      Open();
      Cut();
    }
    Drain();
    for (const Case& c : cases) {
      SCOPED_TRACE(ToHex(c.hint));
      Dial();
      EXPECT_EQ(written_[9], resume ? 2 : 1);
      failure_.reset();
      dials_ = 0;
      Say({0, 0});
      const size_t needed = c.error == Error::kServerHint && c.hint.size() < 34 ? 2 : c.hint.size();
      for (size_t i = 0; i < needed; ++i) {
        EXPECT_FALSE(failure_) << i;
        Say({c.hint[i]});
      }
      EXPECT_EQ(failure_, c.error);
      EXPECT_EQ(dials_, 1);
      EXPECT_FALSE(ending_);
      EXPECT_EQ(client_.state(), resume ? ClientState::kSuspended : ClientState::kNew);
    }
  }
}

// HF-NEW-12, HF-NEW-13.
TEST_F(RawServerTest, IsRefusedForGoodAndToldNothingWithAnotherKey) {
  ClientConfig config;
  config.server_key = {9};
  client_ = Client(config);
  Drain();
  Dial();
  dials_ = 0;
  Say(server_.Answer(std::exchange(written_, {}), Encode(kGranted)));
  ASSERT_TRUE(ending_);
  EXPECT_EQ(ending_->cause, Cause::kRefused);
  EXPECT_EQ(ending_->error, Error::kServerKeyRefused);
  EXPECT_TRUE(written_.empty());
  EXPECT_TRUE(closed_.contains(transport_));
  EXPECT_EQ(client_.Deadline(), kNever);
  EXPECT_EQ(dials_, 0);
}

// HF-NEW-14.
TEST_F(RawServerTest, HearsNothingOfAClientThatGivesUpBeforeItIsOpen) {
  for (bool greeting : {false, true}) {
    client_ = Client(Config());
    endings_ = 0;
    Drain();
    if (greeting) Dial();
    written_.clear();
    client_.Abort(now_, 3);
    Drain();
    EXPECT_EQ(endings_, 1);
    EXPECT_EQ(ending_->cause, Cause::kAborted);
    EXPECT_TRUE(written_.empty());
    EXPECT_EQ(client_.Deadline(), kNever);
  }
}

// HF-RES-1, HF-RES-15.
TEST_F(RawServerTest, IsAskedByOneAttemptAtATime) {
  Open();
  Cut();
  Dial();
  const TransportId earlier = transport_;
  const Bytes message1 = written_;
  RawServer twin;
  twin.epoch = server_.epoch->ForkForSimulation(ForkKey());
  Dial();
  EXPECT_EQ(closed_[earlier], Error::kSuperseded);
  EXPECT_TRUE(closed_before_writing_.contains(earlier));
  // The answer to the earlier one is nothing any more, neither on its own transport nor on the other.
  const Bytes late = twin.Answer(message1, Encode(ReplyOf({})));
  client_.Receive(now_, earlier, late);
  Drain();
  EXPECT_EQ(client_.View().epoch, 1U);
  Say(late);
  EXPECT_EQ(failure_, Error::kBadTag);
  EXPECT_EQ(client_.View().epoch, 1U);
  EXPECT_EQ(client_.state(), ClientState::kSuspended);
}

// HF-RES-2, HF-RES-3, HF-RES-15, HF-RES-28, HF-NEW-13.
TEST_F(RawServerTest, SeesAttemptsNumberedFromOneInEachEpochWhateverBecameOfThem) {
  Open();
  Cut();
  const Epoch first = server_.epoch->ForkForSimulation(ForkKey());
  for (uint64_t attempt = 1; attempt <= 5; ++attempt) {
    Dial();
    server_.epoch = first.ForkForSimulation(ForkKey());
    Bytes answer = server_.Answer(written_, attempt % 2 == 0 ? Bytes(44, 9) : Encode(ReplyOf({})));
    ASSERT_FALSE(answer.empty()) << "the key is the same";
    const auto request = Decode<ResumeRequest>(server_.request);
    ASSERT_TRUE(request);
    EXPECT_EQ(request->attempt, attempt);
    EXPECT_TRUE(request->early.bytes.empty());
    if (attempt == 5) {
      Say(answer);
      break;
    }
    if (attempt % 2 == 1) answer.back() ^= 1;
    Say(answer);
    EXPECT_EQ(failure_, attempt % 2 == 1 ? Error::kBadTag : Error::kUnknownValue);
    EXPECT_EQ(client_.View().epoch, 1U);
  }
  EXPECT_EQ(client_.View().epoch, 2U);
  Cut();
  Dial();
  server_.Answer(written_, Encode(ReplyOf({})));
  EXPECT_EQ(Decode<ResumeRequest>(server_.request)->attempt, 1U);
}

// HF-RES-4, HF-RES-16, HF-REC-7.
TEST_F(RawServerTest, MovesTheClientToTheNextEpochAndTransportByMessage2) {
  Open();
  const TransportId old = transport_;
  const Bytes abc = ToBytes(AsBytes("abc"));
  const Bytes before = server_.Seal({DataFrame{{0}, {abc}}});
  const Bytes late = server_.Seal({DataFrame{{3}, {abc}}});
  Dial();
  client_.Receive(now_, old, before);
  Drain();
  EXPECT_EQ(delivered_, abc) << "it is used as before";
  EXPECT_FALSE(closed_.contains(old));
  Say(server_.Answer(std::exchange(written_, {}), Encode(ReplyOf({}))));
  EXPECT_EQ(client_.View().epoch, 2U);
  EXPECT_EQ(client_.View().attached, transport_);
  EXPECT_EQ(closed_[old], Error::kSuperseded);
  const std::vector<Frame> first = TakeFrames();
  ASSERT_FALSE(first.empty());
  EXPECT_TRUE(std::holds_alternative<AckFrame>(first[0]));
  client_.Receive(now_, old, late);
  Drain();
  EXPECT_EQ(delivered_, abc);
  Cut();
  Dial();
  EXPECT_EQ(ToHex(ByteSpan(written_).subspan(kPreambleBytes, kLocatorBytes)), ToHex(server_.epoch->locator));
}

// --- Times ---------------------------------------------------------------------------------------------------------

// HF-NEW-8, HF-LIV-1, HF-LIV-3, HF-END-21, HF-END-24.
TEST_F(RawServerTest, IsWaitedForAsLongAsItGrantedAndNoByteWithoutATagProlongsThat) {
  Drain();
  Dial();
  Say(server_.Answer(std::exchange(written_, {}), Encode(ServerParameters{{1 << 20}, 100'000, 300'000})));
  EXPECT_EQ(client_.state(), ClientState::kOpen);
  EXPECT_EQ(client_.View().epoch, 1U);
  Wait(40s);
  Say({0});  // A record begins.
  Wait(limits::kDeadTransport - 1ns);
  EXPECT_EQ(client_.state(), ClientState::kOpen);
  Wait(1ns);
  EXPECT_EQ(client_.state(), ClientState::kSuspended);
  EXPECT_EQ(closed_[transport_], Error::kTimedOut);
  Wait(15s - 1ns);
  EXPECT_FALSE(ending_);
  Wait(1ns);
  ASSERT_TRUE(ending_);
  EXPECT_EQ(ending_->cause, Cause::kExpired);
}

// H is short: there is time left for a resume.
// HF-LIV-12, HF-END-15.
TEST_F(RawServerTest, CostsATransportButNotTheSessionByAnyFlippedBitOfALength) {
  Drain();
  Dial();
  Say(server_.Answer(std::exchange(written_, {}), Encode(ServerParameters{{1 << 20}, 100'000, 300'000})));
  for (int bit = 0; bit < 16; ++bit) {
    SCOPED_TRACE(bit);
    ASSERT_EQ(client_.state(), ClientState::kOpen);
    const Time begun = now_;
    Bytes record = server_.Seal({AckFrame{{0}, {1 << 20}, false}});
    record[static_cast<size_t>(bit / 8)] ^= static_cast<uint8_t>(1 << bit % 8);
    for (; !closed_.contains(transport_); record = server_.Seal({AckFrame{{0}, {1 << 20}, false}})) {
      ASSERT_LT(now_, begun + limits::kDeadTransport + 100s / 8);
      Say(record);
      Wait(1s);
      client_.SetWritable(now_, transport_, false);
      client_.SetWritable(now_, transport_, true);
    }
    EXPECT_EQ(client_.state(), ClientState::kSuspended);
    Dial();
    Say(server_.Answer(std::exchange(written_, {}), Encode(ReplyOf({}))));
  }
  EXPECT_EQ(client_.state(), ClientState::kOpen);
  EXPECT_FALSE(ending_);
}

// HF-LIV-12.
TEST_F(RawServerTest, HasItsLargestRecordTakenOverASlowPath) {
  Open();
  const Bytes record = server_.SealPlaintext(Bytes(limits::kRecordPlaintextBytesMax));
  for (size_t i = 0; i < record.size(); ++i) {
    if (i % 1000 == 0) Wait(1000 * (Duration(1s) / 256));
    if (i == 30000) Wait(limits::kDeadTransport - 8s);
    Say({record[i]});
    ASSERT_FALSE(closed_.contains(transport_)) << i;
  }
  EXPECT_EQ(client_.state(), ClientState::kOpen);
  EXPECT_FALSE(closed_.contains(transport_));
}

// HF-LIV-5, HF-LIV-6.
TEST_F(RawServerTest, HasMoreTimeToAnswerAfterEveryFailureUntilItsFirstRecord) {
  Open();
  Cut();
  auto time_to_answer = [this] {
    Dial();
    return client_.Deadline() - now_;
  };
  auto answer = [this] { Say(server_.Answer(std::exchange(written_, {}), Encode(ReplyOf({})))); };
  Duration longest{0};
  for (Duration expected : {10s, 20s, 40s, 80s}) {
    longest = time_to_answer();
    EXPECT_EQ(longest, expected);
    Say({0xff, 0xff});
  }
  EXPECT_GE(longest, 60s);
  EXPECT_EQ(time_to_answer(), longest);
  answer();
  EXPECT_EQ(client_.state(), ClientState::kOpen);
  Cut();
  EXPECT_EQ(time_to_answer(), longest) << "a handshake alone proves nothing";
  answer();
  Say(server_.Seal({}));
  Cut();
  EXPECT_EQ(time_to_answer(), 10s);
}

// --- The end -------------------------------------------------------------------------------------------------------

// HF-END-2, HF-END-3, HF-END-4, HF-END-9.
TEST_F(RawServerTest, HasTheLastWordAndHearsNothingAfterTheClientsClose) {
  Open();
  client_.Abort(now_, 5);
  Drain();
  const std::vector<Frame> frames = TakeFrames();
  ASSERT_FALSE(frames.empty());
  EXPECT_EQ(frames.back(), Frame(CloseFrame{{Cause::kAborted, Origin::kClient, {5}}}));
  const Bytes abc = ToBytes(AsBytes("abc"));
  Say(server_.Seal({PingFrame{}, DataFrame{{0}, {abc}}, FinFrame{{9}}}));
  EXPECT_TRUE(written_.empty());
  EXPECT_TRUE(delivered_.empty());
  EXPECT_FALSE(ending_);
  const Bytes again = server_.Seal({CloseFrame{{Cause::kOffsetLimit, Origin::kServer, {0}}}});
  Say(again);
  ASSERT_TRUE(ending_);
  EXPECT_EQ(ending_->cause, Cause::kOffsetLimit);
  EXPECT_EQ(ending_->origin, Origin::kServer);
  EXPECT_TRUE(closed_.contains(transport_));
  EXPECT_EQ(client_.View().epoch, 0U);
  Say(again);
  EXPECT_EQ(endings_, 1);
}

// HF-END-7, HF-RES-18.
TEST_F(RawServerTest, IsWaitedForToSayThatAllIsFinished) {
  Open();
  client_.Finish(now_);
  Drain();
  Say(server_.Seal({FinFrame{{0}}, AckFrame{{0}, {1 << 20}, true}}));
  EXPECT_EQ(client_.state(), ClientState::kOpen);
  for (const Frame& frame : TakeFrames()) EXPECT_FALSE(std::holds_alternative<CloseFrame>(frame));
  Cut();
  EXPECT_EQ(client_.state(), ClientState::kSuspended);
  Dial();
  ResumeReply reply = ReplyOf({{0}, {0}, {0}, {0}, true});
  reply.closed = true;
  Say(server_.Answer(written_, Encode(reply)));
  EXPECT_FALSE(Decode<ResumeRequest>(server_.request)->closing);
  ASSERT_TRUE(ending_);
  EXPECT_EQ(ending_->cause, Cause::kFinished);
}

// HF-END-8.
TEST_F(RawServerTest, CannotCallStreamsFinishedWhichItsOwnClaimsDoNotCover) {
  for (const Claims& claims : {Claims{{3}, {3}, {0}, {0}, false}, Claims{{3}, {2}, {0}, {0}, true}}) {
    client_ = Client(Config());
    ending_.reset();
    Open();
    client_.Send(now_, AsBytes("abc"));
    client_.Finish(now_);
    Drain();
    Say(server_.Seal({FinFrame{{0}}}));
    Cut();
    Dial();
    ResumeReply reply = ReplyOf(claims);
    reply.closed = true;
    Say(server_.Answer(std::exchange(written_, {}), Encode(reply)));
    ASSERT_TRUE(ending_);
    EXPECT_EQ(ending_->cause, Cause::kViolation);
    EXPECT_EQ(ending_->error, Error::kFinNotSent);
    EXPECT_EQ(ending_->origin, Origin::kClient);
    EXPECT_TRUE(written_.empty());
  }
}

// HF-END-16, HF-END-18.
TEST_F(RawServerTest, IsToldOfTheEndByTheNextThingThatIsSaid) {
  Open();
  Cut();
  Dial();
  client_.Abort(now_, 6);
  Drain();
  const Closing said = {Cause::kAborted, Origin::kClient, {6}};
  Say(server_.Answer(std::exchange(written_, {}), Encode(ReplyOf({}))));
  EXPECT_FALSE(Decode<ResumeRequest>(server_.request)->closing) << "it was older than the decision";
  EXPECT_EQ(TakeFrames(), std::vector<Frame>{CloseFrame{said}});
  EXPECT_EQ(client_.state(), ClientState::kClosing);
  for (int i = 0; i < 3; ++i) {
    Cut();
    Dial();
    RawServer twin;
    twin.epoch = server_.epoch->ForkForSimulation(ForkKey());
    twin.Answer(written_, Encode(ReplyOf({})));
    const auto request = Decode<ResumeRequest>(twin.request);
    EXPECT_TRUE(request->closing);
    EXPECT_EQ(request->end, said);
  }
}

// HF-END-22, HF-END-24, HF-SEC-9.
TEST_F(RawServerTest, CannotMakeTheClientTalkForEverByGrantingNoTime) {
  for (uint32_t hold_ms : {0U, 1U, 2U}) {
    client_ = Client(Config());
    ending_.reset();
    Drain();
    Dial();
    Say(server_.Answer(std::exchange(written_, {}), Encode(ServerParameters{{1 << 20}, hold_ms, 300'000})));
    EXPECT_LE(TakeFrames().size(), 2U);  // And Poll has come to an end.
    Wait(Milliseconds(hold_ms));
    ASSERT_TRUE(ending_);
    EXPECT_EQ(ending_->cause, Cause::kExpired);
  }
}

}  // namespace
}  // namespace holdfast
