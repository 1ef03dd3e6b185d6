#pragma once

// The layout of the blobs in which a session moves from one owner to another (docs/protocol.md 15). They are never on
// the wire of a transport. Every list of fields here belongs to kBlobVersion: who changes one takes the next.

#include <cstdint>

#include "core/crypto/crypto.h"
#include "core/wire/fields.h"
#include "core/wire/messages.h"

namespace holdfast {

inline constexpr uint8_t kBlobVersion = 1;

// What a blob holds, so that one cannot be taken for another. HF-MOV-3.
enum class BlobKind : uint8_t { kServerAtRest = 1, kClientAtRest = 2, kServerLive = 3 };
constexpr bool IsKnown(BlobKind kind) { return kind >= BlobKind::kServerAtRest && kind <= BlobKind::kServerLive; }

constexpr bool IsKnown(Suite suite) { return suite == Suite::kChaChaPoly || suite == Suite::kAesGcm; }

using BlobId = std::array<uint8_t, 16>;
using BlobCheck = std::array<uint8_t, 16>;

// First of every blob. HF-MOV-3.
struct BlobHead {
  uint8_t version = kBlobVersion;
  BlobKind kind = BlobKind::kServerAtRest;
  BlobId id = {};  // Of a blob at rest: drawn at export. HF-MOV-8.
  WIRE_FIELDS(version, kind, id)
};

struct EpochBlob {
  uint64_t number = 0;
  uint64_t attempt = 0;  // Highest begun (client) or seen (server).
  Locator locator = {};
  Key resume_key;
  WIRE_FIELDS(number, attempt, locator, resume_key)
};

// Both streams, as 5.2 has them. HF-MOV-6.
struct StreamsBlob {
  // Of its own stream; written is acked + held.
  Offset64 acked;
  Offset64 next;
  Offset64 sent;
  Offset64 credit;
  bool finish_wanted = false;
  bool fin_sent = false;  // On the attached transport.
  bool fin_ever_sent = false;
  bool fin_acked = false;
  bool space_wanted = false;  // The application waits for room.
  uint64_t bytes_replayed = 0;
  // Of the peer's.
  Offset64 received;
  Offset64 consumed;
  Offset64 credit_limit;
  bool fin_received = false;
  Offset64 final_offset;  // If fin_received.
  Counted held;           // The plaintext [acked, written).
  WIRE_FIELDS(acked, next, sent, credit, finish_wanted, fin_sent, fin_ever_sent, fin_acked, space_wanted,
              bytes_replayed, received, consumed, credit_limit, fin_received, final_offset, held)
};

// A session at a server, or its tombstone. Times are nanoseconds. HF-MOV-4, HF-MOV-5.
struct ServerBlob {
  bool tombstone = false;
  Suite suite = Suite::kChaChaPoly;
  uint64_t resumes = 0;
  uint64_t granted_ns = 0;    // H,
  uint64_t hold_ns = 0;       // H + D,
  uint64_t left_ns = 0;       // and what was left of it at the export,
  uint64_t clock_ms = 0;      // when the clock on the wall showed this: Unix time; 0 if nobody knew.
  bool has_peer_key = false;  // The client proved who it is,
  PublicKey peer_key = {};    // so.
  EpochBlob current;
  bool has_pending = false;
  EpochBlob pending;
  StreamsBlob streams;  // Not of a tombstone.
  Closing end;          // Of a tombstone, and the following.
  Claims end_claims;
  bool crossed = false;
  WIRE_FIELDS(tombstone, suite, resumes, granted_ns, hold_ns, left_ns, clock_ms, has_peer_key, peer_key, current,
              has_pending, pending, streams, end, end_claims, crossed)
};

// A session at a client. HF-MOV-4.
struct ClientBlob {
  Suite suite = Suite::kChaChaPoly;
  uint64_t resumes = 0;
  uint64_t hold_ns = 0;  // H,
  uint64_t left_ns = 0;  // and what was left of it.
  bool heard = false;    // A record of this session was verified.
  bool confirmed = false;
  uint64_t embryo_left_ns = 0;  // If not confirmed.
  EpochBlob epoch;
  StreamsBlob streams;
  bool closing = false;       // The client has ended the session,
  Closing end;                // so,
  bool closing_told = false;  // and has said so on a wire.
  WIRE_FIELDS(suite, resumes, hold_ns, left_ns, heard, confirmed, embryo_left_ns, epoch, streams, closing, end,
              closing_told)
};

// One direction of the attached transport. HF-MOV-10.
struct CipherBlob {
  Key key;
  Offset64 next_index;
  WIRE_FIELDS(key, next_index)
};

// The attached transport. HF-MOV-10.
struct LinkBlob {
  CipherBlob sealer;
  CipherBlob opener;
  uint64_t dead_ns = 0;        // Silence that is allowed.
  uint64_t since_life_ns = 0;  // How long ago it last showed life,
  uint64_t since_sent_ns = 0;  // and the last record was sent.
  bool has_ack_deadline = false;
  uint64_t ack_in_ns = 0;  // If has_ack_deadline.
  Offset64 acked;          // `consumed` of the last ACK.
  uint64_t pings = 0;
  uint64_t data_bytes = 0;  // How much DATA the next record may hold.
  bool ping_sent = false;
  bool ack_now = false;
  bool has_pong = false;
  PingToken pong = {};  // If has_pong: owed.
  bool writable = false;
  Counted input;   // What came of a record that is not complete.
  Counted output;  // What was sealed and not handed out for writing.
  WIRE_FIELDS(sealer, opener, dead_ns, since_life_ns, since_sent_ns, has_ack_deadline, ack_in_ns, acked, pings,
              data_bytes, ping_sent, ack_now, has_pong, pong, writable, input, output)
};

// Exactly what follows the head.
struct LiveBlobBody {
  ServerBlob session;
  LinkBlob link;
  WIRE_FIELDS(session, link)
};

}  // namespace holdfast
