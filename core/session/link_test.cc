#include "core/session/link.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <initializer_list>

#include "core/base/fork_key.h"

namespace holdfast {
namespace {

constexpr Time kStart{1ns};

Link MakeLink(const SessionOptions& options = {}, Duration hold = limits::kHold) {
  NoiseSplit split;
  return Link(kStart, options, hold, Suite::kChaChaPoly, split, true);
}

constexpr size_t kLargestRecord = kRecordLengthBytes + limits::kRecordCiphertextBytesMax;

// When a link dies on which a record begins at kStart and `size` bytes of it come at the end of every `pause`.
Time DeathOf(Link link, size_t size, Duration pause) {
  link.OnBytes(kStart, size, false);
  Time now = kStart + pause;
  for (int i = 0; i < 100000 && now < link.Deadline(false); ++i, now += pause) link.OnBytes(now, size, true);
  return link.Deadline(false);
}

// HF-KEY-9, HF-KEY-11, HF-SEC-3.
TEST(Link, TakesTheKeysOfItsHandshakeAndLeavesNone) {
  const auto split_of_two = [] {
    NoiseSplit split;
    split.first.mutable_span()[0] = 1;
    split.second.mutable_span()[0] = 2;
    return split;
  };
  NoiseSplit a = split_of_two();
  NoiseSplit b = split_of_two();
  Link client(kStart, {}, limits::kHold, Suite::kChaChaPoly, a, true);
  Link server(kStart, {}, limits::kHold, Suite::kChaChaPoly, b, false);
  Bytes record(kRecordOverheadBytes);
  client.sealer().Seal({}, record);
  EXPECT_TRUE(server.opener().Open(ByteSpan(record).subspan(kRecordLengthBytes), {}));
  server.sealer().Seal({}, record);
  EXPECT_TRUE(client.opener().Open(ByteSpan(record).subspan(kRecordLengthBytes), {}));
  EXPECT_NE(client.sealer().LastSeal(), server.sealer().LastSeal());
  EXPECT_EQ(a.first, Key());
  EXPECT_EQ(a.second, Key());
}

// HF-LIV-2, HF-LIV-3.
TEST(Link, AsksAfterSilenceAndDiesAfterMore) {
  Link link = MakeLink();
  link.AckSent(0);
  EXPECT_EQ(link.Deadline(true), kStart + limits::kPingIdle);
  EXPECT_FALSE(link.ping_due(kStart + limits::kPingIdle - 1ns));
  EXPECT_TRUE(link.ping_due(kStart + limits::kPingIdle));
  link.TakePing();
  link.RecordSent(kStart + 40s);
  EXPECT_FALSE(link.ping_due(kStart + limits::kDeadTransport));
  EXPECT_EQ(link.Deadline(true), kStart + limits::kDeadTransport);
  EXPECT_TRUE(link.dead(kStart + limits::kDeadTransport));
}

// HF-LIV-11.
TEST(Link, SpeaksUpThoughItOnlyListens) {
  Link link = MakeLink();
  link.AckSent(0);
  link.OnLife(kStart + 10s);
  EXPECT_EQ(link.Deadline(true), kStart + limits::kPingIdle);
  EXPECT_FALSE(link.keepalive_due(kStart + limits::kPingIdle - 1ns));
  EXPECT_TRUE(link.keepalive_due(kStart + limits::kPingIdle));
  link.RecordSent(kStart + limits::kPingIdle);
  EXPECT_FALSE(link.keepalive_due(kStart + limits::kPingIdle));
}

// HF-LIV-1.
TEST(Link, LivesOnWithEverySign) {
  Link link = MakeLink();
  link.TakePing();
  link.OnLife(kStart + 30s);
  EXPECT_FALSE(link.dead(kStart + limits::kDeadTransport));
  EXPECT_TRUE(link.ping_due(kStart + 30s + limits::kPingIdle));
}

// HF-LIV-12.
TEST(Link, IsNotKeptAliveForEverByWhatTricklesIntoARecord) {
  const Time at_once = kStart + limits::kDeadTransport;
  EXPECT_EQ(DeathOf(MakeLink(), 1, 1h), at_once);
  EXPECT_LT(DeathOf(MakeLink(), 27, limits::kPingIdle), at_once + 1s);
  EXPECT_LE(DeathOf(MakeLink(), 255, 1s), Time(at_once + 255 * limits::kDeadTransport));
  EXPECT_EQ(DeathOf(MakeLink({}, Duration(0)), 27, 1ms), at_once);
}

// HF-LIV-12.
TEST(Link, GivesARecordThatDoesNotEndTheRecordTimeAtMostAndAnEighthOfTheHoldTime) {
  for (const Duration hold : std::initializer_list<Duration>{limits::kHold, 1h, 60s, 1s}) {
    const Duration record_time = std::min<Duration>(limits::kRecordTime, hold / 8);
    for (const size_t size : {1U, 100U, 10000U}) {
      for (const Duration pause : std::initializer_list<Duration>{1us, 1ms, 1s, 40s}) {
        Link link = MakeLink({}, hold);
        link.OnBytes(kStart, size, false);
        Time now = kStart;
        for (size_t come = size; come < kLargestRecord; come += size) {
          now += pause;
          if (link.dead(now)) break;
          link.OnBytes(now, std::min(size, kLargestRecord - come), true);
        }
        EXPECT_LE(link.Deadline(false), now + limits::kDeadTransport);
        EXPECT_LE(link.Deadline(false), kStart + limits::kDeadTransport + record_time + 5ms);
      }
    }
  }
}

// HF-LIV-12.
TEST(Link, LivesThroughTheLargestRecordOnASlowPathInAnySegmentsWithAStallAnywhere) {
  constexpr Duration kByte = Duration(1s) / 256;
  for (const size_t segment : {1U, 250U, 8192U}) {
    const Duration stall = limits::kDeadTransport - 1s - static_cast<int64_t>(segment) * kByte;
    for (const size_t stall_at : {size_t{1}, kLargestRecord / 2, kLargestRecord - 1}) {
      SCOPED_TRACE(testing::Message() << segment << " bytes, stall at " << stall_at);
      Link link = MakeLink();
      Time now = kStart;
      for (size_t come = 0; come < kLargestRecord;) {
        const size_t size = std::min(segment, kLargestRecord - come);
        if (come <= stall_at && stall_at < come + size) now += stall;
        now += static_cast<int64_t>(size) * kByte;
        ASSERT_FALSE(link.dead(now)) << come;
        link.OnBytes(now, size, come > 0);
        come += size;
      }
      EXPECT_GT(now - kStart, limits::kRecordTime);
    }
  }
}

// HF-LIV-12, HF-PRE-10.
TEST(Link, CountsBytesOfARecordThatComeTogetherAsIfOneByOne) {
  Link together = MakeLink();
  Link apart = MakeLink();
  for (Link* link : {&together, &apart}) link->OnBytes(kStart, 1, false);
  for (const Duration passed : std::initializer_list<Duration>{1s, 20s, 40s}) {
    together.OnBytes(kStart + passed, 1000, true);
    for (int i = 0; i < 1000; ++i) apart.OnBytes(kStart + passed, 1, true);
    EXPECT_EQ(together.Deadline(false), apart.Deadline(false));
  }
}

// HF-LIV-1, HF-LIV-12.
TEST(Link, LivesBeginAnewWithARecordAndWithTakingBytesUnlessOneIsIncomplete) {
  const Time later = kStart + 40s;
  Link link = MakeLink();
  link.OnWritable(later, true);
  EXPECT_EQ(link.Deadline(false), kStart + limits::kDeadTransport);
  link.OnWritable(later, false);
  EXPECT_EQ(link.Deadline(false), later + limits::kDeadTransport);
  link.OnBytes(later + 40s, 1, true);
  EXPECT_LT(link.Deadline(false), later + limits::kDeadTransport + 1s);
  link.OnBytes(later + 40s, 1, false);
  EXPECT_EQ(link.Deadline(false), later + 40s + limits::kDeadTransport);
}

TEST(Link, WaitsForNothingButDeathWhileItTakesNoBytes) {
  Link link = MakeLink();
  EXPECT_EQ(link.Deadline(false), kStart + limits::kDeadTransport);
}

// HF-FRM-5.
TEST(Link, AnswersOnlyTheLatestPing) {
  Link link = MakeLink();
  link.OnPing({{1}});
  link.OnPing({{2}});
  EXPECT_EQ(link.TakePong(), PongFrame{{2}});
  EXPECT_EQ(link.TakePong(), std::nullopt);
}

TEST(Link, SendsADifferentTokenEachTime) {
  Link link = MakeLink();
  EXPECT_NE(link.TakePing().token, link.TakePing().token);
}

// HF-REC-7, HF-OFS-15.
TEST(Link, OwesAnAckAtOnceThenAfterBytesOrTime) {
  Link link = MakeLink();
  EXPECT_TRUE(link.ack_due(kStart)) << "the first record confirms the transport";
  link.AckSent(0);
  EXPECT_FALSE(link.ack_due(kStart + 1h));
  link.OnConsumed(kStart, 10, 100);
  EXPECT_FALSE(link.ack_due(kStart));
  EXPECT_TRUE(link.ack_due(kStart + limits::kAckDelay));
  link.OnConsumed(kStart, 100, 100);
  EXPECT_TRUE(link.ack_due(kStart));
  link.AckSent(100);
  EXPECT_FALSE(link.ack_useful(100));
  EXPECT_TRUE(link.ack_useful(101));
}

// HF-REC-9.
TEST(Link, DoublesWhatARecordHoldsUpToTheLargest) {
  SessionOptions options;
  options.data_bytes_first = 1000;
  options.data_bytes_max = 3000;
  Link link = MakeLink(options);
  link.DataSent(999);
  EXPECT_EQ(link.data_bytes_max(), 1000U);
  link.DataSent(1000);
  EXPECT_EQ(link.data_bytes_max(), 2000U);
  link.DataSent(2000);
  EXPECT_EQ(link.data_bytes_max(), 3000U);
}

TEST(Link, ForksToTheBit) {
  Link link = MakeLink();
  link.OnPing({{7}});
  link.OnConsumed(kStart, 5, 100);
  Digest a;
  Digest b;
  link.DigestInto(a);
  link.ForkForSimulation(ForkKey()).DigestInto(b);
  EXPECT_EQ(a.value(), b.value());
}

}  // namespace
}  // namespace holdfast
