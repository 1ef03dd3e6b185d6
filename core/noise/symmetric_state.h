#pragma once

// SymmetricState: Noise rev 34 sections 5.1 and 5.2, with the spec's own names: ck, h, and the CipherState's k and n.
// The heart of a handshake; for core/noise only.

#include <cstdint>
#include <optional>
#include <string_view>

#include "core/base/bytes.h"
#include "core/base/digest.h"
#include "core/base/error.h"
#include "core/crypto/crypto.h"

namespace holdfast {

class ForkKey;

class SymmetricState {
 public:
  // InitializeSymmetric(). HF-KEY-3.
  SymmetricState(Suite suite, std::string_view protocol_name);

  void MixKey(ByteSpan input);
  void MixHash(ByteSpan data);
  void MixKeyAndHash(ByteSpan input);

  // Appends the ciphertext, or the plaintext itself before the first key, to `out`.
  void EncryptAndHash(ByteSpan plaintext, Bytes& out);

  // Appends the plaintext to `out`. kTruncated if there is not even a tag, kBadTag if it does not verify: then nothing
  // is appended, and nothing mixed in.
  Status DecryptAndHash(ByteSpan ciphertext, Bytes& out);

  // Split()'s keys, with a third output of the same HKDF. Wipes ck and k.
  void Split(Key& first, Key& second, Key& third);

  bool HasKey() const { return has_key_; }
  const Hash& h() const { return h_; }

  SymmetricState ForkForSimulation(const ForkKey& key) const;
  void DigestInto(Digest& digest) const;

 private:
  SymmetricState() = default;

  // InitializeKey(temp_k).
  void InitializeKey(Key temp_k);
  Aead& Cipher();

  Suite suite_ = Suite::kChaChaPoly;
  bool has_key_ = false;
  uint64_t n_ = 0;
  Key ck_;
  Key k_;
  Hash h_ = {};
  // Made from k at the first use: most keys of a handshake are replaced before they seal anything.
  std::optional<Aead> cipher_;
};

}  // namespace holdfast
