#include "core/session/streams.h"

#include <algorithm>
#include <utility>

#include "core/base/check.h"

namespace holdfast {

// HF-OFS-17, HF-OFS-18.
size_t SendStream::Write(ByteSpan plaintext, size_t allowance) {
  if (finish_wanted_) return 0;
  size_t room_below_limit = static_cast<size_t>(std::min<uint64_t>(kVarintMax - replay_.end(), plaintext.size()));
  const size_t room = std::min(room_below_limit, replay_.room());
  size_t accepted = replay_.Push(plaintext.first(room_below_limit), allowance);
  if (accepted < plaintext.size()) (accepted < room ? memory_wanted_ : space_wanted_) = true;
  return accepted;
}

bool SendStream::TakeSpaceNotice() {
  const bool space = space_wanted_ && replay_.room() >= std::max<size_t>(1, replay_.capacity_max() / 4);
  const bool memory = memory_wanted_ && replay_.room_in_block() >= std::max<size_t>(1, replay_.allocated() / 4);
  if (finish_wanted_ || !(space || memory)) return false;
  space_wanted_ = memory_wanted_ = false;
  return true;
}

// HF-OFS-5, HF-OFS-6, HF-OFS-7.
Status SendStream::OnClaims(const Claims& claims) {
  if (claims.consumed.value > claims.received.value) return std::unexpected(Error::kClaimsContradict);
  if (claims.received.value > sent_) return std::unexpected(Error::kAckBeyondSent);
  if (claims.fin_received && !fin_ever_sent_) return std::unexpected(Error::kFinNotSent);
  replay_.TrimTo(std::max(acked(), claims.consumed.value));
  next_ = std::max(acked(), claims.received.value);
  credit_limit_ = std::max(credit_limit_, claims.credit_limit.value);
  fin_acked_ = fin_acked_ || claims.fin_received;
  fin_sent_ = false;
  return {};
}

// HF-OFS-13, HF-OFS-14.
Status SendStream::OnAck(const AckFrame& ack) {
  if (ack.consumed.value > sent_) return std::unexpected(Error::kAckBeyondSent);
  if (ack.consumed.value < acked()) return std::unexpected(Error::kAckWentBack);
  if (ack.credit_limit.value < credit_limit_) return std::unexpected(Error::kCreditShrank);
  if (ack.fin_received && !fin_ever_sent_) return std::unexpected(Error::kFinNotSent);
  if (!ack.fin_received && fin_acked_) return std::unexpected(Error::kAckWentBack);
  replay_.TrimTo(ack.consumed.value);
  next_ = std::max(next_, acked());  // A late ACK of the old transport's may overtake what is being replayed.
  credit_limit_ = ack.credit_limit.value;
  fin_acked_ = ack.fin_received;
  return {};
}

// HF-OFS-9.
size_t SendStream::sendable() const {
  uint64_t end = std::min(replay_.end(), credit_limit_);
  return end > next_ ? static_cast<size_t>(end - next_) : 0;
}

SendStream::Chunk SendStream::TakeChunk(size_t size) {
  HOLDFAST_CHECK(size <= sendable());
  Chunk chunk = {next_, replay_.View(next_, size)};
  bytes_replayed_ += std::min(next_ + size, std::max(sent_, next_)) - next_;
  next_ += size;
  sent_ = std::max(sent_, next_);
  return chunk;
}

// HF-RES-29.
SendStream::Chunk SendStream::TakeEarly(uint64_t offset, size_t size) {
  HOLDFAST_CHECK(offset + size <= credit_limit_);
  Chunk chunk = {offset, replay_.View(offset, size)};
  bytes_replayed_ += std::min(offset + size, std::max(sent_, offset)) - offset;
  sent_ = std::max(sent_, offset + size);
  return chunk;
}

SendStream::SendStream(size_t replay_bytes_max, const Position& position, ByteSpan held)
    : replay_(std::max(replay_bytes_max, held.size()), position.acked),
      next_(position.next),
      sent_(position.sent),
      credit_limit_(position.credit_limit),
      bytes_replayed_(position.bytes_replayed),
      finish_wanted_(position.finish_wanted),
      fin_sent_(position.fin_sent),
      fin_ever_sent_(position.fin_ever_sent),
      fin_acked_(position.fin_acked),
      space_wanted_(position.space_wanted) {
  HOLDFAST_CHECK(Possible(position, held.size()));
  replay_.Push(held);
}

SendStream::Position SendStream::position() const {
  return {acked(),        next_,     sent_,          credit_limit_, bytes_replayed_,
          finish_wanted_, fin_sent_, fin_ever_sent_, fin_acked_,    space_wanted_};
}

bool SendStream::Possible(const Position& p, size_t held) {
  if (p.acked > kVarintMax || held >= kVarintMax - p.acked || p.credit_limit > kVarintMax) return false;  // HF-OFS-18.
  const uint64_t written = p.acked + held;
  const bool offsets = p.acked <= p.next && p.next <= p.sent && p.sent <= written && p.sent <= p.credit_limit;
  const bool fin = (!p.fin_ever_sent || (p.finish_wanted && p.sent == written)) && (!p.fin_acked || p.fin_ever_sent) &&
                   (!p.fin_sent || (p.fin_ever_sent && p.next == written));
  return offsets && fin;
}

SendStream SendStream::Clone() const {
  SendStream copy(replay_.capacity_max());
  copy.replay_ = replay_.Clone();
  copy.next_ = next_;
  copy.sent_ = sent_;
  copy.credit_limit_ = credit_limit_;
  copy.bytes_replayed_ = bytes_replayed_;
  copy.finish_wanted_ = finish_wanted_;
  copy.fin_sent_ = fin_sent_;
  copy.fin_ever_sent_ = fin_ever_sent_;
  copy.fin_acked_ = fin_acked_;
  copy.space_wanted_ = space_wanted_;
  copy.memory_wanted_ = memory_wanted_;
  return copy;
}

void SendStream::DigestInto(Digest& digest) const {
  replay_.DigestInto(digest);
  digest.Add(next_).Add(sent_).Add(credit_limit_).Add(finish_wanted_).Add(fin_sent_).Add(fin_ever_sent_);
  digest.Add(fin_acked_).Add(space_wanted_).Add(memory_wanted_);
}

ReceiveStream::ReceiveStream(size_t window, bool explicit_consume, const Position& position)
    : window_(window),
      explicit_consume_(explicit_consume),
      received_(position.received),
      consumed_(explicit_consume ? position.consumed : position.received),
      credit_promised_(position.credit_limit),
      final_offset_(position.final_offset) {
  HOLDFAST_CHECK(position.consumed <= position.received && position.received <= kVarintMax);
  HOLDFAST_CHECK(!final_offset_ || received_ <= *final_offset_);
}

bool ReceiveStream::Possible(const Position& p) {
  return p.consumed <= p.received && p.received <= p.credit_limit && p.credit_limit <= kVarintMax &&
         (!p.final_offset || (p.received <= *p.final_offset && *p.final_offset <= p.credit_limit));
}

// HF-OFS-10.
Result<ByteSpan> ReceiveStream::OnData(uint64_t offset, ByteSpan bytes) {
  if (offset > received_) return std::unexpected(Error::kDataGap);
  const uint64_t end = offset + bytes.size();
  if (end == kVarintMax) return std::unexpected(Error::kOffsetLimit);  // HF-OFS-18.
  if (end > credit_limit()) return std::unexpected(Error::kDataBeyondCredit);
  if (final_offset_ && end > *final_offset_) return std::unexpected(Error::kDataBeyondFinal);
  if (end <= received_) return ByteSpan();
  ByteSpan fresh = bytes.subspan(static_cast<size_t>(received_ - offset));  // HF-OFS-11.
  received_ = end;
  if (!explicit_consume_) consumed_ = received_;
  return fresh;
}

// HF-OFS-20, HF-OFS-21.
Result<bool> ReceiveStream::OnFin(uint64_t final_offset) {
  if (final_offset != received_) return std::unexpected(Error::kFinMismatch);
  if (final_offset_ && *final_offset_ != final_offset) return std::unexpected(Error::kFinMismatch);
  return !std::exchange(final_offset_, final_offset).has_value();
}

// HF-OFS-2.
void ReceiveStream::Consume(uint64_t bytes) {
  if (!explicit_consume_) return;
  HOLDFAST_CHECK(bytes <= received_ - consumed_);
  consumed_ += bytes;
}

uint64_t ReceiveStream::credit_limit() const {
  const uint64_t now = consumed_ > kVarintMax - window_ ? kVarintMax : consumed_ + window_;
  return std::max(now, credit_promised_);
}

void ReceiveStream::DigestInto(Digest& digest, bool with_received) const {
  digest.Add(window_).Add(explicit_consume_).Add(credit_promised_);
  digest.Add(final_offset_.has_value()).Add(final_offset_.value_or(0));
  if (with_received) digest.Add(received_).Add(consumed_);
}

}  // namespace holdfast
