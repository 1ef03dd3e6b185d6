#pragma once

// Event: what the core wants done or has to tell, as Poll yields it. Views in an event live until the next call of any
// verb of the object that yielded it.

#include <cstdint>
#include <optional>
#include <variant>

#include "core/base/bytes.h"
#include "core/base/error.h"
#include "core/base/time.h"
#include "core/wire/messages.h"

namespace holdfast {

// A transport's generation: given by TransportOpened, never used again. Every event of a transport carries it, so that
// a late event of a dead transport cannot touch the one that took its place. 0 is no transport.
enum class TransportId : uint64_t { kNone = 0 };

// A session within one Server, never used again. A Client, which has one session, uses 1.
enum class SessionId : uint64_t { kNone = 0 };

// How a session ended, as this end reports it (docs/protocol.md 7).
struct Ending {
  Cause cause = Cause::kFinished;
  Origin origin = Origin::kNobody;  // Who ended it; kNobody for finished, expired and never_confirmed.
  uint64_t app_code = 0;            // Of the application that aborted.
  bool crossed = false;             // Both aborted: app_code is our own, peer_app_code the other's.
  uint64_t peer_app_code = 0;
  std::optional<Error> error = std::nullopt;  // What exactly was seen, where it was seen on this end.
  bool operator==(const Ending&) const = default;
};

namespace event {

// Write these bytes to the transport, all of them, before any later ones.
struct Write {
  ByteSpan bytes;
};

// Write out what was given, then close the transport. It is forgotten: no event will name it again, and verbs that do
// are ignored.
struct CloseTransport {
  Error why;
};

// The next bytes of the peer's stream; the first of them is at `offset`. The application owns them from here on, or,
// with SessionOptions::explicit_consume, once it says Consumed.
struct Deliver {
  uint64_t offset;
  ByteSpan bytes;
};

// The peer's stream is complete: no Deliver follows.
struct PeerFinished {};

// Send, which accepted less than it was given, would accept more.
struct SpaceAvailable {};

// The session exists (for a client: the server proved its key; for a server: the client confirmed).
struct Opened {};

// No transport is attached any more; the session lives on.
struct Suspended {
  Error why;
};

// A transport is attached again, or a newer one took the place of the old.
struct Resumed {};

// The peer proved that it owns this static key: is it one to talk to? Answer with Judge, now or later. Client: before
// anything of the session is told to the server; not asked again while the server keeps to that key. Server (XX): the
// session is not open yet, and nothing more is read from the client. If it ends before it is open, by a bad verdict, by
// time, or for want of a place, Ended says so, and Judge is ignored from then on. HF-NEW-12, HF-NEW-19.
struct KeyPresented {
  PublicKey key;
};

// Client: open a transport `delay` from now, abandoning any dial under way; say TransportOpened or DialFailed.
struct Dial {
  Duration delay;
};

// Client: an attempt to open or resume the session came to nothing; another Dial follows. For logs and people.
struct AttemptFailed {
  Error why;
};

// The session is over, and this is the last event about it (but for Crossed).
struct Ended {
  Ending ending;
};

// Server: after the application here had aborted, the client turned out to have aborted too.
struct Crossed {
  uint64_t peer_app_code;
};

}  // namespace event

struct Event {
  SessionId session = SessionId::kNone;  // Of the session-level events.
  TransportId transport =
      TransportId::kNone;  // Of Write, CloseTransport, Opened, KeyPresented, Suspended (the lost), Resumed (the new).
  std::variant<event::Write, event::CloseTransport, event::Deliver, event::PeerFinished, event::SpaceAvailable,
               event::Opened, event::Suspended, event::Resumed, event::KeyPresented, event::Dial, event::AttemptFailed,
               event::Ended, event::Crossed>
      what;
};

}  // namespace holdfast
