#include "core/session/link.h"

#include <gtest/gtest.h>

#include "core/base/fork_key.h"

namespace holdfast {
namespace {

constexpr Time kStart{1ns};

Link MakeLink(const SessionOptions& options = {}) {
  NoiseSplit split;
  return Link(kStart, options, Suite::kChaChaPoly, split, true);
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
  Link client(kStart, {}, Suite::kChaChaPoly, a, true);
  Link server(kStart, {}, Suite::kChaChaPoly, b, false);
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
