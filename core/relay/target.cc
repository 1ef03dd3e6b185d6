#include "core/relay/target.h"

#include <algorithm>

#include "core/base/check.h"

namespace holdfast {
namespace {

constexpr size_t kIpv4Bytes = 4;
constexpr size_t kIpv6Bytes = 16;
constexpr size_t kPortBytes = 2;

bool MayBeInName(uint8_t byte) { return byte > 0x20 && byte != 0x7f; }

bool IsPlain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
}

}  // namespace

Target Target::Ipv4(const std::array<uint8_t, 4>& ip, uint16_t port) {
  Target target;
  std::ranges::copy(ip, target.ip.begin());
  target.port = port;
  return target;
}

Target Target::Ipv6(const std::array<uint8_t, 16>& ip, uint16_t port) {
  Target target;
  target.type = AddressType::kIpv6;
  target.ip = ip;
  target.port = port;
  return target;
}

Result<Target> Target::Named(std::string_view name, uint16_t port) {
  if (name.empty() || name.size() > limits::kTargetNameBytesMax) return std::unexpected(Error::kBadLength);
  if (!std::ranges::all_of(AsBytes(name), MayBeInName)) return std::unexpected(Error::kUnknownValue);
  Target target;
  target.type = AddressType::kName;
  target.name = name;
  target.port = port;
  return target;
}

void Target::DigestInto(Digest& digest) const { digest.Add(type).Add(ip).Add(AsBytes(name)).Add(port); }

Result<std::optional<size_t>> TargetSize(ByteSpan prefix) {
  if (prefix.empty()) return std::optional<size_t>();
  const AddressType type = static_cast<AddressType>(prefix[0]);
  if (!IsKnown(type)) return std::unexpected(Error::kUnknownValue);
  if (type == AddressType::kIpv4) return 1 + kIpv4Bytes + kPortBytes;
  if (type == AddressType::kIpv6) return 1 + kIpv6Bytes + kPortBytes;
  if (prefix.size() < 2) return std::optional<size_t>();
  if (prefix[1] == 0) return std::unexpected(Error::kBadLength);
  return 2 + size_t{prefix[1]} + kPortBytes;
}

Target ReadTarget(Reader& reader) {
  Target target;
  target.type = static_cast<AddressType>(reader.TakeInteger(1));
  if (reader.ok() && !IsKnown(target.type)) reader.Fail(Error::kUnknownValue);
  if (target.type == AddressType::kName) {
    const size_t size = static_cast<size_t>(reader.TakeInteger(1));
    if (reader.ok() && size == 0) reader.Fail(Error::kBadLength);
    const ByteSpan name = reader.Take(size);
    if (!std::ranges::all_of(name, MayBeInName)) reader.Fail(Error::kUnknownValue);
    target.name.assign(name.begin(), name.end());
  } else {
    const ByteSpan ip = reader.Take(target.type == AddressType::kIpv4 ? kIpv4Bytes : kIpv6Bytes);
    std::ranges::copy(ip, target.ip.begin());
  }
  target.port = static_cast<uint16_t>(reader.TakeInteger(kPortBytes));
  return reader.ok() ? target : Target();
}

void WriteTarget(Writer& writer, const Target& target) {
  writer.PutInteger(static_cast<uint64_t>(target.type), 1);
  if (target.type == AddressType::kName) {
    HOLDFAST_CHECK(!target.name.empty() && target.name.size() <= limits::kTargetNameBytesMax);
    writer.PutInteger(target.name.size(), 1);
    writer.Put(AsBytes(target.name));
  } else {
    writer.Put(ByteSpan(target.ip).first(target.type == AddressType::kIpv4 ? kIpv4Bytes : kIpv6Bytes));
  }
  writer.PutInteger(target.port, kPortBytes);
}

size_t EncodedSize(const Target& target) {
  const size_t address = target.type == AddressType::kName   ? 1 + target.name.size()
                         : target.type == AddressType::kIpv4 ? kIpv4Bytes
                                                             : kIpv6Bytes;
  return 1 + address + kPortBytes;
}

Bytes EncodeTarget(const Target& target) {
  Bytes bytes(EncodedSize(target));
  Writer writer(bytes);
  WriteTarget(writer, target);
  return bytes;
}

std::string TextOf(const Target& target) {
  std::string text;
  if (target.type == AddressType::kIpv4) {
    for (size_t i = 0; i < kIpv4Bytes; ++i) text += (i == 0 ? "" : ".") + std::to_string(target.ip[i]);
  } else if (target.type == AddressType::kIpv6) {
    for (size_t i = 0; i < kIpv6Bytes; i += 2) {
      text += (i == 0 ? "[" : ":") + ToHex(ByteSpan(target.ip).subspan(i, 2));
    }
    text += ']';
  } else {
    for (char c : target.name) {
      if (IsPlain(c)) {
        text += c;
      } else {
        text += "\\x" + ToHex(AsBytes({&c, 1}));
      }
    }
  }
  return text + ':' + std::to_string(target.port);
}

}  // namespace holdfast
