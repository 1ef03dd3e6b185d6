#pragma once

// SessionView: what one end knows of a session, for status displays and oracles. A value: it stays true to its moment.

#include <cstddef>
#include <cstdint>

#include "core/session/event.h"

namespace holdfast {

struct SessionView {
  uint64_t epoch = 0;                          // Of the current resume key; 0 before there is one.
  uint64_t attempt = 0;                        // Highest begun (client) or seen (server) in this epoch.
  TransportId attached = TransportId::kNone;   // At most one.
  TransportId candidate = TransportId::kNone;  // Client: the attempt in flight. Server: not yet confirmed.
  uint64_t written = 0;                        // Bytes that Send accepted.
  uint64_t sent = 0;                           // End of what was ever put on a wire.
  uint64_t acked = 0;                          // Bytes that the peer consumed, as far as we know.
  uint64_t received = 0;                       // Next offset expected.
  uint64_t consumed = 0;                       // Bytes that the application owns.
  bool finish_wanted = false;                  // Finish was called.
  bool peer_fin_received = false;
  size_t replay_bytes = 0;      // Plaintext held: written - acked.
  size_t memory_bytes = 0;      // Memory that buffers of this session hold now...
  size_t reading_bytes = 0;     // ...and of it what is there for messages that come in parts.
  uint64_t bytes_replayed = 0;  // DATA bytes that went out more than once.
  uint64_t resumes = 0;         // Times a transport took another's place or followed a suspension.
};

// One use of a cipher: which key (a digest of it), which nonce.
struct SealMark {
  uint64_t key_digest = 0;
  uint64_t nonce = 0;
  bool operator==(const SealMark&) const = default;
};

}  // namespace holdfast
