#include "core/demux/pnet.h"

#include <algorithm>

namespace holdfast {
namespace {

std::array<uint8_t, kPnetNonceBytes> Drawn(Entropy& entropy) {
  std::array<uint8_t, kPnetNonceBytes> nonce;
  entropy.Fill(nonce);
  return nonce;
}

}  // namespace

Pnet::Pnet(const Key& key, Entropy& entropy) : key_(key.Clone()), nonce_(Drawn(entropy)), sealer_(key_, nonce_) {}

void Pnet::Send(ByteSpan plaintext, Bytes& out) {
  if (!nonce_sent_) Append(out, nonce_);
  nonce_sent_ = true;
  const size_t start = out.size();
  Append(out, plaintext);
  sealer_.Apply(MutableByteSpan(out).subspan(start));
}

MutableByteSpan Pnet::Receive(MutableByteSpan bytes) {
  if (!opener_) {
    const size_t count = std::min(bytes.size(), kPnetNonceBytes - peer_nonce_bytes_);
    std::copy_n(bytes.begin(), count, peer_nonce_.begin() + static_cast<ptrdiff_t>(peer_nonce_bytes_));
    peer_nonce_bytes_ += count;
    bytes = bytes.subspan(count);
    if (peer_nonce_bytes_ == kPnetNonceBytes) opener_.emplace(key_, peer_nonce_);
  }
  if (opener_) opener_->Apply(bytes);
  return bytes;
}

Status Pnet::ReceiveEnd() const {
  if (!opener_) return std::unexpected(Error::kTruncated);
  return {};
}

}  // namespace holdfast
