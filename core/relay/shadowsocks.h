#pragma once

// One shadowsocks connection over TCP, seen from its server or its client, whatever the method. Bytes in, plaintext
// out; after an error the connection is useless, and nothing may be said or shown that depends on which it was.

#include <cstddef>
#include <optional>
#include <variant>

#include "core/base/bytes.h"
#include "core/base/digest.h"
#include "core/base/error.h"
#include "core/crypto/crypto.h"
#include "core/relay/shadow_moment.h"
#include "core/relay/shadowsocks_2022.h"
#include "core/relay/shadowsocks_aead.h"
#include "core/relay/shadowsocks_key.h"
#include "core/relay/shadowsocks_stream.h"
#include "core/relay/target.h"

namespace holdfast {

class ShadowServer {
 public:
  explicit ShadowServer(ShadowKey key);

  // Appends what follows the target to `plaintext`, until the input ends or `plaintext` has `plaintext_max` bytes or
  // more; the rest stays in `input`.
  Status Open(const ShadowMoment& moment, ByteSpan& input, Bytes& plaintext, size_t plaintext_max);
  // Once it is known.
  const std::optional<Target>& target() const { return target_; }
  // Whether the client's stream may end here.
  bool may_end() const;

  // Appends to `out` what is to be written. Draws a salt at first. kTableFull, kReplayed: there is no salt to be had;
  // kClockSkew: nobody knows the time.
  Status Seal(const ShadowMoment& moment, ByteSpan payload, Entropy& entropy, Bytes& out);

  size_t allocated() const;
  ShadowServer ForkForSimulation(const ForkKey& key) const;
  void DigestInto(Digest& digest) const;

 private:
  Status TakeTarget(Bytes& plaintext);

  ShadowKey key_;
  std::variant<AeadOpener, StreamOpener, Request2022Opener> opener_;
  std::variant<std::monostate, AeadSealer, StreamSealer, Response2022Sealer> sealer_;
  Bytes header_;  // AEAD: the target, until it is whole.
  std::optional<Target> target_;
};

class ShadowClient {
 public:
  explicit ShadowClient(ShadowKey key);

  // The first bytes, in one piece, with the target and so much of the payload as goes along: at most
  // Request2022Sealer::kFirstPayloadBytesMax. Errors as for ShadowServer::Seal. Once.
  Status Begin(const ShadowMoment& moment, const Target& target, ByteSpan payload, Entropy& entropy, Bytes& out);
  void Seal(ByteSpan payload, Bytes& out);

  // As for the server.
  Status Open(const ShadowMoment& moment, ByteSpan& input, Bytes& plaintext, size_t plaintext_max);
  bool may_end() const;

  size_t allocated() const;
  ShadowClient ForkForSimulation(const ForkKey& key) const;
  void DigestInto(Digest& digest) const;

 private:
  ShadowKey key_;
  std::variant<std::monostate, AeadSealer, StreamSealer, Request2022Sealer> sealer_;
  std::variant<AeadOpener, StreamOpener, Response2022Opener> opener_;
};

}  // namespace holdfast
