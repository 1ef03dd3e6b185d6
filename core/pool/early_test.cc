// Early data: stream bytes in message 1 of a resume (docs/protocol.md 5.6).

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "core/pool/raw_fixture.h"
#include "core/session/early.h"

namespace holdfast {
namespace {

struct Piece {
  uint64_t offset;
  std::string text;
  bool operator==(const Piece&) const = default;
};

template <typename F>
Bytes BytesOf(const F& frame) {
  Bytes bytes(FrameSize(frame));
  Writer writer(bytes);
  WriteFrame(writer, frame);
  return bytes;
}

Bytes EarlyOf(const std::vector<Piece>& pieces) {
  Bytes bytes;
  for (const Piece& piece : pieces) Append(bytes, BytesOf(DataFrame{{piece.offset}, {AsBytes(piece.text)}}));
  return bytes;
}

std::string TextOf(const Bytes& bytes) { return {bytes.begin(), bytes.end()}; }

// --- The server, as a raw client sees it ---------------------------------------------------------------------------

class EarlyClientTest : public RawClientTest {
 protected:
  EarlyClientTest() { Configure(false); }
  void Configure(bool explicit_consume) {
    ServerConfig config{Pair::ServerKey()};
    config.session.early_bytes_max = 1;
    config.session.explicit_consume = explicit_consume;
    server_ = Server(config);
  }

  static Bytes Payload(uint64_t attempt, const Bytes& early) {
    ResumeRequest request;
    request.attempt = attempt;
    request.claims.credit_limit = {1 << 20};
    request.early = {early};
    return Encode(request);
  }

  // An attempt with early data; what message 2 says.
  std::optional<ResumeReply> Ask(RawClient as, uint64_t attempt, const std::vector<Piece>& pieces) {
    asked_ = server_.TransportOpened(now_);
    Bytes reply = Say(asked_, as.Resume(Payload(attempt, EarlyOf(pieces))));
    if (reply.empty()) return std::nullopt;
    const auto said = Decode<ResumeReply>(as.OnMessage2(reply, as.epoch->number + 1));
    EXPECT_TRUE(said);
    candidate_ = std::move(as);
    return *said;
  }

  RawClient candidate_;  // Of the last Ask: has its keys.
};

// HF-RES-31, HF-RES-13, HF-RES-26.
TEST_F(EarlyClientTest, HasItsEarlyBytesDeliveredBeforeItConfirmsAndNothingElseMoves) {
  const TransportId attached = Open();
  server_.Send(now_, session_, AsBytes("down"));
  Bytes before_attempt = Drain(attached);
  const uint64_t before = server_.SessionDigest(session_, false);
  const auto reply = Ask(TwinOf(client_), 1, {{0, "abc"}});
  ASSERT_TRUE(reply);
  EXPECT_EQ(TextOf(delivered_), "abc");
  EXPECT_EQ(reply->claims.received.value, 3U);
  EXPECT_EQ(reply->claims.consumed.value, 3U);
  EXPECT_EQ(server_.SessionDigest(session_, false), before);
  EXPECT_EQ(server_.View(session_)->attached, attached);
  EXPECT_EQ(server_.View(session_)->received, 3U);
  Wait(limits::kAckDelay * 10);
  EXPECT_TRUE(Drain(attached).empty()) << "no ACK is owed there";
  EXPECT_EQ(server_.SessionDigest(session_, false), before);

  // The attached transport goes on; what it brings again is an overlap.
  const Bytes more = ToBytes(AsBytes("abcdef"));
  Say(attached, client_.Seal({DataFrame{{0}, {more}}, FinFrame{{6}}}));
  EXPECT_EQ(TextOf(delivered_), "abcdef");
  EXPECT_FALSE(ending_);
}

// HF-RES-31, HF-RES-9, HF-OFS-11.
TEST_F(EarlyClientTest, HasThemDeliveredOnceHoweverOftenAndLateTheyCome) {
  Close(Open());
  RawClient twin = TwinOf(client_);
  std::vector<Bytes> withheld;
  for (uint64_t attempt = 1; attempt <= 6; ++attempt) {
    withheld.push_back(twin.Resume(Payload(attempt, EarlyOf({{0, std::string("abcdefghij").substr(0, attempt)}}))));
  }
  for (size_t which : {size_t{0}, size_t{0}, size_t{2}, size_t{1}, size_t{3}, size_t{0}}) {
    const TransportId transport = server_.TransportOpened(now_);
    Say(transport, withheld[which]);
    Close(transport);  // Never confirmed.
    Wait(1s);
  }
  EXPECT_EQ(TextOf(delivered_), "abcd");
  const auto reply = Ask(TwinOf(client_), 5, {{0, "abcdef"}});
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->claims.received.value, 6U);
  const Bytes rest = ToBytes(AsBytes("efghi"));
  Say(asked_, candidate_.Seal({DataFrame{{4}, {rest}}}));
  EXPECT_EQ(TextOf(delivered_), "abcdefghi");
  EXPECT_TRUE(Say(server_.TransportOpened(now_), withheld[5]).empty()) << "the epoch is wiped";
  EXPECT_EQ(TextOf(delivered_), "abcdefghi");
}

// HF-RES-31.
TEST_F(EarlyClientTest, HasGapsAndExcessIgnoredAndGoesOn) {
  const TransportId attached = Open();
  const Bytes abc = ToBytes(AsBytes("abc"));
  Say(attached, client_.Seal({DataFrame{{0}, {abc}}}));
  uint64_t attempt = 0;
  const auto received = [&](const std::vector<Piece>& pieces) {
    const auto reply = Ask(TwinOf(client_), ++attempt, pieces);
    return reply ? reply->claims.received.value : kVarintMax;
  };
  EXPECT_EQ(received({{4, "e"}}), 3U);
  EXPECT_EQ(received({{0, "abcd"}, {5, "f"}}), 4U);
  EXPECT_EQ(received({{kVarintMax - 1, "x"}}), 4U);
  EXPECT_EQ(received({{5, "f"}, {4, "e"}, {2, "cd"}}), 5U);
  Say(attached, client_.Seal({FinFrame{{5}}}));
  EXPECT_EQ(received({{5, "f"}}), 5U) << "beyond the end";
  EXPECT_EQ(TextOf(delivered_), "abcde");
  EXPECT_FALSE(ending_);
  EXPECT_FALSE(closed_.contains(attached));
}

// HF-RES-31, HF-OFS-16.
TEST_F(EarlyClientTest, HasWhatIsBeyondCreditIgnored) {
  ServerConfig config{Pair::ServerKey()};
  config.session.early_bytes_max = 1;
  config.session.receive_window = 4;
  server_ = Server(config);
  Open();
  EXPECT_EQ(Ask(TwinOf(client_), 1, {{0, "abcde"}})->claims.received.value, 0U);
  EXPECT_EQ(Ask(TwinOf(client_), 2, {{0, "abcd"}})->claims.received.value, 4U);
}

// HF-RES-8, HF-RES-9, HF-RES-28.
TEST_F(EarlyClientTest, LosesItsTransportAndNothingElseByEarlyDataThatAreNoDataFrames) {
  Open();
  const uint64_t before = server_.SessionDigest(session_, true);
  const Bytes good = EarlyOf({{0, "abc"}, {3, "de"}});
  const auto why = [&](const Bytes& early, uint64_t attempt) {
    RawClient twin = TwinOf(client_);
    const TransportId transport = server_.TransportOpened(now_);
    EXPECT_TRUE(Say(transport, twin.Resume(Payload(attempt, early))).empty());
    EXPECT_EQ(server_.SessionDigest(session_, true), before);
    EXPECT_TRUE(delivered_.empty());
    return closed_[transport];
  };
  for (size_t size = 1; size < good.size(); ++size) {
    if (size == EarlyOf({{0, "abc"}}).size()) continue;
    EXPECT_EQ(why(Bytes(good.begin(), good.begin() + static_cast<ptrdiff_t>(size)), 1), Error::kTruncated) << size;
  }
  for (const Bytes& other : {BytesOf(PaddingFrame{}), BytesOf(PingFrame{}), BytesOf(AckFrame{}), BytesOf(FinFrame{{5}}),
                             BytesOf(CloseFrame{}), Bytes{7}}) {
    Bytes early = good;
    Append(early, other);
    EXPECT_EQ(why(early, 1), Error::kUnknownFrame);
    EXPECT_EQ(why(early, 0), Error::kUnknownFrame) << "before the attempt is looked at";
  }
  EXPECT_EQ(why(EarlyOf({{0, ""}}), 1), Error::kEmptyData);
  EXPECT_EQ(why(good, 0), Error::kStaleAttempt);
  EXPECT_TRUE(Ask(TwinOf(client_), 1, {{0, "abc"}}));
}

// HF-RES-8, HF-RES-9.
TEST_F(EarlyClientTest, HasNothingTakenIfTheAnswerCannotBeMade) {
  Open();
  const uint64_t before = server_.SessionDigest(session_, true);
  const PublicKey weak = {1};
  Bytes bytes = Encode(PreambleOf(Kind::kResume, kResumePattern, Suite::kChaChaPoly));
  Append(bytes, client_.epoch->locator);
  SymmetricState noise(Suite::kChaChaPoly, NoiseProtocolName(*FindPattern("NNpsk0"), Suite::kChaChaPoly));
  noise.MixHash(bytes);
  noise.MixKeyAndHash(client_.epoch->resume_key.span());
  noise.MixHash(weak);
  noise.MixKey(weak);
  Bytes message = ToBytes(weak);
  noise.EncryptAndHash(Payload(1, EarlyOf({{0, "abc"}})), message);
  Append(bytes, Bytes{0, static_cast<uint8_t>(message.size())});
  Append(bytes, message);
  const TransportId transport = server_.TransportOpened(now_);
  EXPECT_TRUE(Say(transport, bytes).empty());
  EXPECT_EQ(closed_[transport], Error::kWeakKey);
  EXPECT_EQ(server_.SessionDigest(session_, true), before);
  EXPECT_TRUE(delivered_.empty());
}

// HF-RES-31.
TEST_F(EarlyClientTest, HasThemIgnoredByAServerThatTakesNone) {
  server_ = Server(ServerConfig{Pair::ServerKey()});
  Open();
  const uint64_t before = server_.SessionDigest(session_, false);
  const auto reply = Ask(TwinOf(client_), 1, {{0, "abc"}});
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->claims.received.value, 0U);
  EXPECT_EQ(server_.SessionDigest(session_, false), before);
  const Bytes abc = ToBytes(AsBytes("abc"));
  Say(asked_, candidate_.Seal({DataFrame{{0}, {abc}}}));
  EXPECT_EQ(TextOf(delivered_), "abc");
}

// HF-RES-32, HF-NEW-10.
TEST_F(EarlyClientTest, IsOpenedBeforeItsEarlyBytesAreDelivered) {
  const TransportId transport = server_.TransportOpened(now_);
  Bytes reply = Say(transport, client_.NewSession());
  client_.OnMessage2(reply, 1);
  Close(transport);
  EXPECT_EQ(session_, SessionId::kNone);
  for (bool aborts : {true, false}) {
    Server fork = server_.ForkForSimulation(ForkKey());
    RawClient twin = TwinOf(client_);
    const Bytes message1 = twin.Resume(Payload(1, EarlyOf({{0, "abc"}})));
    const TransportId resumed = fork.TransportOpened(now_);
    fork.Receive(now_, resumed, message1);
    std::vector<std::string> told;
    while (auto event = fork.Poll(now_, entropy_)) {
      if (std::holds_alternative<event::Opened>(event->what)) {
        told.push_back("opened");
        if (aborts) fork.Abort(now_, event->session, 1);
      } else if (const auto* deliver = std::get_if<event::Deliver>(&event->what)) {
        told.push_back(TextOf(ToBytes(deliver->bytes)));
      } else if (std::holds_alternative<event::Ended>(event->what)) {
        told.push_back("ended");
      }
    }
    EXPECT_EQ(told,
              aborts ? (std::vector<std::string>{"opened", "ended"}) : (std::vector<std::string>{"opened", "abc"}));
  }
}

// HF-RES-32, HF-END-19, HF-END-28.
TEST_F(EarlyClientTest, HasNoneTakenWithAClosingRequestNorByATombstone) {
  Open();
  const Bytes early = EarlyOf({{0, "abc"}});
  ResumeRequest closing;
  closing.attempt = 1;
  closing.closing = true;
  closing.end = {Cause::kAborted, Origin::kClient, {5}};
  closing.early = {early};
  RawClient twin = TwinOf(client_);
  Bytes reply = RawClientTest::Ask(twin, closing);
  EXPECT_EQ(Decode<ResumeReply>(twin.OnMessage2(reply, 2))->claims.received.value, 0U);
  EXPECT_TRUE(ending_);
  const auto told = Ask(TwinOf(client_), 2, {{0, "abc"}});
  ASSERT_TRUE(told);
  EXPECT_TRUE(told->closed);
  EXPECT_EQ(told->claims.received.value, 0U);
  EXPECT_TRUE(delivered_.empty());
}

// HF-RES-31, HF-OFS-2.
TEST_F(EarlyClientTest, HasThemAcknowledgedWhenTheyAreConsumed) {
  Configure(true);
  const TransportId attached = Open();
  const auto first = Ask(TwinOf(client_), 1, {{0, "abc"}});
  ASSERT_TRUE(first);
  EXPECT_EQ(first->claims.received.value, 3U);
  EXPECT_EQ(first->claims.consumed.value, 0U);
  server_.Consumed(now_, session_, 2);
  EXPECT_EQ(Ask(TwinOf(client_), 2, {{0, "abc"}})->claims.consumed.value, 2U);
  EXPECT_EQ(TextOf(delivered_), "abc");
  EXPECT_FALSE(closed_.contains(attached));
}

// --- The client, as a raw server sees it ---------------------------------------------------------------------------

class EarlyServerTest : public RawServerTest {
 protected:
  EarlyServerTest() { Configure(100); }
  void Configure(size_t early_bytes_max) {
    ClientConfig config = Config();
    config.session.early_bytes_max = early_bytes_max;
    client_ = Client(config);
  }

  // What a fresh attempt brings early. It is left unanswered.
  std::vector<Piece> AskedEarly() {
    Dial();
    RawServer reader;
    reader.epoch = server_.epoch->ForkForSimulation(ForkKey());
    reader.Answer(written_, Encode(ResumeReply{}));
    const auto request = Decode<ResumeRequest>(reader.request);
    EXPECT_TRUE(request);
    const ByteSpan early = request->early.bytes;
    EXPECT_TRUE(CheckEarly(early));
    closing_ = request->closing;
    std::vector<Piece> pieces;
    Reader frames(early);
    while (auto frame = *NextFrame(frames)) {
      const auto& data = std::get<DataFrame>(*frame);
      pieces.push_back({data.offset.value, TextOf(ToBytes(data.bytes.bytes))});
    }
    return pieces;
  }

  bool closing_ = false;
};

// HF-RES-29.
TEST_F(EarlyServerTest, SeesOnlyWhatTheApplicationLetGoEarly) {
  Open();
  Cut();
  EXPECT_TRUE(AskedEarly().empty());
  client_.Send(now_, AsBytes("ab"), Early::kYes);
  client_.Send(now_, AsBytes("cd"), Early::kYes);
  client_.Send(now_, AsBytes("ef"));
  client_.Send(now_, AsBytes("gh"), Early::kYes);
  for (int attempt = 0; attempt < 3; ++attempt) {
    EXPECT_EQ(AskedEarly(), (std::vector<Piece>{{0, "abcd"}})) << "what is behind a hole cannot be taken";
  }
  EXPECT_EQ(client_.View().sent, 4U);
  EXPECT_EQ(client_.View().bytes_replayed, 8U);
}

// HF-RES-29.
TEST_F(EarlyServerTest, SeesNothingEarlyUnlessItIsBothAllowedAndConfigured) {
  for (size_t early_bytes_max : {0U, 1U, 3U}) {
    for (Early early : {Early::kNo, Early::kYes}) {
      Configure(early_bytes_max);
      server_ = RawServer();
      Open();
      Cut();
      client_.Send(now_, AsBytes("abcd"), early);
      const std::vector<Piece> pieces = AskedEarly();
      const size_t bytes = pieces.empty() ? 0 : pieces[0].text.size();
      EXPECT_EQ(bytes, early == Early::kYes ? early_bytes_max : 0U);
    }
  }
}

// HF-RES-29, HF-PRE-8, HF-OFS-9.
TEST_F(EarlyServerTest, SeesNoMoreThanCreditAndAMessage1Allow) {
  Configure(1 << 20);
  Drain();
  Dial();
  Say(server_.Answer(std::exchange(written_, {}), Encode(ServerParameters{{5}, 3'600'000, 300'000})));
  Cut();
  client_.Send(now_, Bytes(10'000, 'x'), Early::kYes);
  EXPECT_EQ(AskedEarly(), (std::vector<Piece>{{0, "xxxxx"}}));
  Dial();
  ResumeReply reply;
  reply.claims.credit_limit = {1 << 20};
  Say(server_.Answer(written_, Encode(reply)));
  ASSERT_EQ(client_.state(), ClientState::kOpen);
  Cut();
  const std::vector<Piece> pieces = AskedEarly();
  ASSERT_EQ(pieces.size(), 1U);
  EXPECT_GT(pieces[0].text.size(), kEarlyBytesMax - kDataHeaderBytesMax - 1);
  EXPECT_LE(written_.size(), kPreambleBytes + kLocatorBytes + 2 + limits::kHandshakeMessageBytesMax);
}

// HF-RES-29, HF-OFS-5, HF-OFS-7.
TEST_F(EarlyServerTest, MayTakeAnyPartOfThemAndIsSentTheRest) {
  for (uint64_t taken = 0; taken <= 4; ++taken) {
    Configure(100);
    server_ = RawServer();
    Open();
    Cut();
    client_.Send(now_, AsBytes("abcd"), Early::kYes);
    Dial();
    ResumeReply reply;
    reply.claims = {{taken}, {taken}, {0}, {1 << 20}, false};
    Bytes answer = server_.Answer(std::exchange(written_, {}), Encode(reply));
    Say(answer);
    ASSERT_EQ(client_.state(), ClientState::kOpen);
    EXPECT_EQ(client_.View().acked, taken);
    std::string sent;
    for (const Frame& frame : TakeFrames()) {
      if (const auto* data = std::get_if<DataFrame>(&frame)) {
        EXPECT_EQ(data->offset.value, taken);
        sent = TextOf(ToBytes(data->bytes.bytes));
      }
    }
    EXPECT_EQ(sent, std::string("abcd").substr(taken));
  }
}

// HF-RES-30, HF-END-18.
TEST_F(EarlyServerTest, SeesNoneOnceTheClientIsClosing) {
  Open();
  Cut();
  client_.Send(now_, AsBytes("abcd"), Early::kYes);
  EXPECT_FALSE(AskedEarly().empty());
  client_.Abort(now_, 3);
  EXPECT_TRUE(AskedEarly().empty());
  EXPECT_TRUE(closing_);
}

// --- Both ends -----------------------------------------------------------------------------------------------------

Pair::Options EarlyOptions() {
  Pair::Options options;
  options.client.session.early_bytes_max = options.server_session.early_bytes_max = 4096;
  return options;
}

// An open session whose transport is gone, and a client that has early bytes.
struct Suspended {
  explicit Suspended(const Pair::Options& options = EarlyOptions()) : pair(options) {
    pair.RunFor(1s);
    pair.Cut(pair.pipes.back());
    pair.dial_at.reset();
    pair.client.Send(pair.now, bytes, Early::kYes);
  }
  SessionView view() const { return *pair.server.View(pair.server_session); }

  Bytes bytes = TestPattern(300);
  Pair pair;
};

// HF-RES-31.
TEST(Early, ReachesTheServerWithMessage1Alone) {
  Suspended suspended;
  TestPipe& pipe = suspended.pair.Connect();
  suspended.pair.PollClient();
  suspended.pair.Carry(pipe, true);
  EXPECT_EQ(suspended.pair.server_side.delivered, suspended.bytes);
  EXPECT_EQ(suspended.pair.server.state(suspended.pair.server_session), ServerState::kSuspended);
  suspended.pair.Run();
  EXPECT_EQ(suspended.pair.client.View().acked, 300U);
  EXPECT_EQ(suspended.pair.client.View().bytes_replayed, 0U) << "it was sent once";
  EXPECT_EQ(suspended.pair.server_side.delivered, suspended.bytes);
}

// Every bit of a message 1 with early data matters.
// HF-RES-9, HF-RES-31, HF-SEC-7.
TEST(Early, IsNotTakenFromAFlippedMessage1) {
  Suspended suspended;
  Pair& pair = suspended.pair;
  TestPipe& pipe = pair.Connect();
  pair.PollClient();
  const Bytes message1 = std::exchange(pipe.to_server, {});
  const uint64_t before = pair.server.SessionDigest(pair.server_session, true);
  for (size_t bit = 0; bit < 8 * message1.size(); ++bit) {
    Bytes flipped = message1;
    flipped[bit / 8] ^= static_cast<uint8_t>(1 << (bit % 8));
    const TransportId id = pair.server.TransportOpened(pair.now);
    pair.server.Receive(pair.now, id, flipped);
    while (auto event = pair.server.Poll(pair.now, pair.server_entropy())) {
      ASSERT_FALSE(std::holds_alternative<event::Deliver>(event->what)) << bit;
    }
    ASSERT_EQ(pair.server.SessionDigest(pair.server_session, true), before) << bit;
    pair.server.TransportClosed(pair.now, id);
  }
  EXPECT_EQ(suspended.view().received, 0U);
}

// The resume that brings the bytes dies after any number of bytes in either direction: each is delivered once.
// HF-RES-31, HF-OFS-1, HF-OFS-7, HF-OFS-11.
TEST(Early, IsDeliveredOnceWhereverTheResumeIsLost) {
  for (bool explicit_consume : {false, true}) {
    Pair::Options options = EarlyOptions();
    options.server_session.explicit_consume = explicit_consume;
    for (bool to_server : {true, false}) {
      for (size_t size = 0; size <= (to_server ? 800U : 200U); ++size) {
        Suspended suspended(options);
        Pair& pair = suspended.pair;
        pair.Connect(to_server ? size : kNoCut, to_server ? kNoCut : size);
        pair.Run();
        pair.client.Send(pair.now, TestPattern(50, 3), Early::kYes);
        pair.client.Finish(pair.now);
        pair.server.Finish(pair.now, pair.server_session);
        pair.RunFor(10s);
        if (explicit_consume) {
          ASSERT_FALSE(pair.server_side.ending);
          pair.server.Consumed(pair.now, pair.server_session, 350);
          pair.RunFor(10s);
        }
        Bytes all = suspended.bytes;
        Append(all, TestPattern(50, 3));
        ASSERT_EQ(pair.server_side.delivered, all) << to_server << " " << size;
        ASSERT_EQ(std::ranges::count(pair.server_side.log, "MISPLACED"), 0);
        ASSERT_EQ(pair.server_side.finished, 1U);
        ASSERT_TRUE(pair.client_side.ending && pair.server_side.ending) << to_server << " " << size;
        ASSERT_EQ(pair.client_side.ending->cause, Cause::kFinished);
      }
    }
  }
}

// Nothing but the receiving side moves, though no attempt is ever confirmed; and the session ends as it would have.
// HF-RES-31, HF-END-10, HF-END-18.
TEST(Early, MayBeFollowedByAnAbortWithOrWithoutHavingArrived) {
  for (bool arrives : {false, true}) {
    Suspended suspended;
    Pair& pair = suspended.pair;
    TestPipe& pipe = pair.Connect();
    pair.PollClient();
    if (arrives) pair.Carry(pipe, true);
    pair.Cut(pipe);
    EXPECT_EQ(suspended.view().received, arrives ? 300U : 0U);
    pair.client.Abort(pair.now, 42);
    pair.RunFor(10s);
    const Ending expected = {.cause = Cause::kAborted, .origin = Origin::kClient, .app_code = 42};
    EXPECT_EQ(pair.client_side.ending, expected);
    EXPECT_EQ(pair.server_side.ending, expected);
    EXPECT_EQ(pair.server_side.delivered.size(), arrives ? 300U : 0U);
  }
}

// The old transport still carries bytes while attempts bring the same ones early.
// HF-RES-4, HF-RES-26, HF-RES-31.
TEST(Early, MixesWithTheAttachedTransportByOffset) {
  for (int order = 0; order < 4; ++order) {
    Pair pair(EarlyOptions());
    pair.RunFor(1s);
    TestPipe& old = pair.pipes.back();
    pair.client.Send(pair.now, TestPattern(100), Early::kYes);
    if ((order & 1) != 0) pair.PollClient();  // On the old transport first.
    TestPipe& probe = pair.Connect();
    pair.PollClient();
    pair.Carry((order & 2) != 0 ? probe : old, true);
    pair.Carry((order & 2) != 0 ? old : probe, true);
    EXPECT_EQ(pair.server_side.delivered, TestPattern(100)) << order;
    pair.Run();
    EXPECT_EQ(pair.client.View().acked, 100U) << order;
    EXPECT_EQ(pair.server.View(pair.server_session)->resumes, 1U) << order;
    EXPECT_EQ(pair.server_side.delivered, TestPattern(100)) << order;
    EXPECT_EQ(std::ranges::count(pair.server_side.log, "MISPLACED"), 0) << order;
  }
}

// Attempts come and go while the verdict on the client's key is out; none of their bytes is taken before it.
// HF-RES-32.
TEST(Early, IsNotTakenWhileTheVerdictOnTheClientIsOut) {
  for (bool accepted : {true, false}) {
    Pair::Options options = EarlyOptions();
    options.client.static_key = Pair::ClientKey();
    Pair pair(options);
    pair.client.Send(pair.now, TestPattern(100), Early::kYes);
    pair.Connect();
    pair.Run();
    for (int attempt = 0; attempt < 3; ++attempt) {
      ASSERT_EQ(pair.server.state(pair.server_session), ServerState::kUnjudged) << attempt;
      pair.Cut(pair.pipes.back());
      pair.dial_at.reset();
      TestPipe& pipe = pair.Connect();
      pair.PollClient();
      EXPECT_GT(pipe.to_server.size(), 200U) << "it carries early data";
      pair.Carry(pipe, true);
      EXPECT_TRUE(pair.server_side.delivered.empty()) << attempt;
      EXPECT_EQ(pair.server.View(pair.server_session)->received, 0U);
    }
    pair.server.Judge(pair.now, pair.server_session, accepted);
    pair.RunFor(10s);
    EXPECT_EQ(pair.server_side.delivered, accepted ? TestPattern(100) : Bytes());
    EXPECT_EQ(pair.client.View().acked, accepted ? 100U : 0U);
    EXPECT_EQ(std::ranges::count(pair.server_side.log, "MISPLACED"), 0);
  }
}

TEST(Early, IsPartOfWhatIsForked) {
  Suspended suspended;
  EXPECT_EQ(suspended.pair.client.ForkForSimulation(ForkKey()).StateDigest(), suspended.pair.client.StateDigest());
  Suspended other;
  other.pair.client.Send(other.pair.now, AsBytes("a"), Early::kYes);
  suspended.pair.client.Send(suspended.pair.now, AsBytes("a"));
  EXPECT_NE(suspended.pair.client.StateDigest(), other.pair.client.StateDigest());
}

}  // namespace
}  // namespace holdfast
