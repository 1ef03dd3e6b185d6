#include "core/demux/network_stream.h"

#include <span>
#include <utility>

#include "core/base/check.h"

namespace holdfast {
namespace {

NetworkRole Other(NetworkRole role) {
  return role == NetworkRole::kClient ? NetworkRole::kServer : NetworkRole::kClient;
}

XSalsa20 StreamAfter(const NetworkKeys& keys, NetworkRole sender, ByteSpan preamble) {
  return XSalsa20(keys.stream_key(sender), preamble.last<kNetworkNonceBytes>());
}

}  // namespace

NetworkStream::NetworkStream(const NetworkKeys& keys, NetworkRole role, NetworkMode mode, Bytes client_preamble)
    : keys_(&keys),
      role_(role),
      mode_(mode),
      binding_(client_preamble),
      reader_(Other(role), mode, std::move(client_preamble)) {}

NetworkStream NetworkStream::Client(const NetworkKeys& keys, NetworkMode mode, Entropy& entropy) {
  return NetworkStream(keys, NetworkRole::kClient, mode,
                       MakeNetworkPreamble(keys, NetworkRole::kClient, mode, {}, entropy));
}

NetworkStream NetworkStream::Server(const NetworkKeys& keys, NetworkMode mode) {
  return NetworkStream(keys, NetworkRole::kServer, mode, {});
}

// HF-NET-6, HF-NET-8.
void NetworkStream::Send(ByteSpan plaintext, Entropy& entropy, Bytes& out) {
  if (!sealer_) {
    const bool is_server = role_ == NetworkRole::kServer;
    HOLDFAST_CHECK(!is_server || (opener_ && !plaintext.empty()));
    const Bytes preamble = is_server ? MakeNetworkPreamble(*keys_, role_, mode_, binding_, entropy) : binding_;
    Append(out, preamble);
    sealer_.emplace(StreamAfter(*keys_, role_, preamble));
  }
  const size_t start = out.size();
  Append(out, plaintext);
  sealer_->Apply(MutableByteSpan(out).subspan(start));
}

// HF-NET-9.
Bytes NetworkStream::Answer(Error failure) const {
  const bool may = role_ == NetworkRole::kServer && mode_ == NetworkMode::kAnnounced;
  return may && failure == Error::kUnsupportedVersion ? NetworkVersionsAnswer() : Bytes();
}

Result<MutableByteSpan> NetworkStream::Receive(MutableByteSpan bytes) {
  if (failure_) return std::unexpected(*failure_);
  if (!opener_ && !bytes.empty()) {
    ByteSpan input = bytes;
    const bool too_soon = role_ == NetworkRole::kClient && !sealer_;  // It was not spoken to.
    const Result<bool> complete = too_soon ? std::unexpected(Error::kBadPreamble) : reader_.Receive(*keys_, input);
    if (!complete) {
      failure_ = complete.error();
      return std::unexpected(*failure_);
    }
    bytes = bytes.last(input.size());
    if (*complete) {
      if (role_ == NetworkRole::kServer) binding_ = ToBytes(reader_.bytes());
      opener_.emplace(StreamAfter(*keys_, Other(role_), reader_.bytes()));
    }
  }
  if (opener_) opener_->Apply(bytes);
  return bytes;
}

Status NetworkStream::ReceiveEnd() const {
  if (failure_) return std::unexpected(*failure_);
  if (!opener_) return std::unexpected(Error::kTruncated);
  return {};
}

}  // namespace holdfast
