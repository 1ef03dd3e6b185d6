#include "core/relay/shadowsocks_aead.h"

#include <utility>

#include "core/wire/cursor.h"

namespace holdfast {
namespace {

constexpr size_t kLengthBytes = 2;

Result<Bytes> DrawSalt(const ShadowMoment& moment, const ShadowKey& key, Entropy& entropy) {
  Bytes salt(key.salt_bytes());
  entropy.Fill(salt);
  HOLDFAST_TRY(moment.salts.Admit(moment.now, salt));
  return salt;
}

}  // namespace

Result<AeadSealer> AeadSealer::Begin(const ShadowMoment& moment, const ShadowKey& key, Entropy& entropy) {
  Result<Bytes> salt = DrawSalt(moment, key, entropy);
  if (!salt) return std::unexpected(salt.error());
  ChunkSealer chunks(key.CipherOf(*salt));
  return AeadSealer(std::move(*salt), std::move(chunks));
}

void AeadSealer::Seal(ByteSpan payload, Bytes& out) {
  Append(out, salt_);
  salt_.clear();
  chunks_.Seal(payload, limits::kAeadChunkBytesMax, out);
}

AeadSealer AeadSealer::ForkForSimulation(const ForkKey& key) const {
  return AeadSealer(salt_, chunks_.ForkForSimulation(key));
}

void AeadSealer::DigestInto(Digest& digest) const {
  digest.Add(salt_);
  chunks_.DigestInto(digest);
}

Status AeadOpener::Open(const ShadowMoment& moment, const ShadowKey& key, ByteSpan& input, Bytes& plaintext,
                        size_t plaintext_max) {
  if (!chunks_) {
    if (!salt_.Fill(input, key.salt_bytes())) return {};
    chunks_.emplace(key.CipherOf(salt_.span()));
  }
  if (!admitted_) {
    const auto piece = chunks_->OpenPiece(input, kLengthBytes);
    if (!piece) return std::unexpected(piece.error());
    if (!*piece) return {};
    HOLDFAST_TRY(moment.salts.Admit(moment.now, salt_.span()));
    const size_t length = static_cast<size_t>(Reader(**piece).TakeInteger(kLengthBytes));
    if (length == 0 || length > limits::kAeadChunkBytesMax) return std::unexpected(Error::kBadLength);
    chunks_->Expect(length);
    admitted_ = true;
  }
  return chunks_->Open(input, limits::kAeadChunkBytesMax, plaintext, plaintext_max);
}

AeadOpener AeadOpener::ForkForSimulation(const ForkKey& key) const {
  AeadOpener fork;
  fork.salt_ = salt_;
  if (chunks_) fork.chunks_.emplace(chunks_->ForkForSimulation(key));
  fork.admitted_ = admitted_;
  return fork;
}

void AeadOpener::DigestInto(Digest& digest) const {
  salt_.DigestInto(digest);
  if (chunks_) chunks_->DigestInto(digest);
  digest.Add(admitted_);
}

Result<Bytes> SealAeadDatagram(const ShadowMoment& moment, const ShadowKey& key, const Target& target, ByteSpan payload,
                               Entropy& entropy) {
  Result<Bytes> datagram = DrawSalt(moment, key, entropy);
  if (!datagram) return datagram;
  NonceAead aead = key.CipherOf(*datagram);
  Bytes plaintext = EncodeTarget(target);
  Append(plaintext, payload);
  const size_t start = datagram->size();
  datagram->resize(start + plaintext.size() + kTagBytes);
  aead.Seal({}, plaintext, MutableByteSpan(*datagram).subspan(start));
  return datagram;
}

Result<ShadowDatagram> OpenAeadDatagram(const ShadowMoment& moment, const ShadowKey& key, ByteSpan datagram) {
  if (datagram.size() < key.salt_bytes() + kTagBytes) return std::unexpected(Error::kTruncated);
  const ByteSpan salt = datagram.first(key.salt_bytes());
  const ByteSpan sealed = datagram.subspan(salt.size());
  Bytes plaintext(sealed.size() - kTagBytes);
  HOLDFAST_TRY(key.CipherOf(salt).Open({}, sealed, plaintext));
  HOLDFAST_TRY(moment.salts.Admit(moment.now, salt));
  Reader reader(plaintext);
  ShadowDatagram opened = {.target = ReadTarget(reader), .payload = ToBytes(reader.TakeRest())};
  if (!reader.ok()) return std::unexpected(reader.error());
  return opened;
}

}  // namespace holdfast
