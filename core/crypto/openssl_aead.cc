// ChaCha20-Poly1305 (RFC 8439) and AES-256-GCM (NIST SP 800-38D) over OpenSSL's EVP.

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <array>
#include <limits>
#include <memory>
#include <utility>

#include "core/base/check.h"
#include "core/base/fork_key.h"
#include "core/crypto/crypto.h"
#include "core/crypto/openssl_handle.h"

namespace holdfast {
namespace {

constexpr size_t kIvBytes = 12;
constexpr uint64_t kRekeyNonce = std::numeric_limits<uint64_t>::max();

using Iv = std::array<uint8_t, kIvBytes>;

// Fetched once: a fetch by name costs more than sealing a small record. Never freed: it outlives every static object.
const EVP_CIPHER* CipherOf(Suite suite) {
  static const EVP_CIPHER* const chacha_poly = EVP_CIPHER_fetch(nullptr, "ChaCha20-Poly1305", nullptr);
  static const EVP_CIPHER* const aes_gcm = EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr);
  const EVP_CIPHER* cipher = suite == Suite::kChaChaPoly ? chacha_poly : aes_gcm;
  HOLDFAST_CHECK(cipher != nullptr);
  return cipher;
}

// Noise section 12.3 and 12.4: 32 bits of zeros, then the nonce, little-endian for ChaChaPoly, big-endian for AESGCM.
// HF-KEY-1.
Iv IvOf(Suite suite, uint64_t nonce) {
  Iv iv = {};
  for (size_t i = 0; i < 8; ++i) {
    size_t at = suite == Suite::kChaChaPoly ? 4 + i : 11 - i;
    iv[at] = static_cast<uint8_t>(nonce >> (8 * i));
  }
  return iv;
}

int IntSize(size_t size) {
  HOLDFAST_CHECK(size <= size_t{std::numeric_limits<int>::max()});
  return static_cast<int>(size);
}

}  // namespace

struct Aead::State {
  // What the context's key schedule stands for. Keying costs as much as sealing a small record, so it is done once, at
  // the first use in a direction; after that a record sets its nonce only.
  enum class Keyed : uint8_t { kNo, kForSeal, kForOpen };

  State(Suite its_suite, std::span<const uint8_t, kKeyBytes> its_key) : suite(its_suite), key(its_key) {}

  void Start(Keyed direction, uint64_t nonce, const OSSL_PARAM* params) {
    const EVP_CIPHER* cipher = nullptr;  // Null leaves the context's own in place.
    if (context == nullptr) {
      context.reset(EVP_CIPHER_CTX_new());
      HOLDFAST_CHECK(context != nullptr);
      cipher = CipherOf(suite);
    }
    Iv iv = IvOf(suite, nonce);
    const uint8_t* new_key = keyed == direction ? nullptr : key.span().data();
    int encrypt = direction == Keyed::kForSeal ? 1 : 0;
    HOLDFAST_CHECK(EVP_CipherInit_ex2(context.get(), cipher, new_key, iv.data(), encrypt, params) == 1);
    keyed = direction;
  }

  void Update(uint8_t* out, ByteSpan in) {
    if (in.empty()) return;  // EVP takes an empty update for a mistake or for the end, depending on the cipher.
    int written = 0;
    HOLDFAST_CHECK(EVP_CipherUpdate(context.get(), out, &written, in.data(), IntSize(in.size())) == 1);
    HOLDFAST_CHECK(written == IntSize(in.size()));
  }

  void Seal(uint64_t nonce, ByteSpan associated, std::span<const ByteSpan> pieces, MutableByteSpan out) {
    Start(Keyed::kForSeal, nonce, nullptr);
    Update(nullptr, associated);
    size_t at = 0;
    for (ByteSpan piece : pieces) {
      HOLDFAST_CHECK(piece.size() + kTagBytes <= out.size() - at);
      Update(out.data() + at, piece);
      at += piece.size();
    }
    HOLDFAST_CHECK(at + kTagBytes == out.size());
    int written = 0;
    HOLDFAST_CHECK(EVP_EncryptFinal_ex(context.get(), out.data() + at, &written) == 1 && written == 0);
    HOLDFAST_CHECK(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_GET_TAG, kTagBytes, out.data() + at) == 1);
  }

  const Suite suite;
  Keyed keyed = Keyed::kNo;
  Key key;
  CipherContext context;
};

Aead::Aead(Suite suite, std::span<const uint8_t, kKeyBytes> key) : state_(std::make_unique<State>(suite, key)) {}
Aead::Aead(std::unique_ptr<State> state) : state_(std::move(state)) {}
Aead::Aead(Aead&&) noexcept = default;
Aead& Aead::operator=(Aead&&) noexcept = default;
Aead::~Aead() = default;

void Aead::Seal(uint64_t nonce, ByteSpan associated, std::span<const ByteSpan> pieces, MutableByteSpan out) {
  HOLDFAST_CHECK(nonce != kRekeyNonce);
  state_->Seal(nonce, associated, pieces, out);
}

Status Aead::Open(uint64_t nonce, ByteSpan associated, ByteSpan sealed, MutableByteSpan out) {
  HOLDFAST_CHECK(nonce != kRekeyNonce);
  HOLDFAST_CHECK(sealed.size() >= kTagBytes && out.size() == sealed.size() - kTagBytes);
  // Only read, but OSSL_PARAM has no const; a copy, because `out` may be the memory of `sealed`.
  std::array<uint8_t, kTagBytes> tag;
  std::copy_n(sealed.data() + out.size(), kTagBytes, tag.data());
  const std::array<OSSL_PARAM, 2> params = {
      OSSL_PARAM_construct_octet_string(OSSL_CIPHER_PARAM_AEAD_TAG, tag.data(), tag.size()),
      OSSL_PARAM_construct_end(),
  };
  state_->Start(State::Keyed::kForOpen, nonce, params.data());
  state_->Update(nullptr, associated);
  state_->Update(out.data(), sealed.first(out.size()));
  int written = 0;
  uint8_t nothing = 0;  // Neither cipher has bytes left to write.
  if (EVP_DecryptFinal_ex(state_->context.get(), &nothing, &written) == 1) return {};
  Wipe(out);
  return std::unexpected(Error::kBadTag);
}

void Aead::Rekey() {
  constexpr std::array<uint8_t, kKeyBytes> kZeros = {};
  const ByteSpan zeros = kZeros;
  std::array<uint8_t, kKeyBytes + kTagBytes> sealed;
  state_->Seal(kRekeyNonce, {}, {&zeros, 1}, sealed);
  state_->key = Key(std::span(sealed).first<kKeyBytes>());
  state_->keyed = State::Keyed::kNo;
  Wipe(sealed);
}

void Aead::Rest() {
  state_->context.reset();
  state_->keyed = State::Keyed::kNo;
}

Key Aead::TakeKey() && {
  Key key = std::move(state_->key);
  state_.reset();
  return key;
}

Suite Aead::suite() const { return state_->suite; }

Aead Aead::ForkForSimulation(const ForkKey&) const { return Aead(state_->suite, state_->key.span()); }

void Aead::DigestInto(Digest& digest) const { digest.Add(state_->suite).Add(state_->key.span()); }

}  // namespace holdfast
