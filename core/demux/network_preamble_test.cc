#include "core/demux/network_preamble.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "core/crypto/test_entropy.h"
#include "core/demux/prefixes.h"

namespace holdfast {
namespace {

const Key kNetworkKey(std::array<uint8_t, kKeyBytes>{42});
const NetworkKeys kKeys(kNetworkKey);

constexpr NetworkMode kModes[] = {NetworkMode::kAnnounced, NetworkMode::kHidden};
constexpr NetworkRole kRoles[] = {NetworkRole::kClient, NetworkRole::kServer};

struct Outcome {
  Result<bool> complete = false;
  size_t taken = 0;
};

Outcome ReadAll(NetworkRole sender, NetworkMode mode, ByteSpan client, ByteSpan stream, size_t segment = SIZE_MAX) {
  NetworkPreambleReader reader(sender, mode, ToBytes(client));
  Outcome outcome;
  while (!stream.empty() && outcome.complete.has_value() && !*outcome.complete) {
    ByteSpan input = stream.first(std::min(segment, stream.size()));
    const size_t before = input.size();
    outcome.complete = reader.Receive(kKeys, input);
    stream = stream.subspan(before - input.size());
  }
  outcome.taken = reader.bytes().size();
  return outcome;
}

Bytes Make(NetworkRole role, NetworkMode mode, ByteSpan client = {}, uint64_t seed = 1) {
  TestEntropy entropy(seed);
  return MakeNetworkPreamble(kKeys, role, mode, client, entropy);
}

// HF-NET-2, HF-NET-3.
TEST(NetworkPreamble, IsRecognisedFromEverySplitAndAtItsLastByte) {
  for (NetworkMode mode : kModes) {
    const Bytes client = Make(NetworkRole::kClient, mode);
    const Bytes server = Make(NetworkRole::kServer, mode, client);
    EXPECT_EQ(client.size(), mode == NetworkMode::kHidden ? 24U : 36U);
    for (auto [role, preamble, before] :
         {std::tuple(NetworkRole::kClient, client, Bytes()), std::tuple(NetworkRole::kServer, server, client)}) {
      Bytes stream = preamble;
      stream.resize(stream.size() + 10);
      for (size_t segment = 1; segment <= stream.size(); ++segment) {
        const Outcome outcome = ReadAll(role, mode, before, stream, segment);
        EXPECT_EQ(outcome.complete, Result<bool>(true));
        EXPECT_EQ(outcome.taken, preamble.size());
      }
      for (size_t size = 0; size < preamble.size(); ++size) {
        EXPECT_EQ(ReadAll(role, mode, before, ByteSpan(preamble).first(size)).complete, Result<bool>(false));
      }
    }
  }
}

// HF-NET-2, HF-NET-9.
TEST(NetworkPreamble, IsRefusedWithAnyBitFlipped) {
  for (NetworkMode mode : kModes) {
    const Bytes client = Make(NetworkRole::kClient, mode);
    const Bytes server = Make(NetworkRole::kServer, mode, client);
    for (NetworkRole role : kRoles) {
      const bool is_client = role == NetworkRole::kClient;
      const Bytes& good = is_client ? client : server;
      const size_t head = good.size() - kNetworkNonceBytes;
      for (size_t bit = 0; bit < 8 * good.size(); ++bit) {
        Bytes bad = good;
        bad[bit / 8] ^= static_cast<uint8_t>(1 << bit % 8);
        const Outcome outcome = ReadAll(role, mode, is_client ? Bytes() : client, bad);
        ASSERT_FALSE(outcome.complete) << bit;
        const size_t at = bit / 8;
        const Error expected = at >= head ? Error::kBadTag
                               : at < 8   ? Error::kBadPreamble
                               : at == 8  ? Error::kUnsupportedVersion
                               : at == 9  ? Error::kUnknownValue
                                          : Error::kBadLength;
        // From a server, one kind is another message, with another length.
        const bool is_versions = !is_client && at == 9 && bad[9] == static_cast<uint8_t>(NetworkKind::kVersions);
        EXPECT_EQ(outcome.complete.error(), is_versions ? Error::kBadLength : expected) << bit;
      }
      // And with any bit of what it answers.
      for (size_t bit = 0; !is_client && bit < 8 * client.size(); ++bit) {
        Bytes other = client;
        other[bit / 8] ^= static_cast<uint8_t>(1 << bit % 8);
        EXPECT_EQ(ReadAll(role, mode, other, server).complete.error(), Error::kBadTag);
      }
    }
  }
}

// All 64 bits of the tag are compared, and nothing but the tag decides: that is a false acceptance of 2^-64.
// HF-NET-3.
TEST(NetworkPreamble, IsAcceptedWithOneTagOfAllForItsRandomBytes) {
  const Bytes good = Make(NetworkRole::kClient, NetworkMode::kHidden);
  const NetworkNonce nonce = *Decode<NetworkNonce>(good);
  static_assert(8 * sizeof(nonce.tag) == 64);
  for (unsigned at = 0; at < nonce.tag.size(); ++at) {
    for (unsigned value = 0; value < 256; ++value) {
      NetworkNonce other = nonce;
      other.tag[at] = static_cast<uint8_t>(value);
      EXPECT_EQ(kKeys.IsTagged(NetworkRole::kClient, NetworkMode::kHidden, other, {}), value == nonce.tag[at]);
    }
  }
}

// HF-NET-1, HF-NET-2.
TEST(NetworkPreamble, IsNoneOfAnotherKeyRoleOrMode) {
  const NetworkKeys others(Key(std::array<uint8_t, kKeyBytes>{43}));
  TestEntropy entropy;
  for (NetworkMode mode : kModes) {
    for (NetworkRole role : kRoles) {
      NetworkNonce untagged;
      entropy.Fill(untagged.random);
      const NetworkNonce nonce = kKeys.Tagged(role, mode, untagged, {});
      for (NetworkMode other_mode : kModes) {
        for (NetworkRole other_role : kRoles) {
          const bool same = other_mode == mode && other_role == role;
          EXPECT_EQ(kKeys.IsTagged(other_role, other_mode, nonce, {}), same);
          EXPECT_FALSE(others.IsTagged(other_role, other_mode, nonce, {}));
        }
      }
    }
  }
  EXPECT_FALSE(kKeys.stream_key(NetworkRole::kClient) == kKeys.stream_key(NetworkRole::kServer));
}

// What it was told to give first, then bytes from a seed.
class PlantedEntropy : public Entropy {
 public:
  explicit PlantedEntropy(std::vector<Bytes> planted) : planted_(std::move(planted)) {}

  void Fill(MutableByteSpan out) override {
    rest_.Fill(out);
    if (draws_ < planted_.size()) std::ranges::copy(planted_[draws_], out.begin());
    ++draws_;
  }

  size_t draws() const { return draws_; }

 private:
  std::vector<Bytes> planted_;
  TestEntropy rest_{5};
  size_t draws_ = 0;
};

// HF-NET-5.
TEST(NetworkPreamble, IsDrawnAgainWhileItLooksLikeSomethingRegistered) {
  std::vector<Bytes> beginnings;
  for (const Prefix& prefix : kPrefixes) {
    Bytes first;
    Bytes last;
    for (size_t i = 0; i < std::min<size_t>(prefix.size, 3); ++i) {
      first.push_back(prefix.bytes[i].first);
      last.push_back(prefix.bytes[i].last);
    }
    beginnings.push_back(first);
    beginnings.push_back(last);
  }
  PlantedEntropy entropy(beginnings);
  const Bytes hidden = MakeNetworkPreamble(kKeys, NetworkRole::kClient, NetworkMode::kHidden, {}, entropy);
  EXPECT_EQ(entropy.draws(), beginnings.size() + 1);
  EXPECT_FALSE(LooksRegistered(hidden));
  EXPECT_EQ(ReadAll(NetworkRole::kClient, NetworkMode::kHidden, {}, hidden).complete, Result<bool>(true));

  // Nobody tells a server's apart, nor what has a magic before it.
  for (auto [role, mode] : {std::pair(NetworkRole::kServer, NetworkMode::kHidden),
                            std::pair(NetworkRole::kClient, NetworkMode::kAnnounced)}) {
    PlantedEntropy once(beginnings);
    MakeNetworkPreamble(kKeys, role, mode, {}, once);
    EXPECT_EQ(once.draws(), 1U);
  }
}

// HF-NET-9.
TEST(NetworkPreamble, IsAnsweredByVersionsThatAClientUnderstands) {
  const Bytes client = Make(NetworkRole::kClient, NetworkMode::kAnnounced);
  const auto answer = [](uint8_t version, uint8_t lowest, uint8_t highest) {
    Bytes bytes = NetworkVersionsAnswer();
    bytes[8] = version;
    bytes[12] = lowest;
    bytes[13] = highest;
    return bytes;
  };
  EXPECT_EQ(NetworkVersionsAnswer(), answer(1, 1, 1));
  for (const Bytes& bytes : {answer(2, 2, 3), answer(9, 7, 9)}) {
    NetworkPreambleReader reader(NetworkRole::kServer, NetworkMode::kAnnounced, client);
    for (size_t i = 0; i < bytes.size(); ++i) {
      ByteSpan input = ByteSpan(bytes).subspan(i, 1);
      const auto complete = reader.Receive(kKeys, input);
      if (i + 1 < bytes.size()) {
        ASSERT_EQ(complete, Result<bool>(false));
      } else {
        ASSERT_EQ(complete.error(), Error::kUnsupportedVersion);
      }
    }
    EXPECT_EQ(reader.versions()->lowest, bytes[12]);
    EXPECT_EQ(reader.versions()->highest, bytes[13]);
  }
  // An answer that this version is spoken, to somebody who spoke it, is no answer of an honest server's.
  EXPECT_EQ(ReadAll(NetworkRole::kServer, NetworkMode::kAnnounced, client, answer(1, 1, 2)).complete.error(),
            Error::kServerHint);
  // And a client does not send one.
  EXPECT_EQ(ReadAll(NetworkRole::kClient, NetworkMode::kAnnounced, {}, answer(1, 1, 1)).complete.error(),
            Error::kUnknownValue);
}

}  // namespace
}  // namespace holdfast
