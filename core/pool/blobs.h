#pragma once

// What the exports and imports of both roles share: sealing to a ticket, the frame around a blob at rest, and the
// conversions between a session's parts and their layouts (core/wire/blobs.h). Everything that comes from a blob may be
// damaged or hostile: what cannot be is kBadBlob, and trips nothing. HF-MOV-7.

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "core/base/time.h"
#include "core/crypto/secret_bytes.h"
#include "core/pool/moving.h"
#include "core/session/epoch.h"
#include "core/session/session.h"
#include "core/wire/blobs.h"

namespace holdfast {

// --- Encoding ----------------------------------------------------------------------------------------------------

inline constexpr size_t kBlobCheckBytes = sizeof(BlobCheck);

// Of `bytes`: finds damage, not malice. HF-MOV-3.
BlobCheck CheckOf(ByteSpan bytes);

// A head of `kind`, and the body; `room` bytes stay free at the end.
template <WireMessage T>
SecretBytes EncodeBlob(const BlobHead& head, const T& body, size_t room) {
  SecretBytes bytes(EncodedSize(head) + EncodedSize(body) + room);
  Writer writer(bytes.mutable_span());
  Write(writer, head);
  Write(writer, body);
  return bytes;
}

template <WireMessage T>
RestBlob MakeRestBlob(BlobKind kind, Entropy& entropy, const T& body) {
  BlobHead head;
  head.kind = kind;
  entropy.Fill(head.id);
  SecretBytes bytes = EncodeBlob(head, body, kBlobCheckBytes);
  const size_t checked = bytes.size() - kBlobCheckBytes;
  std::ranges::copy(CheckOf(bytes.span().first(checked)), bytes.mutable_span().subspan(checked).begin());
  return RestBlob(std::move(bytes));
}

// The head, of `kind`, and the body, to its last byte. Views in the body live as long as `bytes`.
template <WireMessage T>
Result<BlobHead> DecodeBlob(BlobKind kind, ByteSpan bytes, T& body) {
  Reader reader(bytes);
  BlobHead head;
  Read(reader, head);
  Read(reader, body);
  const bool good = reader.Finish().has_value() && head.version == kBlobVersion && head.kind == kind;
  if (!good) return std::unexpected(Error::kBadBlob);
  return head;
}

template <WireMessage T>
Result<BlobHead> DecodeRestBlob(BlobKind kind, const RestBlob& blob, T& body) {
  const ByteSpan bytes = blob.bytes();
  if (bytes.size() < kBlobCheckBytes || bytes.size() > limits::kBlobBytesMax) return std::unexpected(Error::kBadBlob);
  const ByteSpan checked = bytes.first(bytes.size() - kBlobCheckBytes);
  if (!std::ranges::equal(CheckOf(checked), bytes.last(kBlobCheckBytes))) return std::unexpected(Error::kBadBlob);
  return DecodeBlob(kind, checked, body);
}

// --- Sealing -----------------------------------------------------------------------------------------------------

// Seals one live session to a ticket. HF-MOV-11.
class MoveSealer {
 public:
  // kWeakKey if `ticket` is no key.
  static Result<MoveSealer> Begin(const TicketKey& ticket, Entropy& entropy);
  LiveBlob Seal(ByteSpan plaintext) &&;

 private:
  MoveSealer(const PublicKey& ephemeral, Key key) : ephemeral_(ephemeral), key_(std::move(key)) {}

  PublicKey ephemeral_;
  Key key_;
};

// --- The parts of a session --------------------------------------------------------------------------------------

// Times in blobs are nanoseconds, and never so large that a sum of two of them overflows.
inline constexpr uint64_t kBlobDurationMax = uint64_t{1} << 61;
constexpr uint64_t NanosecondsOf(Duration duration) {
  return std::min(kBlobDurationMax, static_cast<uint64_t>(std::max<Duration::rep>(duration.count(), 0)));
}
constexpr bool IsDuration(uint64_t nanoseconds) { return nanoseconds <= kBlobDurationMax; }
constexpr Duration DurationOf(uint64_t nanoseconds) { return Duration(static_cast<Duration::rep>(nanoseconds)); }

// When a time of `hold` began of which `left` was left at the export, `rested` ago. Never longer ago than `hold`.
Time BegunAt(Time now, Duration hold, Duration left, Duration rested);

EpochBlob BlobOf(Epoch epoch);
Epoch EpochOf(EpochBlob blob);

// `held` is the memory of the view in what is returned.
StreamsBlob BlobOf(const Session& session, bool live, SecretBytes& held);
// At rest, what was received and not consumed is given up: the peer holds it. HF-MOV-6.
Result<Session> SessionOf(std::shared_ptr<const SessionOptions> shared, const StreamsBlob& blob, bool live);

// Whether so much can be in a blob.
bool FitsBlob(const Session& session);

}  // namespace holdfast
