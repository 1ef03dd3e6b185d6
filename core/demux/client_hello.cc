#include "core/demux/client_hello.h"

#include <string_view>

#include "core/wire/cursor.h"
#include "core/wire/limits.h"

namespace holdfast {
namespace {

constexpr uint8_t kHandshakeRecord = 22;
constexpr uint8_t kMajorVersion = 3;
constexpr uint32_t kClientHelloType = 1;
constexpr size_t kVersionAndRandomBytes = 34;
constexpr uint32_t kSessionIdBytesMax = 32;
constexpr size_t kRecordBytesMax = 1 << 14;
constexpr uint32_t kServerNameExtension = 0;
constexpr uint32_t kAlpnExtension = 16;

// What lists of protocols hold, up to the first mistake.
ClientHello::Alpn ReadAlpn(ByteSpan extension) {
  ClientHello::Alpn alpn;
  Reader reader(extension);
  if (reader.TakeInteger(2) != reader.remaining()) return alpn;
  while (reader.ok() && reader.remaining() > 0) {
    const ByteSpan name = reader.Take(static_cast<size_t>(reader.TakeInteger(1)));
    const std::string_view text(reinterpret_cast<const char*>(name.data()), name.size());
    alpn.libp2p = alpn.libp2p || text == "libp2p";
    alpn.h2 = alpn.h2 || text == "h2";
    alpn.http11 = alpn.http11 || text == "http/1.1";
  }
  return alpn;
}

// The first host name.
std::string ReadServerName(ByteSpan extension) {
  Reader reader(extension);
  if (reader.TakeInteger(2) != reader.remaining()) return {};
  while (reader.ok() && reader.remaining() > 0) {
    const uint64_t type = reader.TakeInteger(1);
    const ByteSpan name = reader.Take(static_cast<size_t>(reader.TakeInteger(2)));
    if (reader.ok() && type == 0) return {name.begin(), name.end()};
  }
  return {};
}

}  // namespace

ClientHello::Step ClientHello::Push(uint8_t byte) {
  if (record_left_ == 0) {
    if (!PushRecordHead(byte)) at_ = At::kUnreadable;
  } else {
    --record_left_;
    PushMessage(byte);
  }
  return at_ == At::kEnd ? Step::kRead : at_ == At::kUnreadable ? Step::kUnreadable : Step::kMore;
}

bool ClientHello::PushRecordHead(uint8_t byte) {
  switch (record_head_++) {
    case 0:
      return byte == kHandshakeRecord;
    case 1:
      return byte == kMajorVersion;
    case 2:
      return true;
    case 3:
      record_length_ = byte;
      return true;
    default:
      record_left_ = record_length_ << 8 | byte;
      record_head_ = 0;
      return record_left_ > 0 && record_left_ <= kRecordBytesMax;
  }
}

void ClientHello::PushMessage(uint8_t byte) {
  value_ = value_ << 8 | byte;
  if (at_ == At::kExtension && (extension_ == kAlpnExtension || extension_ == kServerNameExtension)) {
    kept_.push_back(byte);
  }
  if (--left_ == 0) Leave();
}

void ClientHello::Enter(At at, size_t size) {
  if (size > message_left_) {
    at_ = At::kUnreadable;
    return;
  }
  message_left_ -= size;
  at_ = at;
  left_ = size;
  value_ = 0;
  if (size == 0) Leave();
}

// The part under way is complete: what it says of the next one.
void ClientHello::Leave() {
  switch (at_) {
    case At::kMessageHead:
      message_left_ = value_ & 0xffffff;
      if (value_ >> 24 != kClientHelloType || message_left_ > limits::kClientHelloBytesMax) {
        at_ = At::kUnreadable;
        return;
      }
      return Enter(At::kFixed, kVersionAndRandomBytes);
    case At::kFixed:
      return Enter(At::kSessionIdLength, 1);
    case At::kSessionIdLength:
      if (value_ <= kSessionIdBytesMax) return Enter(At::kSessionId, value_);
      at_ = At::kUnreadable;
      return;
    case At::kSessionId:
      return Enter(At::kCiphersLength, 2);
    case At::kCiphersLength:
      return Enter(At::kCiphers, value_);
    case At::kCiphers:
      return Enter(At::kCompressionsLength, 1);
    case At::kCompressionsLength:
      return Enter(At::kCompressions, value_);
    case At::kCompressions:
      if (message_left_ > 0) return Enter(At::kExtensionsLength, 2);
      at_ = At::kEnd;  // RFC 5246: extensions may be missing altogether.
      return;
    case At::kExtensionsLength:
      if (value_ == message_left_) return EnterExtension();
      at_ = At::kUnreadable;
      return;
    case At::kExtensionHead:
      extension_ = value_ >> 16;
      return Enter(At::kExtension, value_ & 0xffff);
    case At::kExtension:
      TakeExtension();
      return EnterExtension();
    case At::kEnd:
    case At::kUnreadable:
      return;
  }
}

void ClientHello::EnterExtension() {
  if (message_left_ > 0) return Enter(At::kExtensionHead, 4);
  at_ = At::kEnd;
}

void ClientHello::TakeExtension() {
  if (extension_ == kAlpnExtension && !alpn_) alpn_ = ReadAlpn(kept_);
  if (extension_ == kServerNameExtension && !server_name_) server_name_ = ReadServerName(kept_);
  kept_.clear();
}

}  // namespace holdfast
