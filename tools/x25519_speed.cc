#include "tools/x25519_speed.h"

#include <openssl/evp.h>

#include <array>
#include <cstdint>
#include <ctime>
#include <memory>

namespace holdfast::tools {
namespace {

Duration TimeOf(clockid_t clock) {
  timespec time = {};
  clock_gettime(clock, &time);
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

template <auto kFree>
struct Freer {
  template <typename T>
  void operator()(T* pointer) const {
    kFree(pointer);
  }
};
using KeyHandle = std::unique_ptr<EVP_PKEY, Freer<EVP_PKEY_free>>;
using ContextHandle = std::unique_ptr<EVP_PKEY_CTX, Freer<EVP_PKEY_CTX_free>>;

// Any two keys take the same time.
KeyHandle KeyOf(uint8_t value) {
  std::array<uint8_t, 32> bytes;
  bytes.fill(value);
  return KeyHandle(EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519, nullptr, bytes.data(), bytes.size()));
}

}  // namespace

double X25519PerSecond(Duration duration) {
  const KeyHandle ours = KeyOf(1);
  const KeyHandle theirs = KeyOf(2);
  if (!ours || !theirs) return 0;
  const ContextHandle context(EVP_PKEY_CTX_new(ours.get(), nullptr));
  if (!context || EVP_PKEY_derive_init(context.get()) != 1) return 0;
  if (EVP_PKEY_derive_set_peer(context.get(), theirs.get()) != 1) return 0;

  std::array<uint8_t, 32> secret;
  const Duration begin = TimeOf(CLOCK_THREAD_CPUTIME_ID);
  for (uint64_t count = 0;; count += 64) {
    const Duration elapsed = TimeOf(CLOCK_THREAD_CPUTIME_ID) - begin;
    if (elapsed >= duration) return static_cast<double>(count) / std::chrono::duration<double>(elapsed).count();
    for (int i = 0; i < 64; ++i) {
      size_t size = secret.size();
      if (EVP_PKEY_derive(context.get(), secret.data(), &size) != 1) return 0;
    }
  }
}

Duration ProcessorTime() { return TimeOf(CLOCK_PROCESS_CPUTIME_ID); }

}  // namespace holdfast::tools
