#include "core/session/handshake.h"

#include <gtest/gtest.h>

#include "core/base/random.h"

namespace holdfast {
namespace {

class TestEntropy : public Entropy {
 public:
  void Fill(MutableByteSpan out) override { stream_.Fill(out); }

 private:
  NamedStream stream_{1, "handshake"};
};

Epoch SomeEpoch() {
  NoiseSplit split;
  return DeriveEpoch(1, split);
}

// What follows the length prefix.
ByteSpan Body(const Bytes& framed) { return ByteSpan(framed).subspan(2); }

// HF-PRE-8.
TEST(Handshake, FramesEachMessageByItsLength) {
  TestEntropy entropy;
  NoiseHandshake noise =
      BeginNew(PreambleOf(Kind::kNew, PatternId::kNx, Suite::kChaChaPoly), true, std::nullopt, std::nullopt);
  Bytes out = {9, 9};
  ASSERT_TRUE(WriteFramed(noise, entropy, AsBytes("payload"), out));
  EXPECT_EQ(out[2] << 8 | out[3], static_cast<int>(out.size() - 4));
  EXPECT_EQ(out[0], 9);
}

TEST(Handshake, OfAResumeCarriesItsPayloadUnderTheEpochsKey) {
  TestEntropy entropy;
  const Preamble preamble = PreambleOf(Kind::kResume, kResumePattern, Suite::kAesGcm);
  const Epoch epoch = SomeEpoch();
  NoiseHandshake client = BeginResume(preamble, epoch, true);
  Bytes message1;
  ASSERT_TRUE(WriteFramed(client, entropy, AsBytes("payload"), message1));
  NoiseHandshake server = BeginResume(preamble, epoch, false);
  Bytes payload;
  ASSERT_TRUE(server.ReadMessage(Body(message1), payload));
  EXPECT_EQ(payload, ToBytes(AsBytes("payload")));
}

// HF-PRE-2, HF-RES-6.
TEST(Handshake, OfAResumeIsBoundToPreambleLocatorAndKey) {
  TestEntropy entropy;
  const Preamble preamble = PreambleOf(Kind::kResume, kResumePattern, Suite::kChaChaPoly);
  NoiseHandshake client = BeginResume(preamble, SomeEpoch(), true);
  Bytes message1;
  ASSERT_TRUE(WriteFramed(client, entropy, {}, message1));
  auto refused = [&](const Preamble& p, const Epoch& e) {
    Bytes payload;
    return !BeginResume(p, e, false).ReadMessage(Body(message1), payload);
  };
  Preamble other_version = preamble;
  other_version.version = 2;
  EXPECT_TRUE(refused(other_version, SomeEpoch()));
  Epoch other_locator = SomeEpoch();
  other_locator.locator[15] ^= 1;
  EXPECT_TRUE(refused(preamble, other_locator));
  Epoch other_key = SomeEpoch();
  other_key.resume_key.mutable_span()[0] ^= 1;
  EXPECT_TRUE(refused(preamble, other_key));
  EXPECT_FALSE(refused(preamble, SomeEpoch()));
}

// HF-NET-10.
TEST(Handshake, OfEitherKindIsBoundToWhatCameBeforeIt) {
  TestEntropy entropy;
  Bytes before(36);
  entropy.Fill(before);
  const Preamble resume = PreambleOf(Kind::kResume, kResumePattern, Suite::kChaChaPoly);
  const Preamble fresh = PreambleOf(Kind::kNew, PatternId::kNxPsk0, Suite::kChaChaPoly);
  const std::optional<NetworkKey> network = NetworkKey(Key().span());
  const std::optional<KeyPair> server_key = KeyPair::Generate(entropy);
  const auto begin = [&](bool is_resume, bool initiator, ByteSpan bound) {
    return is_resume ? BeginResume(resume, SomeEpoch(), initiator, bound)
                     : BeginNew(fresh, initiator, initiator ? std::nullopt : server_key, network, bound);
  };
  for (bool is_resume : {false, true}) {
    NoiseHandshake client = begin(is_resume, true, before);
    Bytes message1;
    ASSERT_TRUE(WriteFramed(client, entropy, {}, message1));
    const auto refused = [&](ByteSpan bound) {
      Bytes payload;
      return !begin(is_resume, false, bound).ReadMessage(Body(message1), payload);
    };
    EXPECT_FALSE(refused(before));
    EXPECT_TRUE(refused({}));
    EXPECT_TRUE(refused(ByteSpan(before).first(35)));
    for (size_t bit = 0; bit < 8 * before.size(); ++bit) {
      Bytes other = before;
      other[bit / 8] ^= static_cast<uint8_t>(1 << bit % 8);
      EXPECT_TRUE(refused(other));
    }
  }
}

}  // namespace
}  // namespace holdfast
