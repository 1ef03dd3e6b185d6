#include "core/relay/shadowsocks_2022.h"

#include <algorithm>
#include <array>
#include <utility>

#include "core/base/check.h"
#include "core/wire/fields.h"

namespace holdfast {
namespace {

constexpr size_t kFixedBytes = EncodedSize(ShadowRequestHead{});
constexpr size_t kStampBytes = EncodedSize(ShadowStamp{});
constexpr size_t kLengthBytes = 2;
constexpr size_t kPaddingLengthBytes = 2;
constexpr uint64_t kMillisecondsPerSecond = 1000;

size_t ResponseBytes(const ShadowKey& key) { return kStampBytes + key.salt_bytes() + kLengthBytes; }

size_t DrawPadding(Entropy& entropy) {
  std::array<uint8_t, 4> drawn;
  entropy.Fill(drawn);
  return 1 + static_cast<size_t>(Reader(drawn).TakeInteger(drawn.size()) % limits::kShadowPaddingBytesMax);
}

}  // namespace

// In milliseconds: so what was taken once is too old, or in a salt set of 60 s, at any time later.
Status CheckShadowStamp(const std::optional<WallTime>& wall, uint64_t stamp_s) {
  if (!wall || stamp_s > UINT64_MAX / kMillisecondsPerSecond) return std::unexpected(Error::kClockSkew);
  const uint64_t stamp_ms = stamp_s * kMillisecondsPerSecond;
  const uint64_t apart = stamp_ms > wall->unix_ms ? stamp_ms - wall->unix_ms : wall->unix_ms - stamp_ms;
  if (apart > MillisecondsOf(limits::kShadowClockWindow)) return std::unexpected(Error::kClockSkew);
  return {};
}

// --- Request -----------------------------------------------------------------------------------------------------

Result<Request2022Sealer> Request2022Sealer::Begin(const ShadowMoment& moment, const ShadowKey& key,
                                                   const Target& target, ByteSpan payload, Entropy& entropy,
                                                   Bytes& out) {
  HOLDFAST_CHECK(payload.size() <= kFirstPayloadBytesMax);
  if (!moment.wall) return std::unexpected(Error::kClockSkew);
  Bytes salt(key.salt_bytes());
  entropy.Fill(salt);
  ChunkSealer chunks(key.CipherOf(salt));
  const size_t padding = payload.empty() ? DrawPadding(entropy) : 0;
  Bytes variable(EncodedSize(target) + kPaddingLengthBytes + padding);
  Writer writer(variable);
  WriteTarget(writer, target);
  writer.PutInteger(padding, kPaddingLengthBytes);
  Append(variable, payload);
  const ShadowRequestHead fixed = {
      .stamp = {.type = ShadowType::kRequest, .unix_s = moment.wall->unix_ms / kMillisecondsPerSecond},
      .variable_bytes = static_cast<uint16_t>(variable.size())};
  Append(out, salt);
  chunks.SealPiece(Encode(fixed), out);
  chunks.SealPiece(variable, out);
  return Request2022Sealer(std::move(salt), std::move(chunks));
}

void Request2022Sealer::Seal(ByteSpan payload, Bytes& out) {
  chunks_.Seal(payload, limits::kShadow2022ChunkBytesMax, out);
}

Request2022Sealer Request2022Sealer::ForkForSimulation(const ForkKey& key) const {
  return Request2022Sealer(salt_, chunks_.ForkForSimulation(key));
}

void Request2022Sealer::DigestInto(Digest& digest) const {
  digest.Add(salt_);
  chunks_.DigestInto(digest);
}

Status Request2022Opener::Open(const ShadowMoment& moment, const ShadowKey& key, ByteSpan& input, Bytes& plaintext,
                               size_t plaintext_max) {
  if (!chunks_) {
    HOLDFAST_TRY(OpenFixed(moment, key, input));
    if (!chunks_) return {};
  }
  if (!target_) {
    const auto variable = chunks_->OpenPiece(input, variable_bytes_);
    if (!variable) return std::unexpected(variable.error());
    if (!*variable) return {};
    HOLDFAST_TRY(ReadVariable(**variable, plaintext));
  }
  return chunks_->Open(input, limits::kShadow2022ChunkBytesMax, plaintext, plaintext_max);
}

Status Request2022Opener::OpenFixed(const ShadowMoment& moment, const ShadowKey& key, ByteSpan& input) {
  if (!head_.Fill(input, key.salt_bytes() + kFixedBytes + kTagBytes)) return {};
  const ByteSpan salt = head_.span().first(key.salt_bytes());
  ByteSpan sealed = head_.span().subspan(salt.size());
  ChunkOpener chunks(key.CipherOf(salt));
  const auto piece = chunks.OpenPiece(sealed, kFixedBytes);
  if (!piece) return std::unexpected(piece.error());
  const Result<ShadowRequestHead> fixed = Decode<ShadowRequestHead>(**piece);
  if (!fixed) return std::unexpected(fixed.error());
  if (fixed->stamp.type != ShadowType::kRequest) return std::unexpected(Error::kUnknownValue);
  HOLDFAST_TRY(CheckShadowStamp(moment.wall, fixed->stamp.unix_s));
  HOLDFAST_TRY(moment.salts.Admit(moment.now, salt));
  salt_ = ToBytes(salt);
  variable_bytes_ = fixed->variable_bytes;
  chunks_.emplace(std::move(chunks));
  head_.Release();
  return {};
}

Status Request2022Opener::ReadVariable(ByteSpan header, Bytes& plaintext) {
  Reader reader(header);
  Target target = ReadTarget(reader);
  const size_t padding = static_cast<size_t>(reader.TakeInteger(kPaddingLengthBytes));
  reader.Take(padding);
  const ByteSpan payload = reader.TakeRest();
  if (!reader.ok()) return std::unexpected(reader.error());
  if (padding > limits::kShadowPaddingBytesMax) return std::unexpected(Error::kBadLength);
  if (padding == 0 && payload.empty()) return std::unexpected(Error::kBadLength);
  Append(plaintext, payload);
  target_ = std::move(target);
  return {};
}

Request2022Opener Request2022Opener::ForkForSimulation(const ForkKey& key) const {
  Request2022Opener fork;
  fork.head_ = head_;
  fork.salt_ = salt_;
  if (chunks_) fork.chunks_.emplace(chunks_->ForkForSimulation(key));
  fork.variable_bytes_ = variable_bytes_;
  fork.target_ = target_;
  return fork;
}

void Request2022Opener::DigestInto(Digest& digest) const {
  head_.DigestInto(digest);
  digest.Add(salt_).Add(variable_bytes_);
  if (chunks_) chunks_->DigestInto(digest);
  if (target_) target_->DigestInto(digest);
}

// --- Response ----------------------------------------------------------------------------------------------------

Response2022Sealer::Response2022Sealer(const ShadowKey& key, ByteSpan request_salt, Entropy& entropy)
    : salt_([&] {
        Bytes salt(key.salt_bytes());
        entropy.Fill(salt);
        return salt;
      }()),
      request_salt_(ToBytes(request_salt)),
      chunks_(key.CipherOf(salt_)) {}

Status Response2022Sealer::Seal(const ShadowMoment& moment, ByteSpan payload, Bytes& out) {
  if (payload.empty()) return {};
  if (!salt_.empty()) {
    if (!moment.wall) return std::unexpected(Error::kClockSkew);
    const ByteSpan first = payload.first(std::min(payload.size(), limits::kShadow2022ChunkBytesMax));
    payload = payload.subspan(first.size());
    Bytes header(kStampBytes + request_salt_.size() + kLengthBytes);
    Writer writer(header);
    Write(writer, ShadowStamp{ShadowType::kResponse, moment.wall->unix_ms / kMillisecondsPerSecond});
    writer.Put(request_salt_);
    writer.PutInteger(first.size(), kLengthBytes);
    Append(out, salt_);
    chunks_.SealPiece(header, out);
    chunks_.SealPiece(first, out);
    salt_.clear();
  }
  chunks_.Seal(payload, limits::kShadow2022ChunkBytesMax, out);
  return {};
}

Response2022Sealer Response2022Sealer::ForkForSimulation(const ForkKey& key) const {
  return Response2022Sealer(salt_, request_salt_, chunks_.ForkForSimulation(key));
}

void Response2022Sealer::DigestInto(Digest& digest) const {
  digest.Add(salt_).Add(request_salt_);
  chunks_.DigestInto(digest);
}

Status Response2022Opener::Open(const ShadowMoment& moment, const ShadowKey& key, ByteSpan request_salt,
                                ByteSpan& input, Bytes& plaintext, size_t plaintext_max) {
  if (!chunks_) {
    if (!head_.Fill(input, key.salt_bytes() + ResponseBytes(key) + kTagBytes)) return {};
    const ByteSpan salt = head_.span().first(key.salt_bytes());
    ByteSpan sealed = head_.span().subspan(salt.size());
    ChunkOpener chunks(key.CipherOf(salt));
    const auto piece = chunks.OpenPiece(sealed, ResponseBytes(key));
    if (!piece) return std::unexpected(piece.error());
    Reader reader(**piece);
    ShadowStamp head;
    Read(reader, head);
    const ByteSpan answered = reader.Take(key.salt_bytes());
    const size_t length = static_cast<size_t>(reader.TakeInteger(kLengthBytes));
    HOLDFAST_TRY(reader.Finish());
    if (head.type != ShadowType::kResponse) return std::unexpected(Error::kUnknownValue);
    HOLDFAST_TRY(CheckShadowStamp(moment.wall, head.unix_s));
    if (!EqualInConstantTime(answered, request_salt)) return std::unexpected(Error::kReplayed);
    if (length == 0) return std::unexpected(Error::kBadLength);
    chunks.Expect(length);
    chunks_.emplace(std::move(chunks));
    head_.Release();
  }
  return chunks_->Open(input, limits::kShadow2022ChunkBytesMax, plaintext, plaintext_max);
}

Response2022Opener Response2022Opener::ForkForSimulation(const ForkKey& key) const {
  Response2022Opener fork;
  fork.head_ = head_;
  if (chunks_) fork.chunks_.emplace(chunks_->ForkForSimulation(key));
  return fork;
}

void Response2022Opener::DigestInto(Digest& digest) const {
  head_.DigestInto(digest);
  if (chunks_) chunks_->DigestInto(digest);
}

}  // namespace holdfast
