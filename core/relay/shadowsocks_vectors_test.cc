// Both ends of shadowsocks against bytes that another implementation made: testdata/vectors/shadowsocks.

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>

#include "core/relay/shadow_fixture.h"
#include "core/relay/shadowsocks_2022_udp.h"
#include "core/relay/splits.h"

namespace holdfast {
namespace {

struct Vector {
  std::string method;
  std::string kind;
  Bytes bytes;
};

Bytes Hex(std::string_view hex) {
  Bytes bytes;
  for (size_t i = 0; i < hex.size(); i += 2) {
    bytes.push_back(static_cast<uint8_t>(std::stoul(std::string(hex.substr(i, 2)), nullptr, 16)));
  }
  return bytes;
}

std::vector<Vector> Vectors(std::string_view kind) {
  std::ifstream file("testdata/vectors/shadowsocks/vectors.txt");
  EXPECT_TRUE(file);
  std::vector<Vector> vectors;
  for (std::string line; std::getline(file, line);) {
    std::istringstream fields(line);
    Vector vector;
    std::string hex;
    fields >> vector.method >> vector.kind >> hex;
    vector.bytes = Hex(hex);
    if (vector.kind.ends_with(kind)) vectors.push_back(std::move(vector));
  }
  return vectors;
}

ShadowKey KeyOf(const Vector& vector) {
  const bool ota = vector.kind.starts_with("ota-");
  return KeyFor(vector.method, ota ? OneTimeAuth::kRequired : OneTimeAuth::kOff);
}

std::string TextOf(ByteSpan bytes) { return {bytes.begin(), bytes.end()}; }

TEST(ShadowVectors, AreWhatAClientWrites) {
  const auto vectors = Vectors("request");
  EXPECT_EQ(vectors.size(), 11U);
  for (const Vector& vector : vectors) {
    ShadowEnd end;
    CountingEntropy entropy;
    ShadowClient client(KeyOf(vector));
    Bytes written;
    ASSERT_TRUE(client.Begin(end.moment(), ExampleTarget(), AsBytes("GET /"), entropy, written));
    client.Seal(AsBytes("hello"), written);
    EXPECT_EQ(ToHex(written), ToHex(vector.bytes)) << vector.method << vector.kind;
  }
}

TEST(ShadowVectors, AreReadByAServerWhateverTheSplit) {
  for (const Vector& vector : Vectors("request")) {
    const ShadowHeard expected = {ExampleTarget(), ToBytes(AsBytes("GET /hello")), std::nullopt, true};
    ForEverySplit(vector.bytes, [&](const std::vector<ByteSpan>& pieces) {
      ShadowEnd end;
      ShadowServer server(KeyOf(vector));
      EXPECT_EQ(Hear(server, end.moment(), pieces), expected) << vector.method << vector.kind;
    });
  }
}

TEST(ShadowVectors, AreWhatAServerWritesAndAClientReadsWhateverTheSplit) {
  const auto vectors = Vectors("response");
  EXPECT_EQ(vectors.size(), 8U);
  for (const Vector& vector : vectors) {
    CountingEntropy entropy;
    ShadowEnd at_server;
    ShadowServer server(KeyOf(vector));
    for (const Vector& request : Vectors("request")) {
      if (request.method == vector.method && request.kind == "request") {
        EXPECT_FALSE(Hear(server, at_server.moment(), {request.bytes}).error);
      }
    }
    Bytes written;
    ShadowEnd fresh;  // The vectors have one salt for everything.
    ASSERT_TRUE(server.Seal(fresh.moment(), AsBytes("hello"), entropy, written));
    EXPECT_EQ(ToHex(written), ToHex(vector.bytes)) << vector.method;
    ForEverySplit(vector.bytes, [&](const std::vector<ByteSpan>& pieces) {
      ShadowEnd begun;
      ShadowEnd end;
      Bytes request;
      ShadowClient client(KeyOf(vector));
      ASSERT_TRUE(client.Begin(begun.moment(), ExampleTarget(), AsBytes("GET /"), entropy, request));
      const ShadowHeard heard = Hear(client, end.moment(), pieces);
      EXPECT_EQ(heard, (ShadowHeard{std::nullopt, ToBytes(AsBytes("hello")), std::nullopt, true})) << vector.method;
    });
  }
}

TEST(ShadowVectors, OfDatagramsAreWrittenAndRead) {
  const auto vectors = Vectors("datagram");
  EXPECT_EQ(vectors.size(), 11U);
  for (const Vector& vector : vectors) {
    CountingEntropy entropy;
    ShadowEnd writer;
    ShadowEnd reader;
    const ShadowKey key = KeyOf(vector);
    Result<Bytes> written = std::unexpected(Error::kDone);
    Result<ShadowDatagram> read = std::unexpected(Error::kDone);
    if (key.family() == ShadowFamily::kAead) {
      written = SealAeadDatagram(writer.moment(), key, ExampleTarget(), AsBytes("GET /"), entropy);
      read = OpenAeadDatagram(reader.moment(), key, vector.bytes);
    } else if (key.family() == ShadowFamily::kStream) {
      written =
          SealStreamDatagram(writer.moment(), key, StreamRole::kRequest, ExampleTarget(), AsBytes("GET /"), entropy);
      read = OpenStreamDatagram(reader.moment(), key, StreamRole::kRequest, vector.bytes);
    } else {
      ShadowUdpClient client(key, entropy);
      written = client.Seal(writer.moment().wall, ExampleTarget(), AsBytes("GET /"));
      ShadowUdpServer server(key);
      auto received = server.Open(reader.now, reader.moment().wall, Target(), vector.bytes);
      ASSERT_TRUE(received) << vector.method;
      read = std::move(received->datagram);
    }
    ASSERT_TRUE(written && read) << vector.method << vector.kind;
    EXPECT_EQ(ToHex(*written), ToHex(vector.bytes)) << vector.method << vector.kind;
    EXPECT_EQ(read->target, ExampleTarget());
    EXPECT_EQ(TextOf(read->payload), "GET /");
  }
}

}  // namespace
}  // namespace holdfast
