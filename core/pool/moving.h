#pragma once

// How a session moves to another owner: another process, another machine, the next version of the program
// (docs/protocol.md 15). There are two ways, and two types:
//
//   RestBlob  a session at rest. It leaves its transport behind, which is closed; the client resumes, and finds the
//             session where the blob was imported. To be stored, too: an upgrade, a restart.
//   LiveBlob  a session in mid-stream, with the attached transport and its keys. It is sealed to a ticket that the
//             importer made for this one move, and travels with the transport's descriptor. The client notices nothing.
//
// An export takes the session out of the pool before there is a blob: whoever has the blob has the session, and nobody
// else does. HF-MOV-1.

#include <optional>
#include <utility>

#include "core/base/bytes.h"
#include "core/base/error.h"
#include "core/crypto/crypto.h"
#include "core/crypto/secret_bytes.h"
#include "core/session/event.h"

namespace holdfast {

// A session at rest: resume keys, offsets, and the plaintext that the peer may still ask for. No transport keys.
//
// As secret as the keys in it: encrypt it where it is stored (HF-SEC-8). A pool refuses to import a blob twice, by its
// random id; *that no two pools import it is the caller's duty*. Where that is broken, two owners serve one session,
// and the bytes of a stream may be delivered twice, once by each; no key and nonce is ever used twice, since each
// resume draws keys of its own. HF-MOV-8, HF-MOV-9.
class RestBlob {
 public:
  // Copies. Nothing is checked before the import.
  static RestBlob FromBytes(ByteSpan bytes) { return RestBlob(SecretBytes(bytes)); }
  explicit RestBlob(SecretBytes bytes) : bytes_(std::move(bytes)) {}

  // To be stored. The view lives as long as the blob, and until it is imported.
  ByteSpan bytes() const { return bytes_.span(); }

 private:
  SecretBytes bytes_;
};

// The public part of a ticket, for the exporter. No secret, but it must come from the importer unchanged: whoever made
// it can open the blob.
using TicketKey = PublicKey;

// Made by the importer of a live session, for one import. Move-only, wiped when it dies; an import takes it, whether or
// not the blob opens. So a blob opens once, anywhere. HF-MOV-11.
class MoveTicket {
 public:
  static MoveTicket Make(Entropy& entropy) { return MoveTicket(KeyPair::Generate(entropy)); }
  MoveTicket(MoveTicket&& other) noexcept : pair_(std::exchange(other.pair_, std::nullopt)) {}
  MoveTicket& operator=(MoveTicket&& other) noexcept {
    pair_ = std::exchange(other.pair_, std::nullopt);
    return *this;
  }

  // Only of a ticket that has not been used.
  const TicketKey& key() const { return pair_->public_key(); }

  // What was sealed to this ticket; kBadBlob if it was sealed to another, or changed. The ticket is spent.
  Result<SecretBytes> Open(ByteSpan sealed) &&;

 private:
  explicit MoveTicket(KeyPair pair) : pair_(std::move(pair)) {}
  std::optional<KeyPair> pair_;
};

// A live session, sealed. It does not say who sealed it, so it must come over a channel that the importer trusts, as
// the descriptor does.
class LiveBlob {
 public:
  explicit LiveBlob(Bytes sealed) : sealed_(std::move(sealed)) {}
  ByteSpan bytes() const { return sealed_; }

 private:
  Bytes sealed_;
};

struct LiveExport {
  LiveBlob blob;
  // Whose descriptor goes with the blob. The pool has forgotten it without an event. What the caller took from Write
  // and has not written it must write first, or hand over.
  TransportId transport;
};

struct LiveImport {
  SessionId session;
  TransportId transport;
};

}  // namespace holdfast
