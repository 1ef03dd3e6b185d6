#include "core/legacy/outgoing.h"

#include <algorithm>

namespace holdfast::legacy {
namespace {

constexpr size_t kPieceBytes = 16384;  // At most the window.

}  // namespace

void Outgoing::Encrypt(ByteSpan plaintext, Bytes& out) {
  const size_t at = out.size();
  out.resize(at + plaintext.size());
  keystream_.Apply(plaintext, out.data() + at);
  Keep(ByteSpan(out).subspan(at));
}

void Outgoing::Keep(ByteSpan ciphertext) {
  while (!ciphertext.empty()) {
    const ByteSpan piece = ciphertext.first(std::min(ciphertext.size(), kPieceBytes));
    ciphertext = ciphertext.subspan(piece.size());
    const uint64_t count = kept_.end() + piece.size();
    if (kept_.room() < piece.size()) kept_.TrimTo(count - kWindowBytes);
    if (kept_.Push(piece) < piece.size()) kept_ = Ring(kWindowBytes, count);
  }
}

void Outgoing::Replay(uint64_t position, Bytes& out) const {
  for (ByteSpan piece : kept_.View(position, static_cast<size_t>(count() - position))) Append(out, piece);
}

void Outgoing::DigestInto(Digest& digest) const {
  keystream_.DigestInto(digest);
  kept_.DigestInto(digest);
}

}  // namespace holdfast::legacy
