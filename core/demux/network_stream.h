#pragma once

// NetworkStream: one end of a connection in a private network, version 1 (docs/protocol.md 16): preambles by which
// members recognise each other, then everything under XSalsa20. What it carries is not protected against change: that
// is for the protocol within, which must take `binding` into its handshake.
//
// A client's preamble goes with its first bytes. A server's goes with the first bytes that the inner protocol answers,
// and not before: as long as that is silent to a stranger who repeats a recorded preamble, so is this.

#include <cstddef>
#include <optional>

#include "core/base/bytes.h"
#include "core/base/error.h"
#include "core/crypto/crypto.h"
#include "core/demux/network_preamble.h"
#include "core/demux/xsalsa20.h"

namespace holdfast {

// Move-only, as its ciphers are.
class NetworkStream {
 public:
  // `keys` must outlive them. A client draws for its preamble.
  static NetworkStream Client(const NetworkKeys& keys, NetworkMode mode, Entropy& entropy);
  static NetworkStream Server(const NetworkKeys& keys, NetworkMode mode);

  // Appends to `out` what goes on the wire for `plaintext`: the first time after the preamble, for which a server
  // draws. A server must have read the client's, and something to say; a client with nothing to say lets the server
  // begin.
  void Send(ByteSpan plaintext, Entropy& entropy, Bytes& out);
  // What a server may write once, if Receive failed with kUnsupportedVersion: nothing but this, and then it closes. A
  // client, and a hidden server, has nothing to say. HF-NET-9.
  Bytes Answer(Error failure) const;

  // Decrypts in place what came, and returns the part of it that is plaintext. Fails as NetworkPreambleReader does, and
  // stays failed: the transport is to be dropped, and by a hidden server as Port::conceals() says. HF-NET-7.
  Result<MutableByteSpan> Receive(MutableByteSpan bytes);

  // The peer sends no more. kTruncated if its preamble is not complete.
  Status ReceiveEnd() const;

  // The client's preamble: what the inner handshake takes in. A server's is empty until that has come. HF-NET-10.
  ByteSpan binding() const { return binding_; }

 private:
  NetworkStream(const NetworkKeys& keys, NetworkRole role, NetworkMode mode, Bytes client_preamble);

  const NetworkKeys* keys_;
  NetworkRole role_;
  NetworkMode mode_;
  Bytes binding_;
  std::optional<XSalsa20> sealer_;  // From the first Send on.
  NetworkPreambleReader reader_;
  std::optional<XSalsa20> opener_;
  std::optional<Error> failure_;
};

}  // namespace holdfast
