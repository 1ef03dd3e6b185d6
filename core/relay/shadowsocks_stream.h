#pragma once

// Shadowsocks' stream ciphers: IV, then the stream, without any tag. INSECURE: whoever is on the path changes what is
// read, and can make a server decrypt for him what he recorded (docs/relay.md). For peers that have nothing else, and
// only if somebody asked for it (ShadowKey::FromName, Insecure::kAllowed).
//
// One-time auth authenticates the header of a request and each chunk of it, but not the chunk's length: a flipped bit
// there makes the server wait for bytes that never come. Responses have none. Stricter than the original: a MAC that
// does not match ends the stream, and what follows a chunk in the same read is not lost.

#include <cstddef>
#include <optional>

#include "core/base/bytes.h"
#include "core/base/digest.h"
#include "core/base/error.h"
#include "core/crypto/crypto.h"
#include "core/relay/gather.h"
#include "core/relay/shadow_moment.h"
#include "core/relay/shadowsocks_aead.h"
#include "core/relay/shadowsocks_key.h"
#include "core/relay/target.h"

namespace holdfast {

enum class StreamRole : uint8_t { kRequest, kResponse };

// What one end says on one connection.
class StreamSealer {
 public:
  // Draws the IV, and remembers it as one that came: kReplayed if it did, kTableFull.
  static Result<StreamSealer> Begin(const ShadowMoment& moment, const ShadowKey& key, StreamRole role,
                                    Entropy& entropy);

  // Request: the header, before any payload.
  void SealTarget(const Target& target, Bytes& out);
  void Seal(ByteSpan payload, Bytes& out);

  StreamSealer ForkForSimulation(const ForkKey& key) const;
  void DigestInto(Digest& digest) const;

 private:
  StreamSealer(const ShadowKey& key, bool one_time_auth, Bytes iv, StreamCipher cipher)
      : key_(key), one_time_auth_(one_time_auth), iv_(std::move(iv)), cipher_(std::move(cipher)) {}

  void Encrypt(ByteSpan plaintext, Bytes& out);

  ShadowKey key_;
  bool one_time_auth_;
  bool started_ = false;  // The IV is out.
  uint32_t chunks_ = 0;
  Bytes iv_;
  StreamCipher cipher_;
};

// What the other end says.
class StreamOpener {
 public:
  explicit StreamOpener(StreamRole role) : role_(role) {}

  // As AeadOpener. A request's target is taken off first, and is in target() then. Also kUnknownValue: the target is
  // none, or has one-time auth and must not, or the other way round.
  Status Open(const ShadowMoment& moment, const ShadowKey& key, ByteSpan& input, Bytes& plaintext,
              size_t plaintext_max);

  const std::optional<Target>& target() const { return target_; }
  // With one-time auth: whether the stream may end here.
  bool may_end() const { return cipher_ ? plain_.size() == 0 : iv_.size() == 0; }

  size_t allocated() const { return iv_.allocated() + plain_.allocated(); }
  StreamOpener ForkForSimulation(const ForkKey& key) const;
  void DigestInto(Digest& digest) const;

 private:
  // Decrypts until plain_ holds `size` bytes; whether it does.
  bool Fill(ByteSpan& input, size_t size);
  // The target is there once its IV is known to be new.
  Result<bool> OpenTarget(const ShadowMoment& moment, const ShadowKey& key, ByteSpan& input);
  Status OpenChunks(ByteSpan& input, Bytes& plaintext, size_t plaintext_max);

  StreamRole role_;
  bool admitted_ = false;  // Of a response.
  uint32_t chunks_ = 0;
  Gather iv_;
  std::optional<StreamCipher> cipher_;
  Gather plain_;  // Of a header, or with one-time auth of a chunk, that is not complete.
  std::optional<Target> target_;
};

// UDP: IV, then all of it encrypted; with one-time auth its MAC at the end, in requests.
Result<Bytes> SealStreamDatagram(const ShadowMoment& moment, const ShadowKey& key, StreamRole role,
                                 const Target& target, ByteSpan payload, Entropy& entropy);
Result<ShadowDatagram> OpenStreamDatagram(const ShadowMoment& moment, const ShadowKey& key, StreamRole role,
                                          ByteSpan datagram);

}  // namespace holdfast
