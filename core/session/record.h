#pragma once

// Records (docs/protocol.md 6.1): u16 length, then an AEAD ciphertext. Record i of one direction of one transport uses
// nonce i, and the key is rekeyed before record i whenever i > 0 and i is a multiple of the interval. Keys and counters
// belong to the transport and die with it.

#include <cstdint>
#include <span>
#include <utility>

#include "core/base/bytes.h"
#include "core/base/digest.h"
#include "core/base/error.h"
#include "core/crypto/crypto.h"
#include "core/session/view.h"

namespace holdfast {

class ForkKey;

inline constexpr size_t kRecordLengthBytes = 2;
inline constexpr size_t kRecordOverheadBytes = kRecordLengthBytes + kTagBytes;

// The cipher of one direction, and which record comes next. HF-REC-4.
class RecordCipher {
 public:
  // `next_index`: of one that goes on elsewhere. HF-MOV-10.
  RecordCipher(Suite suite, const Key& key, uint64_t rekey_interval, uint64_t next_index = 0);

  // Writes the record that holds the concatenation of `pieces` into `out`, whose size must be exactly their total plus
  // kRecordOverheadBytes.
  void Seal(std::span<const ByteSpan> pieces, MutableByteSpan out);

  // Opens the ciphertext of the next record, as MessageReader cut it out, into `plaintext`, whose size must be
  // kTagBytes less. kBadTag: the transport is dead, for its counter can no longer be trusted. HF-REC-5.
  Status Open(ByteSpan ciphertext, MutableByteSpan plaintext);

  // Gives back the memory that the next record makes again (core/crypto/crypto.h).
  void Rest() { aead_.Rest(); }

  uint64_t next_index() const { return next_index_; }
  // Gives the key away, to go on elsewhere with next_index(); only destruction is left. HF-MOV-10.
  Key TakeKey() && { return std::move(aead_).TakeKey(); }
  // Of the last record sealed; only if there was one.
  SealMark LastSeal() const;

  RecordCipher ForkForSimulation(const ForkKey& key) const;
  void DigestInto(Digest& digest) const;

 private:
  RecordCipher(Aead aead, uint64_t rekey_interval, uint64_t next_index);
  uint64_t TakeNonce();

  Aead aead_;
  uint64_t rekey_interval_;
  uint64_t next_index_ = 0;
};

}  // namespace holdfast
