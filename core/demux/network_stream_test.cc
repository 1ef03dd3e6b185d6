#include "core/demux/network_stream.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "core/crypto/test_entropy.h"
#include "core/demux/prefixes.h"

namespace holdfast {
namespace {

constexpr NetworkMode kModes[] = {NetworkMode::kAnnounced, NetworkMode::kHidden};
const Key kNetworkKey(std::array<uint8_t, kKeyBytes>{42});

struct Pair {
  NetworkKeys keys{kNetworkKey};
  TestEntropy entropy{7};
  NetworkStream client;
  NetworkStream server;

  explicit Pair(NetworkMode mode)
      : client(NetworkStream::Client(keys, mode, entropy)), server(NetworkStream::Server(keys, mode)) {}
};

Bytes Text(std::string_view text) { return ToBytes(AsBytes(text)); }

Bytes Sent(NetworkStream& from, TestEntropy& entropy, std::string_view text) {
  Bytes wire;
  from.Send(AsBytes(text), entropy, wire);
  return wire;
}

// HF-NET-6.
TEST(NetworkStream, CarriesBothDirectionsInEverySplit) {
  const std::string text = "what the protocol within says first, and what it says after that, over some blocks of it";
  for (NetworkMode mode : kModes) {
    for (size_t segment = 1; segment <= text.size() + 36; ++segment) {
      Pair pair(mode);
      for (auto [from, to] : {std::pair(&pair.client, &pair.server), std::pair(&pair.server, &pair.client)}) {
        EXPECT_FALSE(to->ReceiveEnd());
        Bytes wire = Sent(*from, pair.entropy, text.substr(0, 9));
        Append(wire, Sent(*from, pair.entropy, text.substr(9)));
        EXPECT_EQ(wire.size(), text.size() + (mode == NetworkMode::kHidden ? 24 : 36));
        Bytes read;
        for (MutableByteSpan left = wire; !left.empty();) {
          const MutableByteSpan part = left.first(std::min(segment, left.size()));
          left = left.subspan(part.size());
          const auto plaintext = to->Receive(part);
          ASSERT_TRUE(plaintext);
          Append(read, *plaintext);
        }
        EXPECT_EQ(read, Text(text));
        EXPECT_TRUE(to->ReceiveEnd());
      }
    }
  }
}

// HF-NET-10.
TEST(NetworkStream, BindsBothEndsToTheClientsPreamble) {
  for (NetworkMode mode : kModes) {
    Pair pair(mode);
    Bytes wire = Sent(pair.client, pair.entropy, "hello");
    const Bytes preamble(wire.begin(), wire.end() - 5);
    EXPECT_EQ(ToBytes(pair.client.binding()), preamble);
    EXPECT_TRUE(pair.server.binding().empty());
    ASSERT_TRUE(pair.server.Receive(wire));
    EXPECT_EQ(ToBytes(pair.server.binding()), preamble);
    Bytes answer = Sent(pair.server, pair.entropy, "hello");
    ASSERT_TRUE(pair.client.Receive(answer));
    EXPECT_EQ(ToBytes(pair.client.binding()), preamble);
  }
}

// HF-NET-8.
TEST(NetworkStream, SaysNothingOfItsOwnBeforeTheInnerProtocolDoes) {
  for (NetworkMode mode : kModes) {
    Pair pair(mode);
    Bytes wire = Sent(pair.client, pair.entropy, "x");
    const size_t drawn = pair.entropy.drawn();
    ASSERT_TRUE(pair.server.Receive(wire));
    EXPECT_EQ(pair.entropy.drawn(), drawn);
    Bytes answer = Sent(pair.server, pair.entropy, "y");
    EXPECT_GT(pair.entropy.drawn(), drawn);
    EXPECT_EQ(answer.size(), wire.size()) << "a preamble and a byte";
  }
}

// HF-NET-7, HF-NET-9.
TEST(NetworkStream, AnswersNothingButAnAnnouncedVersionThatItDoesNotSpeak) {
  for (NetworkMode mode : kModes) {
    Pair pair(mode);
    const Bytes good = Sent(pair.client, pair.entropy, "inner");
    for (size_t bit = 0; bit < 8 * (good.size() - 5); ++bit) {
      Bytes bad = good;
      bad[bit / 8] ^= static_cast<uint8_t>(1 << bit % 8);
      NetworkStream server = NetworkStream::Server(pair.keys, mode);
      const auto read = server.Receive(bad);
      ASSERT_FALSE(read);
      const bool is_version = mode == NetworkMode::kAnnounced && bit / 8 == 8;
      EXPECT_EQ(server.Answer(read.error()), is_version ? NetworkVersionsAnswer() : Bytes());
      Bytes more(100);
      EXPECT_EQ(server.Receive(more).error(), read.error()) << "it stays failed";
      EXPECT_EQ(server.ReceiveEnd().error(), read.error());
    }
    EXPECT_TRUE(pair.client.Answer(Error::kUnsupportedVersion).empty());
  }
}

// HF-NET-2.
TEST(NetworkStream, NoticesAnotherKeyARecordedAnswerAndAMirror) {
  for (NetworkMode mode : kModes) {
    Pair pair(mode);
    Bytes wire = Sent(pair.client, pair.entropy, "hello");
    const NetworkKeys others(Key(std::array<uint8_t, kKeyBytes>{43}));
    NetworkStream stranger = NetworkStream::Server(others, mode);
    Bytes copy = wire;
    EXPECT_EQ(stranger.Receive(copy).error(), Error::kBadTag);

    Bytes mirrored = wire;
    EXPECT_EQ(pair.client.Receive(mirrored).error(), Error::kBadTag);

    ASSERT_TRUE(pair.server.Receive(wire));
    Bytes recorded = Sent(pair.server, pair.entropy, "answer");
    NetworkStream second = NetworkStream::Client(pair.keys, mode, pair.entropy);
    Sent(second, pair.entropy, "hello");
    EXPECT_EQ(second.Receive(recorded).error(), Error::kBadTag);
  }
}

// HF-NET-8.
TEST(NetworkStream, LetsTheServerSpeakFirstIfTheClientHasNothingToSay) {
  for (NetworkMode mode : kModes) {
    Pair pair(mode);
    Bytes wire = Sent(pair.client, pair.entropy, "");
    const auto nothing = pair.server.Receive(wire);
    ASSERT_TRUE(nothing);
    EXPECT_TRUE(nothing->empty());
    Bytes banner = Sent(pair.server, pair.entropy, "banner");
    const auto read = pair.client.Receive(banner);
    ASSERT_TRUE(read);
    EXPECT_EQ(ToBytes(*read), Text("banner"));
  }
}

TEST(NetworkStream, FailsAServerThatSpeaksBeforeItWasSpokenTo) {
  Pair pair(NetworkMode::kHidden);
  Bytes wire(1);
  EXPECT_EQ(pair.client.Receive(wire).error(), Error::kBadPreamble);
}

}  // namespace
}  // namespace holdfast
