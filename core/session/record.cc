#include "core/session/record.h"

#include <utility>

#include "core/base/check.h"
#include "core/wire/cursor.h"
#include "core/wire/limits.h"

namespace holdfast {

RecordCipher::RecordCipher(Suite suite, const Key& key, uint64_t rekey_interval, uint64_t next_index)
    : RecordCipher(Aead(suite, key.span()), rekey_interval, next_index) {}

RecordCipher::RecordCipher(Aead aead, uint64_t rekey_interval, uint64_t next_index)
    : aead_(std::move(aead)), rekey_interval_(rekey_interval), next_index_(next_index) {
  HOLDFAST_CHECK(rekey_interval > 0);
}

void RecordCipher::Seal(std::span<const ByteSpan> pieces, MutableByteSpan out) {
  HOLDFAST_CHECK(out.size() >= kRecordOverheadBytes);
  HOLDFAST_CHECK(out.size() - kRecordLengthBytes <= limits::kRecordCiphertextBytesMax);
  Writer(out).PutInteger(out.size() - kRecordLengthBytes, kRecordLengthBytes);
  uint64_t nonce = TakeNonce();
  aead_.Seal(nonce, {}, pieces, out.subspan(kRecordLengthBytes));
}

Status RecordCipher::Open(ByteSpan ciphertext, MutableByteSpan plaintext) {
  uint64_t nonce = TakeNonce();
  return aead_.Open(nonce, {}, ciphertext, plaintext);
}

SealMark RecordCipher::LastSeal() const {
  HOLDFAST_CHECK(next_index_ > 0);
  Digest digest;
  aead_.DigestInto(digest);
  return {digest.value(), next_index_ - 1};
}

RecordCipher RecordCipher::ForkForSimulation(const ForkKey& key) const {
  return RecordCipher(aead_.ForkForSimulation(key), rekey_interval_, next_index_);
}

void RecordCipher::DigestInto(Digest& digest) const {
  aead_.DigestInto(digest);
  digest.Add(rekey_interval_).Add(next_index_);
}

// HF-REC-2, HF-REC-3.
uint64_t RecordCipher::TakeNonce() {
  if (next_index_ > 0 && next_index_ % rekey_interval_ == 0) aead_.Rekey();
  return next_index_++;
}

}  // namespace holdfast
