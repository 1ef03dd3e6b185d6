#pragma once

// The registry: every protocol that may ask for a place on a shared port, and by which first bytes it is known. Data
// and nothing else: who decides by it is core/demux/demultiplexer.h, who refuses a configuration by it is
// core/demux/port.h. HF-NET-4 lists the prefixes.
//
// A prefix holds what the protocol fixes of the first bytes that its clients send before they wait for anything, so it
// costs nobody a round trip, and random bytes are rarely taken for it. No stream begins with two of them: after three
// bytes at the latest, one is left at most (prefixes_test walks all 2^24 triples).
//
// Sources: multistream-select 1.0; RFC 8446 sections 4.1.2 and 5.1 (TLS); RFC 9110 section 9 and RFC 5789 (methods);
// RFC 9113 section 3.4 (HTTP/2 preface); RFC 4253 section 4.2 (SSH); the SOCKS4 memo and RFC 1928 (SOCKS); HAProxy's
// PROXY protocol, section 2.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "core/base/bytes.h"
#include "core/base/check.h"
#include "core/wire/messages.h"

namespace holdfast {

enum class Protocol : uint8_t {
  kHoldfast,
  kNetwork,        // A private network, version 1, announced: docs/protocol.md 16.
  kHiddenNetwork,  // The same, private: who has no key sees noise.
  kMultistream,
  kTls,        // Whatever is said within.
  kLibp2pTls,  // These three are told from it by its ClientHello.
  kHttp2Tls,
  kWss,    // WebSocket within TLS, as far as it can be told: see core/demux/port.h.
  kHttp1,  // Any request that begins with a registered method.
  kWebSocket,
  kHttp2,  // In clear, "with prior knowledge".
  kSsh,
  kSocks4,
  kSocks5,
  kProxyV1,
  kProxyV2,
  kPnet0,  // libp2p's private network, version 0: begins with a random nonce.
  kShadowsocks,
  kLegacy,
};
inline constexpr size_t kProtocols = 19;

// By what a protocol can be known.
enum class Beginning : uint8_t {
  kPrefix,   // By its first bytes.
  kHead,     // As HTTP/1 by its first bytes, then by the head of the request.
  kHello,    // As TLS by its first bytes, then by the ClientHello.
  kKeyed,    // By a tag, for those who have the key.
  kNothing,  // Any bytes may be its first: random ones, or a number.
};

struct ProtocolInfo {
  std::string_view name;
  Beginning beginning;
  // Of kNothing only: how many bytes its clients surely send before they wait. It has no part in a decision that
  // may need more.
  size_t first_bytes_min = 0;
  bool is_private_network = false;
};

inline constexpr std::array<ProtocolInfo, kProtocols> kProtocolInfo = {{
    {"Holdfast", Beginning::kPrefix},
    {"private network 1, announced", Beginning::kPrefix, 0, true},
    {"private network 1, hidden", Beginning::kKeyed, 0, true},
    {"multistream", Beginning::kPrefix},
    {"TLS", Beginning::kPrefix},
    {"libp2p TLS", Beginning::kHello},
    {"HTTP/2 over TLS", Beginning::kHello},
    {"WebSocket over TLS", Beginning::kHello},
    {"HTTP/1", Beginning::kPrefix},
    {"WebSocket", Beginning::kHead},
    {"HTTP/2 in clear", Beginning::kPrefix},
    {"SSH", Beginning::kPrefix},
    {"SOCKS4", Beginning::kPrefix},
    {"SOCKS5", Beginning::kPrefix},
    {"PROXY v1", Beginning::kPrefix},
    {"PROXY v2", Beginning::kPrefix},
    {"pnet 0", Beginning::kNothing, 24, true},        // A nonce; then it may wait for the other's.
    {"shadowsocks", Beginning::kNothing, 15},         // The shortest IV and the shortest target.
    {"the legacy profile", Beginning::kNothing, 12},  // A resume: a count and a fingerprint.
}};

constexpr const ProtocolInfo& InfoOf(Protocol protocol) { return kProtocolInfo[static_cast<size_t>(protocol)]; }
constexpr std::string_view NameOf(Protocol protocol) { return InfoOf(protocol).name; }

// How the first bytes of a protocol look: as those of itself, of HTTP/1, or of TLS.
constexpr Protocol BeginsAs(Protocol protocol) {
  const Beginning beginning = InfoOf(protocol).beginning;
  return beginning == Beginning::kHead ? Protocol::kHttp1 : beginning == Beginning::kHello ? Protocol::kTls : protocol;
}

// Some of the protocols.
class ProtocolSet {
 public:
  constexpr void Add(Protocol protocol) { bits_ |= Bit(protocol); }
  constexpr bool Has(Protocol protocol) const { return (bits_ & Bit(protocol)) != 0; }
  constexpr bool empty() const { return bits_ == 0; }
  bool operator==(const ProtocolSet&) const = default;

 private:
  static constexpr uint32_t Bit(Protocol protocol) { return uint32_t{1} << static_cast<unsigned>(protocol); }
  uint32_t bits_ = 0;
};

// --- Prefixes ----------------------------------------------------------------------------------------------------

inline constexpr size_t kPrefixBytesMax = 14;

// One byte of a prefix: any value from `first` to `last`.
struct ByteRange {
  uint8_t first = 0;
  uint8_t last = 0xff;
  constexpr bool Has(uint8_t byte) const { return first <= byte && byte <= last; }
};

struct Prefix {
  Protocol protocol = Protocol::kHoldfast;  // kHttp1 and kTls stand for what is told from them later, too.
  size_t size = 0;                          // All of them decide.
  std::array<ByteRange, kPrefixBytesMax> bytes = {};
  bool may_upgrade = false;  // Of HTTP/1: the method with which a WebSocket begins.

  constexpr Prefix Then(uint8_t first, uint8_t last) const {
    Prefix longer = *this;
    longer.bytes[longer.size++] = {first, last};
    return longer;
  }
};

constexpr Prefix TextPrefix(Protocol protocol, std::string_view text) {
  Prefix prefix{.protocol = protocol};
  for (char c : text) prefix = prefix.Then(static_cast<uint8_t>(c), static_cast<uint8_t>(c));
  return prefix;
}

constexpr Prefix MagicPrefix(Protocol protocol, const Magic& magic) {
  Prefix prefix{.protocol = protocol};
  for (uint8_t byte : magic) prefix = prefix.Then(byte, byte);
  return prefix;
}

constexpr Prefix UpgradablePrefix(std::string_view text) {
  Prefix prefix = TextPrefix(Protocol::kHttp1, text);
  prefix.may_upgrade = true;
  return prefix;
}

// The type is spelled out: GCC 12 keeps one that it had to deduce in memory that can be written to.
inline constexpr std::array<Prefix, 19> kPrefixes = {
    MagicPrefix(Protocol::kHoldfast, kMagic),
    MagicPrefix(Protocol::kNetwork, kNetworkMagic),
    TextPrefix(Protocol::kMultistream, "\x13/m"),
    // A handshake record of a version that clients still write, of a length that is allowed, with a ClientHello.
    TextPrefix(Protocol::kTls, "\x16\x03").Then(1, 3).Then(0, 0x40).Then(0, 0xff).Then(1, 1),
    UpgradablePrefix("GET "),
    TextPrefix(Protocol::kHttp1, "HEAD "),
    TextPrefix(Protocol::kHttp1, "POST "),
    TextPrefix(Protocol::kHttp1, "PUT "),
    TextPrefix(Protocol::kHttp1, "DELETE "),
    TextPrefix(Protocol::kHttp1, "CONNECT "),
    TextPrefix(Protocol::kHttp1, "OPTIONS "),
    TextPrefix(Protocol::kHttp1, "TRACE "),
    TextPrefix(Protocol::kHttp1, "PATCH "),
    TextPrefix(Protocol::kHttp2, "PRI * HTTP/2.0"),
    TextPrefix(Protocol::kSsh, "SSH-"),
    TextPrefix(Protocol::kSocks4, "\x04").Then(1, 2),     // CONNECT or BIND.
    TextPrefix(Protocol::kSocks5, "\x05").Then(1, 0xff),  // At least one method.
    TextPrefix(Protocol::kProxyV1, "PROXY "),
    TextPrefix(Protocol::kProxyV2, std::string_view("\r\n\r\n\0\r\nQUIT\n", 12)),
};

// Whether a connection of `protocol` may begin with `prefix`.
constexpr bool MayBegin(Protocol protocol, const Prefix& prefix) {
  return BeginsAs(protocol) == prefix.protocol && (protocol != Protocol::kWebSocket || prefix.may_upgrade);
}

// A set of prefixes, by their places in kPrefixes.
using PrefixSet = uint32_t;
static_assert(kPrefixes.size() <= 32);
inline constexpr PrefixSet kEveryPrefix = (PrefixSet{1} << kPrefixes.size()) - 1;

// Those of `set` that are still possible when the byte at `index` is `byte`. One that has ended stays as it is.
constexpr PrefixSet Narrowed(PrefixSet set, size_t index, uint8_t byte) {
  PrefixSet left = 0;
  for (size_t i = 0; i < kPrefixes.size(); ++i) {
    const Prefix& prefix = kPrefixes[i];
    if ((set >> i & 1) != 0 && (index >= prefix.size || prefix.bytes[index].Has(byte))) left |= PrefixSet{1} << i;
  }
  return left;
}

// Those that `bytes` begin with, or that begin with `bytes`.
constexpr PrefixSet PossiblePrefixes(ByteSpan bytes) {
  PrefixSet set = kEveryPrefix;
  for (size_t i = 0; i < bytes.size() && set != 0; ++i) set = Narrowed(set, i, bytes[i]);
  return set;
}

// A hidden network's nonce is drawn again until this many of its bytes rule all prefixes out. HF-NET-5.
inline constexpr size_t kBytesThatTellAll = 3;

constexpr bool LooksRegistered(ByteSpan bytes) {
  return PossiblePrefixes(bytes.first(std::min(bytes.size(), kBytesThatTellAll))) != 0;
}

}  // namespace holdfast
