#pragma once

// Client: one session of stable-connection's wire, seen from the side that dials (docs/legacy.md). Verbs state facts
// and the time; Poll yields every consequence. After each verb, call Poll until it yields nothing.
//
//   Client client;
//   client.TransportOpened(now, random);                      // then Poll: Write ...
//   client.Receive(now, bytes);                               // then Poll: Opened, Write, Deliver ...
//
// INSECURE: for interoperability only. Copying a client forks it: the copies must never speak to the same server.
// Not thread-safe; holds no reference to anything of the caller's between calls.

#include <cstdint>
#include <deque>
#include <optional>
#include <variant>

#include "core/base/bytes.h"
#include "core/base/digest.h"
#include "core/base/time.h"
#include "core/legacy/limits.h"
#include "core/legacy/outgoing.h"
#include "core/legacy/primitives.h"
#include "core/legacy/reason.h"

namespace holdfast::legacy {

struct ClientOptions {
  Duration attempt_time = kAttemptTime;     // From TransportOpened to the server's reply.
  Duration suspended_time = kDetachedTime;  // From the loss of a transport to the next that is open.
  // So many servers' counts in a row from before what is kept end the session. At least 1.
  uint32_t beyond_window_answers = kBeyondWindowAnswers;
  size_t waiting_at_first_max = kWaitingBytes;  // What Send takes before there is a session.
};

namespace client_event {

// These bytes, to the transport. What was not polled when a transport went is not written to the next.
struct Write {
  ByteSpan bytes;
};
// The next bytes of the server's stream, for the application.
struct Deliver {
  ByteSpan bytes;
};
// The session is there, as far as a client can know: this wire confirms nothing.
struct Opened {};
// The transport is lost, after it was open or in its handshake. The session lives on. `close`: it is still there, and
// to be closed. kSuperseded: that is the one before the newest.
struct Suspended {
  Reason why;
  bool close;
};
struct AttemptFailed {
  Reason why;
  bool close;
};
// A new transport carries the session on.
struct Resumed {};
// Nothing follows. If a transport was lost with it, that was told before.
struct Ended {
  Reason why;
};

}  // namespace client_event

using ClientEvent =
    std::variant<client_event::Write, client_event::Deliver, client_event::Opened, client_event::Suspended,
                 client_event::AttemptFailed, client_event::Resumed, client_event::Ended>;

class Client {
 public:
  explicit Client(const ClientOptions& options = {}) : options_(options) {}

  // A fresh transport to the server exists; an earlier one is forgotten. After the end: AttemptFailed.
  void TransportOpened(Time now, RandomSource random);

  // The transport is gone. Its bytes must have been given to Receive. Ignored if there is none.
  void TransportClosed(Time now);

  // The next bytes of the transport's stream: any split of it gives the same stream. Ignored without a transport.
  void Receive(Time now, ByteSpan bytes);

  // Appends to our stream. All of it is taken while a transport is open. Else as much as fits into kWaitingBytes (or,
  // before there is a session, waiting_at_first_max), which goes out with the next handshake; returns how much. 0 after
  // the end.
  size_t Send(Time now, ByteSpan plaintext);

  // Ends the session, which the server is not told: it sees the transport close.
  void End(Time now, Reason why);

  // A view in an event lives until the next call of any verb.
  std::optional<ClientEvent> Poll();

  // Call Tick at this time at the latest (then Poll). kNever: nothing is waited for.
  Time Deadline() const;
  void Tick(Time now);

  // kIdle: no transport. kHandshake: a reply is waited for. The session may be there in each of them.
  enum class State : uint8_t { kIdle, kHandshake, kOpen, kEnded };
  State state() const { return state_; }
  bool has_session() const { return session_.has_value(); }
  std::optional<Reason> ended() const { return ended_; }

  // Of the streams, and of what Send took that no transport has carried yet.
  uint64_t sent() const { return session_ ? session_->out.count() : 0; }
  uint64_t received() const { return session_ ? session_->received : 0; }
  size_t waiting() const { return waiting_.size(); }

  // What this object holds beside itself, in bytes.
  size_t MemoryBytes() const;
  // Two clients with equal digests behave alike.
  uint64_t StateDigest() const;

 private:
  // What survives transports.
  struct Session {
    Session(uint64_t secret_in, uint64_t server_public_in);

    uint64_t secret;
    uint64_t server_public;
    uint64_t received = 0;
    Outgoing out;
    Keystream in;
    Fingerprint fingerprint;     // Of the ciphertext received, which is what a server keeps.
    uint32_t fingerprint_asked;  // As it was at the last multiple of kChunkBytes.
  };

  struct Notice {
    enum class Kind : uint8_t { kDeliver, kOpened, kSuspended, kAttemptFailed, kResumed, kEnded };
    Kind kind;
    Reason why = Reason::kClosed;
    bool close = false;
    Bytes bytes = {};
  };

  void Reply(Time now);
  void Begin(uint64_t server_public, uint64_t challenge);
  void BeginAnew(Time now, uint64_t server_public, uint64_t challenge);
  void Resume(Time now, uint64_t server_received, uint64_t challenge);
  void Attach(uint64_t server_received, uint64_t challenge);
  void Deliver(ByteSpan ciphertext);
  void LoseTransport(Time now, Reason why, bool close);
  uint32_t InstanceIn(uint64_t server_public, uint64_t challenge) const;

  ClientOptions options_;
  State state_ = State::kIdle;
  Time handshake_since_{};               // In kHandshake.
  std::optional<Time> suspended_since_;  // While there is a session, and no transport open.
  uint64_t exponent_ = 0;
  uint64_t public_value_ = 0;  // Of the session.
  uint64_t public_said_ = 0;   // In the last hello.
  uint32_t instance_ = 0;      // Of the server that the session began with, if it is one of ours.
  uint32_t beyond_window_ = 0;
  std::optional<Session> session_;
  std::optional<Reason> ended_;
  Bytes reply_;    // As much of it as came.
  Bytes waiting_;  // Plaintext.
  Bytes out_;
  std::deque<Notice> notices_;
  Bytes polled_;
};

}  // namespace holdfast::legacy
