// The fast provider, for simulation: the interface, sizes and failures of the real one at a hundredth of its price.
// It keeps nothing secret from anybody: shared secrets follow from public keys. Never link it into what is released.

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <utility>

#include "core/base/check.h"
#include "core/base/fork_key.h"
#include "core/crypto/crypto.h"
#include "core/crypto/fast_mixer.h"

namespace holdfast {
namespace {

// Domains of the mixer. Part of what a seed means: never renumber.
enum Domain : uint64_t { kAead = 1, kHash = 2, kHmac = 3, kNoiseHkdf = 4, kExpand = 5, kDh = 6 };

constexpr uint64_t kRekeyNonce = ~uint64_t{0};

// A record's mixer: everything that both directions know before the first byte.
FastMixer Begin(Suite suite, const Key& key, uint64_t nonce, ByteSpan associated) {
  std::array<uint8_t, 16> head;
  StoreLittleEndian64(head.data(), static_cast<uint64_t>(suite));
  StoreLittleEndian64(head.data() + 8, nonce);
  FastMixer mixer(kAead);
  mixer.Absorb(key.span());
  mixer.Absorb(head);
  mixer.Absorb(associated);
  mixer.Separate();
  return mixer;
}

// A key stream without memory: word i is a product of i and the state. Two calls need not meet at a word boundary.
class Stream {
 public:
  explicit Stream(const FastMixer& mixer) : start_(mixer.Squeeze(0)), factor_(mixer.Squeeze(1) | 1) {}

  void Apply(ByteSpan in, uint8_t* out) {
    size_t i = 0;
    for (; i < in.size() && at_ % 8 != 0; ++i, ++at_) out[i] = in[i] ^ static_cast<uint8_t>(Word() >> (8 * (at_ % 8)));
    for (; i + 8 <= in.size(); i += 8, at_ += 8) StoreLittleEndian64(out + i, LoadLittleEndian64(&in[i]) ^ Word());
    for (; i < in.size(); ++i, ++at_) out[i] = in[i] ^ static_cast<uint8_t>(Word() >> (8 * (at_ % 8)));
  }

 private:
  uint64_t Word() const {
    uint64_t word = (start_ + at_ / 8) * factor_;
    return word ^ (word >> 32);
  }

  uint64_t start_;
  uint64_t factor_;
  uint64_t at_ = 0;
};

std::array<uint8_t, kTagBytes> TagOf(FastMixer mixer, ByteSpan ciphertext) {
  mixer.Absorb(ciphertext);
  mixer.Separate();
  std::array<uint8_t, kTagBytes> tag;
  mixer.SqueezeInto(2, tag);
  return tag;
}

}  // namespace

std::string_view CryptoProvider() { return "fast"; }

void Wipe(MutableByteSpan memory) {
  if (memory.size() == kKeyBytes) {  // Most are, and a fixed size needs no call.
    std::memset(memory.data(), 0, kKeyBytes);
  } else {
    std::ranges::fill(memory, uint8_t{0});
  }
  asm volatile("" : : "r"(memory.data()) : "memory");  // Somebody may look: the zeros must be there.
}

bool EqualInConstantTime(ByteSpan a, ByteSpan b) { return std::ranges::equal(a, b); }

// --- AEAD --------------------------------------------------------------------------------------------------------

struct Aead::State {
  State(Suite its_suite, std::span<const uint8_t, kKeyBytes> its_key) : suite(its_suite), key(its_key) {}

  Suite suite;
  Key key;
};

Aead::Aead(Suite suite, std::span<const uint8_t, kKeyBytes> key) : state_(std::make_unique<State>(suite, key)) {}
Aead::Aead(std::unique_ptr<State> state) : state_(std::move(state)) {}
Aead::Aead(Aead&&) noexcept = default;
Aead& Aead::operator=(Aead&&) noexcept = default;
Aead::~Aead() = default;

void Aead::Seal(uint64_t nonce, ByteSpan associated, std::span<const ByteSpan> pieces, MutableByteSpan out) {
  HOLDFAST_CHECK(nonce != kRekeyNonce);
  const FastMixer mixer = Begin(state_->suite, state_->key, nonce, associated);
  Stream stream(mixer);
  size_t at = 0;
  for (ByteSpan piece : pieces) {
    HOLDFAST_CHECK(piece.size() + kTagBytes <= out.size() - at);
    stream.Apply(piece, out.data() + at);
    at += piece.size();
  }
  HOLDFAST_CHECK(at + kTagBytes == out.size());
  std::ranges::copy(TagOf(mixer, out.first(at)), out.begin() + static_cast<ptrdiff_t>(at));
}

Status Aead::Open(uint64_t nonce, ByteSpan associated, ByteSpan sealed, MutableByteSpan out) {
  HOLDFAST_CHECK(nonce != kRekeyNonce);
  HOLDFAST_CHECK(sealed.size() >= kTagBytes && out.size() == sealed.size() - kTagBytes);
  const FastMixer mixer = Begin(state_->suite, state_->key, nonce, associated);
  const ByteSpan ciphertext = sealed.first(out.size());
  if (!std::ranges::equal(TagOf(mixer, ciphertext), sealed.last<kTagBytes>())) {
    Wipe(out);
    return std::unexpected(Error::kBadTag);
  }
  Stream(mixer).Apply(ciphertext, out.data());
  return {};
}

void Aead::Rekey() { Begin(state_->suite, state_->key, kRekeyNonce, {}).SqueezeInto(4, state_->key.mutable_span()); }

void Aead::Rest() {}

Key Aead::TakeKey() && {
  Key key = std::move(state_->key);
  state_.reset();
  return key;
}

Suite Aead::suite() const { return state_->suite; }

Aead Aead::ForkForSimulation(const ForkKey&) const { return Aead(state_->suite, state_->key.span()); }

void Aead::DigestInto(Digest& digest) const { digest.Add(state_->suite).Add(state_->key.span()); }

// --- Diffie-Hellman ----------------------------------------------------------------------------------------------

namespace {

using Words = std::array<uint64_t, 4>;

constexpr Words kBase = {0x243f6a8885a308d3, 0x13198a2e03707344, 0xa4093822299f31d0, 0x082efa98ec4e6c89};
constexpr uint64_t kTopBit = uint64_t{1} << 63;

Words Load(std::span<const uint8_t, kKeyBytes> bytes) {
  Words words;
  for (size_t i = 0; i < words.size(); ++i) words[i] = LoadLittleEndian64(&bytes[8 * i]);
  return words;
}

void Store(const Words& words, std::span<uint8_t, kKeyBytes> bytes) {
  for (size_t i = 0; i < words.size(); ++i) StoreLittleEndian64(&bytes[8 * i], words[i]);
}

// RFC 7748 section 5: five bits of a private key and one of a public key do not count.
Words Clamp(Words words) {
  words[0] &= ~uint64_t{7};
  words[3] = (words[3] & ~kTopBit) | (kTopBit >> 1);
  return words;
}

// The points of order 1, 2, 4 and 8, and the second encodings of those that have one: what X25519 makes all zeros of.
constexpr std::array<Words, 7> kWeak = {{
    {0, 0, 0, 0},
    {1, 0, 0, 0},
    {0xaeb8413b7c7aebe0, 0x6ac49ff1fae35616, 0xfdb1329ceb8d09da, 0x00b8495f16056286},
    {0x248c50a3bc959c5f, 0x5bef839c55b1d0b1, 0x868e1c58c45c4404, 0x57119fd0dd4e22d8},
    {~uint64_t{0} - 19, ~uint64_t{0}, ~uint64_t{0}, ~kTopBit},  // p - 1
    {~uint64_t{0} - 18, ~uint64_t{0}, ~uint64_t{0}, ~kTopBit},  // p
    {~uint64_t{0} - 17, ~uint64_t{0}, ~uint64_t{0}, ~kTopBit},  // p + 1
}};

}  // namespace

// The group is addition: public = private + base, shared = private + private.
struct KeyPair::State {
  explicit State(const Words& clamped) : private_key(clamped) {}

  const Words private_key;
};

KeyPair::KeyPair(std::shared_ptr<const State> state, const PublicKey& public_key)
    : state_(std::move(state)), public_key_(public_key) {}
KeyPair::KeyPair(const KeyPair&) = default;
KeyPair::KeyPair(KeyPair&&) noexcept = default;
KeyPair& KeyPair::operator=(const KeyPair&) = default;
KeyPair& KeyPair::operator=(KeyPair&&) noexcept = default;
KeyPair::~KeyPair() = default;

KeyPair KeyPair::Generate(Entropy& entropy) {
  Key private_key;
  entropy.Fill(private_key.mutable_span());
  return FromPrivate(private_key.span());
}

KeyPair KeyPair::FromPrivate(std::span<const uint8_t, kKeyBytes> private_key) {
  const Words clamped = Clamp(Load(private_key));
  Words sum;
  for (size_t i = 0; i < sum.size(); ++i) sum[i] = clamped[i] + kBase[i];
  sum[3] &= ~kTopBit;
  PublicKey public_key;
  Store(sum, public_key);
  return KeyPair(std::make_shared<const State>(clamped), public_key);
}

Result<Key> KeyPair::Agree(const PublicKey& peer) const {
  Words theirs = Load(peer);
  theirs[3] &= ~kTopBit;
  if (std::ranges::find(kWeak, theirs) != kWeak.end()) return std::unexpected(Error::kWeakKey);
  Words sum;
  for (size_t i = 0; i < sum.size(); ++i) sum[i] = theirs[i] - kBase[i] + state_->private_key[i];
  sum[3] &= ~kTopBit;
  for (uint64_t& word : sum) word = Mix64(word + kDh);
  Key shared;
  Store(sum, shared.mutable_span());
  return shared;
}

// --- Hash, HMAC, HKDF --------------------------------------------------------------------------------------------

Hash HashOf(std::span<const ByteSpan> pieces) {
  FastMixer mixer(kHash);
  for (ByteSpan piece : pieces) mixer.Absorb(piece);
  mixer.Separate();
  Hash hash;
  mixer.SqueezeInto(0, hash);
  return hash;
}

void Hmac(ByteSpan key, std::span<const ByteSpan> pieces, std::span<uint8_t, kHashBytes> out) {
  FastMixer mixer(kHmac);
  mixer.Absorb(key);
  mixer.Separate();
  for (ByteSpan piece : pieces) mixer.Absorb(piece);
  mixer.Separate();
  mixer.SqueezeInto(0, out);
}

void NoiseHkdf(std::span<const uint8_t, kKeyBytes> chaining_key, ByteSpan input, std::span<Key> outputs) {
  HOLDFAST_CHECK(outputs.size() <= 3);
  FastMixer mixer(kNoiseHkdf);
  mixer.Absorb(chaining_key);
  mixer.Absorb(input);
  mixer.Separate();
  for (size_t i = 0; i < outputs.size(); ++i) mixer.SqueezeInto(4 * i, outputs[i].mutable_span());
}

void HkdfExpand(std::span<const uint8_t, kKeyBytes> pseudorandom_key, ByteSpan info, MutableByteSpan out) {
  HOLDFAST_CHECK(out.size() <= 255 * kHashBytes);
  FastMixer mixer(kExpand);
  mixer.Absorb(pseudorandom_key);
  mixer.Absorb(info);
  mixer.Separate();
  mixer.SqueezeInto(0, out);
}

}  // namespace holdfast
