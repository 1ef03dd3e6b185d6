#pragma once

// SendStream and ReceiveStream: the two byte streams of a session as one end sees them, in absolute offsets that
// outlive every transport (docs/protocol.md 5.2, 6.3 to 6.5).

#include <array>
#include <cstdint>
#include <optional>
#include <utility>

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
  // `start`: where the stream stands, all before it being the peer's; 0 for a new one.
  explicit SendStream(size_t replay_bytes_max, uint64_t start = 0)
      : replay_(replay_bytes_max, start), next_(start), sent_(start), credit_limit_(start) {}

  // A stream that goes on under another owner. acked and written follow from what it holds.
  struct Position {
    uint64_t acked = 0;
    uint64_t next = 0;
    uint64_t sent = 0;
    uint64_t credit_limit = 0;
    uint64_t bytes_replayed = 0;
    bool finish_wanted = false;
    bool fin_sent = false;
    bool fin_ever_sent = false;
    bool fin_acked = false;
    bool space_wanted = false;
  };
  // `held` is all that was written from position.acked on; it is kept, also if that is more than `replay_bytes_max`.
  // The position must be Possible. HF-MOV-6.
  SendStream(size_t replay_bytes_max, const Position& position, ByteSpan held);
  Position position() const;
  // Whether a stream can be at this position and hold so many bytes.
  static bool Possible(const Position& position, size_t held);

  // --- The application ---

  // Copies as much as there is room for, taking at most `allowance` bytes of memory more; returns how much. A short
  // write is remembered until TakeSpaceNotice, or if it was for want of memory until that or TakeMemoryNotice.
  size_t Write(ByteSpan plaintext, size_t allowance = SIZE_MAX);
  void Finish() { finish_wanted_ = true; }
  // Whether a short write was made and a fair part of the buffer has become free since; forgets it.
  bool TakeSpaceNotice();
  bool memory_wanted() const { return memory_wanted_; }
  bool TakeMemoryNotice() { return std::exchange(memory_wanted_, false) && !finish_wanted_; }
  size_t growth_step() const { return replay_.growth_step(); }
  size_t GrowthFor(size_t bytes) const { return replay_.GrowthFor(bytes); }

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

  // The bytes [offset, offset + size), which must be held and within credit, to go out beside the attached transport:
  // `next` stays, but they count as sent. Live until the next Write. HF-RES-29.
  Chunk TakeEarly(uint64_t offset, size_t size);

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
  // The bytes [acked, written), in at most two pieces. Live until the next change.
  std::array<ByteSpan, 2> held() const { return replay_.View(acked(), replay_.size()); }
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
  uint64_t next_;  // Next offset to put on the attached transport.
  uint64_t sent_;  // End of what was ever put on any.
  uint64_t credit_limit_;
  uint64_t bytes_replayed_ = 0;
  bool finish_wanted_ = false;
  bool fin_sent_ = false;  // On the attached transport.
  bool fin_ever_sent_ = false;
  bool fin_acked_ = false;
  bool space_wanted_ = false;
  bool memory_wanted_ = false;
};

// What this end receives. Holds no byte: what is received in order is delivered at once. The application owns it then,
// or if it wants to say so itself (`explicit_consume`), when it does. HF-OFS-2.
//
// Invariant: consumed <= received <= credit limit; neither consumed nor the credit limit ever shrinks. HF-OFS-16.
class ReceiveStream {
 public:
  explicit ReceiveStream(size_t window, bool explicit_consume = false)
      : window_(window), explicit_consume_(explicit_consume) {}

  // A stream that goes on under another owner. What was delivered to the one before and not consumed is lost with it:
  // then `received` falls back to `consumed`, and the peer, which holds the bytes, sends them again.
  struct Position {
    uint64_t received = 0;  // >= consumed.
    uint64_t consumed = 0;
    uint64_t credit_limit = 0;                            // As promised; kept, also if the window is smaller now.
    std::optional<uint64_t> final_offset = std::nullopt;  // Once FIN was received; >= received.
  };
  ReceiveStream(size_t window, bool explicit_consume, const Position& position);
  Position position() const { return {received_, consumed_, credit_limit(), final_offset_}; }
  static bool Possible(const Position& position);

  // The suffix of `bytes` that is new, which may be empty. It counts as received. After an error nothing has changed.
  Result<ByteSpan> OnData(uint64_t offset, ByteSpan bytes);
  // Whether it is the first.
  Result<bool> OnFin(uint64_t final_offset);
  // The application owns `bytes` more of what was delivered; of no effect if delivery is all that it takes. More than
  // was delivered is a mistake of the caller's.
  void Consume(uint64_t bytes);

  uint64_t received() const { return received_; }
  uint64_t consumed() const { return consumed_; }
  uint64_t credit_limit() const;
  bool fin_received() const { return final_offset_.has_value(); }
  // All bytes up to FIN are there. FIN comes after them, so only a stream that fell back has the one without the other.
  bool ended() const { return final_offset_ == received_; }

  // `with_received`: what was received and consumed counts too.
  void DigestInto(Digest& digest, bool with_received = true) const;

 private:
  size_t window_;
  bool explicit_consume_;
  uint64_t received_ = 0;
  uint64_t consumed_ = 0;
  uint64_t credit_promised_ = 0;  // By an owner before.
  std::optional<uint64_t> final_offset_;
};

}  // namespace holdfast
