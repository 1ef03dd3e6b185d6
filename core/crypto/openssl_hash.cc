// SHA-256, and HMAC and HKDF over it, with OpenSSL's EVP digests. HMAC is written out: OpenSSL 3's own fetches its
// parts by name at every key, which costs more than the hashing.

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <array>

#include "core/base/check.h"
#include "core/crypto/crypto.h"
#include "core/crypto/openssl_handle.h"

namespace holdfast {
namespace {

constexpr size_t kBlockBytes = 64;

// SHA-256, again and again in one context.
class Sha256 {
 public:
  Sha256() : context_(EVP_MD_CTX_new()) { HOLDFAST_CHECK(context_ != nullptr); }

  void Update(ByteSpan bytes) {
    if (!started_) Start();
    HOLDFAST_CHECK(EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()) == 1);
  }

  // The next Update() begins the next hash.
  void Finish(std::span<uint8_t, kHashBytes> out) {
    if (!started_) Start();
    unsigned size = 0;
    HOLDFAST_CHECK(EVP_DigestFinal_ex(context_.get(), out.data(), &size) == 1 && size == kHashBytes);
    started_ = false;
  }

 private:
  void Start() {
    static const EVP_MD* const sha256 = EVP_MD_fetch(nullptr, "SHA256", nullptr);
    HOLDFAST_CHECK(sha256 != nullptr);
    HOLDFAST_CHECK(EVP_DigestInit_ex2(context_.get(), sha256, nullptr) == 1);
    started_ = true;
  }

  DigestContext context_;
  bool started_ = false;
};

// RFC 2104: H(K xor opad, H(K xor ipad, text)).
class HmacSha256 {
 public:
  explicit HmacSha256(ByteSpan key) {
    if (key.size() > kBlockBytes) {
      hash_.Update(key);
      hash_.Finish(pad_.mutable_span().first<kHashBytes>());
    } else {
      SetKey(key);
    }
  }

  void SetKey(ByteSpan key) {
    HOLDFAST_CHECK(key.size() <= kBlockBytes);
    pad_.Clear();
    std::copy(key.begin(), key.end(), pad_.mutable_span().begin());
  }

  void Compute(std::span<const ByteSpan> pieces, std::span<uint8_t, kHashBytes> out) {
    XorPad(0x36);
    hash_.Update(pad_.span());
    for (ByteSpan piece : pieces) hash_.Update(piece);
    hash_.Finish(out);
    XorPad(0x36 ^ 0x5c);
    hash_.Update(pad_.span());
    hash_.Update(out);
    hash_.Finish(out);
    XorPad(0x5c);
  }

 private:
  void XorPad(uint8_t with) {
    for (uint8_t& byte : pad_.mutable_span()) byte ^= with;
  }

  Sha256 hash_;
  Secret<kBlockBytes> pad_;
};

}  // namespace

std::string_view CryptoProvider() { return "openssl"; }

void Wipe(MutableByteSpan memory) { OPENSSL_cleanse(memory.data(), memory.size()); }

bool EqualInConstantTime(ByteSpan a, ByteSpan b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

Hash HashOf(std::span<const ByteSpan> pieces) {
  Sha256 sha256;
  for (ByteSpan piece : pieces) sha256.Update(piece);
  Hash hash;
  sha256.Finish(hash);
  return hash;
}

void Hmac(ByteSpan key, std::span<const ByteSpan> pieces, std::span<uint8_t, kHashBytes> out) {
  HmacSha256(key).Compute(pieces, out);
}

void NoiseHkdf(std::span<const uint8_t, kKeyBytes> chaining_key, ByteSpan input, std::span<Key> outputs) {
  HOLDFAST_CHECK(outputs.size() <= 3);
  HmacSha256 hmac(chaining_key);
  Key temp_key;
  hmac.Compute({&input, 1}, temp_key.mutable_span());
  hmac.SetKey(temp_key.span());
  ByteSpan previous;
  for (size_t i = 0; i < outputs.size(); ++i) {
    const uint8_t number = static_cast<uint8_t>(i + 1);
    const std::array<ByteSpan, 2> pieces = {previous, ByteSpan(&number, 1)};
    hmac.Compute(pieces, outputs[i].mutable_span());
    previous = outputs[i].span();
  }
}

void HkdfExpand(std::span<const uint8_t, kKeyBytes> pseudorandom_key, ByteSpan info, MutableByteSpan out) {
  HOLDFAST_CHECK(out.size() <= 255 * kHashBytes);
  HmacSha256 hmac(pseudorandom_key);
  Key block;
  ByteSpan previous;
  for (uint8_t number = 1; !out.empty(); ++number) {
    const std::array<ByteSpan, 3> pieces = {previous, info, ByteSpan(&number, 1)};
    hmac.Compute(pieces, block.mutable_span());
    previous = block.span();
    const size_t count = std::min(out.size(), kHashBytes);
    std::copy_n(previous.begin(), count, out.begin());
    out = out.subspan(count);
  }
}

}  // namespace holdfast
