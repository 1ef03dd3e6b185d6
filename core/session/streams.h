#pragma once

// SendStream and ReceiveStream: the two byte streams of a session as one end sees them, in absolute offsets that
// outlive every transport (docs/protocol.md 5.2, 6.3 to 6.5).

#include <array>
#include <cstdint>

#include "core/base/bytes.h"
#include "core/base/digest.h"
#include "core/base/error.h"
#include "core/base/ring.h"
#include "core/wire/messages.h"

namespace holdfast {

// What this end sends. Holds the plaintext [acked, written) until the peer owns it.
//
// Invariant: acked <= sent <= written, acked <= next <= written, sent and next <= credit limit (once data was sent).
// HF-OFS-1, HF-OFS-3.
class SendStream {
 public:
  explicit SendStream(size_t replay_bytes_max) : replay_(replay_bytes_max) {}

  // --- The application ---

  // Copies as much as there is room for; returns how much. A short write is remembered until TakeSpaceNotice.
  size_t Write(ByteSpan plaintext);
  void Finish() { finish_wanted_ = true; }
  // Whether a short write was made and a fair part of the buffer has become free since; forgets it.
  bool TakeSpaceNotice();

  // --- The peer ---

  // A fresh transport begins: what the peer said when it did. Snapshots, merged by maximum; sending goes on from the
  // later of what it had received and what it had consumed.
  Status OnClaims(const Claims& claims);
  // An ACK on the attached transport: neither number ever goes back.
  Status OnAck(const AckFrame& ack);

  // --- The wire ---

  size_t sendable() const;  // Bytes that are ready and within credit.

  // The next `size` <= sendable() bytes, in at most two pieces; they count as sent. Live until the next Write.
  struct Chunk {
    uint64_t offset;
    std::array<ByteSpan, 2> pieces;
  };
  Chunk TakeChunk(size_t size);

  // FIN is due: all bytes are out on this transport, it is not, and the peer is not known to have it.
  // HF-OFS-19, HF-OFS-22.
  bool fin_due() const { return finish_wanted_ && !fin_sent_ && !fin_acked_ && next_ == replay_.end(); }
  void FinSent() { fin_sent_ = fin_ever_sent_ = true; }

  // --- Facts ---

  uint64_t written() const { return replay_.end(); }
  uint64_t acked() const { return replay_.begin(); }
  uint64_t sent() const { return sent_; }
  uint64_t credit_limit() const { return credit_limit_; }
  uint64_t bytes_replayed() const { return bytes_replayed_; }
  bool finish_wanted() const { return finish_wanted_; }
  bool fin_ever_sent() const { return fin_ever_sent_; }
  bool at_offset_limit() const { return replay_.end() == kVarintMax; }
  // The peer owns every byte and knows that there are no more.
  bool complete() const { return finish_wanted_ && fin_acked_ && replay_.begin() == replay_.end(); }

  size_t allocated() const { return replay_.allocated(); }
  void ReleaseIfEmpty() { replay_.ReleaseIfEmpty(); }
  SendStream Clone() const;
  void DigestInto(Digest& digest) const;

 private:
  Ring replay_;
  uint64_t next_ = 0;  // Next offset to put on the attached transport.
  uint64_t sent_ = 0;  // End of what was ever put on any.
  uint64_t credit_limit_ = 0;
  uint64_t bytes_replayed_ = 0;
  bool finish_wanted_ = false;
  bool fin_sent_ = false;  // On the attached transport.
  bool fin_ever_sent_ = false;
  bool fin_acked_ = false;
  bool space_wanted_ = false;
};

// What this end receives. Holds no byte: what is received in order is delivered at once, and the application owns it.
//
// Invariant: consumed <= received <= credit limit; the credit limit never shrinks. HF-OFS-16.
class ReceiveStream {
 public:
  explicit ReceiveStream(size_t window) : window_(window) {}

  // The suffix of `bytes` that is new, which may be empty. It counts as received and consumed.
  Result<ByteSpan> OnData(uint64_t offset, ByteSpan bytes);
  // Whether it is the first.
  Result<bool> OnFin(uint64_t final_offset);

  uint64_t received() const { return received_; }
  uint64_t consumed() const { return received_; }  // HF-OFS-2.
  uint64_t credit_limit() const { return received_ > kVarintMax - window_ ? kVarintMax : received_ + window_; }
  bool fin_received() const { return fin_received_; }

  void DigestInto(Digest& digest) const { digest.Add(window_).Add(received_).Add(fin_received_); }

 private:
  size_t window_;
  uint64_t received_ = 0;
  bool fin_received_ = false;
};

}  // namespace holdfast
