#pragma once

// Options: what both ends of a session may be told to do differently. Every field has a default that serves; a
// simulator draws them from its seed to make rare states common.

#include <cstddef>
#include <cstdint>

#include "core/base/time.h"
#include "core/wire/limits.h"

namespace holdfast {

struct SessionOptions {
  size_t replay_bytes_max = limits::kReplayBytesDefault;  // Plaintext kept until the peer has consumed it.
  size_t receive_window = limits::kReceiveWindowDefault;  // Credit: how far beyond the consumed offset the peer sends.
  size_t data_bytes_first = limits::kDataBytesFirst;      // DATA per record on a fresh transport...
  size_t data_bytes_max = limits::kDataBytesMax;          // ...and at most.
  size_t ack_bytes_max = limits::kAckBytesMax;            // An ACK is owed after so many bytes...
  Duration ack_delay = limits::kAckDelay;                 // ...or after so long.
  Duration ping_idle = limits::kPingIdle;                 // Silence before a PING.
  Duration dead_transport = limits::kDeadTransport;       // Silence before a transport is given up: D.
  Duration linger = limits::kLinger;                      // Wait for the peer to close after the last word.
  // What was delivered is consumed, and the peer may forget it; or else only what the application says with Consumed.
  bool explicit_consume = false;  // HF-OFS-2.
  // Client: how many stream bytes at most ride in message 1 of a resume, of those that Send was told may. Server: such
  // bytes are taken if this is not 0. HF-RES-29, HF-RES-31.
  size_t early_bytes_max = 0;
  uint64_t rekey_interval = limits::kRekeyIntervalRecords;  // Both ends must agree; only tests change it.
};

// Options with which a session can make progress. Others are a mistake of the caller's. HF-LIV-3.
constexpr bool IsSane(const SessionOptions& options) {
  return options.replay_bytes_max > 0 && options.receive_window > 0 && options.data_bytes_first > 0 &&
         options.data_bytes_first <= options.data_bytes_max && options.data_bytes_max <= limits::kDataBytesCeiling &&
         options.ack_bytes_max > 0 && options.ping_idle > Duration(0) && options.ping_idle < options.dead_transport &&
         options.rekey_interval > 0;
}

}  // namespace holdfast
