#include "core/relay/shadowsocks_key.h"

#include <algorithm>
#include <array>

#include "core/base/check.h"
#include "core/relay/blake3.h"

namespace holdfast {
namespace {

constexpr std::string_view kAeadInfo = "ss-subkey";
constexpr std::string_view k2022Context = "shadowsocks 2022 session subkey";

struct AeadMethod {
  std::string_view name;
  ShadowFamily family;
  AeadKind kind;
};
constexpr std::array<AeadMethod, 5> kAeadMethods = {{
    {"aes-128-gcm", ShadowFamily::kAead, AeadKind::kAes128Gcm},
    {"aes-256-gcm", ShadowFamily::kAead, AeadKind::kAes256Gcm},
    {"chacha20-ietf-poly1305", ShadowFamily::kAead, AeadKind::kChaChaPoly},
    {"2022-blake3-aes-128-gcm", ShadowFamily::k2022, AeadKind::kAes128Gcm},
    {"2022-blake3-aes-256-gcm", ShadowFamily::k2022, AeadKind::kAes256Gcm},
}};

std::optional<uint32_t> Base64Value(char c) {
  if (c >= 'A' && c <= 'Z') return static_cast<uint32_t>(c - 'A');
  if (c >= 'a' && c <= 'z') return static_cast<uint32_t>(c - 'a' + 26);
  if (c >= '0' && c <= '9') return static_cast<uint32_t>(c - '0' + 52);
  if (c == '+') return 62;
  if (c == '/') return 63;
  return std::nullopt;
}

}  // namespace

Result<ShadowKey> ShadowKey::FromName(std::string_view method, std::string_view secret, Insecure insecure,
                                      OneTimeAuth one_time_auth) {
  for (const AeadMethod& aead : kAeadMethods) {
    if (aead.name != method) continue;
    if (one_time_auth == OneTimeAuth::kRequired) return std::unexpected(Error::kUnknownValue);
    const size_t size = KeyBytesOf(aead.kind);
    Result<SecretBytes> key = aead.family == ShadowFamily::k2022 ? FromBase64(secret, size)
                              : secret.empty() ? Result<SecretBytes>(std::unexpected(Error::kBadLength))
                                               : KeyOfPassword(secret, size);
    if (!key) return std::unexpected(key.error());
    ShadowKey made(aead.family, std::move(*key));
    made.aead_ = aead.kind;
    return made;
  }
  for (size_t i = 0; i < kStreamCipherKinds && insecure == Insecure::kAllowed; ++i) {
    const StreamCipherKind kind = static_cast<StreamCipherKind>(i);
    if (InfoOf(kind).name != method) continue;
    if (secret.empty()) return std::unexpected(Error::kBadLength);
    ShadowKey made(ShadowFamily::kStream, KeyOfPassword(secret, InfoOf(kind).key_bytes));
    made.stream_ = kind;
    made.one_time_auth_ = one_time_auth;
    return made;
  }
  return std::unexpected(Error::kUnknownValue);
}

NonceAead ShadowKey::CipherOf(ByteSpan salt) const {
  HOLDFAST_CHECK(family_ != ShadowFamily::kStream);
  SecretBytes subkey(key_->size());
  if (family_ == ShadowFamily::k2022) {
    const std::array<ByteSpan, 2> material = {key(), salt};
    Blake3DeriveKey(k2022Context, material, subkey.mutable_span());
  } else {
    HkdfSha1(key(), salt, kAeadInfo, subkey.mutable_span());
  }
  return NonceAead(aead_, subkey.span());
}

SecretBytes KeyOfPassword(std::string_view password, size_t size) {
  SecretBytes key(size);
  Md5 block = {};
  for (size_t at = 0; at < size; at += block.size()) {
    const std::array<ByteSpan, 2> pieces = {at == 0 ? ByteSpan() : ByteSpan(block), AsBytes(password)};
    block = Md5Of(pieces);
    const size_t count = std::min(block.size(), size - at);
    std::copy_n(block.begin(), count, key.mutable_span().begin() + static_cast<ptrdiff_t>(at));
  }
  Wipe(block);
  return key;
}

void HkdfSha1(ByteSpan key, ByteSpan salt, std::string_view info, MutableByteSpan out) {
  HOLDFAST_CHECK(out.size() <= 255 * kSha1Bytes);
  Sha1 extracted = HmacSha1(salt, {&key, 1});
  Sha1 block = {};
  for (uint8_t number = 1; !out.empty(); ++number) {
    const std::array<ByteSpan, 3> pieces = {number == 1 ? ByteSpan() : ByteSpan(block), AsBytes(info),
                                            ByteSpan(&number, 1)};
    block = HmacSha1(extracted, pieces);
    const size_t count = std::min(out.size(), block.size());
    std::copy_n(block.begin(), count, out.begin());
    out = out.subspan(count);
  }
  Wipe(extracted);
  Wipe(block);
}

Result<SecretBytes> FromBase64(std::string_view text, size_t size) {
  if (text.size() != (size + 2) / 3 * 4) return std::unexpected(Error::kBadLength);
  const size_t padding = (3 - size % 3) % 3;
  if (text.substr(text.size() - padding) != std::string_view("==").substr(0, padding)) {
    return std::unexpected(Error::kBadLength);
  }
  SecretBytes bytes(size);
  uint32_t bits = 0;
  size_t held = 0;
  size_t at = 0;
  for (char c : text.substr(0, text.size() - padding)) {
    const std::optional<uint32_t> value = Base64Value(c);
    if (!value) return std::unexpected(Error::kUnknownValue);
    bits = bits << 6 | *value;
    held += 6;
    if (held < 8) continue;
    held -= 8;
    bytes.mutable_span()[at++] = static_cast<uint8_t>(bits >> held);
    bits &= (uint32_t{1} << held) - 1;
  }
  if (bits != 0) return std::unexpected(Error::kUnknownValue);  // Bits that say nothing are 0.
  return bytes;
}

}  // namespace holdfast
