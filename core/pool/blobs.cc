#include "core/pool/blobs.h"

#include "core/base/check.h"

namespace holdfast {
namespace {

// RFC 5869: extract with no salt, then expand. The key is used for one message. HF-MOV-11.
Key MoveKey(const Key& shared, const PublicKey& ephemeral, const TicketKey& ticket) {
  constexpr std::array<uint8_t, kHashBytes> kNoSalt = {};
  Key extracted;
  const ByteSpan input = shared.span();
  Hmac(kNoSalt, {&input, 1}, extracted.mutable_span());
  Bytes info = ToBytes(AsBytes("holdfast 1 move"));
  Append(info, ephemeral);
  Append(info, ticket);
  Key key;
  HkdfExpand(extracted.span(), info, key.mutable_span());
  return key;
}

}  // namespace

BlobCheck CheckOf(ByteSpan bytes) {
  const Hash hash = HashOf({&bytes, 1});
  BlobCheck check;
  std::copy_n(hash.begin(), check.size(), check.begin());
  return check;
}

Result<MoveSealer> MoveSealer::Begin(const TicketKey& ticket, Entropy& entropy) {
  const KeyPair ephemeral = KeyPair::Generate(entropy);
  const Result<Key> shared = ephemeral.Agree(ticket);
  if (!shared) return std::unexpected(shared.error());
  return MoveSealer(ephemeral.public_key(), MoveKey(*shared, ephemeral.public_key(), ticket));
}

LiveBlob MoveSealer::Seal(ByteSpan plaintext) && {
  Bytes sealed(ephemeral_.size() + plaintext.size() + kTagBytes);
  std::ranges::copy(ephemeral_, sealed.begin());
  Aead(Suite::kChaChaPoly, key_.span())
      .Seal(0, {}, {&plaintext, 1}, MutableByteSpan(sealed).subspan(ephemeral_.size()));
  key_.Clear();
  return LiveBlob(std::move(sealed));
}

Result<SecretBytes> MoveTicket::Open(ByteSpan sealed) && {
  const std::optional<KeyPair> pair = std::exchange(pair_, std::nullopt);
  PublicKey ephemeral;
  const bool sized = sealed.size() >= ephemeral.size() + kTagBytes && sealed.size() <= limits::kBlobBytesMax;
  if (!pair || !sized) return std::unexpected(Error::kBadBlob);
  std::ranges::copy(sealed.first(ephemeral.size()), ephemeral.begin());
  const Result<Key> shared = pair->Agree(ephemeral);
  if (!shared) return std::unexpected(Error::kBadBlob);
  const ByteSpan ciphertext = sealed.subspan(ephemeral.size());
  SecretBytes plaintext(ciphertext.size() - kTagBytes);
  const Key key = MoveKey(*shared, ephemeral, pair->public_key());
  const Status opened = Aead(Suite::kChaChaPoly, key.span()).Open(0, {}, ciphertext, plaintext.mutable_span());
  if (!opened) return std::unexpected(Error::kBadBlob);
  return plaintext;
}

// HF-MOV-5.
Time BegunAt(Time now, Duration hold, Duration left, Duration rested) {
  const Duration still = std::max(Duration(0), left - std::clamp(rested, Duration(0), left));
  return now - (hold - still);
}

EpochBlob BlobOf(Epoch epoch) { return {epoch.number, epoch.attempt, epoch.locator, std::move(epoch.resume_key)}; }

Epoch EpochOf(EpochBlob blob) { return {blob.number, std::move(blob.resume_key), blob.locator, blob.attempt}; }

StreamsBlob BlobOf(const Session& session, bool live, SecretBytes& held) {
  const SendStream::Position out = session.out().position();
  const ReceiveStream::Position in = session.in().position();
  held = SecretBytes(static_cast<size_t>(session.out().written() - out.acked));
  Writer writer(held.mutable_span());
  for (ByteSpan piece : session.out().held()) writer.Put(piece);
  StreamsBlob blob;
  blob.acked = {out.acked};
  blob.next = {live ? out.next : out.acked};
  blob.sent = {out.sent};
  blob.credit = {out.credit_limit};
  blob.finish_wanted = out.finish_wanted;
  blob.fin_sent = live && out.fin_sent;
  blob.fin_ever_sent = out.fin_ever_sent;
  blob.fin_acked = out.fin_acked;
  blob.space_wanted = out.space_wanted;
  blob.bytes_replayed = out.bytes_replayed;
  blob.received = {in.received};
  blob.consumed = {in.consumed};
  blob.credit_limit = {in.credit_limit};
  blob.fin_received = in.final_offset.has_value();
  blob.final_offset = {in.final_offset.value_or(0)};
  blob.held = {held.span()};
  return blob;
}

Result<Session> SessionOf(std::shared_ptr<const SessionOptions> shared, const StreamsBlob& blob, bool live) {
  const SendStream::Position out = {
      .acked = blob.acked.value,
      .next = blob.next.value,
      .sent = blob.sent.value,
      .credit_limit = blob.credit.value,
      .bytes_replayed = blob.bytes_replayed,
      .finish_wanted = blob.finish_wanted,
      .fin_sent = blob.fin_sent,
      .fin_ever_sent = blob.fin_ever_sent,
      .fin_acked = blob.fin_acked,
      .space_wanted = blob.space_wanted,
  };
  ReceiveStream::Position in = {.received = blob.received.value,
                                .consumed = blob.consumed.value,
                                .credit_limit = blob.credit_limit.value,
                                .final_offset = std::nullopt};
  if (blob.fin_received) in.final_offset = blob.final_offset.value;
  if (!SendStream::Possible(out, blob.held.bytes.size()) || !ReceiveStream::Possible(in)) {
    return std::unexpected(Error::kBadBlob);
  }
  if (!live) in.received = in.consumed;
  const SessionOptions& options = *shared;
  SendStream sends(options.replay_bytes_max, out, blob.held.bytes);
  if (sends.written() != out.acked + blob.held.bytes.size()) return std::unexpected(Error::kMemoryFull);
  ReceiveStream receives(options.receive_window, options.explicit_consume, in);
  return Session(std::move(shared), std::move(sends), receives);
}

bool FitsBlob(const Session& session) {
  return session.out().written() - session.out().acked() <= limits::kBlobBytesMax - limits::kBlobOverheadBytesMax;
}

}  // namespace holdfast
