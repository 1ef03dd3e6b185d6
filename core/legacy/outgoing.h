#pragma once

// Outgoing: what one end of a session has sent. The last 64 KiB of it are kept as ciphertext, since a peer that lost
// them gets the very same bytes again: this cipher never goes back. Copying it forks it.
//
// Invariant: begin <= count <= begin + kWindowBytes.

#include <cstdint>

#include "core/base/bytes.h"
#include "core/base/digest.h"
#include "core/base/ring.h"
#include "core/legacy/limits.h"
#include "core/legacy/primitives.h"

namespace holdfast::legacy {

class Outgoing {
 public:
  explicit Outgoing(uint64_t secret = 0) : keystream_(secret) {}
  Outgoing(const Outgoing& other) : keystream_(other.keystream_), kept_(other.kept_.Clone()) {}
  Outgoing& operator=(const Outgoing& other) {
    if (this != &other) *this = Outgoing(other);
    return *this;
  }
  Outgoing(Outgoing&&) noexcept = default;
  Outgoing& operator=(Outgoing&&) noexcept = default;
  ~Outgoing() = default;

  // Bytes sent, and the first of them that is still kept.
  uint64_t count() const { return kept_.end(); }
  uint64_t begin() const { return kept_.begin(); }
  bool Keeps(uint64_t position) const { return begin() <= position && position <= count(); }

  // Appends the ciphertext to `out`. If there is no memory to keep it, less is kept.
  void Encrypt(ByteSpan plaintext, Bytes& out);

  // Appends what was sent from `position` on, which must be kept.
  void Replay(uint64_t position, Bytes& out) const;

  size_t MemoryBytes() const { return kept_.allocated(); }
  void DigestInto(Digest& digest) const;

 private:
  void Keep(ByteSpan ciphertext);

  Keystream keystream_;
  Ring kept_{kWindowBytes};
};

}  // namespace holdfast::legacy
