#pragma once

// ShadowKey: a method of shadowsocks and the key that both ends share; and how the three families make keys of it.
// SIP004 and SIP007 (AEAD), SIP022 (AEAD-2022), and the stream ciphers before them, which are broken beyond repair:
// see docs/relay.md.

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "core/base/error.h"
#include "core/crypto/relay_ciphers.h"
#include "core/crypto/secret_bytes.h"

namespace holdfast {

enum class ShadowFamily : uint8_t { kAead, k2022, kStream };

// Stream ciphers are refused unless somebody says this.
enum class Insecure : uint8_t { kNo, kAllowed };

// Of a stream cipher: requests are authenticated by HMAC-SHA-1, or they are not. One end never takes both kinds.
enum class OneTimeAuth : uint8_t { kOff, kRequired };

// Immutable; copies share the secret.
class ShadowKey {
 public:
  // `method` is shadowsocks' own name, such as "aes-128-gcm" or "2022-blake3-aes-256-gcm". `secret` is a password, or,
  // of a 2022 method, exactly 16 or 32 bytes in base64: a password is refused there. kUnknownValue: no such method, or
  // an insecure one that nobody allowed; kBadLength: no key of its size.
  static Result<ShadowKey> FromName(std::string_view method, std::string_view secret, Insecure insecure = Insecure::kNo,
                                    OneTimeAuth one_time_auth = OneTimeAuth::kOff);

  ShadowFamily family() const { return family_; }
  AeadKind aead() const { return aead_; }              // Not of kStream.
  StreamCipherKind stream() const { return stream_; }  // Of kStream only.
  OneTimeAuth one_time_auth() const { return one_time_auth_; }
  ByteSpan key() const { return key_->span(); }
  // Of a salt, or of a stream cipher's IV.
  size_t salt_bytes() const { return family_ == ShadowFamily::kStream ? InfoOf(stream_).iv_bytes : key_->size(); }

  // The cipher of one direction of one connection, or of one datagram, or of one session of datagrams: what `salt`
  // makes of the key. Not of kStream.
  NonceAead CipherOf(ByteSpan salt) const;

 private:
  ShadowKey(ShadowFamily family, SecretBytes key)
      : family_(family), key_(std::make_shared<const SecretBytes>(std::move(key))) {}

  ShadowFamily family_;
  AeadKind aead_ = AeadKind::kAes128Gcm;
  StreamCipherKind stream_ = StreamCipherKind::kAes128Cfb;
  OneTimeAuth one_time_auth_ = OneTimeAuth::kOff;
  std::shared_ptr<const SecretBytes> key_;
};

// OpenSSL's EVP_BytesToKey with MD5, no salt and one round: what shadowsocks makes of a password.
SecretBytes KeyOfPassword(std::string_view password, size_t size);

// RFC 5869 with SHA-1; out.size() <= 255 * 20.
void HkdfSha1(ByteSpan key, ByteSpan salt, std::string_view info, MutableByteSpan out);

// RFC 4648, padded, with nothing else in it; exactly `size` bytes or kBadLength or kUnknownValue.
Result<SecretBytes> FromBase64(std::string_view text, size_t size);

}  // namespace holdfast
