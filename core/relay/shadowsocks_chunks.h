#pragma once

// The chunks that both AEAD families of shadowsocks are made of: pieces sealed one after the other under one key, the
// nonce a little-endian counter that each piece advances; a length of two bytes in a piece of its own, then as much
// payload. A length is believed only after its own tag was verified.

#include <cstddef>
#include <cstdint>
#include <optional>

#include "core/base/bytes.h"
#include "core/base/digest.h"
#include "core/base/error.h"
#include "core/crypto/relay_ciphers.h"
#include "core/relay/gather.h"

namespace holdfast {

class ForkKey;

class ChunkSealer {
 public:
  explicit ChunkSealer(NonceAead aead) : aead_(std::move(aead)) {}

  // Appends one piece.
  void SealPiece(ByteSpan plaintext, Bytes& out);
  // Appends length and payload, in chunks of at most `chunk_max` bytes; nothing for no payload.
  void Seal(ByteSpan payload, size_t chunk_max, Bytes& out);

  ChunkSealer ForkForSimulation(const ForkKey& key) const;
  void DigestInto(Digest& digest) const;

 private:
  NonceAead aead_;
  uint64_t counter_ = 0;
};

class ChunkOpener {
 public:
  explicit ChunkOpener(NonceAead aead) : aead_(std::move(aead)) {}

  // The next piece, of `size` bytes without its tag, from the front of `input`; nothing if it is not complete. The view
  // lives until the next call. kBadTag: the stream is useless from here on.
  Result<std::optional<ByteSpan>> OpenPiece(ByteSpan& input, size_t size);

  // Takes lengths and payloads and appends the payloads to `plaintext`, until the input ends or `plaintext` has
  // `plaintext_max` bytes or more. kBadLength: outside [1, chunk_max].
  Status Open(ByteSpan& input, size_t chunk_max, Bytes& plaintext, size_t plaintext_max);

  // A payload of this size comes next, without a length of its own: SIP022's first.
  void Expect(size_t payload) { expected_ = payload; }

  // Whether the stream may end here.
  bool between_chunks() const { return expected_ == 0 && (opened_ || gather_.size() == 0); }

  size_t allocated() const { return gather_.allocated(); }
  ChunkOpener ForkForSimulation(const ForkKey& key) const;
  void DigestInto(Digest& digest) const;

 private:
  NonceAead aead_;
  uint64_t counter_ = 0;
  size_t expected_ = 0;  // Of the payload whose length was read; 0: a length comes next.
  bool opened_ = false;  // gather_ holds the piece that was handed out last.
  Gather gather_;
};

}  // namespace holdfast
