#pragma once

// Every message of protocol version 1, on one page. The numbers are sections of docs/protocol.md.

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "core/base/error.h"
#include "core/crypto/crypto.h"
#include "core/wire/fields.h"

namespace holdfast {

// --- 3 Preamble --------------------------------------------------------------------------------------------------

// First a byte that no other protocol begins with and that is not text, then a name, then what transports that
// translate line ends or stop at control-Z would spoil.
using Magic = std::array<uint8_t, 8>;
inline constexpr Magic kMagic = {0xe8, 'H', 'L', 'D', 0x0d, 0x0a, 0x1a, 0x0a};
inline constexpr uint8_t kVersion = 1;

enum class Kind : uint8_t { kNew = 1, kResume = 2 };

enum class PatternId : uint8_t { kNx = 1, kXx = 2, kNxPsk0 = 3, kXxPsk0 = 4, kNnPsk0 = 5 };
constexpr bool IsMutual(PatternId pattern) { return pattern == PatternId::kXx || pattern == PatternId::kXxPsk0; }
constexpr bool IsPrivate(PatternId pattern) { return pattern == PatternId::kNxPsk0 || pattern == PatternId::kXxPsk0; }

// Any value is readable: what is not offered earns a hint, not a parse error. HF-PRE-1.
struct Preamble {
  Magic magic = kMagic;
  uint8_t version = kVersion;
  uint8_t kind = 0;
  uint8_t pattern = 0;
  uint8_t suite = 0;
  WIRE_FIELDS(magic, version, kind, pattern, suite)
  bool operator==(const Preamble&) const = default;
};
inline constexpr size_t kPreambleBytes = 12;
static_assert(EncodedSize(Preamble{}) == kPreambleBytes);

// 3.3 Follows a handshake length of 0, from the server only. HF-PRE-12.
struct Hint {
  Counted versions;
  Counted suites;
  WIRE_FIELDS(versions, suites)
  bool operator==(const Hint&) const = default;
};

// --- 4 New session -----------------------------------------------------------------------------------------------

// Payload of message 1. Fixed for the session's life, but for the credit. HF-NEW-3, HF-NEW-4.
struct ClientParameters {
  Offset64 credit_limit;
  uint32_t hold_ms = 0;
  uint32_t dead_ms = 0;
  WIRE_FIELDS(credit_limit, hold_ms, dead_ms)
  bool operator==(const ClientParameters&) const = default;
};

// Payload of message 1 in a private network. HF-NEW-17.
struct PrivateClientParameters {
  ClientParameters parameters;
  uint64_t clock_ms = 0;  // Unix time at the client; 0 if it has no clock.
  WIRE_FIELDS(parameters, clock_ms)
  bool operator==(const PrivateClientParameters&) const = default;
};

// Payload of message 2. HF-NEW-6.
struct ServerParameters {
  Offset64 credit_limit;
  uint32_t hold_ms = 0;  // Granted; at most what was asked for.
  uint32_t embryo_ms = 0;
  WIRE_FIELDS(credit_limit, hold_ms, embryo_ms)
  bool operator==(const ServerParameters&) const = default;
};

// --- 5 Resume ----------------------------------------------------------------------------------------------------

inline constexpr size_t kLocatorBytes = 16;
using Locator = std::array<uint8_t, kLocatorBytes>;

// Who ended a session.
enum class Origin : uint8_t { kNobody = 0, kClient = 1, kServer = 2 };
constexpr bool IsKnown(Origin origin) { return origin <= Origin::kServer; }
constexpr std::string_view NameOf(Origin origin) {
  return origin == Origin::kClient ? "client" : origin == Origin::kServer ? "server" : "nobody";
}

constexpr bool IsKnown(Cause cause) { return static_cast<uint8_t>(cause) < kCausesOnWire; }

// 7 CLOSE: how a session ended, as it is told. HF-END-1.
struct Closing {
  Cause cause = Cause::kFinished;
  Origin origin = Origin::kNobody;
  Offset64 app_code;
  WIRE_FIELDS(cause, origin, app_code)
  bool operator==(const Closing&) const = default;
};

// Snapshots of one side's offsets (5.2): true when made, and merged by maximum. HF-OFS-4.
struct Claims {
  Offset64 received;
  Offset64 consumed;
  Offset64 low;  // What the other side has consumed of our stream, as far as we know: we hold nothing below it.
  Offset64 credit_limit;
  bool fin_received = false;
  WIRE_FIELDS(received, consumed, low, credit_limit, fin_received)
  bool operator==(const Claims&) const = default;
};

// Payload of message 1. HF-RES-7.
struct ResumeRequest {
  uint64_t attempt = 0;  // From 1 in each epoch.
  Claims claims;
  bool closing = false;  // 7.4: the client has ended the session, as `end` says.
  Closing end;
  Rest early;  // 5.6: DATA frames of the client's stream, or nothing. HF-RES-28.
  WIRE_FIELDS(attempt, claims, closing, end, early)
  bool operator==(const ResumeRequest&) const = default;
};

// Payload of message 2. HF-RES-14.
struct ResumeReply {
  bool closed = false;  // The session has ended, as `end` says; `claims` is how far it got.
  Claims claims;
  Closing end;
  WIRE_FIELDS(closed, claims, end)
  bool operator==(const ResumeReply&) const = default;
};

// --- 6 Frames ----------------------------------------------------------------------------------------------------

// HF-FRM-1.
enum class FrameType : uint8_t { kPadding = 0, kPing = 1, kPong = 2, kAck = 3, kData = 4, kFin = 5, kClose = 6 };

using PingToken = std::array<uint8_t, 8>;

struct PaddingFrame {
  static constexpr FrameType kType = FrameType::kPadding;
  WIRE_FIELDS()
  bool operator==(const PaddingFrame&) const = default;
};

struct PingFrame {
  static constexpr FrameType kType = FrameType::kPing;
  PingToken token = {};
  WIRE_FIELDS(token)
  bool operator==(const PingFrame&) const = default;
};

struct PongFrame {
  static constexpr FrameType kType = FrameType::kPong;
  PingToken token = {};
  WIRE_FIELDS(token)
  bool operator==(const PongFrame&) const = default;
};

// HF-OFS-12.
struct AckFrame {
  static constexpr FrameType kType = FrameType::kAck;
  Varint consumed;
  Varint credit_limit;
  bool fin_received = false;
  WIRE_FIELDS(consumed, credit_limit, fin_received)
  bool operator==(const AckFrame&) const = default;
};

struct DataFrame {
  static constexpr FrameType kType = FrameType::kData;
  Varint offset;
  Counted bytes;
  WIRE_FIELDS(offset, bytes)
  bool operator==(const DataFrame&) const = default;
};

struct FinFrame {
  static constexpr FrameType kType = FrameType::kFin;
  Varint final_offset;
  WIRE_FIELDS(final_offset)
  bool operator==(const FinFrame&) const = default;
};

struct CloseFrame {
  static constexpr FrameType kType = FrameType::kClose;
  Closing end;
  WIRE_FIELDS(end)
  bool operator==(const CloseFrame&) const = default;
};

// --- 16 Private networks of any protocol -------------------------------------------------------------------------

inline constexpr Magic kNetworkMagic = {0xe9, 'H', 'L', 'N', 0x0d, 0x0a, 0x1a, 0x0a};
inline constexpr uint8_t kNetworkVersion = 1;

enum class NetworkMode : uint8_t { kAnnounced = 1, kHidden = 2 };

// What follows a head.
enum class NetworkKind : uint8_t { kNonce = 1, kVersions = 2 };

// 16.2 The beginning of what is announced. Any value is readable: HF-NET-9 says what is done about it.
struct NetworkHead {
  Magic magic = kNetworkMagic;
  uint8_t version = kNetworkVersion;
  uint8_t kind = 0;
  uint16_t length = 0;  // Of what follows.
  WIRE_FIELDS(magic, version, kind, length)
  bool operator==(const NetworkHead&) const = default;
};
inline constexpr size_t kNetworkHeadBytes = 12;
static_assert(EncodedSize(NetworkHead{}) == kNetworkHeadBytes);

// 16.1 Also the nonce of the stream that follows. HF-NET-2.
struct NetworkNonce {
  std::array<uint8_t, 16> random = {};
  std::array<uint8_t, 8> tag = {};
  WIRE_FIELDS(random, tag)
  bool operator==(const NetworkNonce&) const = default;
};
inline constexpr size_t kNetworkNonceBytes = 24;
static_assert(EncodedSize(NetworkNonce{}) == kNetworkNonceBytes);

// 16.2 From the server only. HF-NET-9.
struct NetworkVersions {
  uint8_t lowest = kNetworkVersion;
  uint8_t highest = kNetworkVersion;
  WIRE_FIELDS(lowest, highest)
  bool operator==(const NetworkVersions&) const = default;
};

}  // namespace holdfast
