#pragma once

// NetworkKey: what the members of a private network share (docs/protocol.md 4.6). 32 uniform bytes, never a passphrase:
// whoever records one message 1 can try passphrases against its tag at leisure. Copies share the secret. HF-NEW-16.

#include <cstdint>
#include <memory>
#include <span>

#include "core/crypto/crypto.h"

namespace holdfast {

class NetworkKey {
 public:
  explicit NetworkKey(std::span<const uint8_t, kKeyBytes> bytes) : key_(std::make_shared<const Key>(bytes)) {}
  const Key& key() const { return *key_; }

 private:
  std::shared_ptr<const Key> key_;
};

}  // namespace holdfast
