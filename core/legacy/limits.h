#pragma once

// Every size and time of the legacy profile (docs/legacy.md). What the wire fixes cannot be set; the rest are defaults.

#include <cstddef>
#include <cstdint>

#include "core/base/time.h"

namespace holdfast::legacy {

// Fixed by the wire.
inline constexpr size_t kWindowBytes = 65536;   // Of ciphertext that a sender keeps for its peer.
inline constexpr size_t kChunkBytes = 256;      // A fingerprint is taken at each multiple.
inline constexpr size_t kHelloBytes = 16;       // u64 0, u64 public value.
inline constexpr size_t kRequestBytes = 12;     // u64 bytes received, u32 fingerprint.
inline constexpr size_t kReplyBytes = 16;       // u64 public value or bytes received, u64 challenge.
inline constexpr size_t kProofBytes = 8;        // u64 hash of challenge and secret.
inline constexpr size_t kWaitingBytes = 65536;  // Of plaintext that is sent while no transport is attached.

// Of a pool.
inline constexpr size_t kSessionsMax = 16384;
inline constexpr size_t kHandshakesMax = 4096;
inline constexpr size_t kRememberedMax = 16384;  // Ended sessions whose client may come again.
inline constexpr Duration kHandshakeTime = 10s;  // From the first byte of a transport to its proof.
inline constexpr Duration kDetachedTime = 300s;

// Fingerprints that one resume request may look at.
inline constexpr size_t kExaminedMax = 64;

// Of a client.
inline constexpr Duration kAttemptTime = 10s;
// In a row; several sessions of a server may have one fingerprint, and the others' counts say nothing of ours.
inline constexpr uint32_t kBeyondWindowAnswers = 3;

}  // namespace holdfast::legacy
