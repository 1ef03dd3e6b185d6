#include "core/demux/port.h"

#include <algorithm>

namespace holdfast {
namespace {

std::string LowerCase(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if ('A' <= c && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

struct Words {
  std::string_view why;
  std::string_view instead;
};

Words WordsOf(PortConflict conflict) {
  switch (conflict) {
    case PortConflict::kTwice:
      return {"a protocol has one place on a port", "name it once, in the list or as the fallback"};
    case PortConflict::kCannotBeTold:
      return {"the first of them may begin with any bytes, so also like the other",
              "give it a port of its own, or declare it as the fallback; in place of pnet 0, network version 1 can "
              "share a port"};
    case PortConflict::kShowsGroup:
      return {"WebSocket over TLS shows everybody who asks that there is a private group here",
              "give the WebSocket another address, or leave it out"};
    case PortConflict::kAnnouncedAndHidden:
      return {"the one tells what the other hides", "choose one mode for the port"};
    case PortConflict::kNoNetworkKey:
      return {"a hidden network is recognised by its key, and there is none",
              "set network_key, or announce the network"};
    case PortConflict::kFallbackMayWait:
      return {
          "a hidden network is known after 24 bytes, and a client of the fallback may wait before it has sent as many",
          "give the fallback a port of its own, or announce the network"};
    case PortConflict::kEmpty:
      break;
  }
  return {"nothing is served here", "name a protocol, or a fallback"};
}

std::unexpected<PortError> Refused(PortConflict conflict, Protocol one, Protocol other) {
  const auto [why, instead] = WordsOf(conflict);
  return std::unexpected(PortError{conflict, one, other, why, instead});
}

bool CanBeAnything(Protocol protocol) { return InfoOf(protocol).beginning == Beginning::kNothing; }

}  // namespace

std::string PortError::Describe() const {
  std::string text(NameOf(one));
  if (one != other) text.append(" and ").append(NameOf(other)).append(" cannot share a port");
  return text.append(": ").append(why).append("; ").append(instead);
}

// HF-NET-11.
std::expected<Port, PortError> Port::Build(const PortConfig& config) {
  Port port;
  std::vector<Protocol> all = config.protocols;
  if (config.fallback) all.push_back(*config.fallback);
  if (all.empty()) return Refused(PortConflict::kEmpty, Protocol::kHoldfast, Protocol::kHoldfast);
  for (Protocol protocol : all) {
    if (port.served_.Has(protocol)) return Refused(PortConflict::kTwice, protocol, protocol);
    port.served_.Add(protocol);
  }

  // What may begin with anything is alone, or the fallback.
  for (Protocol protocol : config.protocols) {
    if (!CanBeAnything(protocol)) continue;
    for (Protocol other : all) {
      if (other != protocol) return Refused(PortConflict::kCannotBeTold, protocol, other);
    }
    port.fallback_ = protocol;
  }
  if (config.fallback) port.fallback_ = config.fallback;

  for (Protocol protocol : all) {
    const bool is_private =
        InfoOf(protocol).is_private_network || (protocol == Protocol::kHoldfast && config.holdfast_is_private);
    if (is_private && port.Serves(Protocol::kWss)) return Refused(PortConflict::kShowsGroup, protocol, Protocol::kWss);
  }

  if (port.Serves(Protocol::kHiddenNetwork)) {
    if (port.Serves(Protocol::kNetwork)) {
      return Refused(PortConflict::kAnnouncedAndHidden, Protocol::kNetwork, Protocol::kHiddenNetwork);
    }
    if (port.fallback_ != Protocol::kHiddenNetwork) {
      if (config.network_key == nullptr) {
        return Refused(PortConflict::kNoNetworkKey, Protocol::kHiddenNetwork, Protocol::kHiddenNetwork);
      }
      if (port.fallback_ && CanBeAnything(*port.fallback_) &&
          InfoOf(*port.fallback_).first_bytes_min < kNetworkNonceBytes) {
        return Refused(PortConflict::kFallbackMayWait, *port.fallback_, Protocol::kHiddenNetwork);
      }
      port.network_.emplace(*config.network_key);
    }
  }

  for (Protocol tls : {Protocol::kTls, Protocol::kLibp2pTls, Protocol::kHttp2Tls, Protocol::kWss}) {
    if (port.Serves(tls)) ++port.tls_count_;
  }
  for (size_t i = 0; i < kPrefixes.size(); ++i) {
    for (size_t p = 0; p < kProtocols; ++p) {
      const Protocol protocol{static_cast<uint8_t>(p)};
      if (port.Serves(protocol) && protocol != port.fallback_ && MayBegin(protocol, kPrefixes[i])) {
        port.prefixes_ |= PrefixSet{1} << i;
      }
    }
  }
  for (const std::string& name : config.wss_names) port.wss_names_.push_back(LowerCase(name));
  return port;
}

bool Port::IsWssName(std::string_view name) const {
  return std::ranges::find(wss_names_, LowerCase(name)) != wss_names_.end();
}

uint32_t Port::TriplesTaken() const {
  uint32_t taken = 0;
  for (size_t i = 0; i < kPrefixes.size(); ++i) {
    if ((prefixes_ >> i & 1) == 0) continue;
    uint32_t triples = 1;  // No two prefixes share one.
    for (size_t at = 0; at < kBytesThatTellAll; ++at) {
      const ByteRange range = at < kPrefixes[i].size ? kPrefixes[i].bytes[at] : ByteRange();
      triples *= uint32_t{range.last} - range.first + 1;
    }
    taken += triples;
  }
  return taken;
}

}  // namespace holdfast
