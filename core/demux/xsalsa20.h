#pragma once

// XSalsa20: a keystream, byte by byte, over any number of calls (Bernstein, "Extending the Salsa20 nonce"; the function
// is libsodium's). It hides and does not protect: who changes a byte on the way changes the same byte of the plaintext.

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "core/base/bytes.h"
#include "core/crypto/crypto.h"

namespace holdfast {

inline constexpr size_t kXSalsa20NonceBytes = 24;

// Move-only: a copy would use the same keystream for another text.
class XSalsa20 {
 public:
  XSalsa20(const Key& key, std::span<const uint8_t, kXSalsa20NonceBytes> nonce);
  XSalsa20(XSalsa20&&) noexcept = default;
  XSalsa20& operator=(XSalsa20&&) noexcept = default;

  // Encrypts or decrypts in place: the next bytes of the stream. A stream ends after 2^70 bytes.
  void Apply(MutableByteSpan bytes);

 private:
  static constexpr size_t kBlockBytes = 64;

  Key key_;
  std::array<uint8_t, kXSalsa20NonceBytes> nonce_;
  uint64_t block_ = 0;             // The next one that is not begun.
  Secret<kBlockBytes> keystream_;  // Of the block before it.
  size_t used_ = kBlockBytes;
};

}  // namespace holdfast
