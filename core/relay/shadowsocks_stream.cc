#include "core/relay/shadowsocks_stream.h"

#include <algorithm>
#include <array>
#include <utility>

#include "core/wire/cursor.h"

namespace holdfast {
namespace {

constexpr uint8_t kOneTimeAuthBit = 0x10;  // Of ATYP.
constexpr size_t kMacBytes = 10;
constexpr size_t kChunkHeadBytes = 2 + kMacBytes;
constexpr size_t kChunkBytesMax = 0xffff;

using Mac = std::array<uint8_t, kMacBytes>;

Mac MacOf(ByteSpan iv, ByteSpan key_or_number, ByteSpan text) {
  SecretBytes mac_key(iv.size() + key_or_number.size());
  std::ranges::copy(iv, mac_key.mutable_span().begin());
  std::ranges::copy(key_or_number, mac_key.mutable_span().last(key_or_number.size()).begin());
  const Sha1 whole = HmacSha1(mac_key.span(), {&text, 1});
  Mac mac;
  std::copy_n(whole.begin(), mac.size(), mac.begin());
  return mac;
}

Mac MacOfChunk(ByteSpan iv, uint32_t number, ByteSpan data) {
  std::array<uint8_t, 4> bytes;
  Writer(bytes).PutInteger(number, bytes.size());
  return MacOf(iv, bytes, data);
}

bool HasOneTimeAuth(const ShadowKey& key, StreamRole role) {
  return key.one_time_auth() == OneTimeAuth::kRequired && role == StreamRole::kRequest;
}

Result<Bytes> DrawIv(const ShadowMoment& moment, const ShadowKey& key, Entropy& entropy) {
  Bytes iv(key.salt_bytes());
  entropy.Fill(iv);
  HOLDFAST_TRY(moment.salts.Admit(moment.now, iv));
  return iv;
}

StreamCipher CipherFor(const ShadowKey& key, StreamCipher::Direction direction, ByteSpan iv) {
  return StreamCipher(key.stream(), direction, key.key(), iv);
}

// The bit that says so comes off; kUnknownValue if it is not as it must be.
Status TakeOneTimeAuthBit(bool wanted, uint8_t& type) {
  const bool there = (type & kOneTimeAuthBit) != 0;
  if (there != wanted) return std::unexpected(Error::kUnknownValue);
  type &= static_cast<uint8_t>(~kOneTimeAuthBit);
  return {};
}

}  // namespace

// --- Sealing -----------------------------------------------------------------------------------------------------

Result<StreamSealer> StreamSealer::Begin(const ShadowMoment& moment, const ShadowKey& key, StreamRole role,
                                         Entropy& entropy) {
  Result<Bytes> iv = DrawIv(moment, key, entropy);
  if (!iv) return std::unexpected(iv.error());
  StreamCipher cipher = CipherFor(key, StreamCipher::Direction::kEncrypt, *iv);
  return StreamSealer(key, HasOneTimeAuth(key, role), std::move(*iv), std::move(cipher));
}

void StreamSealer::SealTarget(const Target& target, Bytes& out) {
  Bytes header = EncodeTarget(target);
  if (one_time_auth_) {
    header[0] |= kOneTimeAuthBit;
    Append(header, MacOf(iv_, key_.key(), Bytes(header)));
  }
  Encrypt(header, out);
}

void StreamSealer::Seal(ByteSpan payload, Bytes& out) {
  if (!one_time_auth_) return Encrypt(payload, out);
  while (!payload.empty()) {
    const ByteSpan data = payload.first(std::min(payload.size(), kChunkBytesMax));
    payload = payload.subspan(data.size());
    Bytes chunk = {static_cast<uint8_t>(data.size() >> 8), static_cast<uint8_t>(data.size())};
    Append(chunk, MacOfChunk(iv_, chunks_++, data));
    Append(chunk, data);
    Encrypt(chunk, out);
  }
}

void StreamSealer::Encrypt(ByteSpan plaintext, Bytes& out) {
  if (!started_) Append(out, iv_);
  started_ = true;
  const size_t start = out.size();
  Append(out, plaintext);
  cipher_.Apply(MutableByteSpan(out).subspan(start));
}

StreamSealer StreamSealer::ForkForSimulation(const ForkKey& key) const {
  StreamSealer fork(key_, one_time_auth_, iv_, cipher_.ForkForSimulation(key));
  fork.started_ = started_;
  fork.chunks_ = chunks_;
  return fork;
}

void StreamSealer::DigestInto(Digest& digest) const {
  digest.Add(one_time_auth_).Add(started_).Add(chunks_).Add(iv_);
  cipher_.DigestInto(digest);
}

// --- Opening -----------------------------------------------------------------------------------------------------

Status StreamOpener::Open(const ShadowMoment& moment, const ShadowKey& key, ByteSpan& input, Bytes& plaintext,
                          size_t plaintext_max) {
  if (!cipher_) {
    if (!iv_.Fill(input, key.salt_bytes())) return {};
    cipher_.emplace(CipherFor(key, StreamCipher::Direction::kDecrypt, iv_.span()));
  }
  if (role_ == StreamRole::kRequest && !target_) {
    const Result<bool> whole = OpenTarget(moment, key, input);
    if (!whole) return std::unexpected(whole.error());
    if (!*whole) return {};
  }
  if (role_ == StreamRole::kResponse && !admitted_) {
    HOLDFAST_TRY(moment.salts.Admit(moment.now, iv_.span()));
    admitted_ = true;
  }
  if (HasOneTimeAuth(key, role_)) return OpenChunks(input, plaintext, plaintext_max);
  const size_t start = plaintext.size();
  const size_t count = std::min(input.size(), plaintext_max - std::min(plaintext_max, start));
  Append(plaintext, input.first(count));
  cipher_->Apply(MutableByteSpan(plaintext).subspan(start));
  input = input.subspan(count);
  return {};
}

bool StreamOpener::Fill(ByteSpan& input, size_t size) {
  const size_t before = plain_.size();
  const bool whole = plain_.Fill(input, size);
  cipher_->Apply(plain_.mutable_span().subspan(before));
  return whole;
}

Result<bool> StreamOpener::OpenTarget(const ShadowMoment& moment, const ShadowKey& key, ByteSpan& input) {
  const bool one_time_auth = HasOneTimeAuth(key, role_);
  size_t size = 1;
  for (;;) {
    if (!Fill(input, size)) return false;
    Bytes header = ToBytes(plain_.span());
    HOLDFAST_TRY(TakeOneTimeAuthBit(one_time_auth, header[0]));
    const auto known = TargetSize(header);
    if (!known) return std::unexpected(known.error());
    const size_t whole = *known ? **known + (one_time_auth ? kMacBytes : 0) : size + 1;
    if (*known && plain_.size() == whole) {
      const ByteSpan signed_part = plain_.span().first(**known);
      if (one_time_auth &&
          !EqualInConstantTime(MacOf(iv_.span(), key.key(), signed_part), plain_.span().subspan(**known))) {
        return std::unexpected(Error::kBadTag);
      }
      Reader reader(ByteSpan(header).first(**known));
      Target target = ReadTarget(reader);
      HOLDFAST_TRY(reader.Finish());
      HOLDFAST_TRY(moment.salts.Admit(moment.now, iv_.span()));
      target_ = std::move(target);
      plain_.Clear();
      return true;
    }
    size = whole;
  }
}

Status StreamOpener::OpenChunks(ByteSpan& input, Bytes& plaintext, size_t plaintext_max) {
  while (plaintext.size() < plaintext_max) {
    if (!Fill(input, kChunkHeadBytes)) return {};
    const size_t size = static_cast<size_t>(Reader(plain_.span()).TakeInteger(2));
    if (size == 0) return std::unexpected(Error::kBadLength);
    if (!Fill(input, kChunkHeadBytes + size)) return {};
    const ByteSpan data = plain_.span().subspan(kChunkHeadBytes);
    if (!EqualInConstantTime(MacOfChunk(iv_.span(), chunks_, data), plain_.span().subspan(2, kMacBytes))) {
      return std::unexpected(Error::kBadTag);
    }
    ++chunks_;
    Append(plaintext, data);
    plain_.Clear();
  }
  return {};
}

StreamOpener StreamOpener::ForkForSimulation(const ForkKey& key) const {
  StreamOpener fork(role_);
  fork.admitted_ = admitted_;
  fork.chunks_ = chunks_;
  fork.iv_ = iv_;
  if (cipher_) fork.cipher_.emplace(cipher_->ForkForSimulation(key));
  fork.plain_ = plain_;
  fork.target_ = target_;
  return fork;
}

void StreamOpener::DigestInto(Digest& digest) const {
  digest.Add(role_).Add(admitted_).Add(chunks_);
  iv_.DigestInto(digest);
  if (cipher_) cipher_->DigestInto(digest);
  plain_.DigestInto(digest);
  if (target_) target_->DigestInto(digest);
}

// --- UDP ---------------------------------------------------------------------------------------------------------

Result<Bytes> SealStreamDatagram(const ShadowMoment& moment, const ShadowKey& key, StreamRole role,
                                 const Target& target, ByteSpan payload, Entropy& entropy) {
  Result<Bytes> datagram = DrawIv(moment, key, entropy);
  if (!datagram) return datagram;
  const Bytes iv = *datagram;
  Bytes plaintext = EncodeTarget(target);
  Append(plaintext, payload);
  if (HasOneTimeAuth(key, role)) {
    plaintext[0] |= kOneTimeAuthBit;
    Append(plaintext, MacOf(iv, key.key(), Bytes(plaintext)));
  }
  CipherFor(key, StreamCipher::Direction::kEncrypt, iv).Apply(plaintext);
  Append(*datagram, plaintext);
  return datagram;
}

Result<ShadowDatagram> OpenStreamDatagram(const ShadowMoment& moment, const ShadowKey& key, StreamRole role,
                                          ByteSpan datagram) {
  const bool one_time_auth = HasOneTimeAuth(key, role);
  const size_t mac_bytes = one_time_auth ? kMacBytes : 0;
  if (datagram.size() < key.salt_bytes() + 1 + mac_bytes) return std::unexpected(Error::kTruncated);
  const ByteSpan iv = datagram.first(key.salt_bytes());
  Bytes plaintext = ToBytes(datagram.subspan(iv.size()));
  CipherFor(key, StreamCipher::Direction::kDecrypt, iv).Apply(plaintext);
  const ByteSpan signed_part = ByteSpan(plaintext).first(plaintext.size() - mac_bytes);
  if (one_time_auth && !EqualInConstantTime(MacOf(iv, key.key(), signed_part), ByteSpan(plaintext).last(mac_bytes))) {
    return std::unexpected(Error::kBadTag);
  }
  HOLDFAST_TRY(TakeOneTimeAuthBit(one_time_auth, plaintext[0]));
  Reader reader(signed_part);
  ShadowDatagram opened = {.target = ReadTarget(reader), .payload = ToBytes(reader.TakeRest())};
  if (!reader.ok()) return std::unexpected(reader.error());
  HOLDFAST_TRY(moment.salts.Admit(moment.now, iv));
  return opened;
}

}  // namespace holdfast
