#pragma once

// The preamble of a private network, version 1 (docs/protocol.md 16): the bytes by which members of a group that
// shares a key recognise each other on a port that others may share, before an inner protocol begins. Announced, it
// has a magic that everybody can tell; hidden, it is 24 bytes of noise to all who lack the key.
//
// A stranger passes for a member with a chance of 2^-64 for each try: a tag of 64 bits is all that is compared, and all
// of it is. Somebody who has recorded a member's preamble can repeat it; what a server says to that is the inner
// protocol's affair (HF-NET-8).

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "core/base/bytes.h"
#include "core/base/error.h"
#include "core/crypto/crypto.h"
#include "core/wire/messages.h"

namespace holdfast {

enum class NetworkRole : uint8_t { kClient = 0, kServer = 1 };

// What follows from the network key. HF-NET-1.
class NetworkKeys {
 public:
  explicit NetworkKeys(const Key& network_key);

  // HF-NET-2. `client_preamble`: from a server, all bytes of the preamble that it answers; from a client, nothing.
  NetworkNonce Tagged(NetworkRole role, NetworkMode mode, const NetworkNonce& untagged, ByteSpan client_preamble) const;
  // In constant time.
  bool IsTagged(NetworkRole role, NetworkMode mode, const NetworkNonce& nonce, ByteSpan client_preamble) const;

  // Whether the first bytes of a client are those of a hidden member. HF-NET-3.
  bool RecognisesHidden(std::span<const uint8_t, kNetworkNonceBytes> bytes) const;

  // Of the stream that a side sends after its preamble. HF-NET-6.
  const Key& stream_key(NetworkRole sender) const { return sender == NetworkRole::kClient ? client_ : server_; }

 private:
  Key tag_;
  Key client_;
  Key server_;
};

// A preamble to send, drawn anew: again while a hidden client's looks like something registered. HF-NET-2, HF-NET-5.
Bytes MakeNetworkPreamble(const NetworkKeys& keys, NetworkRole role, NetworkMode mode, ByteSpan client_preamble,
                          Entropy& entropy);

// What a server says to an announced preamble of a version that it does not speak. HF-NET-9.
Bytes NetworkVersionsAnswer();

// Reads the other side's preamble, byte by byte.
class NetworkPreambleReader {
 public:
  // `sender`: of what is read. `client_preamble`: as in Tagged.
  NetworkPreambleReader(NetworkRole sender, NetworkMode mode, Bytes client_preamble)
      : sender_(sender), mode_(mode), client_preamble_(std::move(client_preamble)) {}

  // Takes from the front of `input`; true once the preamble is complete and authentic. What fails it, in this order:
  // kBadPreamble, kUnsupportedVersion, kUnknownValue (the kind), kBadLength, kBadTag; each with the byte that shows it.
  // From a server that says which versions it speaks: kUnsupportedVersion with the last byte of that, or kServerHint
  // if it names this one. After a failure it is not to be called again.
  Result<bool> Receive(const NetworkKeys& keys, ByteSpan& input);

  // What was taken so far; all of it once it is complete. Its last 24 bytes are then the nonce.
  ByteSpan bytes() const { return bytes_; }
  // What a server that does not speak version 1 speaks, if that came.
  const std::optional<NetworkVersions>& versions() const { return versions_; }

 private:
  Result<bool> Check(const NetworkKeys& keys);
  Result<bool> CheckHead() const;

  NetworkRole sender_;
  NetworkMode mode_;
  Bytes client_preamble_;
  Bytes bytes_;
  std::optional<NetworkVersions> versions_;
};

}  // namespace holdfast
