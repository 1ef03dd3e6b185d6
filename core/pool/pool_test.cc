#include <gtest/gtest.h>

#include <algorithm>

#include "core/pool/pair.h"

namespace holdfast {
namespace {

// Feeds both streams through whatever Send accepts, until both are in; then finishes both.
struct Transfer {
  Bytes client_bytes;
  Bytes server_bytes;
  size_t client_sent = 0;
  size_t server_sent = 0;
  bool client_finished = false;
  bool server_finished = false;

  void Feed(Pair& pair) {
    client_sent += pair.client.Send(pair.now, ByteSpan(client_bytes).subspan(client_sent));
    if (client_sent == client_bytes.size() && !std::exchange(client_finished, true)) pair.client.Finish(pair.now);
    if (pair.server_session == SessionId::kNone) return;
    server_sent += pair.server.Send(pair.now, pair.server_session, ByteSpan(server_bytes).subspan(server_sent));
    if (server_sent == server_bytes.size() && !std::exchange(server_finished, true)) {
      pair.server.Finish(pair.now, pair.server_session);
    }
  }
};

void RunToTheEnd(Pair& pair, Transfer& transfer) {
  for (int round = 0; round < 2000 && !pair.Over(); ++round) {
    transfer.Feed(pair);
    pair.RunFor(1s);
  }
}

void ExpectAllDelivered(const Pair& pair, const Transfer& transfer) {
  EXPECT_EQ(pair.server_side.delivered, transfer.client_bytes);
  EXPECT_EQ(pair.client_side.delivered, transfer.server_bytes);
  EXPECT_EQ(pair.server_side.finished, 1U);
  EXPECT_EQ(pair.client_side.finished, 1U);
  ASSERT_TRUE(pair.client_side.ending && pair.server_side.ending);
  EXPECT_EQ(pair.client_side.ending->cause, Cause::kFinished);
  EXPECT_EQ(pair.server_side.ending->cause, Cause::kFinished);
  EXPECT_EQ(std::ranges::count(pair.client_side.log, "MISPLACED"), 0);
  EXPECT_EQ(std::ranges::count(pair.server_side.log, "MISPLACED"), 0);
}

// HF-OFS-20, HF-END-5.
TEST(Pool, DeliversBothStreamsAndFinishesOnBothSides) {
  Pair pair;
  Transfer transfer{TestPattern(100'000, 1), TestPattern(300'000, 2)};
  RunToTheEnd(pair, transfer);
  ExpectAllDelivered(pair, transfer);
  EXPECT_EQ(pair.client.state(), ClientState::kEnded);
  EXPECT_EQ(pair.server.state(pair.server_session), ServerState::kTombstone);
  EXPECT_EQ(pair.pipes.size(), 1U);
}

// HF-END-5.
TEST(Pool, FinishesEmptyStreams) {
  Pair pair;
  Transfer transfer;
  RunToTheEnd(pair, transfer);
  ExpectAllDelivered(pair, transfer);
}

// HF-PRE-10.
TEST(Pool, GivesTheSameEventsForEverySplit) {
  std::vector<std::string> client_log;
  std::vector<std::string> server_log;
  for (size_t segment : {SIZE_MAX, size_t{1}, size_t{2}, size_t{3}, size_t{7}, size_t{64}, size_t{1500}}) {
    Pair pair({.client = {}, .server_session = {}, .segment = segment});
    Transfer transfer{TestPattern(5000, 1), TestPattern(7000, 2)};
    RunToTheEnd(pair, transfer);
    ExpectAllDelivered(pair, transfer);
    if (client_log.empty()) {
      client_log = pair.client_side.log;
      server_log = pair.server_side.log;
    }
    EXPECT_EQ(pair.client_side.log, client_log) << segment;
    EXPECT_EQ(pair.server_side.log, server_log) << segment;
  }
}

// HF-NEW-10, HF-REC-7.
TEST(Pool, LetsTheServerSpeakFirst) {
  Pair pair;
  pair.RunFor(1s);
  Transfer transfer{{}, TestPattern(1000)};
  pair.server.Send(pair.now, pair.server_session, transfer.server_bytes);
  pair.RunFor(1s);
  EXPECT_EQ(pair.client_side.delivered, transfer.server_bytes);
}

// The first transport dies after every possible number of bytes, in either direction; for each, the second one too
// dies, somewhere in what follows.
// HF-RES-5, HF-OFS-1, HF-OFS-3, HF-OFS-7, HF-OFS-11, HF-OFS-20, HF-OFS-22.
TEST(Resume, DeliversEveryByteOnceWhenCutAtAnyByte) {
  for (bool to_server : {true, false}) {
    for (size_t first = 0; first < 700; ++first) {
      for (size_t second : {size_t{0}, size_t{40}, size_t{150}, size_t{200}, kNoCut}) {
        Pair pair;
        Transfer transfer{TestPattern(200, 1), TestPattern(300, 2)};
        transfer.Feed(pair);
        pair.PollClient();
        pair.dial_at.reset();
        pair.Connect(to_server ? first : kNoCut, to_server ? kNoCut : first);
        pair.Run();
        if (!pair.Over() && pair.client_side.ending == std::nullopt) {
          pair.Connect(to_server ? kNoCut : second, to_server ? second : kNoCut);
          pair.Run();
        }
        RunToTheEnd(pair, transfer);
        SCOPED_TRACE(testing::Message() << (to_server ? "to server " : "to client ") << first << " then " << second);
        ExpectAllDelivered(pair, transfer);
        if (testing::Test::HasFailure()) return;
      }
    }
  }
}

// HF-RES-13, HF-RES-25, HF-RES-26.
TEST(Resume, KeepsTheOldTransportUntilTheNewOnesFirstRecord) {
  Pair pair;
  pair.RunFor(1s);
  ASSERT_EQ(pair.client.state(), ClientState::kOpen);
  const TransportId old = pair.server.View(pair.server_session)->attached;
  TestPipe& probe = pair.Connect();
  pair.PollClient();  // Message 1 is under way.
  Bytes message1 = probe.to_server;
  const uint64_t before = pair.server.SessionDigest(pair.server_session, false);
  pair.server.Receive(pair.now, probe.server_id, message1);
  probe.to_server.clear();
  pair.PollServer();
  EXPECT_EQ(pair.server.View(pair.server_session)->attached, old);
  EXPECT_EQ(pair.server.SessionDigest(pair.server_session, false), before);
  pair.Run();
  EXPECT_EQ(pair.server.View(pair.server_session)->attached, probe.server_id);
  EXPECT_EQ(pair.server.View(pair.server_session)->epoch, 2U);
}

// HF-PRE-5, HF-RES-9, HF-SEC-7.
TEST(Resume, TakesNothingFromAFlippedMessage1) {
  Pair pair;
  pair.RunFor(1s);
  TestPipe& probe = pair.Connect();
  pair.PollClient();
  const Bytes message1 = probe.to_server;
  const uint64_t before = pair.server.SessionDigest(pair.server_session, true);
  for (size_t bit = 0; bit < 8 * message1.size(); ++bit) {
    Bytes flipped = message1;
    flipped[bit / 8] ^= static_cast<uint8_t>(1 << (bit % 8));
    const TransportId id = pair.server.TransportOpened(pair.now);
    pair.server.Receive(pair.now, id, flipped);
    while (auto event = pair.server.Poll(pair.now, pair.server_entropy())) {
      const bool hint = flipped[8] != kVersion || flipped[9] != static_cast<uint8_t>(Kind::kResume);
      EXPECT_TRUE(hint || !std::holds_alternative<event::Write>(event->what)) << "bit " << bit;
    }
    EXPECT_EQ(pair.server.SessionDigest(pair.server_session, true), before) << "bit " << bit;
  }
}

// HF-RES-9, HF-RES-22, HF-SEC-7.
TEST(Resume, TakesNothingFromAReplayedMessage1) {
  Pair pair;
  pair.RunFor(1s);
  TestPipe& probe = pair.Connect();
  pair.PollClient();
  const Bytes message1 = probe.to_server;
  pair.Run();
  ASSERT_EQ(pair.server.View(pair.server_session)->epoch, 2U);
  auto replay = [&] {
    const uint64_t before = pair.server.SessionDigest(pair.server_session, true);
    const TransportId id = pair.server.TransportOpened(pair.now);
    pair.server.Receive(pair.now, id, message1);
    size_t closes = 0;
    while (auto event = pair.server.Poll(pair.now, pair.server_entropy())) {
      EXPECT_FALSE(std::holds_alternative<event::Write>(event->what));
      if (std::holds_alternative<event::CloseTransport>(event->what)) ++closes;
    }
    EXPECT_EQ(closes, 1U);
    EXPECT_EQ(pair.server.SessionDigest(pair.server_session, true), before);
  };
  replay();
  pair.client.Abort(pair.now, 1);
  pair.Run();
  replay();
}

// HF-NEW-7, HF-NEW-10, HF-NEW-11, HF-RES-23.
TEST(Resume, FindsTheFirstEpochThoughNoRecordEverArrived) {
  Pair pair;
  pair.PollClient();
  pair.dial_at.reset();
  TestPipe& first = pair.Connect();
  pair.PollClient();
  pair.client.Send(pair.now, TestPattern(100));
  pair.Carry(first, true);
  pair.Carry(first, false);
  EXPECT_EQ(pair.client.state(), ClientState::kOpen);
  pair.Cut(first);  // With the client's first record.
  EXPECT_EQ(pair.server.census().embryos, 1U);
  pair.RunFor(1s);
  EXPECT_EQ(pair.server_side.delivered, TestPattern(100));
  EXPECT_EQ(pair.server.census().embryos, 0U);
  EXPECT_EQ(pair.client.View().epoch, 2U);
}

// HF-END-26, HF-LIM-2.
TEST(Resume, GivesUpAsNeverConfirmedWhenTheEmbryoIsGone) {
  Pair::Options options;
  options.embryos_max = 1;
  Pair pair(options);
  pair.PollClient();
  TestPipe& first = pair.Connect();
  pair.PollClient();
  pair.Carry(first, true);
  pair.Carry(first, false);
  pair.Cut(first);
  // A stranger's handshake evicts the embryo.
  Client stranger({.server_key = Pair::ServerKey().public_key()});
  StreamEntropy entropy(2, "stranger");
  stranger.TransportOpened(pair.now);
  TransportId other = pair.server.TransportOpened(pair.now);
  while (auto event = stranger.Poll(pair.now, entropy)) {
    if (auto* write = std::get_if<event::Write>(&event->what)) pair.server.Receive(pair.now, other, write->bytes);
    while (pair.server.Poll(pair.now, entropy)) {
    }
  }
  pair.RunFor(2 * limits::kEmbryoTime);
  ASSERT_TRUE(pair.client_side.ending);
  EXPECT_EQ(pair.client_side.ending->cause, Cause::kNeverConfirmed);
}

// HF-END-18, HF-END-19.
TEST(End, TellsTheServerOfAnAbortWhileSuspended) {
  Pair pair;
  pair.RunFor(1s);
  pair.Cut(pair.pipes.front());
  pair.client.Abort(pair.now, 42);
  EXPECT_FALSE(pair.client_side.ending);
  pair.RunFor(5s);
  const Ending expected = {.cause = Cause::kAborted, .origin = Origin::kClient, .app_code = 42};
  EXPECT_EQ(pair.client_side.ending, expected);
  EXPECT_EQ(pair.server_side.ending, expected);
}

// HF-RES-18, HF-END-2, HF-END-13, HF-END-28.
TEST(End, TellsALateClientByTheTombstone) {
  Pair pair;
  pair.RunFor(1s);
  pair.Cut(pair.pipes.front());
  pair.server.Abort(pair.now, pair.server_session, 7);
  pair.RunFor(5s);
  const Ending expected = {.cause = Cause::kAborted, .origin = Origin::kServer, .app_code = 7};
  EXPECT_EQ(pair.client_side.ending, expected);
  EXPECT_EQ(pair.server_side.ending, expected);
}

// HF-END-17.
TEST(End, LetsBothReportTheirOwnCodesWhenAbortsCross) {
  for (bool suspended : {true, false}) {
    Pair pair;
    pair.RunFor(1s);
    if (suspended) pair.Cut(pair.pipes.front());
    pair.client.Abort(pair.now, 1);
    pair.server.Abort(pair.now, pair.server_session, 2);
    pair.RunFor(5s);
    ASSERT_TRUE(pair.client_side.ending && pair.server_side.ending);
    EXPECT_TRUE(pair.client_side.ending->crossed) << suspended;
    EXPECT_EQ(pair.client_side.ending->app_code, 1U);
    EXPECT_EQ(pair.client_side.ending->peer_app_code, 2U);
    EXPECT_EQ(pair.server_side.ending->app_code, 2U);
    EXPECT_EQ(pair.server_side.crossed, 1U) << suspended;
  }
}

// HF-END-24, HF-END-25.
TEST(End, ExpiresOnBothSidesWithTheSameCause) {
  Pair::Options options;
  options.client.hold = 100s;
  Pair pair(options);
  pair.RunFor(1s);
  pair.Cut(pair.pipes.front());
  pair.dial_at.reset();
  for (int i = 0; i < 200; ++i) {  // No dial is ever answered.
    pair.now += 1s;
    pair.client.Tick(pair.now);
    pair.server.Tick(pair.now);
    pair.Run();
    pair.dial_at.reset();
  }
  ASSERT_TRUE(pair.client_side.ending && pair.server_side.ending);
  EXPECT_EQ(pair.client_side.ending->cause, Cause::kExpired);
  EXPECT_EQ(pair.server_side.ending->cause, Cause::kExpired);
  EXPECT_EQ(pair.client.Deadline(), kNever);
  EXPECT_EQ(pair.server.census().tombstones, 1U);
  pair.now += 1000s;
  pair.server.Tick(pair.now);
  EXPECT_EQ(pair.server.census().tombstones, 0U);
}

// A dead transport after CLOSE: there is nothing to say on it any more, not even a PING, until it is given up.
// HF-END-3.
TEST(Client, WaitsForDeathAloneOnceCloseIsOut) {
  Pair pair;
  pair.RunFor(1s);
  pair.client.Abort(pair.now, 1);
  while (pair.client.Poll(pair.now, pair.server_entropy())) {
  }
  pair.now += limits::kPingIdle;
  pair.client.Tick(pair.now);
  EXPECT_FALSE(pair.client.Poll(pair.now, pair.server_entropy()));
  EXPECT_GT(pair.client.Deadline(), pair.now);
}

// HF-PRE-7, HF-PRE-12, HF-PRE-14.
TEST(Server, AnswersWhatItDoesNotOfferWithAHintThatEndsNothing) {
  Pair pair;
  Preamble preamble = {.kind = 1, .pattern = 9, .suite = 1};
  const TransportId id = pair.server.TransportOpened(pair.now);
  const Bytes bytes = Encode(preamble);
  pair.server.Receive(pair.now, id, bytes);
  auto event = pair.server.Poll(pair.now, pair.server_entropy());
  ASSERT_TRUE(event);
  const auto* write = std::get_if<event::Write>(&event->what);
  ASSERT_NE(write, nullptr);
  const Bytes hint = ToBytes(write->bytes);
  EXPECT_EQ(ToHex(hint), "00000101020102");
  // A client that is given it tries again.
  pair.PollClient();
  TestPipe& pipe = pair.Connect();
  pair.PollClient();
  for (size_t i = 0; i < hint.size(); ++i) {
    pair.client.Receive(pair.now, pipe.client_id, ByteSpan(hint).subspan(i, 1));
    pair.PollClient();
  }
  EXPECT_EQ(pair.client_side.log,
            (std::vector<std::string>{"CloseTransport kUnsupportedPattern", "AttemptFailed kUnsupportedPattern"}));
  EXPECT_TRUE(pair.dial_at);
  EXPECT_EQ(pair.client.state(), ClientState::kNew);
}

// HF-NEW-12.
TEST(Client, RefusesAServerWithAnotherKey) {
  Pair pair;
  Client client({.server_key = KeyPair::FromPrivate(Key().span()).public_key()});
  StreamEntropy entropy(3, "x");
  const TransportId theirs = pair.server.TransportOpened(pair.now);
  const TransportId ours = client.TransportOpened(pair.now);
  std::optional<Ending> ending;
  for (int i = 0; i < 3; ++i) {
    while (auto event = client.Poll(pair.now, entropy)) {
      if (auto* ended = std::get_if<event::Ended>(&event->what)) ending = ended->ending;
      if (auto* write = std::get_if<event::Write>(&event->what)) pair.server.Receive(pair.now, theirs, write->bytes);
      while (auto reply = pair.server.Poll(pair.now, entropy)) {
        if (auto* write = std::get_if<event::Write>(&reply->what)) client.Receive(pair.now, ours, write->bytes);
      }
    }
  }
  ASSERT_TRUE(ending);
  EXPECT_EQ(ending->cause, Cause::kRefused);
  EXPECT_EQ(ending->error, Error::kServerKeyRefused);
  EXPECT_EQ(pair.server_session, SessionId::kNone);
}

// HF-LIV-9, HF-LIM-1.
TEST(Pool, ServesOthersWhileManyAreSilent) {
  Pair::Options options;
  options.handshakes_max = 100;
  Pair pair(options);
  const Bytes half = {kMagic[0], kMagic[1]};
  for (int i = 0; i < 1000; ++i) {
    const TransportId silent = pair.server.TransportOpened(pair.now);
    if (i % 2 == 0) pair.server.Receive(pair.now, silent, half);
    pair.PollServer();
    EXPECT_LE(pair.server.census().handshakes, 100U);
  }
  Transfer transfer{TestPattern(10'000, 1), TestPattern(10'000, 2)};
  RunToTheEnd(pair, transfer);
  ExpectAllDelivered(pair, transfer);
  pair.now += 2 * limits::kHandshakeTime;
  pair.server.Tick(pair.now);
  pair.PollServer();
  EXPECT_EQ(pair.server.census().transports, 0U);
}

// HF-NEW-5, HF-LIM-3.
TEST(Server, RefusesNewSessionsWhenItIsFullAndKeepsThoseItHas) {
  Pair::Options options;
  options.sessions_max = 1;
  Pair pair(options);
  pair.RunFor(1s);
  Client second({.server_key = Pair::ServerKey().public_key()});
  StreamEntropy entropy(2, "second");
  second.TransportOpened(pair.now);
  const TransportId theirs = pair.server.TransportOpened(pair.now);
  while (auto event = second.Poll(pair.now, entropy)) {
    if (auto* write = std::get_if<event::Write>(&event->what)) pair.server.Receive(pair.now, theirs, write->bytes);
    pair.PollServer();
  }
  EXPECT_EQ(pair.server_side.log.back(), "CloseTransport kTableFull");
  EXPECT_EQ(pair.server.census().sessions, 1U);
  Transfer transfer{TestPattern(100, 1), TestPattern(100, 2)};
  RunToTheEnd(pair, transfer);
  ExpectAllDelivered(pair, transfer);
}

TEST(Client, WritesNothingToATransportThatTakesNothing) {
  Pair pair;
  pair.RunFor(1s);
  const TransportId transport = pair.client.View().attached;
  pair.client.SetWritable(pair.now, transport, false);
  pair.client.Send(pair.now, TestPattern(1000));
  EXPECT_FALSE(pair.client.Poll(pair.now, pair.server_entropy()));
  pair.server.Send(pair.now, pair.server_session, TestPattern(500));
  pair.Run();
  EXPECT_EQ(pair.client_side.delivered, TestPattern(500)) << "reading does not wait for writing";
  EXPECT_TRUE(pair.server_side.delivered.empty());
  pair.client.SetWritable(pair.now, transport, true);
  pair.Run();
  EXPECT_EQ(pair.server_side.delivered, TestPattern(1000));
}

// Answers that take longer than the silence allowed between PING and death.
// HF-LIV-3.
TEST(Pool, ComesToRestOnATransportWithAVeryLongRoundTrip) {
  Pair::Options options;
  options.client.attempt_timeout_first = 200s;
  options.client.attempt_timeout_max = 200s;
  Pair pair(options);
  pair.PollClient();
  pair.dial_at.reset();
  TestPipe& pipe = pair.Connect();
  const Duration one_way = 30s;
  Time arrival = pair.now + one_way;
  // All that was written on the way to one side arrives together, one way after the first of it.
  for (int i = 0; i < 400; ++i) {
    pair.PollClient();
    pair.PollServer();
    const Time next = std::min({arrival, pair.client.Deadline(), pair.server.Deadline()});
    pair.now = std::max(pair.now, next);
    pair.client.Tick(pair.now);
    pair.server.Tick(pair.now);
    if (pair.now < arrival) continue;
    arrival = pair.now + one_way;
    pair.Carry(pipe, true);
    pair.Carry(pipe, false);
  }
  EXPECT_GT(pair.now, Time(2000s));
  EXPECT_EQ(std::ranges::count(pair.client_side.log, "Suspended"), 0);
  EXPECT_EQ(std::ranges::count(pair.server_side.log, "Suspended"), 0);
  EXPECT_EQ(pair.client.state(), ClientState::kOpen);
}

// HF-END-22.
TEST(Pool, DoesNotExpireAtRestHoweverShortTheHoldTime) {
  Pair::Options options;
  options.client.hold = 6s;
  Pair pair(options);
  pair.RunFor(1h);
  EXPECT_EQ(pair.client.state(), ClientState::kOpen);
  EXPECT_EQ(pair.pipes.size(), 1U);
}

// HF-OFS-17.
TEST(Client, SaysWhenThereIsSpaceAgain) {
  Pair::Options options;
  options.client.session.replay_bytes_max = 1000;
  Pair pair(options);
  const Bytes bytes = TestPattern(5000);
  EXPECT_EQ(pair.client.Send(pair.now, bytes), 1000U);
  pair.RunFor(1s);
  EXPECT_EQ(std::ranges::count(pair.client_side.log, "SpaceAvailable"), 1);
  EXPECT_EQ(pair.client.Send(pair.now, ByteSpan(bytes).subspan(1000)), 1000U);
}

TEST(Server, ForksIntoTwoThatBehaveAlike) {
  Pair pair;
  pair.client.Send(pair.now, TestPattern(50'000));
  pair.RunFor(10ms);
  const ForkKey key;
  Server copy = pair.server.ForkForSimulation(key);
  Client client_copy = pair.client.ForkForSimulation(key);
  EXPECT_EQ(copy.StateDigest(), pair.server.StateDigest());
  EXPECT_EQ(client_copy.StateDigest(), pair.client.StateDigest());
  pair.RunFor(100s);
  EXPECT_NE(copy.StateDigest(), pair.server.StateDigest());
}

}  // namespace
}  // namespace holdfast
