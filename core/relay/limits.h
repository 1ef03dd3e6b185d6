#pragma once

// Every bound of the relay, by name: what core/wire/limits.h is to the protocol. Sizes are bytes.

#include <cstddef>
#include <cstdint>

#include "core/base/time.h"

namespace holdfast::limits {

// --- Fixed by the protocols ---
inline constexpr size_t kTargetNameBytesMax = 255;
inline constexpr size_t kTargetBytesMax = 1 + 1 + kTargetNameBytesMax + 2;
inline constexpr size_t kSocksTextBytesMax = 255;           // A user's name, or a password: RFC 1929.
inline constexpr size_t kAeadChunkBytesMax = 0x3fff;        // SIP004.
inline constexpr size_t kShadow2022ChunkBytesMax = 0xffff;  // SIP022.
inline constexpr size_t kShadowPaddingBytesMax = 900;       // SIP022.
inline constexpr Duration kShadowClockWindow = 30s;         // SIP022: how far two clocks may be apart.
inline constexpr Duration kShadowSaltTime = 60s;            // SIP022: how long a salt is remembered.

// --- What a relay holds ---
// What waits to be sent on, of each direction: no more is taken once it is as much. The last bytes that are taken may
// complete one chunk, so that what is held is at most this and kShadow2022ChunkBytesMax more.
inline constexpr size_t kRelayBufferBytes = 65536;
inline constexpr size_t kRelayWriteBytesMax = 16384;  // Of the stream, in one Write.

// --- What strangers can make it hold ---
// Salts that are remembered of one listener. Those of the first protocol with salts have no time stamp, so each is kept
// for as long as the memory allows.
inline constexpr size_t kSaltsMax = 1 << 20;
inline constexpr Duration kAeadSaltTime = 3600s;
inline constexpr size_t kSaltsForgottenAtOnce = 64;  // Work of one look-up.
inline constexpr size_t kUdpSessionsMax = 1 << 14;
inline constexpr Duration kUdpSessionTime = 60s;  // SIP022: at least this.
inline constexpr uint64_t kPacketWindow = 1024;   // SIP022: how far a packet may be late.

// --- Time ---
inline constexpr Duration kRelayGreetingTime = 60s;  // From accept to a readable request, or to the end of a refusal.
inline constexpr Duration kRelayResolveTime = 30s;
inline constexpr Duration kRelayConnectTime = 60s;
inline constexpr Duration kRelayIdleTime = 300s;  // Silence in both directions.
inline constexpr Duration kRelayReplyTime = 10s;  // RFC 1928: from a failure reply to the end.
inline constexpr size_t kSweepWorkMax = 512;      // Relays that one sweep looks at.

}  // namespace holdfast::limits
