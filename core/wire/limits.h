#pragma once

// Every bound of the core, by name. A queue, buffer, list or loop without an entry here is a mistake. Sizes are bytes.
// What a caller may choose has its default here; what the wire fixes says so.

#include <cstddef>
#include <cstdint>

#include "core/base/time.h"

namespace holdfast::limits {

// --- Fixed by the wire (docs/protocol.md) ---
inline constexpr size_t kRecordCiphertextBytesMin = 16;     // HF-REC-1.
inline constexpr size_t kRecordCiphertextBytesMax = 65535;  // HF-REC-1.
inline constexpr size_t kRecordPlaintextBytesMax = kRecordCiphertextBytesMax - 16;
// The first record from a client: until then it is a stranger, for whom no more is buffered. HF-REC-1.
inline constexpr size_t kFirstRecordCiphertextBytesMax = 4096;
inline constexpr size_t kFirstRecordDataBytesMax = kFirstRecordCiphertextBytesMax - 96;  // Room for every other frame.
inline constexpr size_t kHandshakeMessageBytesMin = 48;                                  // HF-PRE-8.
inline constexpr size_t kHandshakeMessageBytesMax = 4096;  // Room for early data in message 1 of a resume. HF-PRE-8.
inline constexpr uint64_t kRekeyIntervalRecords = 65536;   // HF-REC-3.
inline constexpr uint64_t kHintSuitesMax = 16;             // HF-PRE-12.
inline constexpr uint64_t kHintVersionsMax = 16;           // HF-PRE-12.

// --- The byte path ---
// One record carries at most this much DATA. It starts small on a fresh transport and doubles with what the transport
// has carried, so that one that dies young still makes progress. HF-REC-9.
inline constexpr size_t kDataBytesFirst = 1024;
inline constexpr size_t kDataBytesMax = 16384;
inline constexpr size_t kDataBytesCeiling = 65000;        // Room in the largest record for every other frame.
inline constexpr size_t kReplayBytesDefault = 1 << 20;    // HF-LIM-6.
inline constexpr size_t kReceiveWindowDefault = 1 << 20;  // HF-LIM-6.
inline constexpr size_t kAckBytesMax = 65536;  // An acknowledgement is owed after this many bytes consumed...
inline constexpr Duration kAckDelay = 20ms;    // ...or after this long. HF-OFS-15.

// How many runs of bytes that may go early a client keeps apart; the rest travel in records. HF-RES-29.
inline constexpr size_t kEarlyRunsMax = 64;

// --- Liveness ---
inline constexpr Duration kPingIdle = 15s;       // Silence after which a PING goes out. HF-LIV-2.
inline constexpr Duration kPingIdleMin = 1ms;    // However short a hold time is. HF-END-22.
inline constexpr Duration kDeadTransport = 45s;  // Silence after which a transport is dead: D. HF-LIV-3.
// What a record of the largest size may take beyond D; a smaller one takes its share. HF-LIV-12.
inline constexpr Duration kRecordTime = 256s;
inline constexpr Duration kDeadTransportMax = 600s;    // The server believes no larger D of a client. HF-END-25.
inline constexpr Duration kAttemptTimeoutFirst = 10s;  // HF-LIV-5.
inline constexpr Duration kAttemptTimeoutMax = 80s;    // HF-LIV-5.
inline constexpr Duration kBackoffFirst = 100ms;       // HF-LIV-8.
inline constexpr Duration kBackoffMax = 30s;           // HF-LIV-8.
inline constexpr Duration kHold = 24h;                 // H, as the client asks for it. HF-END-22.
inline constexpr Duration kHoldMax = 7 * 24h;          // What a server grants at most.
// How long a transport waits for the peer to close after the last word. HF-LIV-10.
inline constexpr Duration kLinger = 10s;

// --- What strangers can make a server hold ---
inline constexpr Duration kHandshakeTime = 60s;   // From accept to a valid message 1. HF-LIV-9.
inline constexpr Duration kCandidateTime = 120s;  // From message 2 to the first valid record. HF-LIV-9.
inline constexpr Duration kEmbryoTime = 300s;     // HF-END-27.
inline constexpr size_t kHandshakesMax = 16384;   // HF-LIM-1.
inline constexpr size_t kEmbryosMax = 16384;      // HF-LIM-2.
inline constexpr size_t kSessionsMax = 1 << 20;   // HF-LIM-3.
// Of one source. HF-LIM-1, HF-LIM-2.
inline constexpr size_t kHandshakesPerSourceMax = 4096;
inline constexpr size_t kEmbryosPerSourceMax = 4096;
// What all transports before message 1 hold together of messages that came in part. HF-LIM-7.
inline constexpr size_t kHandshakeBytesMax = 1 << 24;
// What the buffers of all sessions hold together. HF-LIM-8.
inline constexpr size_t kMemoryMax = 1 << 30;

// --- Private networks ---
inline constexpr Duration kClockWindow = 120s;  // How far two clocks may be apart. HF-NEW-17.
inline constexpr size_t kReplaysMax = 1 << 16;  // Greetings remembered. HF-NEW-17.

// --- Telling protocols apart on a shared port ---
inline constexpr Duration kIdentifyTime = 5s;          // From accept to a verdict.
inline constexpr size_t kUndecidedMax = 1024;          // Connections without one.
inline constexpr size_t kHttpHeadBytesMax = 8192;      // What is read of a request to find a WebSocket.
inline constexpr size_t kClientHelloBytesMax = 16384;  // What is read of a TLS stream to find ALPN.
inline constexpr size_t kBoundBytesMax = 64;           // What came before a transport's preamble. HF-NET-10.
inline constexpr int kNonceDrawsMax = 64;  // Each is drawn again with a chance of less than 1/100. HF-NET-5.

// --- Moving a session (docs/protocol.md 15) ---
inline constexpr size_t kImportsMax = 1 << 20;            // Blobs that a pool remembers. HF-MOV-8.
inline constexpr size_t kBlobBytesMax = size_t{1} << 30;  // HF-MOV-3.
inline constexpr size_t kBlobOverheadBytesMax = 1 << 18;  // All of a blob but what the peer has not consumed.

}  // namespace holdfast::limits
