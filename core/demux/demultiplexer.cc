#include "core/demux/demultiplexer.h"

#include <algorithm>
#include <bit>
#include <span>

#include "core/base/check.h"
#include "core/wire/limits.h"

namespace holdfast {

Demultiplexer::Demultiplexer(const Port& port) : port_(&port) {}

std::optional<Verdict> Demultiplexer::Receive(ByteSpan& input) {
  HOLDFAST_CHECK(stage_ != Stage::kDone);
  std::optional<Verdict> verdict;
  if (port_->prefixes() == 0 && port_->network() == nullptr) verdict = IsNone(std::nullopt);
  while (!verdict && !input.empty()) {
    const uint8_t byte = input.front();
    input = input.subspan(1);
    taken_.push_back(byte);
    switch (stage_) {
      case Stage::kPrefix:
        verdict = InPrefix(byte);
        break;
      case Stage::kNonce:
        verdict = InNonce();
        break;
      case Stage::kHead:
        verdict = InHead(byte);
        break;
      case Stage::kHello:
        verdict = InHello(byte);
        break;
      case Stage::kDone:
        break;
    }
  }
  if (verdict) stage_ = Stage::kDone;
  return verdict;
}

std::optional<Verdict> Demultiplexer::InPrefix(uint8_t byte) {
  const size_t count = taken_.size();
  possible_ = Narrowed(possible_, count - 1, byte);
  for (PrefixSet left = possible_; left != 0; left &= left - 1) {
    const Prefix& prefix = kPrefixes[static_cast<size_t>(std::countr_zero(left))];
    if (prefix.size == count) return After(prefix);  // No other is possible: they are free of each other.
  }
  if (count == kBytesThatTellAll && possible_ == 0 && port_->network() != nullptr) {
    stage_ = Stage::kNonce;
    return std::nullopt;
  }
  if ((possible_ & port_->prefixes()) != 0 || MayBeHidden()) return std::nullopt;
  return IsNone(LooksLike());
}

// Whether a nonce that is none of the registered beginnings can still come of this.
bool Demultiplexer::MayBeHidden() const { return port_->network() != nullptr && taken_.size() < kBytesThatTellAll; }

// A prefix is complete.
std::optional<Verdict> Demultiplexer::After(const Prefix& prefix) {
  if (NeedsHead(prefix)) {
    stage_ = Stage::kHead;
    for (uint8_t byte : taken_) head_.Push(byte);  // A method says nothing yet.
    return std::nullopt;
  }
  if (NeedsHello(prefix)) {
    stage_ = Stage::kHello;
    for (uint8_t byte : taken_) hello_.Push(byte);  // Nor does the type of a message.
    return std::nullopt;
  }
  for (size_t p = 0; p < kProtocols; ++p) {
    const Protocol protocol{static_cast<uint8_t>(p)};
    if (port_->Serves(protocol) && MayBegin(protocol, prefix)) return Is(protocol);
  }
  return IsNone(prefix.protocol);
}

// HF-NET-3.
std::optional<Verdict> Demultiplexer::InNonce() {
  if (taken_.size() < kNetworkNonceBytes) return std::nullopt;
  const bool known = port_->network()->RecognisesHidden(std::span<const uint8_t, kNetworkNonceBytes>(taken_));
  return known ? Is(Protocol::kHiddenNetwork) : IsNone(std::nullopt);
}

std::optional<Verdict> Demultiplexer::InHead(uint8_t byte) {
  const std::optional<bool> upgrades = head_.Push(byte);
  if (upgrades) return Is(*upgrades ? Protocol::kWebSocket : Protocol::kHttp1);
  // Its server has an answer to a head that is too long.
  if (taken_.size() >= limits::kHttpHeadBytesMax) return Is(Protocol::kHttp1);
  return std::nullopt;
}

std::optional<Verdict> Demultiplexer::InHello(uint8_t byte) {
  const ClientHello::Step step = hello_.Push(byte);
  return ByHello(step != ClientHello::Step::kMore || taken_.size() >= limits::kClientHelloBytesMax);
}

// The order is that of Port. What was not read by the end of what is read, the client does not have.
std::optional<Verdict> Demultiplexer::ByHello(bool at_end) const {
  const bool alpn_known = at_end || hello_.alpn().has_value();
  const bool name_known = at_end || hello_.server_name().has_value();
  const ClientHello::Alpn alpn = hello_.alpn().value_or(ClientHello::Alpn());
  if (port_->Serves(Protocol::kLibp2pTls)) {
    if (!alpn_known) return std::nullopt;
    if (alpn.libp2p) return Is(Protocol::kLibp2pTls);
  }
  const bool wss_by_name = port_->Serves(Protocol::kWss) && port_->has_wss_names();
  if (wss_by_name) {
    if (!name_known) return std::nullopt;
    if (port_->IsWssName(hello_.server_name().value_or(""))) return Is(Protocol::kWss);
  }
  if (port_->Serves(Protocol::kHttp2Tls)) {
    if (!alpn_known) return std::nullopt;
    if (alpn.h2) return Is(Protocol::kHttp2Tls);
  }
  if (port_->Serves(Protocol::kWss) && !wss_by_name) {
    if (!alpn_known) return std::nullopt;
    if (!alpn.h2 && (alpn.http11 || !hello_.alpn())) return Is(Protocol::kWss);
  }
  return port_->Serves(Protocol::kTls) ? Is(Protocol::kTls) : IsNone(Protocol::kTls);
}

// What begins like something that is served, but stops before it is that, is not the fallback's either.
Verdict Demultiplexer::End() const {
  switch (stage_) {
    case Stage::kHead:
      return {.looks_like = Protocol::kHttp1};
    case Stage::kHello:
      return {.looks_like = Protocol::kTls};
    default:
      break;
  }
  return taken_.empty() ? Verdict() : IsNone(LooksLike());
}

size_t Demultiplexer::NeedAtMost() const {
  const size_t count = taken_.size();
  size_t need = 0;
  switch (stage_) {
    case Stage::kPrefix:
      for (size_t i = 0; i < kPrefixes.size(); ++i) {
        if ((possible_ & port_->prefixes() & PrefixSet{1} << i) == 0) continue;
        const Prefix& prefix = kPrefixes[i];
        size_t size = prefix.size;
        if (NeedsHead(prefix)) size = limits::kHttpHeadBytesMax;
        if (NeedsHello(prefix)) size = limits::kClientHelloBytesMax;
        need = std::max(need, size - count);
      }
      if (MayBeHidden()) need = std::max(need, kNetworkNonceBytes - count);
      return need;
    case Stage::kNonce:
      return kNetworkNonceBytes - count;
    case Stage::kHead:
      return limits::kHttpHeadBytesMax - count;
    case Stage::kHello:
      return limits::kClientHelloBytesMax - count;
    case Stage::kDone:
      break;
  }
  return 0;
}

bool Demultiplexer::NeedsHead(const Prefix& prefix) const {
  return prefix.may_upgrade && port_->Serves(Protocol::kWebSocket) && port_->Serves(Protocol::kHttp1);
}

bool Demultiplexer::NeedsHello(const Prefix& prefix) const {
  return prefix.protocol == Protocol::kTls && port_->tls_count() > 1;
}

Verdict Demultiplexer::Is(Protocol protocol) const { return {.protocol = protocol}; }

Verdict Demultiplexer::IsNone(std::optional<Protocol> looks_like) const {
  return {.protocol = port_->fallback(), .looks_like = looks_like};
}

std::optional<Protocol> Demultiplexer::LooksLike() const {
  std::optional<Protocol> one;
  for (PrefixSet left = possible_; left != 0; left &= left - 1) {
    const Protocol protocol = kPrefixes[static_cast<size_t>(std::countr_zero(left))].protocol;
    if (one && one != protocol) return std::nullopt;
    one = protocol;
  }
  return one;
}

}  // namespace holdfast
