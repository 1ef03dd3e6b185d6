#pragma once

// Server: a pool of resumable sessions, seen from the side that accepts (docs/protocol.md). Verbs state facts; Poll
// yields every consequence and is the only verb that draws entropy. After each verb, call Poll until it yields nothing
// (several Receives for different transports may precede one round of Polls). The cost of a verb does not grow with the
// number of sessions beyond the logarithm of an ordered index.
//
// Not thread-safe; holds no reference to anything of the caller's between calls but the bytes given to Receive.

#include <memory>
#include <optional>

#include "core/base/digest.h"
#include "core/pool/moving.h"
#include "core/pool/source_key.h"
#include "core/session/event.h"
#include "core/session/network_key.h"
#include "core/session/options.h"
#include "core/session/view.h"

namespace holdfast {

class ForkKey;

struct ServerConfig {
  KeyPair static_key;    // Proves who the server is.
  bool offer_nx = true;  // New sessions in which the client stays anonymous,
  bool offer_xx = true;  // and such in which it proves a key: event::KeyPresented.
  // Set: a private network's listener. Only members begin sessions, and strangers learn nothing. HF-NEW-16, HF-PRE-15.
  std::optional<NetworkKey> network_key = std::nullopt;
  Duration clock_window = limits::kClockWindow;      // In a private network, once SetClock was called. HF-NEW-17.
  size_t replays_max = limits::kReplaysMax;          // Greetings of a private network that are remembered.
  Duration hold_max = limits::kHoldMax;              // Grants a client at most this hold time.
  Duration handshake_time = limits::kHandshakeTime;  // From TransportOpened to a valid message 1.
  Duration candidate_time = limits::kCandidateTime;  // From message 2 to the first valid record.
  Duration embryo_time = limits::kEmbryoTime;        // Life of a session that no client has confirmed.
  // Transports before message 1, and sessions that no client has confirmed, of one source and in all. When there are as
  // many, the oldest of the source makes room, or the oldest of all if the source has none. Each at least 1.
  size_t handshakes_per_source_max = limits::kHandshakesPerSourceMax;
  size_t handshakes_max = limits::kHandshakesMax;
  size_t embryos_per_source_max = limits::kEmbryosPerSourceMax;
  size_t embryos_max = limits::kEmbryosMax;
  size_t handshake_bytes_max = limits::kHandshakeBytesMax;  // Of messages 1 that came in part; likewise.
  size_t sessions_max = limits::kSessionsMax;               // Confirmed ones and tombstones: new sessions are refused.
  // What the buffers of all sessions may hold: then Send accepts less, new sessions are refused, and a transport whose
  // next record comes in parts is dropped (HF-LIM-8). For one record it is exceeded while that is found out.
  size_t memory_max = limits::kMemoryMax;
  size_t imports_max = limits::kImportsMax;  // Blobs at rest that are remembered as imported.
  SessionOptions session = {};
};

// (kUnjudged ->) kEmbryo -> kAttached <-> kSuspended -> kTombstone; the table is in server_states.h. kUnjudged: the
// client proved a key, and the application's verdict is out; kRefused: it was no. Both live as long as embryos.
enum class ServerState : uint8_t { kEmbryo, kUnjudged, kRefused, kAttached, kSuspended, kTombstone };
std::string_view NameOf(ServerState state);

class Server {
 public:
  explicit Server(const ServerConfig& config);
  Server(Server&&) noexcept;
  Server& operator=(Server&&) noexcept;
  ~Server();

  // A byte stream was accepted; `now` may lie back at that moment if somebody else read from it first. `bound`: what
  // both ends know to have come before its first byte, which the handshake is bound to; at most limits::kBoundBytesMax
  // (HF-NET-10).
  TransportId TransportOpened(Time now, SourceKey source = {}, ByteSpan bound = {});

  // The transport is gone, whoever closed it. Its bytes must have been given to Receive and polled before. Ignored for
  // transports that are forgotten.
  void TransportClosed(Time now, TransportId transport);

  // The next bytes of the transport's stream: any split of it gives the same events. The view must live until Poll has
  // yielded nothing. All are taken. Ignored for transports that are forgotten.
  void Receive(Time now, TransportId transport, ByteSpan bytes);

  // While not writable, no Write is yielded for the transport. Writable when opened. What a Write holds is at most one
  // record or handshake message (65,537 bytes), so this bounds what the caller must buffer.
  void SetWritable(Time now, TransportId transport, bool writable);

  // The verdict on a client's key (event::KeyPresented). If it is no, the session ends as refused, and the client is
  // told. Ignored for a session that waits for none, as one that has ended meanwhile.
  void Judge(Time now, SessionId session, bool accept);

  // What the clock on the wall shows; call it again when that is stepped. Only a private network's listener asks for
  // it: without a clock it cannot refuse greetings that somebody recorded, and he learns that a member listens here.
  // HF-NEW-17.
  void SetClock(Time now, WallTime wall);

  // As for Client. On a session that is over or was never there: 0, or nothing.
  size_t Send(Time now, SessionId session, ByteSpan plaintext);
  // May end the session as finished: the client's bytes were all that was waited for.
  void Consumed(Time now, SessionId session, uint64_t bytes);
  void Finish(Time now, SessionId session);
  void Abort(Time now, SessionId session, uint64_t app_code);

  // --- Moving a session (core/pool/moving.h) ---
  // Before an export Poll must have yielded everything. An error leaves everything as it was.

  // Takes an attached or suspended session, or a tombstone, out of this pool; for any other, kNotMovable. Its
  // transports are closed (CloseTransport); nothing else is told, and nobody here knows it or its locators any more.
  Result<RestBlob> ExportAtRest(Time now, SessionId session, Entropy& entropy);

  // The session goes on here, suspended (or ended: a tombstone), under a new id and without an event. `rested` says how
  // long it was away, if the caller knows: so much of its hold time has passed, and if that is all of it, it ends as
  // expired at the next Tick. If both pools know the time of day (SetClock), that says so too. Without either it is
  // held longer than it need be. What was delivered before and not consumed will be delivered again. kBadBlob,
  // kBlobSeen, kTableFull, kMemoryFull, kDuplicateLocator: nothing has changed, and the blob is still the caller's.
  Result<SessionId> ImportAtRest(Time now, RestBlob&& blob, Duration rested = Duration(0));

  // Takes an attached session out of this pool, with its transport, sealed to the importer's ticket; kNotMovable for
  // any other, kWeakKey if the ticket is no key. A candidate is closed.
  Result<LiveExport> ExportLive(Time now, SessionId session, const TicketKey& ticket, Entropy& entropy);

  // The session goes on here, on the transport that came with it, which has a new id. What was delivered and not
  // consumed moves with the application. The ticket is spent in any case: if the import fails (kBadBlob, kTableFull,
  // kMemoryFull, kDuplicateLocator), nothing here has changed, and the session is lost.
  Result<LiveImport> ImportLive(Time now, MoveTicket&& ticket, ByteSpan blob);

  std::optional<Event> Poll(Time now, Entropy& entropy);

  // Call Tick at this time at the latest (then Poll). kNever: nothing is waited for.
  Time Deadline() const;
  void Tick(Time now);

  // Of a session that is known, tombstones included.
  std::optional<ServerState> state(SessionId session) const;
  std::optional<SessionView> View(SessionId session) const;
  // The key that the client proved, for its session's life: nothing if the client is anonymous. Whoever no longer
  // trusts a key aborts its sessions. HF-NEW-21.
  std::optional<PublicKey> PeerKey(SessionId session) const;

  struct Census {
    size_t transports = 0;  // All that are open.
    size_t handshakes = 0;  // Of these, before the client's last handshake message.
    size_t embryos = 0;     // Those without a verdict, or with a bad one, included.
    size_t sessions = 0;    // Attached or suspended.
    size_t tombstones = 0;
    size_t handshake_bytes = 0;  // Held for messages 1 that came in part.
    size_t memory_bytes = 0;     // Held by the buffers of sessions.
    size_t memory_waits = 0;     // Sessions whose Send waits for memory.
    uint64_t deadlines = 0;      // That Tick has looked at so far: what work time makes.
  };
  Census census() const;

  // Two servers with equal digests behave alike. Of one session alone: the attached transport, its keys, nonces and
  // queues included; what an unconfirmed attempt may change only if `with_attempts`: a candidate, the pending epoch,
  // the attempt counter, and if the server takes early data, how much was received and consumed.
  uint64_t StateDigest() const;
  uint64_t SessionDigest(SessionId session, bool with_attempts) const;
  Server ForkForSimulation(const ForkKey&) const;
  // Adds `count` sessions that are copies of one that is attached or suspended, each with an id, keys of its epochs and
  // (if attached) a transport of its own; ids of both follow on those given out before. What the template's client says
  // on its transport is as good for each of theirs.
  void MultiplyForSimulation(const ForkKey&, SessionId session, size_t count, Entropy& entropy);
  std::optional<SealMark> LastSeal(const ForkKey&, TransportId transport) const;

 private:
  struct Impl;
  explicit Server(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace holdfast
