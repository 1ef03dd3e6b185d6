#include "core/session/streams.h"

#include <gtest/gtest.h>

#include <string>

namespace holdfast {
namespace {

Claims ClaimsOf(uint64_t received, uint64_t consumed, uint64_t credit, bool fin = false) {
  return {{received}, {consumed}, {0}, {credit}, fin};
}

Bytes Taken(SendStream& stream, size_t size) {
  Bytes bytes;
  SendStream::Chunk chunk = stream.TakeChunk(size);
  for (ByteSpan piece : chunk.pieces) Append(bytes, piece);
  return bytes;
}

// HF-OFS-17, HF-LIM-6.
TEST(SendStream, AcceptsWhatThereIsRoomForAndSaysWhenThereIsMore) {
  SendStream stream(100);
  EXPECT_EQ(stream.Write(Bytes(80)), 80U);
  EXPECT_EQ(stream.Write(Bytes(80)), 20U);
  EXPECT_FALSE(stream.TakeSpaceNotice());
  ASSERT_TRUE(stream.OnClaims(ClaimsOf(0, 0, 1000)));
  stream.TakeChunk(100);
  ASSERT_TRUE(stream.OnAck({{20}, {1000}, false}));
  EXPECT_FALSE(stream.TakeSpaceNotice()) << "a fifth of the buffer is not worth a wake-up";
  ASSERT_TRUE(stream.OnAck({{50}, {1000}, false}));
  EXPECT_TRUE(stream.TakeSpaceNotice());
  EXPECT_FALSE(stream.TakeSpaceNotice());
}

// HF-OFS-9.
TEST(SendStream, SendsNothingBeyondCredit) {
  SendStream stream(100);
  stream.Write(Bytes(100));
  EXPECT_EQ(stream.sendable(), 0U);
  ASSERT_TRUE(stream.OnClaims(ClaimsOf(0, 0, 30)));
  EXPECT_EQ(stream.sendable(), 30U);
  stream.TakeChunk(30);
  EXPECT_EQ(stream.sendable(), 0U);
  ASSERT_TRUE(stream.OnAck({{0}, {40}, false}));
  EXPECT_EQ(stream.sendable(), 10U);
}

// HF-OFS-2, HF-OFS-3, HF-OFS-7.
TEST(SendStream, ReplaysFromWhatThePeerReceivedNotFromWhatItConsumed) {
  SendStream stream(100);
  stream.Write(AsBytes("abcdefghij"));
  ASSERT_TRUE(stream.OnClaims(ClaimsOf(0, 0, 100)));
  stream.TakeChunk(10);
  ASSERT_TRUE(stream.OnClaims(ClaimsOf(6, 3, 100)));
  EXPECT_EQ(stream.acked(), 3U);
  EXPECT_EQ(Taken(stream, stream.sendable()), ToBytes(AsBytes("ghij")));
  EXPECT_EQ(stream.bytes_replayed(), 4U);
}

// HF-OFS-6.
TEST(SendStream, MergesOldSnapshotsByMaximum) {
  SendStream stream(100);
  stream.Write(AsBytes("abcdefghij"));
  ASSERT_TRUE(stream.OnClaims(ClaimsOf(0, 0, 100)));
  stream.TakeChunk(10);
  ASSERT_TRUE(stream.OnAck({{8}, {200}, false}));
  ASSERT_TRUE(stream.OnClaims(ClaimsOf(2, 1, 90))) << "a message 1 that was slower than the acknowledgement";
  EXPECT_EQ(stream.acked(), 8U);
  EXPECT_EQ(stream.credit_limit(), 200U);
  EXPECT_EQ(Taken(stream, stream.sendable()), ToBytes(AsBytes("ij")));
}

// HF-OFS-5.
TEST(SendStream, RefusesImpossibleClaims) {
  SendStream stream(100);
  stream.Write(Bytes(10));
  ASSERT_TRUE(stream.OnClaims(ClaimsOf(0, 0, 100)));
  stream.TakeChunk(5);
  EXPECT_EQ(stream.OnClaims(ClaimsOf(6, 0, 100)).error(), Error::kAckBeyondSent);
  EXPECT_EQ(stream.OnClaims(ClaimsOf(2, 3, 100)).error(), Error::kClaimsContradict);
  EXPECT_EQ(stream.OnClaims(ClaimsOf(5, 5, 100, true)).error(), Error::kFinNotSent);
}

// HF-OFS-13.
TEST(SendStream, RefusesImpossibleAcks) {
  SendStream stream(100);
  stream.Write(Bytes(10));
  ASSERT_TRUE(stream.OnClaims(ClaimsOf(0, 0, 100)));
  stream.TakeChunk(5);
  ASSERT_TRUE(stream.OnAck({{4}, {100}, false}));
  EXPECT_EQ(stream.OnAck({{6}, {100}, false}).error(), Error::kAckBeyondSent);
  EXPECT_EQ(stream.OnAck({{3}, {100}, false}).error(), Error::kAckWentBack);
  EXPECT_EQ(stream.OnAck({{4}, {99}, false}).error(), Error::kCreditShrank);
  EXPECT_EQ(stream.OnAck({{5}, {100}, true}).error(), Error::kFinNotSent);
  EXPECT_EQ(stream.acked(), 4U);
}

// HF-OFS-13.
TEST(SendStream, ChecksAcksInTheirOrder) {
  SendStream stream(100);
  stream.Write(Bytes(10));
  ASSERT_TRUE(stream.OnClaims(ClaimsOf(0, 0, 100)));
  stream.TakeChunk(5);
  ASSERT_TRUE(stream.OnAck({{4}, {100}, false}));
  EXPECT_EQ(stream.OnAck({{6}, {99}, true}).error(), Error::kAckBeyondSent);
  EXPECT_EQ(stream.OnAck({{3}, {99}, true}).error(), Error::kAckWentBack);
  EXPECT_EQ(stream.OnAck({{4}, {99}, true}).error(), Error::kCreditShrank);
  EXPECT_EQ(stream.OnAck({{4}, {100}, true}).error(), Error::kFinNotSent);
}

// HF-OFS-7, HF-OFS-19, HF-OFS-22.
TEST(SendStream, SendsFinAfterAllBytesAndAgainOnEachTransportUntilItIsKnown) {
  SendStream stream(100);
  stream.Write(Bytes(10));
  stream.Finish();
  EXPECT_EQ(stream.Write(Bytes(1)), 0U);
  ASSERT_TRUE(stream.OnClaims(ClaimsOf(0, 0, 100)));
  EXPECT_FALSE(stream.fin_due());
  stream.TakeChunk(10);
  EXPECT_TRUE(stream.fin_due());
  stream.FinSent();
  EXPECT_FALSE(stream.fin_due());
  ASSERT_TRUE(stream.OnClaims(ClaimsOf(10, 10, 100)));
  EXPECT_TRUE(stream.fin_due());
  EXPECT_FALSE(stream.complete());
  stream.FinSent();
  ASSERT_TRUE(stream.OnAck({{10}, {100}, true}));
  EXPECT_TRUE(stream.complete());
  EXPECT_EQ(stream.OnAck({{10}, {100}, false}).error(), Error::kAckWentBack);
}

TEST(SendStream, IsClonedToTheBit) {
  SendStream stream(64);
  stream.Write(Bytes(40, 1));
  ASSERT_TRUE(stream.OnClaims(ClaimsOf(0, 0, 1000)));
  stream.TakeChunk(40);
  ASSERT_TRUE(stream.OnAck({{30}, {1000}, false}));
  stream.Write(Bytes(50, 2));  // Wraps.
  stream.Finish();
  SendStream clone = stream.Clone();
  Digest a;
  Digest b;
  stream.DigestInto(a);
  clone.DigestInto(b);
  EXPECT_EQ(a.value(), b.value());
  EXPECT_EQ(Taken(clone, clone.sendable()), Taken(stream, stream.sendable()));
}

// Every way of cutting and repeating a stream delivers each byte once.
// HF-OFS-11.
TEST(ReceiveStream, DeliversTheNewSuffixOfEveryOverlap) {
  const std::string text = "abcdefgh";
  for (size_t first = 0; first <= text.size(); ++first) {
    for (size_t from = 0; from <= first; ++from) {
      for (size_t to = from; to <= text.size(); ++to) {
        ReceiveStream stream(100);
        std::string delivered;
        auto feed = [&](size_t begin, size_t end) {
          auto fresh = stream.OnData(begin, AsBytes(text).subspan(begin, end - begin));
          ASSERT_TRUE(fresh);
          delivered.append(reinterpret_cast<const char*>(fresh->data()), fresh->size());
        };
        feed(0, first);
        feed(from, to);
        EXPECT_EQ(delivered, text.substr(0, std::max(first, to)));
        EXPECT_EQ(stream.received(), delivered.size());
      }
    }
  }
}

// HF-OFS-10, HF-OFS-16.
TEST(ReceiveStream, RefusesGapsAndExcess) {
  ReceiveStream stream(10);
  EXPECT_EQ(stream.OnData(1, Bytes(1)).error(), Error::kDataGap);
  EXPECT_EQ(stream.OnData(0, Bytes(11)).error(), Error::kDataBeyondCredit);
  EXPECT_TRUE(stream.OnData(0, Bytes(10)));
  EXPECT_EQ(stream.credit_limit(), 20U);
  EXPECT_TRUE(stream.OnData(10, Bytes(10)));
}

// HF-OFS-10.
TEST(ReceiveStream, ChecksDataInItsOrder) {
  ReceiveStream stream(10);
  ASSERT_TRUE(stream.OnData(0, Bytes(5)));
  ASSERT_TRUE(stream.OnFin(5));
  EXPECT_EQ(stream.OnData(6, Bytes(20)).error(), Error::kDataGap);
  EXPECT_EQ(stream.OnData(5, Bytes(11)).error(), Error::kDataBeyondCredit);
  EXPECT_EQ(stream.OnData(5, Bytes(10)).error(), Error::kDataBeyondFinal);
  EXPECT_TRUE(stream.OnData(0, Bytes(5)));
}

// HF-OFS-10, HF-OFS-20, HF-OFS-21.
TEST(ReceiveStream, EndsWhereFinSays) {
  ReceiveStream stream(100);
  ASSERT_TRUE(stream.OnData(0, Bytes(10)));
  EXPECT_EQ(stream.OnFin(9).error(), Error::kFinMismatch);
  EXPECT_EQ(stream.OnFin(11).error(), Error::kFinMismatch);
  EXPECT_EQ(stream.OnFin(10), true);
  EXPECT_EQ(stream.OnFin(10), false);
  EXPECT_TRUE(stream.OnData(2, Bytes(8))) << "a replay of what was there";
  EXPECT_EQ(stream.OnData(2, Bytes(9)).error(), Error::kDataBeyondFinal);
}

// HF-OFS-18, HF-OFS-8.
TEST(SendStream, TakesNoByteBeyondTheLargestOffsetAndSaysThatItIsThere) {
  for (uint64_t left = 0; left <= 5; ++left) {
    SendStream stream(100, kVarintMax - left);
    EXPECT_EQ(stream.at_offset_limit(), left == 0);
    EXPECT_EQ(stream.Write(Bytes(3, 1)), std::min<uint64_t>(left, 3));
    EXPECT_EQ(stream.written(), kVarintMax - left + std::min<uint64_t>(left, 3));
    EXPECT_EQ(stream.at_offset_limit(), left <= 3);
    ASSERT_TRUE(stream.OnClaims({{stream.acked()}, {stream.acked()}, {0}, {kVarintMax}, false}));
    EXPECT_EQ(stream.sendable(), std::min<uint64_t>(left, 3));
    stream.TakeChunk(stream.sendable());
    EXPECT_EQ(stream.sent(), stream.written());
  }
}

// HF-OFS-10, HF-OFS-18.
TEST(ReceiveStream, EndsBeforeTheLargestOffsetWhateverTheWindow) {
  for (size_t window : {size_t{1}, size_t{3}, size_t{100}}) {
    ReceiveStream stream(window, false, {.received = kVarintMax - 3, .consumed = kVarintMax - 3});
    EXPECT_EQ(stream.credit_limit(), std::min(kVarintMax, kVarintMax - 3 + window));
    EXPECT_EQ(stream.OnData(kVarintMax - 3, Bytes(3)).error(), Error::kOffsetLimit);
    EXPECT_TRUE(stream.OnData(kVarintMax - 3, Bytes(1)));
    EXPECT_TRUE(stream.OnData(kVarintMax - 2, Bytes(1)));
    EXPECT_EQ(stream.OnData(kVarintMax - 1, Bytes(1)).error(), Error::kOffsetLimit);
  }
}

// HF-OFS-2, HF-OFS-16.
TEST(ReceiveStream, GivesCreditForWhatIsConsumedAndNotForWhatIsReceived) {
  ReceiveStream stream(10, true);
  ASSERT_TRUE(stream.OnData(0, Bytes(10)));
  EXPECT_EQ(stream.received(), 10U);
  EXPECT_EQ(stream.consumed(), 0U);
  EXPECT_EQ(stream.credit_limit(), 10U);
  EXPECT_EQ(stream.OnData(10, Bytes(1)).error(), Error::kDataBeyondCredit);
  for (uint64_t step = 1; step <= 10; ++step) {
    stream.Consume(1);
    EXPECT_EQ(stream.consumed(), step);
    EXPECT_EQ(stream.credit_limit(), 10 + step);
    EXPECT_TRUE(stream.OnData(9 + step, Bytes(1)));
    EXPECT_EQ(stream.OnData(10 + step, Bytes(1)).error(), Error::kDataBeyondCredit);
  }
  stream.Consume(10);
  EXPECT_DEATH(stream.Consume(1), "received_ - consumed_");
  ReceiveStream at_once(10);
  ASSERT_TRUE(at_once.OnData(0, Bytes(10)));
  EXPECT_EQ(at_once.consumed(), 10U);
  at_once.Consume(7);
  EXPECT_EQ(at_once.consumed(), 10U) << "delivery is all that it takes";
}

// HF-OFS-2, HF-OFS-16, HF-OFS-20.
TEST(ReceiveStream, FallsBackToWhatIsConsumedAndNoFurtherUnderANewOwner) {
  ReceiveStream before(100, true);
  ASSERT_TRUE(before.OnData(0, Bytes(10)));
  ASSERT_EQ(before.OnFin(10), true);
  before.Consume(4);
  ReceiveStream::Position at_rest = before.position();
  at_rest.received = at_rest.consumed;
  ReceiveStream after(5, true, at_rest);
  EXPECT_EQ(after.received(), 4U);
  EXPECT_EQ(after.credit_limit(), 104U) << "promised is promised";
  EXPECT_TRUE(after.fin_received()) << "the peer was told";
  EXPECT_FALSE(after.ended());
  EXPECT_EQ(after.OnData(5, Bytes(5)).error(), Error::kDataGap);
  EXPECT_EQ(after.OnData(4, Bytes(7)).error(), Error::kDataBeyondFinal);
  EXPECT_EQ(after.OnFin(4).error(), Error::kFinMismatch);
  EXPECT_TRUE(after.OnData(4, Bytes(6)));
  EXPECT_TRUE(after.ended());
  EXPECT_EQ(after.OnFin(10), false) << "a repeated one";

  ReceiveStream live(100, true, before.position());
  EXPECT_EQ(live.received(), 10U);
  EXPECT_EQ(live.consumed(), 4U);
  EXPECT_TRUE(live.ended());
}

}  // namespace
}  // namespace holdfast
