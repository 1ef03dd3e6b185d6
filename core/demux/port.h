#pragma once

// Port: which protocols share a listening port. Built once, from what somebody wants; what cannot work is refused then,
// with both sides and a way out, and not found out by users. docs/protocol.md 16 is about the private networks.
//
// What is refused, and why:
//   * a protocol whose first bytes may be any bytes, beside another: no rule could tell them apart. One such may be
//     declared as the fallback, which is given whatever begins like nothing else here; TriplesTaken says what it loses;
//   * a private network beside WebSocket over TLS: that shows the group to the world;
//   * a hidden network beside an announced one, which tells what it hides; or without its key;
//   * a fallback whose clients may wait before they have sent what it takes to know that they are not a hidden network;
//   * a protocol twice.
//
// What the TLS protocols can be told by, if more than one of them is here: libp2p and HTTP/2 by ALPN. A WebSocket looks
// like any HTTP/1.1 over TLS until somebody decrypts it. Where it has a host name of its own (`wss_names`) it is told
// by that; else it is what offers http/1.1 and not h2, or offers nothing by ALPN. TLS takes the rest.

#include <array>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/crypto/crypto.h"
#include "core/demux/network_preamble.h"
#include "core/demux/prefixes.h"

namespace holdfast {

// Why two protocols do not share a port. If one and other are the same, it is at odds with itself.
enum class PortConflict : uint8_t {
  kTwice,
  kCannotBeTold,
  kShowsGroup,
  kAnnouncedAndHidden,
  kNoNetworkKey,
  kFallbackMayWait,
  kEmpty,
};

struct PortError {
  PortConflict conflict;
  Protocol one;
  Protocol other;
  std::string_view why;      // Static storage.
  std::string_view instead;  // What to do; static storage.

  // A sentence for people: both names, why, and what to do.
  std::string Describe() const;
};

struct PortConfig {
  std::vector<Protocol> protocols = {};
  // Is given what is none of them. Usually nothing: then such a connection is closed.
  std::optional<Protocol> fallback = std::nullopt;
  // Of kHiddenNetwork, unless it is the fallback: its key, 32 uniform bytes. Copied.
  const Key* network_key = nullptr;
  // Whether the Holdfast server here has a network key (docs/protocol.md 4.6).
  bool holdfast_is_private = false;
  // Host names under which TLS is a WebSocket. Letters of either case are the same.
  std::vector<std::string> wss_names = {};
};

class Port {
 public:
  static std::expected<Port, PortError> Build(const PortConfig& config);

  bool Serves(Protocol protocol) const { return served_.Has(protocol); }
  std::optional<Protocol> fallback() const { return fallback_; }
  bool has_wss_names() const { return !wss_names_.empty(); }
  bool IsWssName(std::string_view name) const;

  // The prefixes with which something that is served may begin, but for those that mean the fallback in any case.
  PrefixSet prefixes() const { return prefixes_; }
  // How many of the TLS protocols are here.
  size_t tls_count() const { return tls_count_; }

  // The keys of the hidden network; null if there is none, or if it is the fallback and needs no recognising. Lives as
  // long as the port.
  const NetworkKeys* network() const { return network_ ? &*network_ : nullptr; }

  // A hidden network's port reads on and says nothing to what it cannot place, until the time to identify is over: a
  // connection that is nobody's must be closed then and not before, however early it was known. And one that is the
  // network's, but goes wrong before the inner protocol knows its peer, at the same moment: give both the same time,
  // from accept on. HF-NET-7.
  bool conceals() const { return network_.has_value() && !fallback_; }

  // Of the 2^24 values of the first three bytes, how many begin like a prefix of prefixes(): of so many connections
  // with random first bytes, the fallback loses these at most.
  uint32_t TriplesTaken() const;

 private:
  Port() = default;

  ProtocolSet served_;
  std::optional<Protocol> fallback_;
  PrefixSet prefixes_ = 0;
  size_t tls_count_ = 0;
  std::optional<NetworkKeys> network_;
  std::vector<std::string> wss_names_;  // In lower case.
};

}  // namespace holdfast
