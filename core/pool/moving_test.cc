// Sessions that move to another pool or process, at rest and in mid-stream.

#include "core/pool/moving.h"

#include <gtest/gtest.h>

#include <set>
#include <type_traits>
#include <utility>
#include <vector>

#include "core/pool/blobs.h"
#include "core/pool/pair.h"

namespace holdfast {
namespace {

static_assert(!std::is_copy_constructible_v<RestBlob> && !std::is_copy_assignable_v<RestBlob>);
static_assert(!std::is_copy_constructible_v<MoveTicket> && !std::is_copy_assignable_v<MoveTicket>);
static_assert(!std::is_copy_constructible_v<SecretBytes>);

constexpr size_t kBytes = 3000;  // Of each stream.

// Many small steps: little credit, little records.
Pair::Options SmallSteps() {
  Pair::Options options;
  for (SessionOptions* session : {&options.client.session, &options.server_session}) {
    session->receive_window = 128;
    session->replay_bytes_max = 256;
    session->data_bytes_first = 32;
    session->data_bytes_max = 64;
  }
  return options;
}

ServerConfig ConfigOf(const Pair::Options& options) {
  ServerConfig config{.static_key = Pair::ServerKey()};
  config.session = options.server_session;
  return config;
}

// Both applications send what there is room for, and finish.
void Feed(Pair& pair) {
  const Bytes all = TestPattern(kBytes);
  const auto rest = [&all](uint64_t written) { return ByteSpan(all).subspan(static_cast<size_t>(written)); };
  if (const auto view = pair.client.View(); !view.finish_wanted) {
    pair.client.Send(pair.now, rest(view.written));
    if (pair.client.View().written == kBytes) pair.client.Finish(pair.now);
  }
  const auto view = pair.server.View(pair.server_session);
  if (view && pair.server.state(pair.server_session) != ServerState::kTombstone && !view->finish_wanted) {
    pair.server.Send(pair.now, pair.server_session, rest(view->written));
    if (pair.server.View(pair.server_session)->written == kBytes) pair.server.Finish(pair.now, pair.server_session);
  }
}

// `count` steps of a transfer: the bytes under way in one direction arrive, then those in the other; every
// `cut_every`th step the transport dies instead. Whether it was not over before.
bool Steps(Pair& pair, int count, int cut_every) {
  pair.PollClient();
  for (int step = 1; step <= count; ++step) {
    Feed(pair);
    pair.PollClient();
    pair.PollServer();
    if (pair.client_side.ending && pair.server_side.ending) return false;
    if (pair.dial_at) {
      pair.now = std::max(pair.now, *std::exchange(pair.dial_at, std::nullopt));
      pair.Connect();
      pair.PollClient();
    } else if (step % cut_every == 0) {
      pair.Cut(pair.pipes.back());
    } else {
      pair.Carry(pair.pipes.back(), step % 2 == 0);
    }
  }
  return true;
}

// The network is good from here on: everything must arrive.
void ExpectAllArrives(Pair& pair) {
  for (int round = 0; round < 1000 && !pair.Over(); ++round) {
    Feed(pair);
    pair.RunFor(50ms);
  }
  for (const TestSide* side : {&pair.client_side, &pair.server_side}) {
    EXPECT_EQ(side->delivered, TestPattern(kBytes));
    EXPECT_EQ(side->finished, 1U);
    EXPECT_EQ(std::count(side->log.begin(), side->log.end(), "MISPLACED"), 0);
    ASSERT_TRUE(side->ending);
    EXPECT_EQ(side->ending->cause, Cause::kFinished);
  }
}

// No transport of the old server leads to the new one.
void Replace(Pair& pair, Server next, SessionId session) {
  pair.server = std::move(next);
  pair.server_session = session;
  for (TestPipe& pipe : pair.pipes) {
    pipe.server_up = false;
    pipe.server_id = TransportId::kNone;
  }
}

RestBlob CopyOf(const RestBlob& blob) { return RestBlob::FromBytes(blob.bytes()); }

// The server's session goes on in another server; whether there was one that can.
bool MoveAtRest(Pair& pair, const ServerConfig& config) {
  StreamEntropy entropy(7, "export");
  pair.PollServer();
  auto blob = pair.server.ExportAtRest(pair.now, pair.server_session, entropy);
  if (!blob) {
    EXPECT_EQ(blob.error(), Error::kNotMovable);
    return false;
  }
  pair.PollServer();  // Closes the transports.
  EXPECT_EQ(pair.server.state(pair.server_session), std::nullopt);
  EXPECT_EQ(pair.server.census().sessions + pair.server.census().tombstones, 0U);
  Server next(config);
  const auto session = next.ImportAtRest(pair.now, CopyOf(*blob));
  EXPECT_TRUE(session);
  if (session) Replace(pair, std::move(next), *session);
  return session.has_value();
}

MoveTicket TicketOf(uint64_t seed) {
  StreamEntropy entropy(seed, "ticket");
  return MoveTicket::Make(entropy);
}

// Likewise with its transport, which keeps its bytes.
bool MoveLive(Pair& pair, const ServerConfig& config) {
  StreamEntropy entropy(7, "export");
  pair.PollServer();
  MoveTicket ticket = TicketOf(1);
  auto live = pair.server.ExportLive(pair.now, pair.server_session, ticket.key(), entropy);
  if (!live) {
    EXPECT_EQ(live.error(), Error::kNotMovable);
    return false;
  }
  EXPECT_EQ(pair.server.LastSeal(ForkKey(), live->transport), std::nullopt);
  pair.PollServer();
  Server next(config);
  auto imported = next.ImportLive(pair.now, std::move(ticket), live->blob.bytes());
  EXPECT_TRUE(imported);
  if (!imported) return false;
  size_t at = 0;
  while (pair.pipes[at].server_id != live->transport) ++at;
  EXPECT_TRUE(pair.pipes[at].server_up) << "the transport lives";
  Replace(pair, std::move(next), imported->session);
  pair.pipes[at].server_up = true;
  pair.pipes[at].server_id = imported->transport;
  return true;
}

void MoveClient(Pair& pair, const Pair::Options& options) {
  StreamEntropy entropy(7, "export");
  pair.PollClient();
  const SessionView before = pair.client.View();
  auto blob = pair.client.ExportAtRest(pair.now, entropy);
  if (!blob) {
    EXPECT_EQ(blob.error(), Error::kNotMovable);
    return;
  }
  pair.PollClient();
  EXPECT_EQ(pair.client.state(), ClientState::kEnded);
  EXPECT_EQ(pair.client.Deadline(), kNever);
  for (TestPipe& pipe : pair.pipes) {
    EXPECT_FALSE(pipe.client_up);
    pipe.client_id = TransportId::kNone;
  }
  pair.dial_at.reset();
  ClientConfig config = options.client;
  config.server_key = Pair::ServerKey().public_key();
  auto next = Client::ImportAtRest(pair.now, config, CopyOf(*blob));
  ASSERT_TRUE(next);
  pair.client = std::move(*next);
  const SessionView after = pair.client.View();
  EXPECT_EQ(after.epoch, before.epoch);
  EXPECT_EQ(after.attempt, before.attempt);
  EXPECT_EQ(after.written, before.written);
  EXPECT_EQ(after.received, before.received);
}

// A session in the middle of a transfer, attached.
Pair Halfway(const Pair::Options& options = SmallSteps()) {
  Pair pair(options);
  Steps(pair, 14, 1000);
  EXPECT_EQ(pair.server.state(pair.server_session), ServerState::kAttached);
  return pair;
}

RestBlob ExportOf(Pair& pair, uint64_t seed = 7) {
  StreamEntropy entropy(seed, "export");
  pair.PollServer();
  return *pair.server.ExportAtRest(pair.now, pair.server_session, entropy);
}

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

// HF-MOV-3, HF-MOV-7.
TEST(RestBlob, IsRefusedWithAnyBitFlippedOrAnyByteMissing) {
  Pair pair = Halfway();
  RestBlob blob = ExportOf(pair);
  Server next(ConfigOf(SmallSteps()));
  const uint64_t digest = next.StateDigest();
  const auto refused = [&](ByteSpan bytes) {
    const auto imported = next.ImportAtRest(pair.now, RestBlob::FromBytes(bytes));
    return !imported && imported.error() == Error::kBadBlob && next.StateDigest() == digest;
  };
  for (size_t bit = 0; bit < 8 * blob.bytes().size(); ++bit) {
    Bytes flipped = ToBytes(blob.bytes());
    flipped[bit / 8] ^= static_cast<uint8_t>(1 << (bit % 8));
    ASSERT_TRUE(refused(flipped)) << bit;
  }
  for (size_t size = 0; size < blob.bytes().size(); ++size) ASSERT_TRUE(refused(blob.bytes().first(size))) << size;
  Bytes longer = ToBytes(blob.bytes());
  longer.push_back(0);
  EXPECT_TRUE(refused(longer));
  const auto session = next.ImportAtRest(pair.now, std::move(blob));
  ASSERT_TRUE(session);
  EXPECT_EQ(blob.bytes().size(), 0U) << "taken";
}

// What passes the check, since somebody made it so.
// HF-MOV-7.
TEST(RestBlob, IsRefusedWhenWhatItSaysCannotBe) {
  Pair pair = Halfway();
  pair.Cut(pair.pipes.back());
  pair.Connect();
  pair.PollClient();
  pair.Carry(pair.pipes.back(), true);
  const RestBlob blob = ExportOf(pair);
  Server next(ConfigOf(SmallSteps()));
  const uint64_t digest = next.StateDigest();
  const auto import = [&](auto change) {
    StreamEntropy entropy(8, "again");
    ServerBlob body;
    EXPECT_TRUE(DecodeRestBlob(BlobKind::kServerAtRest, blob, body));
    EXPECT_TRUE(body.has_pending);
    change(body);
    return next.ImportAtRest(pair.now, MakeRestBlob(BlobKind::kServerAtRest, entropy, body));
  };
  const std::vector<void (*)(ServerBlob&)> lies = {
      [](ServerBlob& b) { b.left_ns = b.hold_ns + 1; },
      [](ServerBlob& b) { b.granted_ns = b.hold_ns + 1; },
      [](ServerBlob& b) { b.hold_ns = b.left_ns = UINT64_MAX; },
      [](ServerBlob& b) { b.current.number = 0; },
      [](ServerBlob& b) { b.current.number = UINT64_MAX; },
      [](ServerBlob& b) { ++b.pending.number; },
      [](ServerBlob& b) { b.pending.locator = b.current.locator; },
      [](ServerBlob& b) { b.streams.acked = {kVarintMax}; },
      [](ServerBlob& b) { b.streams.next.value = b.streams.sent.value + 1; },
      [](ServerBlob& b) { b.streams.sent.value = b.streams.acked.value + b.streams.held.bytes.size() + 1; },
      [](ServerBlob& b) { b.streams.credit.value = b.streams.sent.value - 1; },
      [](ServerBlob& b) { b.streams.fin_acked = true; },
      [](ServerBlob& b) { b.streams.fin_ever_sent = true; },
      [](ServerBlob& b) { b.streams.fin_sent = true; },
      [](ServerBlob& b) { ++b.streams.consumed.value; },
      [](ServerBlob& b) { b.streams.credit_limit.value = b.streams.received.value - 1; },
      [](ServerBlob& b) { b.streams.fin_received = true, b.streams.final_offset.value = b.streams.received.value - 1; },
  };
  for (size_t i = 0; i < lies.size(); ++i) {
    const auto imported = import(lies[i]);
    ASSERT_FALSE(imported) << i;
    EXPECT_EQ(imported.error(), Error::kBadBlob) << i;
    EXPECT_EQ(next.StateDigest(), digest) << i;
  }
  EXPECT_TRUE(import([](ServerBlob&) {}));
}

// HF-MOV-3.
TEST(RestBlob, OfOneRoleIsNoneOfTheOther) {
  StreamEntropy entropy(7, "export");
  Pair pair = Halfway();
  pair.PollClient();
  RestBlob of_server = ExportOf(pair);
  auto of_client = pair.client.ExportAtRest(pair.now, entropy);
  ASSERT_TRUE(of_client);
  Server next(ConfigOf(SmallSteps()));
  EXPECT_EQ(Client::ImportAtRest(pair.now, {}, std::move(of_server)).error(), Error::kBadBlob);
  EXPECT_EQ(next.ImportAtRest(pair.now, std::move(*of_client)).error(), Error::kBadBlob);
  EXPECT_GT(of_server.bytes().size(), 0U) << "still the caller's";
  EXPECT_TRUE(next.ImportAtRest(pair.now, std::move(of_server)));
  EXPECT_TRUE(Client::ImportAtRest(pair.now, {}, std::move(*of_client)));
}

// HF-MOV-8.
TEST(RestBlob, IsImportedOnceByAPool) {
  Pair pair = Halfway();
  const RestBlob blob = ExportOf(pair);
  pair.PollServer();
  ServerConfig config = ConfigOf(SmallSteps());
  config.imports_max = 2;
  Server next(config);
  const auto session = next.ImportAtRest(pair.now, CopyOf(blob));
  ASSERT_TRUE(session);
  uint64_t digest = next.StateDigest();
  EXPECT_EQ(next.ImportAtRest(pair.now, CopyOf(blob)).error(), Error::kBlobSeen);
  EXPECT_EQ(next.StateDigest(), digest);
  StreamEntropy entropy(9, "again");
  for (bool room : {true, false}) {  // Also once the session has left again; and then there is no room for more ids.
    auto again = next.ExportAtRest(pair.now, room ? *session : SessionId{2}, entropy);
    ASSERT_TRUE(again);
    EXPECT_EQ(next.ImportAtRest(pair.now, CopyOf(blob)).error(), Error::kBlobSeen);
    digest = next.StateDigest();
    const auto imported = next.ImportAtRest(pair.now, CopyOf(*again));
    EXPECT_EQ(imported.has_value(), room);
    if (!room) {
      EXPECT_EQ(imported.error(), Error::kTableFull);
      EXPECT_EQ(next.StateDigest(), digest);
    }
  }
}

// HF-MOV-9: what a breach of the caller's duty costs.
TEST(RestBlob, InTwoPoolsSealsUnderOneKeyNowhereThoughItDeliversTwice) {
  Pair pair = Halfway();
  const RestBlob blob = ExportOf(pair);
  pair.PollServer();
  pair.Run();
  pair.dial_at.reset();
  std::set<std::pair<uint64_t, uint64_t>> seen;
  for (uint64_t pool : {1U, 2U}) {
    Pair copy(SmallSteps());
    copy.client = pair.client.ForkForSimulation(ForkKey());
    copy.now = pair.now;
    Server next(ConfigOf(SmallSteps()));
    copy.server_session = *next.ImportAtRest(pair.now, CopyOf(blob));
    copy.server = std::move(next);
    copy.SetEntropy(pool);
    copy.Connect();
    copy.Run();
    EXPECT_GT(copy.server_seals.size(), 0U);
    for (const SealMark& mark : copy.server_seals) {
      EXPECT_TRUE(seen.insert({mark.key_digest, mark.nonce}).second);
    }
  }
}

// HF-MOV-7, HF-LIM-3.
TEST(RestBlob, NeedsRoomAndLocatorsOfItsOwn) {
  Pair pair = Halfway();
  pair.PollServer();
  Server twin = pair.server.ForkForSimulation(ForkKey());
  StreamEntropy entropy(11, "twin");
  auto second = twin.ExportAtRest(pair.now, pair.server_session, entropy);
  ASSERT_TRUE(second);
  Server next(ConfigOf(SmallSteps()));
  ASSERT_TRUE(next.ImportAtRest(pair.now, ExportOf(pair)));
  const uint64_t digest = next.StateDigest();
  EXPECT_EQ(next.ImportAtRest(pair.now, std::move(*second)).error(), Error::kDuplicateLocator);
  EXPECT_EQ(next.StateDigest(), digest);
  ServerConfig config = ConfigOf(SmallSteps());
  config.sessions_max = 0;
  Server full(config);
  EXPECT_EQ(full.ImportAtRest(pair.now, std::move(*second)).error(), Error::kTableFull);
  Server empty(ConfigOf(SmallSteps()));
  EXPECT_TRUE(empty.ImportAtRest(pair.now, std::move(*second))) << "still the caller's";
}

// HF-MOV-11.
TEST(LiveBlob, OpensOnceAndWithItsOwnTicketOnly) {
  Pair pair = Halfway();
  StreamEntropy entropy(7, "export");
  pair.PollServer();
  MoveTicket ticket = TicketOf(1);
  auto live = pair.server.ExportLive(pair.now, pair.server_session, ticket.key(), entropy);
  ASSERT_TRUE(live);
  const Bytes blob = ToBytes(live->blob.bytes());
  Server next(ConfigOf(SmallSteps()));
  const uint64_t digest = next.StateDigest();
  const auto refused = [&](MoveTicket with, ByteSpan bytes) {
    const auto imported = next.ImportLive(pair.now, std::move(with), bytes);
    return !imported && imported.error() == Error::kBadBlob && next.StateDigest() == digest;
  };
  EXPECT_TRUE(refused(TicketOf(2), blob));
  for (size_t bit = 0; bit < 8 * blob.size(); ++bit) {
    Bytes flipped = blob;
    flipped[bit / 8] ^= static_cast<uint8_t>(1 << (bit % 8));
    if (bit == 255) continue;  // Not part of a public key: X25519 ignores it, but the key that is derived does not.
    ASSERT_TRUE(refused(TicketOf(1), flipped)) << bit;
  }
  for (size_t size = 0; size < blob.size(); ++size) ASSERT_TRUE(refused(TicketOf(1), ByteSpan(blob).first(size)));
  for (uint8_t point : {uint8_t{0}, uint8_t{1}}) {  // Points of low order: a shared secret of zeros.
    Bytes weak = blob;
    std::fill_n(weak.begin(), kKeyBytes, uint8_t{0});
    weak[0] = point;
    EXPECT_TRUE(refused(TicketOf(1), weak));
  }
  ASSERT_TRUE(next.ImportLive(pair.now, std::move(ticket), blob));
  EXPECT_EQ(next.ImportLive(pair.now, std::move(ticket), blob).error(), Error::kBadBlob) << "the ticket is spent";
}

// HF-MOV-7, HF-MOV-11.
TEST(LiveBlob, SpendsTheTicketThoughItDoesNotOpen) {
  Server next(ConfigOf(SmallSteps()));
  MoveTicket ticket = TicketOf(1);
  EXPECT_EQ(next.ImportLive(Time(1ns), std::move(ticket), Bytes(100)).error(), Error::kBadBlob);
  Pair pair = Halfway();
  StreamEntropy entropy(7, "export");
  pair.PollServer();
  auto live = pair.server.ExportLive(pair.now, pair.server_session, TicketOf(1).key(), entropy);
  ASSERT_TRUE(live);
  EXPECT_EQ(next.ImportLive(pair.now, std::move(ticket), live->blob.bytes()).error(), Error::kBadBlob);
}

// Anybody can seal to a ticket.
// HF-MOV-7.
TEST(LiveBlob, IsRefusedWhenWhatItSaysCannotBe) {
  Pair pair = Halfway();
  StreamEntropy entropy(7, "export");
  pair.PollServer();
  auto live = pair.server.ExportLive(pair.now, pair.server_session, TicketOf(1).key(), entropy);
  ASSERT_TRUE(live);
  const auto opened = TicketOf(1).Open(live->blob.bytes());
  ASSERT_TRUE(opened);
  Server next(ConfigOf(SmallSteps()));
  const uint64_t digest = next.StateDigest();
  const auto import = [&](auto change) {
    LiveBlobBody body;
    const auto head = DecodeBlob(BlobKind::kServerLive, opened->span(), body);
    EXPECT_TRUE(head);
    change(body);
    auto sealer = MoveSealer::Begin(TicketOf(1).key(), entropy);
    const LiveBlob sealed = std::move(*sealer).Seal(EncodeBlob(*head, body, 0).span());
    return next.ImportLive(pair.now, TicketOf(1), sealed.bytes());
  };
  static const Bytes kWhole = {0, 16, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
  const std::vector<void (*)(LiveBlobBody&)> lies = {
      [](LiveBlobBody& b) { b.session.tombstone = true; },
      [](LiveBlobBody& b) { b.session.streams.next.value = b.session.streams.sent.value + 1; },
      [](LiveBlobBody& b) { b.link.acked.value = b.session.streams.consumed.value + 1; },
      [](LiveBlobBody& b) { b.link.has_ack_deadline = true, b.link.acked = b.session.streams.consumed; },
      [](LiveBlobBody& b) { b.link.sealer.next_index.value = kVarintMax; },
      [](LiveBlobBody& b) { b.link.opener.next_index.value = kVarintMax; },
      [](LiveBlobBody& b) { b.link.since_life_ns = UINT64_MAX; },
      [](LiveBlobBody& b) { b.link.dead_ns = UINT64_MAX; },
      [](LiveBlobBody& b) { b.link.ack_in_ns = UINT64_MAX; },
      [](LiveBlobBody& b) { b.link.input = {kWhole}; },
      [](LiveBlobBody& b) { b.link.input = {ByteSpan(kWhole).subspan(0, 1)}, b.session.current.number = 0; },
  };
  for (size_t i = 0; i < lies.size(); ++i) {
    const auto imported = import(lies[i]);
    ASSERT_FALSE(imported) << i;
    EXPECT_EQ(imported.error(), Error::kBadBlob) << i;
    EXPECT_EQ(next.StateDigest(), digest) << i;
  }
  EXPECT_TRUE(import([](LiveBlobBody&) {}));
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
