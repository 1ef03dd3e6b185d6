#pragma once

// Bytes of a ClientHello, for tests.

#include <string_view>
#include <utility>
#include <vector>

#include "core/base/bytes.h"

namespace holdfast {

inline void AppendNumber(Bytes& out, size_t value, int size) {
  for (int i = size - 1; i >= 0; --i) out.push_back(static_cast<uint8_t>(value >> (8 * i)));
}

inline Bytes Lengthened(ByteSpan body, int size) {
  Bytes out;
  AppendNumber(out, body.size(), size);
  Append(out, body);
  return out;
}

using Extension = std::pair<uint16_t, Bytes>;

inline Extension AlpnExtension(const std::vector<std::string_view>& names) {
  Bytes list;
  for (std::string_view name : names) Append(list, Lengthened(AsBytes(name), 1));
  return {16, Lengthened(list, 2)};
}

inline Extension NameExtension(std::string_view name) {
  Bytes list = {0};
  Append(list, Lengthened(AsBytes(name), 2));
  return {0, Lengthened(list, 2)};
}

// The handshake message.
inline Bytes HelloMessage(const std::vector<Extension>& extensions, size_t session_id_bytes = 32) {
  Bytes body = {3, 3};
  body.resize(34, 0x77);
  Append(body, Lengthened(Bytes(session_id_bytes, 0x55), 1));
  Append(body, Lengthened(Bytes{0x13, 0x01, 0x13, 0x02}, 2));
  Append(body, Lengthened(Bytes{0}, 1));
  Bytes list;
  for (const auto& [type, bytes] : extensions) {
    AppendNumber(list, type, 2);
    Append(list, Lengthened(bytes, 2));
  }
  Append(body, Lengthened(list, 2));
  Bytes message = {1};
  Append(message, Lengthened(body, 3));
  return message;
}

// In records of at most `record_bytes` each.
inline Bytes InRecords(ByteSpan message, size_t record_bytes = 1 << 14) {
  Bytes out;
  while (!message.empty()) {
    const ByteSpan part = message.first(std::min(record_bytes, message.size()));
    message = message.subspan(part.size());
    Append(out, Bytes{22, 3, 1});
    Append(out, Lengthened(part, 2));
  }
  return out;
}

}  // namespace holdfast
