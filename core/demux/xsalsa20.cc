#include "core/demux/xsalsa20.h"

#include <sodium/crypto_stream_xsalsa20.h>

#include <algorithm>

namespace holdfast {

static_assert(kXSalsa20NonceBytes == crypto_stream_xsalsa20_NONCEBYTES);
static_assert(kKeyBytes == crypto_stream_xsalsa20_KEYBYTES);

XSalsa20::XSalsa20(const Key& key, std::span<const uint8_t, kXSalsa20NonceBytes> nonce) : key_(key.Clone()) {
  std::ranges::copy(nonce, nonce_.begin());
}

void XSalsa20::Apply(MutableByteSpan bytes) {
  while (!bytes.empty()) {
    if (used_ < kBlockBytes) {
      const size_t count = std::min(bytes.size(), kBlockBytes - used_);
      for (size_t i = 0; i < count; ++i) bytes[i] ^= keystream_.span()[used_ + i];
      used_ += count;
      bytes = bytes.subspan(count);
      continue;
    }
    const size_t whole = bytes.size() - bytes.size() % kBlockBytes;
    if (whole > 0) {
      crypto_stream_xsalsa20_xor_ic(bytes.data(), bytes.data(), whole, nonce_.data(), block_, key_.span().data());
      block_ += whole / kBlockBytes;
      bytes = bytes.subspan(whole);
      continue;
    }
    keystream_.Clear();
    const MutableByteSpan next = keystream_.mutable_span();
    crypto_stream_xsalsa20_xor_ic(next.data(), next.data(), kBlockBytes, nonce_.data(), block_, key_.span().data());
    ++block_;
    used_ = 0;
  }
}

}  // namespace holdfast
