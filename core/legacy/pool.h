#pragma once

// Pool: many sessions of stable-connection's wire, seen from the side that accepts (docs/legacy.md). Verbs state facts
// and the time; Poll yields every consequence. After each verb, call Poll until it yields nothing. A transport is named
// by a number of the caller's, as a rule its descriptor, and begins with its first bytes; a session by a number of
// ours.
//
// INSECURE: for interoperability only. Copying a pool forks it: the copies must never speak to the same clients.
// Not thread-safe; holds no reference to anything of the caller's between calls.

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <variant>
#include <vector>

#include "core/base/bytes.h"
#include "core/base/digest.h"
#include "core/base/time.h"
#include "core/legacy/fingerprint_index.h"
#include "core/legacy/limits.h"
#include "core/legacy/outgoing.h"
#include "core/legacy/primitives.h"
#include "core/legacy/reason.h"

namespace holdfast::legacy {

struct PoolOptions {
  uint64_t seed = 0;  // A random word, other pools have others: clients tell this pool from its predecessor by it.
  Duration handshake_time = kHandshakeTime;  // From a transport's first byte to its proof.
  Duration detached_time = kDetachedTime;
  size_t sessions_max = kSessionsMax;      // New ones are refused then.
  size_t handshakes_max = kHandshakesMax;  // The oldest makes room. At least 1.
  size_t remembered_max = kRememberedMax;  // Ended sessions; the oldest is forgotten.
  int32_t first_id = 1;                    // Of a session; positive.
};

namespace pool_event {

// These bytes, to the transport.
struct Write {
  int fd;
  ByteSpan bytes;
};
// Close the transport, once what was written has gone out. The number is free from here on.
struct CloseTransport {
  int fd;
  Reason why;
};
struct Opened {
  int32_t id;
  int fd;
};
// The next bytes of the client's stream, for the application.
struct Deliver {
  int32_t id;
  ByteSpan bytes;
};
// No transport is attached any more; the session lives on.
struct Suspended {
  int32_t id;
};
// A transport is attached again, or a newer one took the place of the old.
struct Resumed {
  int32_t id;
  int fd;
};
// The session is no more.
struct Ended {
  int32_t id;
  Reason why;
};

}  // namespace pool_event

using PoolEvent = std::variant<pool_event::Write, pool_event::CloseTransport, pool_event::Opened, pool_event::Deliver,
                               pool_event::Suspended, pool_event::Resumed, pool_event::Ended>;

class Pool {
 public:
  explicit Pool(const PoolOptions& options = {});

  // The next bytes of a transport's stream: any split of it gives the same streams. Ignored from the moment that this
  // pool gave the transport up until CloseTransport is polled.
  void Receive(Time now, int fd, ByteSpan bytes, RandomSource random);

  // The transport is gone, and what was not yet written to it. Its bytes must have been given to Receive. Ignored for
  // transports that are not known.
  void TransportClosed(Time now, int fd);

  // Appends to the session's stream. All of it is taken while a transport is attached. Else as much as fits into
  // kWaitingBytes, which goes out with the resume; returns how much. 0 if there is no such session.
  size_t Send(Time now, int32_t id, ByteSpan plaintext);

  // Ends the session: what was sent goes out, then the transport is closed. Ignored if there is no such session.
  void End(Time now, int32_t id, Reason why);

  // A view in an event lives until the next call of any verb. All Writes and CloseTransports come first.
  std::optional<PoolEvent> Poll();

  // Call Tick at this time at the latest (then Poll). kNever: nothing is waited for.
  Time Deadline() const;
  void Tick(Time now);

  // From now on. The times also of what is waiting.
  void SetTimes(Duration handshake_time, Duration detached_time);

  // Whether a session is on that transport.
  bool IsAttached(int fd) const {
    auto found = transports_.find(fd);
    return found != transports_.end() && found->second.stage == Transport::Stage::kAttached;
  }
  bool Has(int32_t id) const { return sessions_.contains(id); }
  size_t sessions() const { return sessions_.size(); }
  size_t handshakes() const { return waiting_.size(); }
  // Of a session's two streams; it must be there.
  uint64_t sent(int32_t id) const { return sessions_.at(id).out.count(); }
  uint64_t received(int32_t id) const { return sessions_.at(id).received; }

  // What this object holds beside itself, in bytes, about.
  size_t MemoryBytes() const;
  // Two pools with equal digests behave alike.
  uint64_t StateDigest() const;

 private:
  // The entries of a chunk's two fingerprints: over ciphertext, which our client and the original's server keep, and
  // over plaintext, which the original's client keeps. kNone if they are the same.
  using Mark = std::array<FingerprintIndex::Entry, 2>;

  struct Session {
    Session(uint64_t secret, uint64_t client_public, uint64_t server_public);

    uint64_t secret;
    uint64_t client_public;
    uint64_t server_public;
    std::optional<int> fd;
    uint64_t attempt = 0;  // Of the last transport that was attached.
    uint64_t received = 0;
    Outgoing out;
    Keystream in;
    Fingerprint of_ciphertext;
    Fingerprint of_plaintext;
    uint64_t first_chunk = 0;  // Of `marks`.
    std::vector<Mark> marks;   // Of each chunk from which a client may still resume.
    Bytes waiting;             // Plaintext.
    Time detached_since{};
  };

  struct Transport {
    enum class Stage : uint8_t { kHello, kProof, kAttached, kClosing };
    Stage stage = Stage::kHello;
    bool queued = false;  // In `writable_`.
    Reason why = Reason::kClosed;
    Time since{};
    uint64_t attempt = 0;
    std::array<uint8_t, kHelloBytes> head = {};  // As much as came of a hello or request, then of a proof.
    size_t head_size = 0;
    // Until the proof:
    std::optional<int32_t> session = std::nullopt;  // That is to be resumed, then that is attached.
    uint64_t client_public = 0;
    uint64_t server_public = 0;
    uint64_t secret = 0;  // Of a new session.
    uint64_t challenge = 0;
    uint64_t requested = 0;  // How much the client has received.
    uint32_t fingerprint = 0;
    uint64_t told = 0;  // How much we said that we have.
    // When attached:
    uint64_t repeated = 0;  // So many bytes will come that came before on another transport.
    Bytes out = {};
  };
  using Transports = std::map<int, Transport>;

  struct Notice {
    enum class Kind : uint8_t { kOpened, kDeliver, kSuspended, kResumed, kEnded };
    Kind kind;
    int32_t id;
    int fd = 0;
    Reason why = Reason::kClosed;
    Bytes bytes = {};
  };

  // Handshakes: pool_handshake.cc. A Transport& stays good, whatever else comes and goes.
  Transport& Begin(Time now, int fd);
  bool Fill(Transport& transport, size_t size, ByteSpan& bytes);
  void Hello(int fd, Transport& transport, RandomSource random);
  void NewSession(int fd, Transport& transport, RandomSource random);
  void Request(int fd, Transport& transport);
  void Proof(int fd, Transport& transport);
  void Open(int fd, Transport& transport);
  std::optional<int32_t> Proven(Transport& transport, uint64_t code);
  void Resume(int fd, Transport& transport, int32_t id);
  void LeaveHandshake(int fd, Transport& transport);
  int32_t NewId();

  // Sessions: pool.cc.
  void Attached(Transport& transport, ByteSpan bytes);
  void Encrypt(int32_t id, Session& session, ByteSpan plaintext, Bytes& out);
  void AddMark(int32_t id, Session& session);
  void Detach(Time now, int32_t id, Session& session);
  void Forget(int32_t id, Session& session);
  void GiveUp(int fd, Transport& transport, Reason why);
  void Queue(int fd, Transport& transport);

  PoolOptions options_;
  Time now_{};  // Of the verb under way.
  int32_t next_id_;
  uint64_t attempts_ = 0;
  std::map<int32_t, Session> sessions_;
  Transports transports_;
  FingerprintIndex index_;
  std::map<uint64_t, int32_t> by_hello_;         // Sessions by the client's public value.
  std::set<std::pair<uint64_t, int>> greeting_;  // Transports that wait for the proof of a new session, likewise.
  std::deque<uint64_t> ended_;                   // And sessions that have ended, the oldest first.
  std::set<uint64_t> ended_hellos_;
  std::set<std::pair<Time, int>> waiting_;       // Handshakes by age.
  std::set<std::pair<Time, int32_t>> detached_;  // Sessions by age.
  std::deque<int> writable_;                     // Each of them once, but for numbers that came back.
  std::deque<Notice> notices_;
  Bytes polled_;
};

}  // namespace holdfast::legacy
