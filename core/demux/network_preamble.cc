#include "core/demux/network_preamble.h"

#include <algorithm>
#include <array>

#include "core/base/check.h"
#include "core/demux/prefixes.h"
#include "core/wire/limits.h"

namespace holdfast {
namespace {

constexpr size_t kVersionsBytes = EncodedSize(NetworkVersions());
constexpr size_t kVersionAt = sizeof(Magic);

Key Derived(const Key& network_key, std::string_view label) {
  Key key;
  HkdfExpand(network_key.span(), AsBytes(label), key.mutable_span());
  return key;
}

}  // namespace

// HF-NET-1.
NetworkKeys::NetworkKeys(const Key& network_key)
    : tag_(Derived(network_key, "holdfast network 1 tag")),
      client_(Derived(network_key, "holdfast network 1 client")),
      server_(Derived(network_key, "holdfast network 1 server")) {}

// HF-NET-2.
NetworkNonce NetworkKeys::Tagged(NetworkRole role, NetworkMode mode, const NetworkNonce& untagged,
                                 ByteSpan client_preamble) const {
  const std::array<uint8_t, 3> what = {kNetworkVersion, static_cast<uint8_t>(mode), static_cast<uint8_t>(role)};
  const std::array<ByteSpan, 3> pieces = {what, untagged.random, client_preamble};
  std::array<uint8_t, kHashBytes> full;
  Hmac(tag_.span(), pieces, full);
  NetworkNonce tagged = untagged;
  std::copy_n(full.begin(), tagged.tag.size(), tagged.tag.begin());
  return tagged;
}

bool NetworkKeys::IsTagged(NetworkRole role, NetworkMode mode, const NetworkNonce& nonce,
                           ByteSpan client_preamble) const {
  return EqualInConstantTime(Tagged(role, mode, nonce, client_preamble).tag, nonce.tag);
}

// HF-NET-3.
bool NetworkKeys::RecognisesHidden(std::span<const uint8_t, kNetworkNonceBytes> bytes) const {
  return IsTagged(NetworkRole::kClient, NetworkMode::kHidden, *Decode<NetworkNonce>(bytes), {});
}

Bytes MakeNetworkPreamble(const NetworkKeys& keys, NetworkRole role, NetworkMode mode, ByteSpan client_preamble,
                          Entropy& entropy) {
  NetworkNonce nonce;
  int draws = 0;
  do {
    HOLDFAST_CHECK(draws++ < limits::kNonceDrawsMax);  // Else the entropy is none.
    entropy.Fill(nonce.random);
  } while (mode == NetworkMode::kHidden && role == NetworkRole::kClient && LooksRegistered(nonce.random));
  Bytes preamble;
  if (mode == NetworkMode::kAnnounced) {
    NetworkHead head;
    head.kind = static_cast<uint8_t>(NetworkKind::kNonce);
    head.length = kNetworkNonceBytes;
    preamble = Encode(head);
  }
  Append(preamble, Encode(keys.Tagged(role, mode, nonce, client_preamble)));
  return preamble;
}

// HF-NET-9.
Bytes NetworkVersionsAnswer() {
  NetworkHead head;
  head.kind = static_cast<uint8_t>(NetworkKind::kVersions);
  head.length = kVersionsBytes;
  Bytes answer = Encode(head);
  Append(answer, Encode(NetworkVersions()));
  return answer;
}

Result<bool> NetworkPreambleReader::Receive(const NetworkKeys& keys, ByteSpan& input) {
  while (!input.empty()) {
    bytes_.push_back(input.front());
    input = input.subspan(1);
    auto complete = Check(keys);
    if (!complete || *complete) return complete;
  }
  return false;
}

Result<bool> NetworkPreambleReader::Check(const NetworkKeys& keys) {
  const size_t size = bytes_.size();
  const size_t head_size = mode_ == NetworkMode::kAnnounced ? kNetworkHeadBytes : 0;
  if (size <= head_size) return CheckHead();
  const ByteSpan body = ByteSpan(bytes_).subspan(head_size);
  if (head_size > 0) {
    const NetworkHead head = *Decode<NetworkHead>(ByteSpan(bytes_).first(head_size));
    if (head.kind == static_cast<uint8_t>(NetworkKind::kVersions)) {
      if (body.size() < kVersionsBytes) return false;
      versions_ = *Decode<NetworkVersions>(body);
      const bool contradicts = versions_->lowest <= kNetworkVersion && kNetworkVersion <= versions_->highest;
      return std::unexpected(contradicts ? Error::kServerHint : Error::kUnsupportedVersion);
    }
  }
  if (body.size() < kNetworkNonceBytes) return false;
  if (keys.IsTagged(sender_, mode_, *Decode<NetworkNonce>(body), client_preamble_)) return true;
  return std::unexpected(Error::kBadTag);
}

// The head as far as it has come.
Result<bool> NetworkPreambleReader::CheckHead() const {
  const size_t size = bytes_.size();
  if (size <= kVersionAt) {
    if (bytes_.back() != kNetworkMagic[size - 1]) return std::unexpected(Error::kBadPreamble);
    return false;
  }
  if (size < kNetworkHeadBytes) return false;
  const NetworkHead head = *Decode<NetworkHead>(bytes_);
  const bool from_server = sender_ == NetworkRole::kServer;
  if (head.kind == static_cast<uint8_t>(NetworkKind::kVersions) && from_server) {
    // Whatever its own version is: that is what it is about.
    if (head.length != kVersionsBytes) return std::unexpected(Error::kBadLength);
    return false;
  }
  if (head.version != kNetworkVersion) return std::unexpected(Error::kUnsupportedVersion);
  if (head.kind != static_cast<uint8_t>(NetworkKind::kNonce)) return std::unexpected(Error::kUnknownValue);
  if (head.length != kNetworkNonceBytes) return std::unexpected(Error::kBadLength);
  return false;
}

}  // namespace holdfast
