#include "core/session/session.h"

#include <algorithm>
#include <array>
#include <utility>
#include <variant>

#include "core/base/check.h"

namespace holdfast {
namespace {

template <typename... Ts>
struct Overload : Ts... {
  using Ts::operator()...;
};

// Everything that a record may hold before and after its DATA.
constexpr size_t kHeadBytesMax = 1 + EncodedSize(AckFrame{{kVarintMax}, {kVarintMax}, true}) + FrameSize(PongFrame{}) +
                                 FrameSize(PingFrame{}) + kDataHeaderBytesMax;
constexpr size_t kTailBytesMax = FrameSize(FinFrame{{kVarintMax}});

ByteSpan SealPieces(Link& link, std::span<const ByteSpan> pieces, Scratch& scratch) {
  size_t size = kRecordOverheadBytes;
  for (ByteSpan piece : pieces) size += piece.size();
  MutableByteSpan record = scratch.Get(size);
  link.sealer().Seal(pieces, record);
  link.RestAgain();
  return record;
}

}  // namespace

// HF-OFS-4.
Claims Session::ClaimsWith(const ReceiveStream& in) const {
  return {{in.received()}, {in.consumed()}, {out_.acked()}, {in.credit_limit()}, in.fin_received()};
}

void Session::Consumed(Time now, uint64_t bytes, Link* link) {
  in_.Consume(bytes);
  if (link != nullptr) link->OnConsumed(now, in_.consumed(), AckThreshold());
}

// HF-OFS-5.
Status Session::Attach(const Claims& claims) {
  if (claims.low.value > in_.received()) return std::unexpected(Error::kStateLost);
  return out_.OnClaims(claims);
}

Result<Session::Outcome> Session::OnFrame(Time now, Link& link, const Frame& frame) {
  Outcome outcome;
  auto handle = Overload{
      [](const PaddingFrame&) -> Status { return {}; },  // HF-FRM-4.
      [&](const PingFrame& ping) -> Status {
        link.OnPing(ping);
        return {};
      },
      [](const PongFrame&) -> Status { return {}; },  // That it came is what it says. HF-FRM-6.
      [&](const AckFrame& ack) -> Status { return out_.OnAck(ack); },
      [&](const DataFrame& data) -> Status {
        const bool ended = in_.ended();
        auto fresh = in_.OnData(data.offset.value, data.bytes.bytes);
        if (!fresh) return std::unexpected(fresh.error());
        outcome.deliver = *fresh;
        outcome.peer_finished = in_.ended() && !ended;
        outcome.offset = in_.received() - fresh->size();
        link.OnConsumed(now, in_.consumed(), AckThreshold());
        link.DataPassed(now);
        return {};
      },
      [&](const FinFrame& fin) -> Status {
        auto first = in_.OnFin(fin.final_offset.value);
        if (!first) return std::unexpected(first.error());
        outcome.peer_finished = *first;
        link.OweAck();  // HF-OFS-15.
        return {};
      },
      [&](const CloseFrame& close) -> Status {
        outcome.close = close.end;
        return {};
      },
  };
  HOLDFAST_TRY(std::visit(handle, frame));
  return outcome;
}

bool Session::HasRecord(Time now, const Link& link) const {
  return link.ack_due(now) || link.keepalive_due(now) || link.pong_due() || link.ping_due(now) || out_.sendable() > 0 ||
         out_.fin_due();
}

// HF-FRM-7.
ByteSpan Session::NextRecord(Time now, Link& link, Scratch& scratch) {
  const size_t data_bytes_max = link.sealer().next_index() == 0
                                    ? std::min(link.data_bytes_max(), limits::kFirstRecordDataBytesMax)
                                    : link.data_bytes_max();
  const size_t data_bytes = std::min(out_.sendable(), data_bytes_max);
  if (!scratch.Reserve(kRecordOverheadBytes + kHeadBytesMax + data_bytes + kTailBytesMax)) return {};
  std::array<uint8_t, kHeadBytesMax> head;
  std::array<uint8_t, kTailBytesMax> tail;
  Writer head_writer(head);
  Writer tail_writer(tail);
  if (link.keepalive_due(now)) link.OweAck();
  link.RecordSent(now);
  if (link.ack_useful(in_.consumed())) {
    WriteFrame(head_writer, AckFrame{{in_.consumed()}, {in_.credit_limit()}, in_.fin_received()});
    link.AckSent(in_.consumed());
  }
  if (std::optional<PongFrame> pong = link.TakePong()) WriteFrame(head_writer, *pong);
  if (link.ping_due(now)) WriteFrame(head_writer, link.TakePing());
  std::array<ByteSpan, 2> data;
  if (data_bytes > 0) {
    SendStream::Chunk chunk = out_.TakeChunk(data_bytes);
    WriteDataHeader(head_writer, chunk.offset, data_bytes);
    data = chunk.pieces;
    link.DataSent(data_bytes);
    link.DataPassed(now);
  }
  if (out_.fin_due()) {
    WriteFrame(tail_writer, FinFrame{{out_.written()}});
    out_.FinSent();
  }
  const std::array<ByteSpan, 4> pieces = {ByteSpan(head).first(head_writer.written()), data[0], data[1],
                                          ByteSpan(tail).first(tail_writer.written())};
  return SealPieces(link, pieces, scratch);
}

size_t Session::AckThreshold() const {
  return std::clamp<size_t>(options_->receive_window / 2, 1, options_->ack_bytes_max);
}

void Session::FillView(SessionView& view) const {
  view.written = out_.written();
  view.sent = out_.sent();
  view.acked = out_.acked();
  view.received = in_.received();
  view.consumed = in_.consumed();
  view.finish_wanted = out_.finish_wanted();
  view.peer_fin_received = in_.fin_received();
  view.replay_bytes = static_cast<size_t>(out_.written() - out_.acked());
  view.memory_bytes += out_.allocated();
  view.bytes_replayed = out_.bytes_replayed();
}

Session Session::ForkForSimulation(const ForkKey&) const { return Session(options_, out_.Clone(), in_); }

void Session::DigestInto(Digest& digest, bool with_received) const {
  out_.DigestInto(digest);
  in_.DigestInto(digest, with_received);
}

ByteSpan SealClose(Link& link, const Closing& end, Scratch& scratch) {
  CloseFrame close{end};
  std::array<uint8_t, FrameSize(CloseFrame{})> plaintext;
  Writer writer(plaintext);
  WriteFrame(writer, close);
  const ByteSpan piece = plaintext;
  return SealPieces(link, {&piece, 1}, scratch);
}

}  // namespace holdfast
