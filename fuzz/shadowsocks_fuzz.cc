// Shadowsocks, every method. Claims:
//   * what is read of a stream, and the error that ends it, do not depend on how it is split, and what is held is
//     bounded;
//   * what was sealed is read as it was, and with one bit changed an AEAD gives nothing of what follows;
//   * nobody trips over a datagram.
//
// Input: the method; how the stream is split; what the rest is: the stream itself, or what somebody with the key seals
// (so that the fuzzer gets past the tags): chunks, headers, or the plaintext of a stream cipher.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

#include "core/base/bytes.h"
#include "core/base/check.h"
#include "core/relay/shadowsocks.h"
#include "core/relay/shadowsocks_2022_udp.h"

namespace holdfast {
namespace {

constexpr uint64_t kUnixMs = 1'700'000'000'000;

class ZeroEntropy : public Entropy {
 public:
  void Fill(MutableByteSpan out) override { std::ranges::fill(out, uint8_t{0}); }
};

ShadowKey KeyOf(uint8_t method) {
  constexpr std::array<std::string_view, 3> kAeads = {"aes-128-gcm", "aes-256-gcm", "chacha20-ietf-poly1305"};
  if (method % 16 < 3) return ShadowKey::FromName(kAeads[method % 16], "password").value();
  if (method % 16 == 3) return ShadowKey::FromName("2022-blake3-aes-128-gcm", "AAAAAAAAAAAAAAAAAAAAAA==").value();
  const StreamCipherKind kind = static_cast<StreamCipherKind>(method % kStreamCipherKinds);
  const OneTimeAuth auth = method < 128 ? OneTimeAuth::kOff : OneTimeAuth::kRequired;
  return ShadowKey::FromName(InfoOf(kind).name, "password", Insecure::kAllowed, auth).value();
}

// A fuzzer's bytes, sealed: lengths are taken as they are, so that wrong ones get past the tag too.
Bytes Sealed(const ShadowKey& key, ByteSpan bytes) {
  Bytes stream(key.salt_bytes());
  if (key.family() == ShadowFamily::kStream) {
    Bytes text = ToBytes(bytes);
    StreamCipher(key.stream(), StreamCipher::Direction::kEncrypt, key.key(), stream).Apply(text);
    Append(stream, text);
    return stream;
  }
  ChunkSealer sealer(key.CipherOf(stream));
  const auto next = [&bytes](size_t size) {
    const ByteSpan piece = bytes.first(std::min(size, bytes.size()));
    bytes = bytes.subspan(piece.size());
    return piece;
  };
  if (key.family() == ShadowFamily::k2022) {
    const ByteSpan fixed = next(11);
    const size_t variable = fixed.size() == 11 ? size_t{fixed[9]} << 8 | fixed[10] : 0;
    sealer.SealPiece(fixed, stream);
    sealer.SealPiece(next(variable), stream);
  }
  while (!bytes.empty()) {
    const ByteSpan length = next(2);
    const size_t size = length.size() == 2 ? size_t{length[0]} << 8 | length[1] : 0;
    sealer.SealPiece(length, stream);
    sealer.SealPiece(next(size), stream);
  }
  return stream;
}

struct Heard {
  std::optional<Target> target;
  Bytes plaintext;
  std::optional<Error> error;
  bool may_end = false;
  bool operator==(const Heard&) const = default;
};

template <typename Side>
Heard Hear(Side& side, ByteSpan stream, size_t segment) {
  Heard heard;
  SaltSet salts;
  const ShadowMoment moment = {Time(1s), WallTime{kUnixMs}, salts};
  while (!stream.empty() && !heard.error) {
    ByteSpan input = stream.first(std::min(segment, stream.size()));
    stream = stream.subspan(input.size());
    while (!input.empty() && !heard.error) {
      const Status opened = side.Open(moment, input, heard.plaintext, heard.plaintext.size() + 1000);
      if (!opened) heard.error = opened.error();
      HOLDFAST_CHECK(side.allocated() <= 4U * 65536);
    }
  }
  heard.may_end = !heard.error && side.may_end();
  return heard;
}

Heard Serve(const ShadowKey& key, ByteSpan stream, size_t segment) {
  ShadowServer server(key);
  Heard heard = Hear(server, stream, segment);
  heard.target = server.target();
  return heard;
}

Heard Dial(const ShadowKey& key, ByteSpan stream, size_t segment) {
  ShadowClient client(key);
  ZeroEntropy entropy;
  SaltSet salts;
  Bytes request;
  const Status begun = client.Begin({Time(1s), WallTime{kUnixMs}, salts}, Target(), AsBytes("x"), entropy, request);
  HOLDFAST_CHECK(begun.has_value());
  return Hear(client, stream, segment);
}

void CheckStream(const ShadowKey& key, ByteSpan stream, size_t segment) {
  HOLDFAST_CHECK(Serve(key, stream, segment) == Serve(key, stream, stream.size()));
  HOLDFAST_CHECK(Dial(key, stream, segment) == Dial(key, stream, stream.size()));
}

void CheckRoundTrip(const ShadowKey& key, ByteSpan payload, size_t flipped) {
  ZeroEntropy entropy;
  SaltSet salts;
  ShadowClient client(key);
  Bytes request;
  const size_t first = std::min<size_t>(payload.size(), 1000);
  const Status begun =
      client.Begin({Time(1s), WallTime{kUnixMs}, salts}, Target(), payload.first(first), entropy, request);
  HOLDFAST_CHECK(begun.has_value());
  client.Seal(payload.subspan(first), request);
  const Heard heard = Serve(key, request, request.size());
  HOLDFAST_CHECK(heard.target == Target() && !heard.error && std::ranges::equal(heard.plaintext, payload));
  if (key.family() == ShadowFamily::kStream) return;
  request[flipped % request.size()] ^= 1;
  const Heard changed = Serve(key, request, request.size());
  HOLDFAST_CHECK(changed.plaintext.size() < payload.size() || payload.empty());
  HOLDFAST_CHECK(std::ranges::equal(changed.plaintext, payload.first(changed.plaintext.size())));
}

void CheckDatagram(const ShadowKey& key, ByteSpan datagram) {
  SaltSet salts;
  const ShadowMoment moment = {Time(1s), WallTime{kUnixMs}, salts};
  if (key.family() == ShadowFamily::kAead) {
    HOLDFAST_CHECK(!OpenAeadDatagram(moment, key, datagram) || salts.size() == 1);
  } else if (key.family() == ShadowFamily::kStream) {
    HOLDFAST_CHECK(!OpenStreamDatagram(moment, key, StreamRole::kRequest, datagram) || salts.size() == 1);
  } else {
    ShadowUdpServer server(key);
    const auto received = server.Open(moment.now, moment.wall, Target(), datagram);
    HOLDFAST_CHECK(server.size() == (received ? 1U : 0U));
  }
}

}  // namespace
}  // namespace holdfast

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 3) return 0;
  const holdfast::ShadowKey key = holdfast::KeyOf(data[0]);
  const size_t segment = size_t{1} + data[1];
  const holdfast::ByteSpan bytes(data + 3, size - 3);
  holdfast::CheckStream(key, data[2] % 2 == 0 ? holdfast::ToBytes(bytes) : holdfast::Sealed(key, bytes), segment);
  holdfast::CheckRoundTrip(key, bytes, data[2]);
  holdfast::CheckDatagram(key, bytes);
  return 0;
}
