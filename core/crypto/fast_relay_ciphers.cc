// core/crypto/relay_ciphers.h without cryptography, for simulation: sizes and failures of the real one.

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

#include "core/base/check.h"
#include "core/base/fork_key.h"
#include "core/base/random.h"
#include "core/crypto/fast_mixer.h"
#include "core/crypto/relay_ciphers.h"
#include "core/crypto/secret_bytes.h"

namespace holdfast {
namespace {

// Domains of the mixer, beside those of fast_provider.cc. Part of what a seed means: never renumber.
enum Domain : uint64_t { kNonceAead = 33, kBlockCipher = 34, kStream = 35, kMd5 = 36, kHmacSha1 = 37 };

constexpr size_t kRounds = 4;

FastMixer MixerOf(Domain domain, uint64_t variant, ByteSpan key, ByteSpan more) {
  std::array<uint8_t, 8> head;
  StoreLittleEndian64(head.data(), variant);
  FastMixer mixer(domain);
  mixer.Absorb(head);
  mixer.Absorb(key);
  mixer.Separate();
  mixer.Absorb(more);
  mixer.Separate();
  return mixer;
}

// Word `place` / 8 of a key stream covers the eight bytes from there on.
void ApplyStream(const FastMixer& mixer, uint64_t place, MutableByteSpan bytes) {
  uint64_t word = 0;
  for (size_t i = 0; i < bytes.size(); ++i, ++place) {
    if (i == 0 || place % 8 == 0) word = mixer.Squeeze(16 + place / 8);
    bytes[i] ^= static_cast<uint8_t>(word >> (8 * (place % 8)));
  }
}

std::array<uint8_t, kTagBytes> TagOf(FastMixer mixer, ByteSpan ciphertext) {
  mixer.Absorb(ciphertext);
  mixer.Separate();
  std::array<uint8_t, kTagBytes> tag;
  mixer.SqueezeInto(2, tag);
  return tag;
}

}  // namespace

// --- AEAD --------------------------------------------------------------------------------------------------------

struct NonceAead::State {
  State(AeadKind its_kind, ByteSpan its_key) : kind(its_kind), key(its_key) {
    HOLDFAST_CHECK(its_key.size() == KeyBytesOf(its_kind));
  }

  FastMixer Begin(const Nonce& nonce) const {
    return MixerOf(kNonceAead, static_cast<uint64_t>(kind), key.span(), nonce);
  }

  AeadKind kind;
  SecretBytes key;
};

NonceAead::NonceAead(AeadKind kind, ByteSpan key) : state_(std::make_unique<State>(kind, key)) {}
NonceAead::NonceAead(std::unique_ptr<State> state) : state_(std::move(state)) {}
NonceAead::NonceAead(NonceAead&&) noexcept = default;
NonceAead& NonceAead::operator=(NonceAead&&) noexcept = default;
NonceAead::~NonceAead() = default;

void NonceAead::Seal(const Nonce& nonce, ByteSpan plaintext, MutableByteSpan out) {
  HOLDFAST_CHECK(out.size() == plaintext.size() + kTagBytes);
  const FastMixer mixer = state_->Begin(nonce);
  std::copy(plaintext.begin(), plaintext.end(), out.begin());
  ApplyStream(mixer, 0, out.first(plaintext.size()));
  std::ranges::copy(TagOf(mixer, out.first(plaintext.size())), out.last(kTagBytes).begin());
}

Status NonceAead::Open(const Nonce& nonce, ByteSpan sealed, MutableByteSpan out) {
  HOLDFAST_CHECK(sealed.size() >= kTagBytes && out.size() == sealed.size() - kTagBytes);
  const FastMixer mixer = state_->Begin(nonce);
  if (!std::ranges::equal(TagOf(mixer, sealed.first(out.size())), sealed.last(kTagBytes))) {
    Wipe(out);
    return std::unexpected(Error::kBadTag);
  }
  std::copy_n(sealed.begin(), out.size(), out.begin());
  ApplyStream(mixer, 0, out);
  return {};
}

NonceAead NonceAead::ForkForSimulation(const ForkKey&) const { return NonceAead(state_->kind, state_->key.span()); }

void NonceAead::DigestInto(Digest& digest) const { digest.Add(state_->kind).Add(state_->key.span()); }

// --- One block ---------------------------------------------------------------------------------------------------

// A Feistel network of two words.
CipherBlock EncryptBlock(ByteSpan key, const CipherBlock& block) {
  HOLDFAST_CHECK(key.size() == 16 || key.size() == 32);
  const FastMixer mixer = MixerOf(kBlockCipher, 0, key, {});
  uint64_t left = LoadLittleEndian64(block.data());
  uint64_t right = LoadLittleEndian64(block.data() + 8);
  for (size_t round = 0; round < kRounds; ++round) {
    left ^= Mix64(right + mixer.Squeeze(round));
    std::swap(left, right);
  }
  CipherBlock result;
  StoreLittleEndian64(result.data(), left);
  StoreLittleEndian64(result.data() + 8, right);
  return result;
}

CipherBlock DecryptBlock(ByteSpan key, const CipherBlock& block) {
  HOLDFAST_CHECK(key.size() == 16 || key.size() == 32);
  const FastMixer mixer = MixerOf(kBlockCipher, 0, key, {});
  uint64_t left = LoadLittleEndian64(block.data());
  uint64_t right = LoadLittleEndian64(block.data() + 8);
  for (size_t round = kRounds; round-- > 0;) {
    std::swap(left, right);
    left ^= Mix64(right + mixer.Squeeze(round));
  }
  CipherBlock result;
  StoreLittleEndian64(result.data(), left);
  StoreLittleEndian64(result.data() + 8, right);
  return result;
}

// --- Stream ciphers ----------------------------------------------------------------------------------------------

struct StreamCipher::State {
  StreamCipherKind kind;
  Direction direction;
  FastMixer mixer;
  uint64_t place = 0;
};

StreamCipher::StreamCipher(StreamCipherKind kind, Direction direction, ByteSpan key, ByteSpan iv) {
  HOLDFAST_CHECK(key.size() == InfoOf(kind).key_bytes && iv.size() == InfoOf(kind).iv_bytes);
  state_ = std::make_unique<State>(State{kind, direction, MixerOf(kStream, static_cast<uint64_t>(kind), key, iv), 0});
}
StreamCipher::StreamCipher(std::unique_ptr<State> state) : state_(std::move(state)) {}
StreamCipher::StreamCipher(StreamCipher&&) noexcept = default;
StreamCipher& StreamCipher::operator=(StreamCipher&&) noexcept = default;
StreamCipher::~StreamCipher() = default;

void StreamCipher::Apply(MutableByteSpan bytes) {
  ApplyStream(state_->mixer, state_->place, bytes);
  state_->place += bytes.size();
}

StreamCipher StreamCipher::ForkForSimulation(const ForkKey&) const {
  return StreamCipher(std::make_unique<State>(*state_));
}

void StreamCipher::DigestInto(Digest& digest) const {
  digest.Add(state_->kind).Add(state_->direction).Add(state_->mixer.Squeeze(0)).Add(state_->place);
}

// --- Hashes ------------------------------------------------------------------------------------------------------

Md5 Md5Of(std::span<const ByteSpan> pieces) {
  FastMixer mixer(kMd5);
  for (ByteSpan piece : pieces) mixer.Absorb(piece);
  mixer.Separate();
  Md5 hash;
  mixer.SqueezeInto(0, hash);
  return hash;
}

Sha1 HmacSha1(ByteSpan key, std::span<const ByteSpan> pieces) {
  FastMixer mixer(kHmacSha1);
  mixer.Absorb(key);
  mixer.Separate();
  for (ByteSpan piece : pieces) mixer.Absorb(piece);
  mixer.Separate();
  Sha1 hash;
  mixer.SqueezeInto(0, hash);
  return hash;
}

}  // namespace holdfast
