// X25519 (RFC 7748) over OpenSSL's EVP.

#include <openssl/err.h>
#include <openssl/evp.h>

#include <atomic>
#include <memory>
#include <utility>

#include "core/base/check.h"
#include "core/crypto/crypto.h"
#include "core/crypto/openssl_handle.h"

namespace holdfast {
namespace {

// What one agreement at a time works with. Making it costs a tenth of an agreement, so a pair keeps one.
struct Workplace {
  DeriveContext derive;
  EvpKey peer;

  void Prepare(EVP_PKEY* own) {
    static EVP_PKEY* const any_peer = [] {
      constexpr PublicKey kBasePoint = {9};
      return EVP_PKEY_new_raw_public_key_ex(nullptr, "X25519", nullptr, kBasePoint.data(), kBasePoint.size());
    }();
    HOLDFAST_CHECK(any_peer != nullptr);
    peer.reset(EVP_PKEY_dup(any_peer));  // Less than half the price of a new one.
    derive.reset(EVP_PKEY_CTX_new_from_pkey(nullptr, own, nullptr));
    HOLDFAST_CHECK(peer != nullptr && derive != nullptr && EVP_PKEY_derive_init(derive.get()) == 1);
  }

  Result<Key> Agree(const PublicKey& with) {
    HOLDFAST_CHECK(EVP_PKEY_set1_encoded_public_key(peer.get(), with.data(), with.size()) == 1);
    // 0: no further validation of the peer's key, of which X25519 needs none beside the check below.
    HOLDFAST_CHECK(EVP_PKEY_derive_set_peer_ex(derive.get(), peer.get(), 0) == 1);
    Key shared;
    size_t size = kKeyBytes;
    // OpenSSL refuses an all-zero result itself, and says so in the thread's error queue, where nobody would look.
    ERR_set_mark();
    const bool derived = EVP_PKEY_derive(derive.get(), shared.mutable_span().data(), &size) == 1;
    ERR_pop_to_mark();
    if (!derived || shared == Key()) return std::unexpected(Error::kWeakKey);
    HOLDFAST_CHECK(size == kKeyBytes);
    return shared;
  }
};

}  // namespace

struct KeyPair::State {
  explicit State(std::span<const uint8_t, kKeyBytes> private_key)
      : key(EVP_PKEY_new_raw_private_key_ex(nullptr, "X25519", nullptr, private_key.data(), private_key.size())) {
    HOLDFAST_CHECK(key != nullptr);
  }

  EvpKey key;
  // Not part of what a pair is: pairs are shared, also between threads, and who finds it taken makes his own.
  mutable Workplace workplace;
  mutable std::atomic_flag workplace_taken;
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
  auto state = std::make_shared<const State>(private_key);
  PublicKey public_key;
  size_t size = public_key.size();
  HOLDFAST_CHECK(EVP_PKEY_get_raw_public_key(state->key.get(), public_key.data(), &size) == 1);
  HOLDFAST_CHECK(size == public_key.size());
  return KeyPair(std::move(state), public_key);
}

Result<Key> KeyPair::Agree(const PublicKey& peer) const {
  if (state_->workplace_taken.test_and_set(std::memory_order_acquire)) {
    Workplace own;
    own.Prepare(state_->key.get());
    return own.Agree(peer);
  }
  if (state_->workplace.derive == nullptr) state_->workplace.Prepare(state_->key.get());
  Result<Key> shared = state_->workplace.Agree(peer);
  state_->workplace_taken.clear(std::memory_order_release);
  return shared;
}

}  // namespace holdfast
