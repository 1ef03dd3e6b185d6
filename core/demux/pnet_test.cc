#include "core/demux/pnet.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "core/crypto/test_entropy.h"

namespace holdfast {
namespace {

// 00, 01, 02 ...
class CountingEntropy : public Entropy {
 public:
  void Fill(MutableByteSpan out) override {
    for (uint8_t& byte : out) byte = next_++;
  }

 private:
  uint8_t next_ = 0;
};

Bytes Text(std::string_view text) { return ToBytes(AsBytes(text)); }

TEST(Pnet, WritesItsNonceAndThenTheStreamUnderIt) {
  CountingEntropy entropy;
  Pnet pnet(Key(), entropy);
  Bytes wire;
  pnet.Send(Bytes(8), wire);
  pnet.Send({}, wire);
  pnet.Send(Bytes(8), wire);
  EXPECT_EQ(ToHex(wire), "000102030405060708090a0b0c0d0e0f1011121314151617d91d70d1fa18b412e7f88894cac8f1f0");
}

TEST(Pnet, MaySayItsNonceBeforeAnythingElse) {
  CountingEntropy entropy;
  Pnet pnet(Key(), entropy);
  Bytes wire;
  pnet.Send({}, wire);
  EXPECT_EQ(wire.size(), kPnetNonceBytes);
  pnet.Send({}, wire);
  EXPECT_EQ(wire.size(), kPnetNonceBytes);
}

TEST(Pnet, CarriesBothDirectionsInEverySplit) {
  const Bytes text = Text("\x13/multistream/1.0.0\n and whatever else is said, over more than one block of keystream");
  const Key key(std::array<uint8_t, kKeyBytes>{9});
  TestEntropy entropy(1);
  for (size_t segment = 1; segment <= text.size() + kPnetNonceBytes; ++segment) {
    Pnet client(key, entropy);
    Pnet server(key, entropy);
    for (auto [from, to] : {std::pair(&client, &server), std::pair(&server, &client)}) {
      Bytes wire;
      from->Send(ByteSpan(text).first(10), wire);
      from->Send(ByteSpan(text).subspan(10), wire);
      EXPECT_FALSE(to->ReceiveEnd());
      Bytes read;
      for (MutableByteSpan left = wire; !left.empty();) {
        const MutableByteSpan part = left.first(std::min(segment, left.size()));
        left = left.subspan(part.size());
        Append(read, to->Receive(part));
      }
      EXPECT_EQ(read, text) << segment;
      EXPECT_TRUE(to->ReceiveEnd());
    }
  }
}

TEST(Pnet, IsCutShortBeforeThePeersNonceIsComplete) {
  TestEntropy entropy;
  for (size_t size = 0; size <= kPnetNonceBytes; ++size) {
    Pnet pnet(Key(), entropy);
    Bytes wire(size);
    EXPECT_TRUE(pnet.Receive(wire).empty());
    EXPECT_EQ(pnet.ReceiveEnd().has_value(), size == kPnetNonceBytes);
    if (size < kPnetNonceBytes) {
      EXPECT_EQ(pnet.ReceiveEnd().error(), Error::kTruncated);
    }
  }
}

// Version 0 has no other way than garbage to say so.
TEST(Pnet, DoesNotNoticeAnotherKey) {
  TestEntropy entropy;
  Pnet client(Key(), entropy);
  Pnet server(Key(std::array<uint8_t, kKeyBytes>{1}), entropy);
  Bytes wire;
  client.Send(AsBytes("text"), wire);
  EXPECT_NE(ToBytes(server.Receive(wire)), Text("text"));
  EXPECT_TRUE(server.ReceiveEnd());
}

}  // namespace
}  // namespace holdfast
