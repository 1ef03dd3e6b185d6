// The original's defects, by their numbers in docs/legacy.md: what each of them broke works here.

#include <gtest/gtest.h>

#include <limits>
#include <set>

#include "core/legacy/wires.h"

namespace holdfast::legacy {
namespace {

class LegacyDefects : public testing::Test {
 protected:
  void Open() {
    wires.Connect(client);
    wires.Run();
    id = wires.last_id;
  }

  Wires wires;
  TestClient& client = wires.Add();
  int32_t id = 0;
};

// A peer that says whatever a test has it say.
Bytes Words(uint64_t first, uint64_t second) {
  Bytes bytes;
  AppendWord(bytes, first);
  AppendWord(bytes, second);
  return bytes;
}

// Speaks to the pool on a wire of its own; what is said back is in the wire.
TestWire& Say(Wires& wires, int fd, ByteSpan bytes) {
  wires.wires.push_back({.fd = fd});
  wires.pool.Receive(wires.now, fd, bytes, wires.source());
  wires.PollPool();
  return wires.wires.back();
}

// A client whose every number the test knows.
struct RawClient {
  RawClient(Wires& wires_in, int fd, ByteSpan up) : wires(wires_in) {
    const auto exponent = static_cast<uint64_t>(fd);  // So no two have the same.
    TestWire& wire = Say(wires, fd, Words(0, Power(kGenerator, exponent)));
    secret = Power(Load<uint64_t>(wire.to_client.data()), exponent);
    Prove(wire, up);
    id = wires.last_id;
    sent = up.size();
  }

  void Prove(TestWire& wire, ByteSpan then) {
    Bytes bytes;
    AppendWord(bytes, Hash(Load<uint64_t>(wire.to_client.data() + 8), secret));
    Append(bytes, then);
    wire.to_client.clear();
    wires.pool.Receive(wires.now, wire.fd, bytes, wires.source());
    wires.PollPool();
  }

  // As the original's client does; whether the server took it for this session.
  bool Resume(int fd, uint64_t received, uint32_t fingerprint) {
    Bytes request;
    AppendWord(request, received);
    AppendWord(request, fingerprint);
    TestWire& wire = Say(wires, fd, request);
    if (wire.to_client.size() != kReplyBytes) return false;
    if (Load<uint64_t>(wire.to_client.data()) > sent) return false;
    const size_t resumed = Wires::Count(wires.log, "Resumed");
    Prove(wire, {});
    return Wires::Count(wires.log, "Resumed") > resumed && wires.last_id == id;
  }

  Wires& wires;
  uint64_t secret = 0;
  int32_t id = 0;
  uint64_t sent = 0;
};

uint32_t FingerprintOf(uint64_t secret, ByteSpan bytes) {
  Fingerprint fingerprint(InitialFingerprint(secret));
  fingerprint.Add(bytes);
  return fingerprint.value();
}

// The last eight bytes can make up for anything.
Bytes PlaintextWith(uint64_t secret, uint32_t fingerprint) {
  Bytes plaintext(kChunkBytes);
  const uint32_t missing = InitialFingerprint(secret) ^ fingerprint;
  for (size_t i = 0; i < 4; ++i) plaintext[249 + 2 * i] = static_cast<uint8_t>(missing >> (24 - 8 * i));
  return plaintext;
}

// (1): of a pool. What our client sends, the original's server takes: interop_test.cc.
TEST_F(LegacyDefects, ResumesAfterMoreThan255BytesByEitherFingerprint) {
  RawClient raw(wires, 100, {});
  const Bytes plaintext = Noise(70000);
  wires.Send(raw.id, plaintext);
  const Bytes ciphertext = wires.wires.back().to_client;
  int fd = 100;
  for (size_t received : {69000U, 70000U, 4464U, 65536U}) {  // What the original's server and its client keep.
    const size_t marked = received / kChunkBytes * kChunkBytes;
    EXPECT_TRUE(raw.Resume(++fd, received, FingerprintOf(raw.secret, ByteSpan(ciphertext).first(marked))));
    EXPECT_TRUE(raw.Resume(++fd, received, FingerprintOf(raw.secret, ByteSpan(plaintext).first(marked))));
    EXPECT_FALSE(raw.Resume(++fd, received, FingerprintOf(raw.secret, ByteSpan(plaintext).first(marked - 1))));
  }
  EXPECT_FALSE(raw.Resume(++fd, 4463, FingerprintOf(raw.secret, ByteSpan(ciphertext).first(4352))));  // Not kept.
}

// (2)
TEST_F(LegacyDefects, ReplaysToTheTransportOfTheResumeAndToNoOther) {
  TestClient& other = wires.Add();
  wires.Connect(other, 1);  // Its number is the first session's id.
  wires.Run();
  Open();
  TestWire& first = *client.wire;
  wires.Send(id, Noise(60));
  first.to_client.clear();
  TestWire& second = wires.Reconnect(client);
  EXPECT_NE(second.fd, id);
  EXPECT_EQ(client.delivered, Noise(60));
  EXPECT_TRUE(other.delivered.empty());
}

// (3)
TEST_F(LegacyDefects, KeepsWhatIsSentWhileDetached) {
  Open();
  wires.Cut(client);
  Bytes down;
  Bytes up;
  for (size_t size : {1U, 255U, 300U, 64980U}) {  // As much as may wait.
    Append(down, Noise(size, size));
    Append(up, Noise(size, size + 1));
    EXPECT_EQ(wires.pool.Send(wires.now, id, Noise(size, size)), size);
    EXPECT_EQ(client.client.Send(wires.now, Noise(size, size + 1)), size);
  }
  EXPECT_EQ(wires.pool.Send(wires.now, id, Noise(1)), 0U);
  EXPECT_EQ(client.client.Send(wires.now, Noise(1)), 0U);
  wires.Reconnect(client);
  EXPECT_EQ(client.delivered, down);
  EXPECT_EQ(wires.delivered[id], up);
}

// (4), (5): both ends, for each size of fragment; every single split is in LegacyResume.
TEST_F(LegacyDefects, TakesHandshakesInPiecesOfAnySize) {
  for (size_t segment = 1; segment <= 17; ++segment) {
    Wires world({.seed = 5}, segment);
    TestClient& end = world.Add();
    world.Connect(end);
    world.Run();
    world.Send(world.last_id, Noise(300));
    world.Run();
    world.Reconnect(end);
    world.Send(end, Noise(10));
    world.Run();
    EXPECT_EQ(world.delivered[world.last_id], Noise(10));
    EXPECT_EQ(Wires::Count(world.log, "Resumed"), 1U);
  }
}

// (6), (7)
TEST_F(LegacyDefects, SendsAgainAcrossTheEdgeOfTheRing) {
  for (size_t before : {65000U, 65535U, 65536U, 65537U, 131000U}) {
    for (bool up : {true, false}) {
      Wires world;
      TestClient& end = world.Add();
      world.Connect(end);
      world.Run();
      const int32_t session = world.last_id;
      world.Send(session, Noise(before, 1));
      world.Send(end, Noise(before, 2));
      world.Run();
      world.Send(session, Noise(1000, 3));
      world.Send(end, Noise(1000, 4));
      world.Reconnect(end);
      Bytes expected = Noise(before, up ? 2 : 1);
      Append(expected, Noise(1000, up ? 4 : 3));
      EXPECT_EQ(up ? world.delivered[session] : end.delivered, expected);
    }
  }
}

// (8)
TEST_F(LegacyDefects, TakesWhatTheOldTransportBringsDuringTheResumeOnce) {
  Open();
  wires.Send(id, Noise(10));
  wires.Run();
  const Bytes up = Noise(500);
  for (size_t late = 0; late <= up.size(); late += 50) {
    Wires world = wires;
    // The copy's clients have wires of the original: only numbers are the same.
    TestClient& end = world.clients.front();
    TestWire& old = world.wires.front();
    end.wire = &old;
    world.Send(end, up);
    old.client_up = false;
    end.client.TransportClosed(world.now);
    TestWire& fresh = world.Connect(end);
    world.Carry(fresh, true);      // The request: the count is told now.
    world.Carry(old, true, late);  // Then the old one brings some of it.
    world.Carry(fresh, false);
    EXPECT_EQ(world.delivered[id].size(), late);
    world.Run();
    EXPECT_EQ(world.delivered[id], up) << late;
    EXPECT_EQ(world.closed, std::vector<int>{old.fd});
  }
}

// (8): who asks and proves nothing does nothing to the session.
TEST_F(LegacyDefects, LetsNoRequestDisturbALiveSession) {
  Open();
  wires.Send(id, Noise(10));
  wires.Run();
  wires.CutClient(client);
  wires.Connect(client);  // Only to hear what the client asks.
  const Bytes request = client.wire->to_server;
  client.wire->to_server.clear();
  TestWire& stranger = Say(wires, 900, request);
  EXPECT_EQ(stranger.to_client.size(), kReplyBytes);
  Say(wires, 900, Noise(8));
  EXPECT_EQ(wires.log.back(), "Close kBadProof");
  EXPECT_EQ(Wires::Count(wires.log, "Suspended"), 0U);
}

// (9)
TEST_F(LegacyDefects, ResumesThoughNothingWasReceived) {
  Open();
  wires.Send(client, AsBytes("hello"));
  wires.Run();
  wires.Send(client, AsBytes(" lost..."));
  wires.Cut(client);
  wires.Send(client, AsBytes(" more"));
  wires.Connect(client);
  wires.Run();
  EXPECT_EQ(wires.delivered[id], ToBytes(AsBytes("hello lost... more")));
  EXPECT_EQ(wires.pool.sessions(), 1U);
}

// (10)
TEST_F(LegacyDefects, ClosesTheOldTransportAndWritesNothingMoreToItsNumber) {
  Open();
  TestWire& old = *client.wire;
  wires.CutClient(client);
  wires.Connect(client);
  wires.Carry(*client.wire, true);
  wires.Carry(*client.wire, false);
  wires.pool.Send(wires.now, id, Noise(100));  // For the old one, and not polled.
  wires.Run();
  EXPECT_EQ(wires.written[old.fd], kReplyBytes);
  EXPECT_EQ(wires.closed, std::vector<int>{old.fd});
  EXPECT_EQ(client.delivered, Noise(100));

  // What was written for a transport that is gone does not go to who has its number next.
  wires.pool.Send(wires.now, id, Noise(50));
  wires.pool.TransportClosed(wires.now, client.wire->fd);
  TestWire& reused = Say(wires, client.wire->fd, Bytes(1));
  EXPECT_TRUE(reused.to_client.empty());
}

// (10): its late bytes are no handshake.
TEST_F(LegacyDefects, IgnoresWhatATransportBringsThatIsToBeClosed) {
  const Bytes hello = Words(0, 0);  // Refused.
  wires.pool.Receive(wires.now, 50, hello, wires.source());
  wires.pool.Receive(wires.now, 50, Words(0, 7), wires.source());
  wires.PollPool();
  EXPECT_EQ(wires.closed, std::vector<int>{50});
  EXPECT_EQ(wires.pool.handshakes(), 0U);
}

// (11)
TEST_F(LegacyDefects, GivesAllMemoryBack) {
  Pool empty = Pool();
  const size_t before = empty.MemoryBytes();
  {
    Wires world({.seed = 5, .remembered_max = 0});
    for (int i = 0; i < 20; ++i) {
      TestClient& end = world.Add();
      world.Connect(end);
      world.Run();
      world.Send(world.last_id, Noise(70000));
      world.Run();
    }
    EXPECT_GT(world.pool.MemoryBytes(), before + 20 * kWindowBytes);
    for (int32_t session = 1; session <= 20; ++session) world.pool.End(world.now, session, Reason::kClosed);
    world.PollPool();
    EXPECT_LT(world.pool.MemoryBytes(), before + 2 * kWindowBytes);  // What was polled last is still there.
  }
}

// (13)
TEST_F(LegacyDefects, RefusesASessionTooManyAndLivesOn) {
  Wires world({.seed = 5, .sessions_max = 2});
  for (int i = 0; i < 5; ++i) {
    world.Connect(world.Add());
    world.Run();
  }
  EXPECT_EQ(world.pool.sessions(), 2U);
  EXPECT_EQ(Wires::Count(world.log, "Close kPoolFull"), 3U);
  world.pool.End(world.now, 1, Reason::kClosed);
  world.PollPool();
  world.Connect(world.Add());
  world.Run();
  EXPECT_EQ(world.pool.sessions(), 2U);
}

// (14)
TEST_F(LegacyDefects, SurvivesTheEndOfASessionBetweenRequestAndProof) {
  for (bool received : {true, false}) {
    Wires world;
    TestClient& end = world.Add();
    world.Connect(end);
    world.Run();
    if (received) world.Send(world.last_id, Noise(10));
    world.Run();
    world.Cut(end);
    TestWire& wire = world.Connect(end);
    world.Carry(wire, true);
    world.pool.End(world.now, world.last_id, Reason::kClosed);
    world.PollPool();
    world.Run();
    EXPECT_EQ(Wires::Count(world.log, "Close kSessionGone"), 1U);
  }
}

// (15)
TEST_F(LegacyDefects, EndsTheSessionIfTheWindowPassesBetweenRequestAndProof) {
  Open();
  wires.Send(id, Noise(10));
  wires.Run();
  wires.CutClient(client);
  TestWire& wire = wires.Connect(client);
  wires.Carry(wire, true);
  wires.Send(id, Noise(kWindowBytes + 1));  // To the old one, which the server still believes in.
  wires.Run();
  EXPECT_EQ(Wires::Count(wires.log, "Ended kBeyondWindow"), 1U);
  EXPECT_EQ(wires.pool.sessions(), 0U);
}

// (16): whoever chooses what a server says to him chooses the fingerprint of that.
TEST_F(LegacyDefects, TriesAllSessionsThatFitAFingerprint) {
  constexpr uint32_t kWanted = 0x12345678;
  std::vector<RawClient> all;
  int fd = 100;
  for (size_t i = 0; i < 150; ++i) {  // More than one request looks at.
    RawClient& raw = all.emplace_back(wires, ++fd, Noise((i * 7 % 150) * 3));
    const Bytes plaintext = PlaintextWith(raw.secret, kWanted);
    ASSERT_EQ(FingerprintOf(raw.secret, plaintext), kWanted);
    wires.Send(raw.id, plaintext);
  }
  size_t most = 0;
  for (size_t i = 0; i < all.size(); ++i) {
    RawClient& raw = all[i * 71 % all.size()];
    size_t attempts = 1;
    while (!raw.Resume(++fd, 256, kWanted) && attempts <= all.size()) ++attempts;
    ASSERT_LE(attempts, all.size());
    most = std::max(most, attempts);
  }
  EXPECT_GT(most, 1U);
}

// (16): the proof tells whose request it was.
TEST_F(LegacyDefects, GoesOnWithTheSessionThatTheProofIsOf) {
  constexpr uint32_t kWanted = 0x12345678;
  RawClient more(wires, 101, Noise(100));
  RawClient less(wires, 102, Noise(50));
  less.sent = 200;  // Most of it was lost.
  for (const RawClient* raw : {&more, &less}) wires.Send(raw->id, PlaintextWith(raw->secret, kWanted));
  EXPECT_FALSE(less.Resume(103, 256, kWanted));  // It was told the other's count, and would leave a gap.
  EXPECT_TRUE(less.Resume(104, 256, kWanted));
  EXPECT_TRUE(more.Resume(105, 256, kWanted));
  EXPECT_TRUE(more.Resume(106, 256, kWanted));  // It was told less than it said before, which does.
  EXPECT_EQ(wires.pool.received(more.id), 100U);
}

// (17)
TEST_F(LegacyDefects, BoundsHandshakesInNumberAndInTime) {
  Wires world({.seed = 5, .handshakes_max = 100});
  for (int fd = 1000; fd < 2000; ++fd) {
    Say(world, fd, fd % 2 == 0 ? Bytes(3) : Words(0, static_cast<uint64_t>(fd)));
    ++world.now;
    ASSERT_LE(world.pool.handshakes(), 100U);
  }
  EXPECT_EQ(Wires::Count(world.log, "Close kCrowdedOut"), 900U);
  EXPECT_EQ(world.closed.front(), 1000);
  world.now = world.pool.Deadline();
  world.Tick();
  EXPECT_EQ(world.pool.handshakes(), 99U);
  world.now += kHandshakeTime;
  world.Tick();
  EXPECT_EQ(world.pool.handshakes(), 0U);
  EXPECT_EQ(world.pool.Deadline(), kNever);
}

// (17), and cp_timeout: a session that nobody comes back for.
TEST_F(LegacyDefects, EndsASessionThatIsDetachedForTooLong) {
  Open();
  wires.now += 1h;
  wires.Tick();
  EXPECT_EQ(wires.pool.sessions(), 1U);  // Attached: as long as it likes.
  wires.Cut(client);
  wires.now += kDetachedTime - 1ns;
  wires.Tick();
  EXPECT_EQ(wires.pool.sessions(), 1U);
  wires.now += 1ns;
  wires.Tick();
  EXPECT_EQ(wires.log.back(), "Ended kDetachedTooLong");
}

// (19)
TEST_F(LegacyDefects, RefusesPublicValuesThatForceTheSecret) {
  int fd = 100;
  for (uint64_t weak : {uint64_t{0}, uint64_t{1}, kPrime - 1, kPrime, UINT64_MAX}) {
    Say(wires, ++fd, Words(0, weak));
    EXPECT_EQ(wires.log.back(), "Close kWeakKey");
    TestClient& end = wires.Add();
    TestWire& wire = wires.Connect(end);
    wire.to_server.clear();
    wire.to_client = Words(weak, 7);
    wires.Carry(wire, false);
    EXPECT_EQ(end.log.back(), "AttemptFailed kWeakKey");
  }
}

// (24)
TEST_F(LegacyDefects, GivesPositiveIdsAndNoneTwiceWhileItIsKnown) {
  Wires world({.seed = 5, .first_id = std::numeric_limits<int32_t>::max() - 2});
  std::set<int32_t> ids;
  world.Connect(world.Add());
  world.Run();
  ids.insert(world.last_id);
  for (int i = 0; i < 6; ++i) {
    world.Connect(world.Add());
    world.Run();
    EXPECT_GT(world.last_id, 0);
    EXPECT_TRUE(ids.insert(world.last_id).second);
  }
  EXPECT_TRUE(ids.contains(std::numeric_limits<int32_t>::max()));
  EXPECT_TRUE(ids.contains(1));
}

}  // namespace
}  // namespace holdfast::legacy
