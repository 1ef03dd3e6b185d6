#pragma once

// ClientHello: what the first message of a TLS client says in clear of what it wants (RFC 8446 section 4.1.2): the
// protocols that it offers (ALPN, RFC 7301) and the name that it asks for (SNI, RFC 6066 section 3). Read from records,
// byte by byte, without a view to the rest.
//
// What cannot be told from it: which of the offered protocols will be spoken; whether HTTP/1.1 will be a WebSocket; and
// anything that the client encrypts (ECH shows the name and the protocols of the outer hello only).

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "core/base/bytes.h"

namespace holdfast {

class ClientHello {
 public:
  enum class Step : uint8_t {
    kMore,
    kRead,        // To its end: what it does not say, it does not have.
    kUnreadable,  // Not a ClientHello, or one that contradicts its own lengths. What was read before stays.
  };

  // One more byte, from the first of the first record on. After kRead or kUnreadable no more is taken.
  Step Push(uint8_t byte);

  struct Alpn {
    bool libp2p = false;
    bool h2 = false;
    bool http11 = false;
    bool operator==(const Alpn&) const = default;
  };

  // Set once that extension was read. The first of each counts.
  const std::optional<Alpn>& alpn() const { return alpn_; }
  // As the client wrote it; empty if the extension has no name that can be read.
  const std::optional<std::string>& server_name() const { return server_name_; }

 private:
  // Where the next byte belongs.
  enum class At : uint8_t {
    kMessageHead,  // Type and length.
    kFixed,        // Version and random.
    kSessionIdLength,
    kSessionId,
    kCiphersLength,
    kCiphers,
    kCompressionsLength,
    kCompressions,
    kExtensionsLength,
    kExtensionHead,
    kExtension,
    kEnd,
    kUnreadable,
  };

  bool PushRecordHead(uint8_t byte);  // Whether it can be a byte of one.
  void PushMessage(uint8_t byte);
  void Enter(At at, size_t size);
  void Leave();
  void EnterExtension();
  void TakeExtension();

  size_t record_head_ = 0;    // Bytes of a record's head that have come.
  size_t record_length_ = 0;  // As far as it has come.
  size_t record_left_ = 0;

  At at_ = At::kMessageHead;
  size_t left_ = 4;          // Bytes until the part under way ends.
  uint32_t value_ = 0;       // Its last four bytes, as a number.
  size_t message_left_ = 0;  // Of the hello, after the part under way.
  uint32_t extension_ = 0;
  Bytes kept_;  // Of an extension that is to be read.

  std::optional<Alpn> alpn_;
  std::optional<std::string> server_name_;
};

}  // namespace holdfast
