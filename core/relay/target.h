#pragma once

// Target: where a client wants to be connected to, or where a relay is. One type, and one form on the wire, for SOCKS5
// (RFC 1928 section 5), for shadowsocks, and inside a Holdfast session (docs/protocol.md): ATYP ADDR PORT.
//
// Strict where the original is not: ATYP is 1, 3 or 4, without further bits; a name has 1 to 255 bytes, none of them a
// control character or a space. Such a name could end early in a resolver, or begin a line in a log.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/bytes.h"
#include "core/base/digest.h"
#include "core/base/error.h"
#include "core/relay/limits.h"
#include "core/wire/cursor.h"

namespace holdfast {

// Values are on the wire.
enum class AddressType : uint8_t { kIpv4 = 1, kName = 3, kIpv6 = 4 };
constexpr bool IsKnown(AddressType type) {
  return type == AddressType::kIpv4 || type == AddressType::kName || type == AddressType::kIpv6;
}

struct Target {
  AddressType type = AddressType::kIpv4;
  std::array<uint8_t, 16> ip = {};  // Network order. kIpv4: the first 4 bytes; the others are 0.
  std::string name;                 // kName only.
  uint16_t port = 0;

  static Target Ipv4(const std::array<uint8_t, 4>& ip, uint16_t port);
  static Target Ipv6(const std::array<uint8_t, 16>& ip, uint16_t port);
  // kBadLength, kUnknownValue: no name that may be sent.
  static Result<Target> Named(std::string_view name, uint16_t port);

  void DigestInto(Digest& digest) const;
  bool operator==(const Target&) const = default;
};

// How many bytes the target has that begins so, as soon as its first bytes tell; kUnknownValue or kBadLength as soon as
// they show that it is none.
Result<std::optional<size_t>> TargetSize(ByteSpan prefix);

// Reads one target and leaves what follows it in the reader; check reader.ok().
Target ReadTarget(Reader& reader);
void WriteTarget(Writer& writer, const Target& target);
size_t EncodedSize(const Target& target);
Bytes EncodeTarget(const Target& target);

// For people and logs: "192.0.2.1:80", "[2001:0db8:...]:80", "example.org:80". Of a name, each byte that is no letter,
// digit, '-', '.' or '_' is written as \x and two digits: it is a stranger's word.
std::string TextOf(const Target& target);

}  // namespace holdfast
