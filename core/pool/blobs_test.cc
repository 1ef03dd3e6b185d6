// The bytes of a session on its way: read as if an adversary had written them, and good once.

#include "core/pool/blobs.h"

#include <gtest/gtest.h>

#include <set>
#include <type_traits>
#include <utility>
#include <vector>

#include "core/pool/moving_fixture.h"

namespace holdfast {
namespace {

static_assert(!std::is_copy_constructible_v<RestBlob> && !std::is_copy_assignable_v<RestBlob>);
static_assert(!std::is_copy_constructible_v<MoveTicket> && !std::is_copy_assignable_v<MoveTicket>);
static_assert(!std::is_copy_constructible_v<SecretBytes>);

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
    Bytes weak(kKeyBytes);
    weak[0] = point;
    Append(weak, ByteSpan(blob).subspan(kKeyBytes));
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

}  // namespace
}  // namespace holdfast
