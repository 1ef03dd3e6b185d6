#pragma once

// Shadowsocks AEAD (SIP004, SIP007): salt, then chunks of at most 0x3fff bytes. Both directions are made alike, with
// nothing that says which is which, and no time stamp: so both ends remember the salts that they sent and got, and what
// is older than their memory is taken again (docs/relay.md).

#include <cstddef>
#include <optional>

#include "core/base/bytes.h"
#include "core/base/digest.h"
#include "core/base/error.h"
#include "core/crypto/crypto.h"
#include "core/relay/gather.h"
#include "core/relay/shadow_moment.h"
#include "core/relay/shadowsocks_chunks.h"
#include "core/relay/shadowsocks_key.h"
#include "core/relay/target.h"

namespace holdfast {

// What one end says on one connection.
class AeadSealer {
 public:
  // Draws the salt, and remembers it as one that came: kReplayed if it did, kTableFull.
  static Result<AeadSealer> Begin(const ShadowMoment& moment, const ShadowKey& key, Entropy& entropy);

  // Appends the salt before the first chunk.
  void Seal(ByteSpan payload, Bytes& out);

  AeadSealer ForkForSimulation(const ForkKey& key) const;
  void DigestInto(Digest& digest) const;

 private:
  AeadSealer(Bytes salt, ChunkSealer chunks) : salt_(std::move(salt)), chunks_(std::move(chunks)) {}

  Bytes salt_;  // Until it is written.
  ChunkSealer chunks_;
};

// What the other end says.
class AeadOpener {
 public:
  // Appends what it opens to `plaintext`, until the input ends or `plaintext` has `plaintext_max` bytes or more; the
  // rest stays in `input`. kBadTag, kBadLength, kReplayed, kTableFull: the stream is useless from here on.
  Status Open(const ShadowMoment& moment, const ShadowKey& key, ByteSpan& input, Bytes& plaintext,
              size_t plaintext_max);

  // Whether the stream may end here. Nothing authenticates that it does.
  bool may_end() const { return chunks_ ? admitted_ && chunks_->between_chunks() : salt_.size() == 0; }

  size_t allocated() const { return salt_.allocated() + (chunks_ ? chunks_->allocated() : 0); }
  AeadOpener ForkForSimulation(const ForkKey& key) const;
  void DigestInto(Digest& digest) const;

 private:
  Gather salt_;
  std::optional<ChunkOpener> chunks_;
  bool admitted_ = false;  // The first tag was verified, and the salt is new.
};

// --- UDP: salt, then one piece under nonce 0 ---------------------------------------------------------------------

struct ShadowDatagram {
  Target target;  // To a server: where it goes. From one: where it came from.
  Bytes payload;
};

// kReplayed, kTableFull as for AeadSealer.
Result<Bytes> SealAeadDatagram(const ShadowMoment& moment, const ShadowKey& key, const Target& target, ByteSpan payload,
                               Entropy& entropy);
Result<ShadowDatagram> OpenAeadDatagram(const ShadowMoment& moment, const ShadowKey& key, ByteSpan datagram);

}  // namespace holdfast
