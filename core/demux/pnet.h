#pragma once

// Pnet: one end of a connection in libp2p's private network, version 0 (libp2p specs, Private-Networks-PSK-V1): each
// side sends 24 random bytes and then everything under XSalsa20, with the group's key and those bytes as the nonce.
//
// What it does not do, and version 1 (core/demux/network_stream.h) does: nothing tells a wrong key from a right one,
// and nothing tells its first bytes from those of another protocol. So it cannot share a port (core/demux/port.h).
// Neither protects what it carries: that is for the protocol within.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "core/base/bytes.h"
#include "core/base/error.h"
#include "core/crypto/crypto.h"
#include "core/demux/xsalsa20.h"

namespace holdfast {

inline constexpr size_t kPnetNonceBytes = kXSalsa20NonceBytes;

// Move-only, as its ciphers are.
class Pnet {
 public:
  // Draws this side's nonce.
  Pnet(const Key& key, Entropy& entropy);

  // Appends to `out` what goes on the wire for `plaintext`: the first time the nonce too, also if `plaintext` is empty.
  // A side that waits for the other's first word should say its nonce at once, with the first bytes that it has to say:
  // some peers wait for it.
  void Send(ByteSpan plaintext, Bytes& out);

  // Decrypts in place what came, and returns the part of it that is plaintext: the rest was the peer's nonce.
  MutableByteSpan Receive(MutableByteSpan bytes);

  // The peer sends no more. kTruncated if its nonce is not complete; an end after it is the inner protocol's affair.
  Status ReceiveEnd() const;

 private:
  Key key_;
  std::array<uint8_t, kPnetNonceBytes> nonce_;
  XSalsa20 sealer_;
  bool nonce_sent_ = false;
  std::array<uint8_t, kPnetNonceBytes> peer_nonce_ = {};
  size_t peer_nonce_bytes_ = 0;
  std::optional<XSalsa20> opener_;
};

}  // namespace holdfast
