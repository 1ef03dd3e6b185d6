// core/crypto/relay_ciphers.h over OpenSSL's EVP. RC4 is written out: OpenSSL 3 has it in a provider of its own only,
// which it would load from a file.

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <algorithm>
#include <array>
#include <limits>
#include <memory>
#include <numeric>
#include <utility>

#include "core/base/check.h"
#include "core/base/fork_key.h"
#include "core/crypto/openssl_handle.h"
#include "core/crypto/relay_ciphers.h"
#include "core/crypto/secret_bytes.h"

namespace holdfast {
namespace {

constexpr size_t kSha1BlockBytes = 64;

const EVP_CIPHER* Fetched(const char* name) {
  const EVP_CIPHER* cipher = EVP_CIPHER_fetch(nullptr, name, nullptr);
  HOLDFAST_CHECK(cipher != nullptr);
  return cipher;
}

const EVP_MD* FetchedDigest(const char* name) {
  const EVP_MD* digest = EVP_MD_fetch(nullptr, name, nullptr);
  HOLDFAST_CHECK(digest != nullptr);
  return digest;
}

// Fetched once, and never freed.
const EVP_CIPHER* CipherOf(AeadKind kind) {
  static const std::array<const EVP_CIPHER*, 3> relay_aeads = {Fetched("AES-128-GCM"), Fetched("AES-256-GCM"),
                                                               Fetched("ChaCha20-Poly1305")};
  return relay_aeads[static_cast<size_t>(kind)];
}

const EVP_CIPHER* CipherOf(StreamCipherKind kind) {
  static const std::array<const EVP_CIPHER*, 7> relay_streams = {
      Fetched("AES-128-CFB"), Fetched("AES-192-CFB"), Fetched("AES-256-CFB"), Fetched("AES-128-CTR"),
      Fetched("AES-192-CTR"), Fetched("AES-256-CTR"), Fetched("ChaCha20")};
  return relay_streams[static_cast<size_t>(kind)];
}

const EVP_CIPHER* BlockCipherOf(size_t key_bytes) {
  static const std::array<const EVP_CIPHER*, 2> relay_blocks = {Fetched("AES-128-ECB"), Fetched("AES-256-ECB")};
  HOLDFAST_CHECK(key_bytes == 16 || key_bytes == 32);
  return relay_blocks[key_bytes == 16 ? 0 : 1];
}

int IntSize(size_t size) {
  HOLDFAST_CHECK(size <= size_t{std::numeric_limits<int>::max()});
  return static_cast<int>(size);
}

CipherContext NewContext() {
  CipherContext context(EVP_CIPHER_CTX_new());
  HOLDFAST_CHECK(context != nullptr);
  return context;
}

void Update(EVP_CIPHER_CTX* context, ByteSpan in, uint8_t* out) {
  if (in.empty()) return;
  int written = 0;
  HOLDFAST_CHECK(EVP_CipherUpdate(context, out, &written, in.data(), IntSize(in.size())) == 1);
  HOLDFAST_CHECK(written == IntSize(in.size()));
}

CipherBlock ApplyBlock(ByteSpan key, const CipherBlock& block, int encrypt) {
  const CipherContext context = NewContext();
  const EVP_CIPHER* cipher = BlockCipherOf(key.size());
  HOLDFAST_CHECK(EVP_CipherInit_ex2(context.get(), cipher, key.data(), nullptr, encrypt, nullptr) == 1);
  HOLDFAST_CHECK(EVP_CIPHER_CTX_set_padding(context.get(), 0) == 1);
  CipherBlock result;
  Update(context.get(), block, result.data());
  return result;
}

// Hashes of OpenSSL, piece by piece.
template <size_t kSize>
std::array<uint8_t, kSize> HashWith(const EVP_MD* kind, ByteSpan first, std::span<const ByteSpan> pieces) {
  const DigestContext context(EVP_MD_CTX_new());
  HOLDFAST_CHECK(context != nullptr && EVP_DigestInit_ex2(context.get(), kind, nullptr) == 1);
  HOLDFAST_CHECK(EVP_DigestUpdate(context.get(), first.data(), first.size()) == 1);
  for (ByteSpan piece : pieces) {
    HOLDFAST_CHECK(EVP_DigestUpdate(context.get(), piece.data(), piece.size()) == 1);
  }
  std::array<uint8_t, kSize> hash;
  unsigned size = 0;
  HOLDFAST_CHECK(EVP_DigestFinal_ex(context.get(), hash.data(), &size) == 1 && size == kSize);
  return hash;
}

const EVP_MD* Sha1Kind() {
  static const EVP_MD* const relay_sha1 = FetchedDigest("SHA1");
  return relay_sha1;
}

const EVP_MD* Md5Kind() {
  static const EVP_MD* const relay_md5 = FetchedDigest("MD5");
  return relay_md5;
}

class Rc4 {
 public:
  explicit Rc4(ByteSpan key) {
    std::iota(box_.begin(), box_.end(), uint8_t{0});
    uint8_t j = 0;
    for (size_t i = 0; i < box_.size(); ++i) {
      j = static_cast<uint8_t>(j + box_[i] + key[i % key.size()]);
      std::swap(box_[i], box_[j]);
    }
  }

  void Apply(MutableByteSpan bytes) {
    for (uint8_t& byte : bytes) {
      i_ = static_cast<uint8_t>(i_ + 1);
      j_ = static_cast<uint8_t>(j_ + box_[i_]);
      std::swap(box_[i_], box_[j_]);
      byte ^= box_[static_cast<uint8_t>(box_[i_] + box_[j_])];
    }
  }

 private:
  std::array<uint8_t, 256> box_;
  uint8_t i_ = 0;
  uint8_t j_ = 0;
};

}  // namespace

// --- AEAD --------------------------------------------------------------------------------------------------------

struct NonceAead::State {
  enum class Keyed : uint8_t { kNo, kForSeal, kForOpen };

  State(AeadKind its_kind, ByteSpan its_key) : kind(its_kind), key(its_key) {
    HOLDFAST_CHECK(its_key.size() == KeyBytesOf(its_kind));
  }

  void Start(Keyed direction, const Nonce& nonce, const OSSL_PARAM* params) {
    const EVP_CIPHER* cipher = nullptr;  // Null leaves the context's own in place.
    if (context == nullptr) {
      context = NewContext();
      cipher = CipherOf(kind);
    }
    const uint8_t* new_key = keyed == direction ? nullptr : key.span().data();
    const int encrypt = direction == Keyed::kForSeal ? 1 : 0;
    HOLDFAST_CHECK(EVP_CipherInit_ex2(context.get(), cipher, new_key, nonce.data(), encrypt, params) == 1);
    keyed = direction;
  }

  AeadKind kind;
  SecretBytes key;
  Keyed keyed = Keyed::kNo;
  CipherContext context;
};

NonceAead::NonceAead(AeadKind kind, ByteSpan key) : state_(std::make_unique<State>(kind, key)) {}
NonceAead::NonceAead(std::unique_ptr<State> state) : state_(std::move(state)) {}
NonceAead::NonceAead(NonceAead&&) noexcept = default;
NonceAead& NonceAead::operator=(NonceAead&&) noexcept = default;
NonceAead::~NonceAead() = default;

void NonceAead::Seal(const Nonce& nonce, ByteSpan plaintext, MutableByteSpan out) {
  HOLDFAST_CHECK(out.size() == plaintext.size() + kTagBytes);
  state_->Start(State::Keyed::kForSeal, nonce, nullptr);
  Update(state_->context.get(), plaintext, out.data());
  int written = 0;
  uint8_t* tag = out.data() + plaintext.size();
  HOLDFAST_CHECK(EVP_EncryptFinal_ex(state_->context.get(), tag, &written) == 1 && written == 0);
  HOLDFAST_CHECK(EVP_CIPHER_CTX_ctrl(state_->context.get(), EVP_CTRL_AEAD_GET_TAG, kTagBytes, tag) == 1);
}

Status NonceAead::Open(const Nonce& nonce, ByteSpan sealed, MutableByteSpan out) {
  HOLDFAST_CHECK(sealed.size() >= kTagBytes && out.size() == sealed.size() - kTagBytes);
  std::array<uint8_t, kTagBytes> tag;  // A copy: `out` may be the memory of `sealed`, and OSSL_PARAM has no const.
  std::copy_n(sealed.data() + out.size(), kTagBytes, tag.data());
  const std::array<OSSL_PARAM, 2> params = {
      OSSL_PARAM_construct_octet_string(OSSL_CIPHER_PARAM_AEAD_TAG, tag.data(), tag.size()),
      OSSL_PARAM_construct_end(),
  };
  state_->Start(State::Keyed::kForOpen, nonce, params.data());
  Update(state_->context.get(), sealed.first(out.size()), out.data());
  int written = 0;
  uint8_t nothing = 0;
  if (EVP_DecryptFinal_ex(state_->context.get(), &nothing, &written) == 1) return {};
  Wipe(out);
  return std::unexpected(Error::kBadTag);
}

NonceAead NonceAead::ForkForSimulation(const ForkKey&) const { return NonceAead(state_->kind, state_->key.span()); }

void NonceAead::DigestInto(Digest& digest) const { digest.Add(state_->kind).Add(state_->key.span()); }

// --- One block ---------------------------------------------------------------------------------------------------

CipherBlock EncryptBlock(ByteSpan key, const CipherBlock& block) { return ApplyBlock(key, block, 1); }
CipherBlock DecryptBlock(ByteSpan key, const CipherBlock& block) { return ApplyBlock(key, block, 0); }

// --- Stream ciphers ----------------------------------------------------------------------------------------------

struct StreamCipher::State {
  State(StreamCipherKind its_kind, Direction its_direction, ByteSpan its_key, ByteSpan its_iv)
      : kind(its_kind), direction(its_direction), key(its_key), iv(its_iv.begin(), its_iv.end()), rc4(its_key) {
    HOLDFAST_CHECK(its_key.size() == InfoOf(its_kind).key_bytes && its_iv.size() == InfoOf(its_kind).iv_bytes);
    if (kind == StreamCipherKind::kRc4Md5) {
      const std::array<ByteSpan, 2> pieces = {its_key, its_iv};
      Md5 mixed = Md5Of(pieces);
      rc4 = Rc4(mixed);
      Wipe(mixed);
      return;
    }
    Bytes full_iv = iv;
    if (kind == StreamCipherKind::kChaCha20Ietf) full_iv.insert(full_iv.begin(), 4, 0);  // The block counter.
    context = NewContext();
    const int encrypt = direction == Direction::kEncrypt ? 1 : 0;
    const EVP_CIPHER* cipher = CipherOf(kind);
    HOLDFAST_CHECK(EVP_CipherInit_ex2(context.get(), cipher, its_key.data(), full_iv.data(), encrypt, nullptr) == 1);
  }

  StreamCipherKind kind;
  Direction direction;
  SecretBytes key;
  Bytes iv;
  uint64_t place = 0;
  CipherContext context;  // Null for RC4.
  Rc4 rc4;
};

StreamCipher::StreamCipher(StreamCipherKind kind, Direction direction, ByteSpan key, ByteSpan iv)
    : state_(std::make_unique<State>(kind, direction, key, iv)) {}
StreamCipher::StreamCipher(std::unique_ptr<State> state) : state_(std::move(state)) {}
StreamCipher::StreamCipher(StreamCipher&&) noexcept = default;
StreamCipher& StreamCipher::operator=(StreamCipher&&) noexcept = default;
StreamCipher::~StreamCipher() = default;

void StreamCipher::Apply(MutableByteSpan bytes) {
  state_->place += bytes.size();
  if (state_->context == nullptr) {
    state_->rc4.Apply(bytes);
  } else {
    Update(state_->context.get(), bytes, bytes.data());
  }
}

StreamCipher StreamCipher::ForkForSimulation(const ForkKey&) const {
  auto copy = std::make_unique<State>(state_->kind, state_->direction, state_->key.span(), state_->iv);
  copy->place = state_->place;
  copy->rc4 = state_->rc4;
  if (copy->context != nullptr) {
    HOLDFAST_CHECK(EVP_CIPHER_CTX_copy(copy->context.get(), state_->context.get()) == 1);
  }
  return StreamCipher(std::move(copy));
}

void StreamCipher::DigestInto(Digest& digest) const {
  digest.Add(state_->kind).Add(state_->direction).Add(state_->key.span()).Add(state_->iv).Add(state_->place);
}

// --- Hashes ------------------------------------------------------------------------------------------------------

Md5 Md5Of(std::span<const ByteSpan> pieces) { return HashWith<kMd5Bytes>(Md5Kind(), {}, pieces); }

// RFC 2104, written out as for SHA-256.
Sha1 HmacSha1(ByteSpan key, std::span<const ByteSpan> pieces) {
  Secret<kSha1BlockBytes> pad;
  if (key.size() > kSha1BlockBytes) {
    std::ranges::copy(HashWith<kSha1Bytes>(Sha1Kind(), key, {}), pad.mutable_span().begin());
  } else {
    std::ranges::copy(key, pad.mutable_span().begin());
  }
  for (uint8_t& byte : pad.mutable_span()) byte ^= 0x36;
  const Sha1 inner = HashWith<kSha1Bytes>(Sha1Kind(), pad.span(), pieces);
  for (uint8_t& byte : pad.mutable_span()) byte ^= 0x36 ^ 0x5c;
  const ByteSpan last = inner;
  return HashWith<kSha1Bytes>(Sha1Kind(), pad.span(), {&last, 1});
}

}  // namespace holdfast
