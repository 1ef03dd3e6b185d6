#pragma once

// What tests of shadowsocks share: a key for each method, a moment, and both ends run over a stream in pieces.

#include <string_view>
#include <vector>

#include "core/base/random.h"
#include "core/crypto/crypto.h"
#include "core/relay/shadowsocks.h"

namespace holdfast {

inline constexpr std::array<std::string_view, 3> kAeadNames = {"aes-128-gcm", "aes-256-gcm", "chacha20-ietf-poly1305"};
inline constexpr std::array<std::string_view, 2> k2022Names = {"2022-blake3-aes-128-gcm", "2022-blake3-aes-256-gcm"};

inline ShadowKey KeyFor(std::string_view method, OneTimeAuth one_time_auth = OneTimeAuth::kOff) {
  const bool is_2022 = method.starts_with("2022");
  const bool is_short = method == k2022Names[0];
  // The bytes 200, 201, and so on.
  const std::string_view secret = !is_2022   ? "foobar"
                                  : is_short ? "yMnKy8zNzs/Q0dLT1NXW1w=="
                                             : "yMnKy8zNzs/Q0dLT1NXW19jZ2tvc3d7f4OHi4+Tl5uc=";
  return ShadowKey::FromName(method, secret, Insecure::kAllowed, one_time_auth).value();
}

// Every method that there is; stream ciphers with and without one-time auth.
inline std::vector<ShadowKey> EveryKey() {
  std::vector<ShadowKey> keys;
  for (std::string_view name : kAeadNames) keys.push_back(KeyFor(name));
  for (std::string_view name : k2022Names) keys.push_back(KeyFor(name));
  for (size_t i = 0; i < kStreamCipherKinds; ++i) {
    for (OneTimeAuth auth : {OneTimeAuth::kOff, OneTimeAuth::kRequired}) {
      keys.push_back(KeyFor(InfoOf(static_cast<StreamCipherKind>(i)).name, auth));
    }
  }
  return keys;
}

// Those whose every byte is authenticated.
inline std::vector<ShadowKey> EveryAeadKey() {
  std::vector<ShadowKey> keys;
  for (std::string_view name : kAeadNames) keys.push_back(KeyFor(name));
  for (std::string_view name : k2022Names) keys.push_back(KeyFor(name));
  return keys;
}

// 0, 1, 2, and so on, from each draw's beginning.
class CountingEntropy : public Entropy {
 public:
  void Fill(MutableByteSpan out) override {
    for (size_t i = 0; i < out.size(); ++i) out[i] = static_cast<uint8_t>(i);
  }
};

inline constexpr uint64_t kFixtureUnixMs = 1'700'000'000'000;

// One end's clock and memory. The wall clock goes with the elapsed time.
struct ShadowEnd {
  SaltSet salts = SaltSet();
  Time now = Time(1s);

  ShadowMoment moment() {
    const auto passed = std::chrono::duration_cast<std::chrono::milliseconds>(now - Time(1s)).count();
    return {now, WallTime{kFixtureUnixMs + static_cast<uint64_t>(passed)}, salts};
  }
};

// All that a reader made of a stream.
struct ShadowHeard {
  std::optional<Target> target;
  Bytes plaintext;
  std::optional<Error> error;
  bool may_end = false;
  bool operator==(const ShadowHeard&) const = default;
};

// The target of a server, and nothing of a client.
inline std::optional<Target> TargetOf(const ShadowServer& server) { return server.target(); }
inline std::optional<Target> TargetOf(const ShadowClient&) { return std::nullopt; }

template <typename Side>
ShadowHeard Hear(Side& side, const ShadowMoment& moment, const std::vector<ByteSpan>& pieces) {
  ShadowHeard heard;
  for (ByteSpan piece : pieces) {
    while (!piece.empty() && !heard.error) {
      const Status opened = side.Open(moment, piece, heard.plaintext, heard.plaintext.size() + 100000);
      if (!opened) heard.error = opened.error();
    }
  }
  heard.target = TargetOf(side);
  heard.may_end = side.may_end();
  return heard;
}

inline Target ExampleTarget() { return Target::Named("example.org", 443).value(); }

}  // namespace holdfast
