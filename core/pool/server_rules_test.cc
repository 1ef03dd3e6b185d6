// What the protocol asks of a server, rule by rule, as a client with real keys sees it.

#include <gtest/gtest.h>

#include <vector>

#include "core/pool/raw_fixture.h"

namespace holdfast {
namespace {

constexpr PublicKey kWeakKey = {1};

// Preamble and framed message 1 of a new session, with any parameters and any key.
Bytes Greeting(const PublicKey& ephemeral, ByteSpan parameters) {
  Bytes bytes = Encode(PreambleOf(Kind::kNew, PatternId::kNx, Suite::kChaChaPoly));
  Append(bytes, Bytes{0, static_cast<uint8_t>(kKeyBytes + parameters.size())});
  Append(bytes, ephemeral);
  Append(bytes, parameters);
  return bytes;
}

// Preamble, locator and framed message 1 of a resume, step by step, with a key of low order.
Bytes WeakResume(const Epoch& epoch, const ResumeRequest& request) {
  Bytes bytes = Encode(PreambleOf(Kind::kResume, kResumePattern, Suite::kChaChaPoly));
  Append(bytes, epoch.locator);
  SymmetricState noise(Suite::kChaChaPoly, NoiseProtocolName(*FindPattern("NNpsk0"), Suite::kChaChaPoly));
  noise.MixHash(bytes);
  noise.MixKeyAndHash(epoch.resume_key.span());
  noise.MixHash(kWeakKey);
  noise.MixKey(kWeakKey);
  Bytes message = ToBytes(kWeakKey);
  noise.EncryptAndHash(Encode(request), message);
  Append(bytes, Bytes{0, static_cast<uint8_t>(message.size())});
  Append(bytes, message);
  return bytes;
}

ResumeRequest RequestOf(uint64_t attempt) {
  ResumeRequest request;
  request.attempt = attempt;
  request.claims.credit_limit = {1 << 20};
  return request;
}

// --- Strangers -----------------------------------------------------------------------------------------------------

// HF-PRE-3, HF-PRE-7, HF-PRE-12.
TEST_F(RawClientTest, IsSentNothingBeforeItsPreambleIsWhole) {
  Preamble preamble;
  preamble.version = 9;
  const Bytes bytes = Encode(preamble);
  const TransportId transport = server_.TransportOpened(now_);
  for (size_t i = 0; i + 1 < bytes.size(); ++i) EXPECT_TRUE(Say(transport, {bytes[i]}).empty()) << i;
  EXPECT_EQ(ToHex(Say(transport, {bytes.back()})), "00000101020102");
}

// HF-PRE-4.
TEST_F(RawClientTest, IsDroppedWithoutAByteForAnyOtherMagic) {
  const Bytes greeting = client_.NewSession();
  for (size_t bit = 0; bit < 8 * kMagic.size(); ++bit) {
    Bytes flipped = greeting;
    flipped[bit / 8] ^= static_cast<uint8_t>(1 << (bit % 8));
    const TransportId transport = server_.TransportOpened(now_);
    EXPECT_TRUE(Say(transport, flipped).empty()) << bit;
    EXPECT_EQ(closed_[transport], Error::kBadPreamble) << bit;
  }
}

// HF-PRE-13, HF-LIV-10, HF-LIM-1.
TEST_F(RawClientTest, IsToldNothingAfterAHintAndStillCountsAsAStranger) {
  const TransportId transport = server_.TransportOpened(now_);
  EXPECT_FALSE(Say(transport, Encode(PreambleOf(Kind::kNew, PatternId::kXxPsk0, Suite::kChaChaPoly))).empty());
  EXPECT_TRUE(Say(transport, client_.NewSession()).empty());
  EXPECT_EQ(server_.census().handshakes, 1U);
  Wait(limits::kLinger - 1ns);
  EXPECT_FALSE(closed_.contains(transport));
  Wait(1ns);
  EXPECT_EQ(closed_[transport], Error::kDone);
  EXPECT_EQ(server_.census().handshakes, 0U);
}

// HF-PRE-8, HF-PRE-9, HF-NEW-5.
TEST_F(RawClientTest, LosesATransportByALengthThatCannotBeAsSoonAsItIsRead) {
  Open();
  Bytes resume = client_.Resume(RequestOf(1));
  resume.resize(kPreambleBytes + kLocatorBytes);
  const Bytes greeting = Encode(PreambleOf(Kind::kNew, PatternId::kNx, Suite::kChaChaPoly));
  for (const Bytes& start : {greeting, resume}) {
    for (unsigned length : {0U, 1U, 47U, 48U, 4096U, 4097U, 65535U}) {
      const TransportId transport = server_.TransportOpened(now_);
      EXPECT_TRUE(Say(transport, start).empty());
      EXPECT_TRUE(Say(transport, {static_cast<uint8_t>(length >> 8), static_cast<uint8_t>(length)}).empty());
      const bool possible = length >= 48 && length <= 4096;
      EXPECT_EQ(closed_.contains(transport), !possible) << length;
      if (!possible) {
        EXPECT_EQ(closed_[transport], Error::kBadLength) << length;
      }
    }
  }
  const TransportId transport = server_.TransportOpened(now_);
  Say(transport, Greeting({9}, Bytes(17)));
  EXPECT_EQ(closed_[transport], Error::kTrailingBytes);
}

// HF-NEW-5, HF-KEY-6.
TEST_F(RawClientTest, HasItsGreetingCheckedInOrderAndIsDroppedWithoutAByte) {
  auto why = [this](const Bytes& greeting) {
    const TransportId transport = server_.TransportOpened(now_);
    EXPECT_TRUE(Say(transport, greeting).empty());
    EXPECT_TRUE(closed_.contains(transport));
    return closed_[transport];
  };
  const Bytes good = Encode(ClientParameters{{1 << 20}, 3'600'000, 45'000});
  Bytes bad = good;
  bad[0] = 0x40;  // 2^62
  EXPECT_EQ(why(Greeting(kWeakKey, bad)), Error::kOffsetTooLarge);
  EXPECT_EQ(why(Greeting(kWeakKey, good)), Error::kWeakKey);
  // The same message 1 and the same draw of the server's: the same epoch, which it has already.
  const Bytes greeting = client_.NewSession();
  entropy_ = StreamEntropy(4, "server");
  EXPECT_FALSE(Say(server_.TransportOpened(now_), greeting).empty());
  entropy_ = StreamEntropy(4, "server");
  EXPECT_EQ(why(greeting), Error::kDuplicateLocator);
  EXPECT_EQ(server_.census().embryos, 1U);

  ServerConfig full{Pair::ServerKey()};
  full.sessions_max = 0;
  server_ = Server(full);
  EXPECT_EQ(why(Greeting(kWeakKey, bad)), Error::kTableFull);
}

// HF-LIV-9.
TEST_F(RawClientTest, IsDroppedWhenItDripsBytesWithoutGettingOn) {
  const Bytes greeting = client_.NewSession();
  ASSERT_GT(greeting.size(), 60U);
  const TransportId transport = server_.TransportOpened(now_);
  for (size_t second = 0; second < 59; ++second) {
    Say(transport, {greeting[second]});
    Wait(1s);
  }
  Wait(1s - 1ns);
  EXPECT_FALSE(closed_.contains(transport));
  Wait(1ns);
  EXPECT_EQ(closed_[transport], Error::kTimedOut);

  const TransportId candidate = server_.TransportOpened(now_);
  EXPECT_FALSE(Say(candidate, greeting).empty());
  Say(candidate, {1, 0});  // A record of 256 bytes begins.
  for (int second = 0; second < 119; ++second) {
    Say(candidate, {0});
    Wait(1s);
  }
  Wait(1s - 1ns);
  EXPECT_FALSE(closed_.contains(candidate));
  Wait(1ns);
  EXPECT_EQ(closed_[candidate], Error::kTimedOut);
}

// HF-NEW-7, HF-END-27.
TEST_F(RawClientTest, IsKeptAsAnEmbryoForItsTimeAndThenForgottenWithoutATrace) {
  const TransportId transport = server_.TransportOpened(now_);
  Bytes reply = Say(transport, client_.NewSession());
  client_.OnMessage2(reply, 1);
  Close(transport);
  Wait(limits::kEmbryoTime - 1ns);
  EXPECT_EQ(server_.census().embryos, 1U);
  Wait(1ns);
  EXPECT_EQ(server_.census().embryos, 0U);
  EXPECT_EQ(server_.census().tombstones, 0U);
  EXPECT_FALSE(ending_);
  EXPECT_TRUE(Ask(client_, 1).empty());
  EXPECT_EQ(closed_[asked_], Error::kUnknownLocator);
}

// --- Resume --------------------------------------------------------------------------------------------------------

// HF-RES-8, HF-RES-9, HF-KEY-6, HF-SEC-7, HF-LIM-4.
TEST_F(RawClientTest, HasItsMessage1CheckedInOrderAndIsDroppedWithoutAByteOrATrace) {
  Open();
  const uint64_t before = server_.SessionDigest(session_, true);
  const size_t transports = server_.census().transports;
  auto why = [&](const Bytes& bytes) {
    const TransportId transport = server_.TransportOpened(now_);
    EXPECT_TRUE(Say(transport, bytes).empty());
    EXPECT_TRUE(closed_.contains(transport));
    EXPECT_EQ(server_.SessionDigest(session_, true), before);
    EXPECT_EQ(server_.census().transports, transports);
    return closed_[transport];
  };
  ResumeRequest stale = RequestOf(0);
  stale.closing = true;
  stale.end = {Cause::kAborted, Origin::kServer, {0}};
  ResumeRequest wrong_role = stale;
  wrong_role.attempt = 1;
  const Bytes truncated(8);  // An attempt that is stale, and no more.

  // Nothing is read beyond a locator that is not known, or that does not go with the pattern or the suite.
  const Bytes start = ToBytes(ByteSpan(client_.Resume(truncated)).first(kPreambleBytes + kLocatorBytes));
  for (size_t at : {size_t{10}, size_t{11}, size_t{12}, size_t{27}}) {
    Bytes unknown = start;
    unknown[at] ^= 3;
    EXPECT_EQ(why(unknown), Error::kUnknownLocator) << at;
  }
  Bytes bad_tag = client_.Resume(truncated);
  bad_tag.back() ^= 1;
  EXPECT_EQ(why(bad_tag), Error::kBadTag);
  EXPECT_EQ(why(client_.Resume(truncated)), Error::kTruncated);
  EXPECT_EQ(why(WeakResume(*client_.epoch, stale)), Error::kStaleAttempt);
  EXPECT_EQ(why(WeakResume(*client_.epoch, wrong_role)), Error::kWrongRole);
  EXPECT_EQ(why(WeakResume(*client_.epoch, RequestOf(1))), Error::kWeakKey);
  EXPECT_FALSE(Ask(client_, 1).empty());
}

// HF-ENC-9.
TEST_F(RawClientTest, HasFieldsWithoutMeaningCheckedAndNotActedUpon) {
  Open();
  RawClient twin = TwinOf(client_);
  Bytes payload = Encode(RequestOf(1));
  payload[42] = kCausesOnWire;  // The cause of an end that is not declared.
  const TransportId transport = server_.TransportOpened(now_);
  EXPECT_TRUE(Say(transport, twin.Resume(payload)).empty());
  EXPECT_EQ(closed_[transport], Error::kUnknownValue);
  ResumeRequest request = RequestOf(1);
  request.end = {Cause::kAborted, Origin::kClient, {7}};
  Bytes reply = Ask(twin, request);
  const auto answer = Decode<ResumeReply>(twin.OnMessage2(reply, 2));
  ASSERT_TRUE(answer);
  EXPECT_FALSE(answer->closed);
  EXPECT_EQ(answer->end, Closing());
  EXPECT_FALSE(ending_);
}

// HF-RES-10, HF-RES-19, HF-RES-20, HF-RES-22.
TEST_F(RawClientTest, FindsBothEpochsUntilThePendingOneIsPromoted) {
  Close(Open());
  RawClient first = TwinOf(client_);
  Bytes reply = Ask(first, 1);
  first.OnMessage2(reply, 2);
  Close(asked_);  // The pending epoch outlives its candidate.
  RawClient second = TwinOf(client_);
  reply = Ask(second, 2);
  ASSERT_FALSE(reply.empty());
  second.OnMessage2(reply, 2);
  Close(asked_);
  EXPECT_TRUE(Ask(first, 1).empty()) << "a higher attempt under the current epoch has replaced it";
  EXPECT_EQ(closed_[asked_], Error::kUnknownLocator);
  EXPECT_EQ(server_.View(session_)->epoch, 1U);
  EXPECT_FALSE(Ask(second, 1).empty());
  EXPECT_EQ(server_.View(session_)->epoch, 2U);
  EXPECT_TRUE(Ask(client_, 3).empty()) << "the epoch before is wiped";
  EXPECT_EQ(closed_[asked_], Error::kUnknownLocator);
}

// HF-REC-6, HF-REC-7, HF-RES-24.
TEST_F(RawClientTest, IsSentNoRecordBeforeItsOwnFirst) {
  Close(Open());
  Bytes reply = Ask(client_, 1);
  client_.OnMessage2(reply, 2);
  EXPECT_TRUE(reply.empty());
  server_.Send(now_, session_, AsBytes("abc"));
  EXPECT_TRUE(Drain(asked_).empty());
  reply = Say(asked_, client_.Seal({}));
  const std::vector<Frame> frames = client_.Open(reply);
  ASSERT_EQ(frames.size(), 2U);
  EXPECT_TRUE(std::holds_alternative<AckFrame>(frames[0]));
  EXPECT_TRUE(std::holds_alternative<DataFrame>(frames[1]));
}

// HF-RES-27, HF-END-15.
TEST_F(RawClientTest, CostsItsCandidateAndNothingElseByABadFirstRecord) {
  const TransportId attached = Open();
  Bytes reply = Ask(client_, 1);
  client_.OnMessage2(reply, 2);
  const uint64_t before = server_.SessionDigest(session_, false);
  Bytes record = client_.Seal({});
  record.back() ^= 1;
  Say(asked_, record);
  EXPECT_EQ(closed_[asked_], Error::kBadTag);
  EXPECT_FALSE(closed_.contains(attached));
  EXPECT_EQ(server_.SessionDigest(session_, false), before);
}

// HF-LIV-3.
TEST_F(RawClientTest, IsSuspendedAfterItsSilence) {
  const TransportId transport = Open();
  Wait(limits::kDeadTransport - 1ns);
  EXPECT_EQ(server_.state(session_), ServerState::kAttached);
  Wait(1ns);
  EXPECT_EQ(server_.state(session_), ServerState::kSuspended);
  EXPECT_EQ(closed_[transport], Error::kTimedOut);
  ServerConfig hasty{Pair::ServerKey()};
  hasty.session.dead_transport = hasty.session.ping_idle;
  EXPECT_DEATH(Server{hasty}, "IsSane");
}

// HF-LIV-12, HF-END-15.
TEST_F(RawClientTest, LosesATransportButNotTheSessionByAnyFlippedBitOfALength) {
  for (int bit = 0; bit < 16; ++bit) {
    SCOPED_TRACE(bit);
    client_ = RawClient();
    const TransportId transport = Open();
    const Time begun = now_;
    Bytes record = client_.Seal({AckFrame{{0}, {1 << 20}, false}});
    record[static_cast<size_t>(bit / 8)] ^= static_cast<uint8_t>(1 << bit % 8);
    for (; !closed_.contains(transport); record = client_.Seal({AckFrame{{0}, {1 << 20}, false}})) {
      ASSERT_LT(now_, begun + limits::kDeadTransport + limits::kRecordTime);
      Say(transport, record);
      Wait(1s);
      server_.SetWritable(now_, transport, false);
      server_.SetWritable(now_, transport, true);
    }
    EXPECT_EQ(server_.state(session_), ServerState::kSuspended);
    Bytes reply = Ask(client_, 1);
    client_.OnMessage2(reply, 2);
    Say(asked_, client_.Seal({AckFrame{{0}, {1 << 20}, false}}));
    EXPECT_EQ(server_.state(session_), ServerState::kAttached);
  }
}

// HF-LIV-12.
TEST_F(RawClientTest, HasItsLargestRecordTakenOverASlowPath) {
  const TransportId transport = Open();
  Bytes record = client_.SealPlaintext(Bytes(limits::kRecordPlaintextBytesMax));
  for (size_t i = 0; i < record.size(); ++i) {
    if (i % 1000 == 0) Wait(1000 * (Duration(1s) / 256));
    if (i == 30000) Wait(limits::kDeadTransport - 8s);
    Say(transport, {record[i]});
    ASSERT_FALSE(closed_.contains(transport)) << i;
  }
  EXPECT_EQ(server_.state(session_), ServerState::kAttached);
  Say(transport, client_.Seal({DataFrame{{0}, {Bytes{7}}}}));
  EXPECT_EQ(delivered_, Bytes{7});
}

// --- The end -------------------------------------------------------------------------------------------------------

// HF-END-5, HF-FRM-3.
TEST_F(RawClientTest, HasFinishedTheSessionWithTheFrameThatCompletesIt) {
  const TransportId transport = Open();
  server_.Finish(now_, session_);
  Drain(transport);
  Say(transport, client_.Seal({FinFrame{{0}}}));
  EXPECT_FALSE(ending_);
  Bytes plaintext = {static_cast<uint8_t>(FrameType::kAck)};
  Append(plaintext, Encode(AckFrame{{0}, {1 << 20}, true}));
  plaintext.push_back(7);  // No frame begins so: but there is no session any more.
  Say(transport, client_.SealPlaintext(plaintext));
  ASSERT_TRUE(ending_);
  EXPECT_EQ(ending_->cause, Cause::kFinished);
}

// HF-END-12.
TEST_F(RawClientTest, EndsTheSessionByItsCloseAndHearsItRepeated) {
  const Closing end = {Cause::kStateLost, Origin::kClient, {0}};
  const Closing abort = {Cause::kAborted, Origin::kClient, {7}};
  for (const Closing& said : {end, abort}) {
    client_ = RawClient();
    const TransportId transport = Open();
    Bytes reply = Say(transport, client_.Seal({CloseFrame{said}}));
    std::vector<Frame> last;
    while (!reply.empty()) last = client_.Open(reply);
    EXPECT_EQ(last, std::vector<Frame>{CloseFrame{said}});
    EXPECT_EQ(ending_->cause, said.cause);
    EXPECT_EQ(ending_->origin, Origin::kClient);
    EXPECT_EQ(ending_->app_code, said.app_code.value);
    EXPECT_EQ(server_.state(session_), ServerState::kTombstone);
  }
}

// HF-END-3, HF-END-13, HF-LIV-10.
TEST_F(RawClientTest, IsToldNothingMoreAfterTheServersClose) {
  const TransportId transport = Open();
  RawClient twin = TwinOf(client_);
  Ask(twin, 1);
  server_.Abort(now_, session_, 9);
  Bytes reply = Drain(transport);
  std::vector<Frame> last;
  while (!reply.empty()) last = client_.Open(reply);
  EXPECT_EQ(last, (std::vector<Frame>{CloseFrame{{Cause::kAborted, Origin::kServer, {9}}}}));
  EXPECT_EQ(closed_[asked_], Error::kDone) << "the candidate";
  EXPECT_EQ(server_.state(session_), ServerState::kTombstone);
  const Bytes abc = ToBytes(AsBytes("abc"));
  EXPECT_TRUE(Say(transport, client_.Seal({PingFrame{}, DataFrame{{0}, {abc}}})).empty());
  EXPECT_TRUE(delivered_.empty());
  EXPECT_FALSE(closed_.contains(transport));
  Wait(limits::kLinger);
  EXPECT_EQ(closed_[transport], Error::kDone);
  EXPECT_EQ(endings_, 1);
}

// HF-END-19, HF-END-28, HF-END-30, HF-RES-10, HF-RES-11.
TEST_F(RawClientTest, IsAnsweredByTheTombstoneUnderBothEpochsForAsLongAsWasPromised) {
  const TransportId transport = Open();
  const Bytes abc = ToBytes(AsBytes("abc"));
  Say(transport, client_.Seal({DataFrame{{0}, {abc}}}));
  RawClient next = TwinOf(client_);
  Bytes reply = Ask(next, 1);
  next.OnMessage2(reply, 2);

  auto expect_closed = [&](RawClient as, const ResumeRequest& request) {
    Bytes answer = Ask(as, request);
    ASSERT_FALSE(answer.empty());
    const auto said = Decode<ResumeReply>(as.OnMessage2(answer, 9));
    ASSERT_TRUE(said);
    EXPECT_TRUE(said->closed);
    EXPECT_EQ(said->end, (Closing{Cause::kAborted, Origin::kClient, {5}}));
    EXPECT_EQ(said->claims.received.value, 3U);
    EXPECT_TRUE(Say(asked_, as.Seal({})).empty()) << "there is nothing to confirm";
    EXPECT_EQ(server_.state(session_), ServerState::kTombstone);
    EXPECT_EQ(server_.View(session_)->epoch, 1U) << "a tombstone promotes nothing";
  };
  ResumeRequest closing = RequestOf(2);
  closing.closing = true;
  closing.end = {Cause::kAborted, Origin::kClient, {5}};
  EXPECT_EQ(server_.state(session_), ServerState::kAttached);
  expect_closed(TwinOf(client_), closing);
  EXPECT_EQ(endings_, 1);
  expect_closed(TwinOf(client_), RequestOf(3));
  EXPECT_TRUE(Ask(client_, 3).empty());
  EXPECT_EQ(closed_[asked_], Error::kStaleAttempt);
  expect_closed(TwinOf(next), RequestOf(1));
  expect_closed(TwinOf(client_), RequestOf(4));

  Wait(3600s + 45s - 1ns);
  expect_closed(TwinOf(client_), RequestOf(5));
  Wait(limits::kLinger);
  EXPECT_EQ(server_.state(session_), std::nullopt);
  EXPECT_TRUE(Ask(client_, 6).empty());
  EXPECT_EQ(closed_[asked_], Error::kUnknownLocator);
  EXPECT_EQ(endings_, 1);
}

// HF-END-25, HF-RES-10, HF-END-21, HF-LIV-4.
TEST_F(RawClientTest, IsWaitedForFromItsLastSignAsLongAsWasPromised) {
  Close(Open());
  Wait(3000s);
  EXPECT_FALSE(Ask(client_, 1).empty());
  Close(asked_);
  Wait(1000s);
  EXPECT_TRUE(Ask(client_, 1).empty()) << "what is stale is no sign";
  Wait(2645s - 1ns);
  EXPECT_FALSE(ending_);
  Wait(1ns);
  ASSERT_TRUE(ending_);
  EXPECT_EQ(ending_->cause, Cause::kExpired);
  EXPECT_EQ(ending_->origin, Origin::kNobody);
  EXPECT_EQ(server_.state(session_), ServerState::kTombstone);
}

// HF-SEC-9.
TEST_F(RawClientTest, CostsOnlyItsOwnSessionWhateverItSays) {
  const TransportId transport = Open();
  const SessionId session = session_;
  const uint64_t before = server_.SessionDigest(session, true);
  RawClient honest = std::move(client_);
  for (const Bytes& plaintext : {Bytes{7}, Bytes{5, 1}, Bytes{6, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0}}) {
    client_ = RawClient();
    ending_.reset();
    const TransportId theirs = Open();
    Say(theirs, client_.SealPlaintext(plaintext));
    EXPECT_TRUE(ending_);
    EXPECT_EQ(server_.SessionDigest(session, true), before);
  }
  const Bytes abc = ToBytes(AsBytes("abc"));
  Say(transport, honest.Seal({DataFrame{{0}, {abc}}}));
  EXPECT_EQ(delivered_, abc);
}

}  // namespace
}  // namespace holdfast
