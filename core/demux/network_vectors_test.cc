// The vectors of docs/protocol.md, section 16, under real cryptography.

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <regex>
#include <string>

#include "core/demux/network_stream.h"

namespace holdfast {
namespace {

std::map<std::string, Bytes> Vectors() {
  std::map<std::string, Bytes> values;
  std::ifstream file("testdata/vectors/network.txt");
  static const std::regex line_of("([a-z0-9_]+) = ([0-9a-f]*)");
  for (std::string line; std::getline(file, line);) {
    std::smatch match;
    if (!std::regex_match(line, match, line_of)) continue;
    Bytes& bytes = values[match[1]];
    const std::string hex = match[2];
    for (size_t i = 0; i < hex.size(); i += 2) {
      bytes.push_back(static_cast<uint8_t>(std::stoul(hex.substr(i, 2), nullptr, 16)));
    }
  }
  return values;
}

// What was written down before.
class TapeEntropy : public Entropy {
 public:
  explicit TapeEntropy(ByteSpan tape) : tape_(tape) {}
  void Fill(MutableByteSpan out) override {
    ASSERT_LE(out.size(), tape_.size());
    std::copy_n(tape_.begin(), out.size(), out.begin());
    tape_ = tape_.subspan(out.size());
  }

 private:
  ByteSpan tape_;
};

// HF-NET-1, HF-NET-2, HF-NET-6.
TEST(NetworkVectors, AreWhatTheStreamsWriteAndRead) {
  std::map<std::string, Bytes> vectors = Vectors();
  ASSERT_EQ(vectors.size(), 19U);
  const ByteSpan key_bytes = vectors["network_key"];
  const Key network_key(key_bytes.first<kKeyBytes>());
  const NetworkKeys keys(network_key);
  EXPECT_EQ(ToBytes(keys.stream_key(NetworkRole::kClient).span()), vectors["client_stream_key"]);
  EXPECT_EQ(ToBytes(keys.stream_key(NetworkRole::kServer).span()), vectors["server_stream_key"]);
  for (NetworkMode mode : {NetworkMode::kAnnounced, NetworkMode::kHidden}) {
    const auto value = [&](const std::string& name) {
      return vectors[(mode == NetworkMode::kAnnounced ? "announced_" : "hidden_") + name];
    };
    const Bytes client_random = value("client_random");
    const Bytes server_random = value("server_random");
    TapeEntropy client_tape(client_random);
    TapeEntropy server_tape(server_random);
    NetworkStream client = NetworkStream::Client(keys, mode, client_tape);
    NetworkStream server = NetworkStream::Server(keys, mode);
    EXPECT_EQ(ToBytes(client.binding()), value("client_preamble"));
    Bytes wire;
    client.Send(value("text"), client_tape, wire);
    EXPECT_EQ(wire, value("client_wire"));
    auto read = server.Receive(wire);
    ASSERT_TRUE(read);
    EXPECT_EQ(ToBytes(*read), value("text"));
    Bytes answer;
    server.Send(value("text"), server_tape, answer);
    EXPECT_EQ(answer, value("server_wire"));
    EXPECT_TRUE(std::ranges::equal(ByteSpan(answer).first(value("server_preamble").size()), value("server_preamble")));
    read = client.Receive(answer);
    ASSERT_TRUE(read);
    EXPECT_EQ(ToBytes(*read), value("text"));
  }
  EXPECT_EQ(NetworkVersionsAnswer(), vectors["versions_answer"]);
}

}  // namespace
}  // namespace holdfast
