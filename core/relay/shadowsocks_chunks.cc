#include "core/relay/shadowsocks_chunks.h"

#include <algorithm>
#include <utility>

#include "core/base/check.h"
#include "core/wire/cursor.h"

namespace holdfast {
namespace {

constexpr size_t kLengthBytes = 2;

Nonce NonceOf(uint64_t counter) {
  Nonce nonce = {};
  for (size_t i = 0; i < 8; ++i) nonce[i] = static_cast<uint8_t>(counter >> (8 * i));
  return nonce;
}

}  // namespace

void ChunkSealer::SealPiece(ByteSpan plaintext, Bytes& out) {
  const size_t start = out.size();
  out.resize(start + plaintext.size() + kTagBytes);
  aead_.Seal(NonceOf(counter_++), plaintext, MutableByteSpan(out).subspan(start));
}

void ChunkSealer::Seal(ByteSpan payload, size_t chunk_max, Bytes& out) {
  while (!payload.empty()) {
    const ByteSpan chunk = payload.first(std::min(payload.size(), chunk_max));
    payload = payload.subspan(chunk.size());
    const std::array<uint8_t, kLengthBytes> length = {static_cast<uint8_t>(chunk.size() >> 8),
                                                      static_cast<uint8_t>(chunk.size())};
    SealPiece(length, out);
    SealPiece(chunk, out);
  }
}

ChunkSealer ChunkSealer::ForkForSimulation(const ForkKey& key) const {
  ChunkSealer fork(aead_.ForkForSimulation(key));
  fork.counter_ = counter_;
  return fork;
}

void ChunkSealer::DigestInto(Digest& digest) const {
  aead_.DigestInto(digest);
  digest.Add(counter_);
}

Result<std::optional<ByteSpan>> ChunkOpener::OpenPiece(ByteSpan& input, size_t size) {
  if (opened_) gather_.Clear();
  opened_ = false;
  if (!gather_.Fill(input, size + kTagBytes)) return std::optional<ByteSpan>();
  const MutableByteSpan piece = gather_.mutable_span();
  HOLDFAST_TRY(aead_.Open(NonceOf(counter_++), piece, piece.first(size)));
  opened_ = true;
  return ByteSpan(piece.first(size));
}

Status ChunkOpener::Open(ByteSpan& input, size_t chunk_max, Bytes& plaintext, size_t plaintext_max) {
  while (plaintext.size() < plaintext_max) {
    const auto piece = OpenPiece(input, expected_ == 0 ? kLengthBytes : expected_);
    if (!piece) return std::unexpected(piece.error());
    if (!*piece) break;
    if (expected_ == 0) {
      expected_ = static_cast<size_t>(Reader(**piece).TakeInteger(kLengthBytes));
      if (expected_ == 0 || expected_ > chunk_max) return std::unexpected(Error::kBadLength);
    } else {
      Append(plaintext, **piece);
      expected_ = 0;
    }
    gather_.Clear();
    opened_ = false;
  }
  return {};
}

ChunkOpener ChunkOpener::ForkForSimulation(const ForkKey& key) const {
  ChunkOpener fork(aead_.ForkForSimulation(key));
  fork.counter_ = counter_;
  fork.expected_ = expected_;
  fork.opened_ = opened_;
  fork.gather_ = gather_;
  return fork;
}

void ChunkOpener::DigestInto(Digest& digest) const {
  aead_.DigestInto(digest);
  digest.Add(counter_).Add(expected_).Add(opened_);
  gather_.DigestInto(digest);
}

}  // namespace holdfast
