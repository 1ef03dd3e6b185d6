#pragma once

// What a Server is made of. Six files share it: server.cc (the verbs), server_handshake.cc (strangers' bytes up to
// message 2), server_early.cc (stream bytes in message 1), server_records.cc (what follows under keys),
// server_memory.cc (what buffers may hold) and server_fork.cc (copies and digests).

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>

#include "core/pool/deadline_queue.h"
#include "core/pool/locator_index.h"
#include "core/pool/memory_budget.h"
#include "core/pool/replay_guard.h"
#include "core/pool/server.h"
#include "core/pool/server_states.h"
#include "core/pool/source_key.h"
#include "core/pool/waiting.h"
#include "core/session/handshake.h"
#include "core/session/message_reader.h"
#include "core/session/notices.h"
#include "core/session/session.h"
#include "core/wire/blobs.h"

namespace holdfast {

// How far a transport has come. The order carries meaning: from kCandidate on it has a link.
enum class Stage : uint8_t {
  kPreamble,   // Reads the preamble,
  kLocator,    // for a resume the locator,
  kMessage1,   // and message 1;
  kMessage3,   // if the client proves who it is, message 3 after message 2.
  kDiscard,    // Private listener: it failed, which nobody is to notice. Reads and forgets until its time is over.
  kLastWords,  // Everything was said in answer to message 1; waits for the client to close.
  kCandidate,  // Message 2 is out; waits for the first valid record.
  kAttached,
  kLinger,  // CLOSE is out; waits for the client to close.
};

// What waits for message 3.
struct Greeting {
  NoiseHandshake noise;
  ClientParameters asked;
};

struct ServerTransport {
  TransportId id = TransportId::kNone;
  SourceKey source = {};
  Stage stage = Stage::kPreamble;
  SessionId session = SessionId::kNone;  // From kCandidate on.
  MessageReader reader;
  ByteSpan input;  // Given to Receive and not yet read; the caller's memory.
  bool writable = true;
  bool ready = false;  // Is in the ready queue.
  bool held = false;   // The reader holds a record that came before the verdict on its sender.
  Bytes bound;         // Until message 1. HF-NET-10.
  Preamble preamble;
  Locator locator = {};
  std::unique_ptr<Greeting> greeting;  // In kMessage3.
  Error failure = Error::kTimedOut;    // In kDiscard: why it will be closed.
  Bytes outgoing;                      // Handshake message or CLOSE that waits to be written.
  std::optional<Link> link;
  AttemptId attempt;       // Which of the session's attempts it stands for. HF-RES-21.
  Claims claims;           // Of message 1; they take effect at the switch. HF-RES-13.
  Time deadline = kNever;  // Of the stage.
  Time scheduled = kNever;
  size_t charged = 0;  // To the memory of sessions.

  ServerTransport ForkForSimulation(const ForkKey& key) const;
  void DigestInto(Digest& digest) const;
};

struct ServerSession {
  SessionId id = SessionId::kNone;
  ServerState state = ServerState::kEmbryo;
  Suite suite = Suite::kChaChaPoly;
  std::unique_ptr<Session> core;      // Not of a tombstone.
  std::optional<Epoch> current;       // Not of an embryo.
  std::optional<PublicKey> peer_key;  // What the client proved; fixed for the session's life.
  std::optional<Epoch> pending;       // HF-RES-19.
  TransportId attached = TransportId::kNone;
  TransportId candidate = TransportId::kNone;  // Of a tombstone: the transport that was told last. HF-END-29.
  Duration granted{0};                         // What was promised to the client,
  Duration hold{0};                            // and the same with the time that it needs to notice.
  Time last_sign{};                            // Of the client, or of the end; `hold` runs from here.
  Time scheduled = kNever;
  Time overdue = kNever;  // Since when what was promised is over, once that was noticed. HF-LIM-9.
  size_t charged = 0;     // To the memory of sessions.
  uint64_t resumes = 0;
  Closing end;           // Of one that is over: what happened,
  Claims end_claims;     // and how far the session got. HF-END-28.
  bool crossed = false;  // The client turned out to have aborted too.

  ServerSession ForkForSimulation(const ForkKey& key) const;
  void DigestInto(Digest& digest, bool with_received) const;
};

// Bytes of a message 1 on their way to the application.
struct EarlyDelivery {
  SessionId session = SessionId::kNone;
  uint64_t offset = 0;
  bool ended = false;  // They complete the stream.
};

// Keys of the deadline queue: transports are even, sessions odd.
constexpr uint64_t KeyOf(TransportId id) { return static_cast<uint64_t>(id) << 1; }
constexpr uint64_t KeyOf(SessionId id) { return static_cast<uint64_t>(id) << 1 | 1; }

struct Server::Impl {
  explicit Impl(const ServerConfig& c);
  Impl(const Impl& other, const ForkKey& key);

  // --- server.cc ---
  TransportId Opened(Time now, SourceKey source);
  std::optional<Event> Poll(Time now, Entropy& entropy);
  bool ReadInput(Time now, ServerTransport& transport, Entropy& entropy);
  std::optional<Event> WriteOutput(Time now, ServerTransport& transport);
  void Tick(Time now);
  void TickTransport(Time now, ServerTransport& transport);
  void TickSession(Time now, ServerSession& session);
  void MarkReady(ServerTransport& transport);
  Time Due(const ServerTransport& transport) const;
  Time Due(const ServerSession& session) const;
  Time DueAfter(const ServerSession& session, Duration life) const;
  void Schedule(ServerTransport& transport);
  void Schedule(ServerSession& session);
  // The transport is forgotten; the reference is dead afterwards.
  void Drop(ServerTransport& transport, Error why, bool close);
  void Forget(ServerSession& session, Error why);
  void Notify(SessionId session, TransportId transport, auto what) { notices.Add({session, transport, what}); }
  ServerTransport* FindTransport(TransportId id);
  ServerSession* FindSession(SessionId id);
  ServerSession* FindOpen(SessionId id);  // One that the application knows and that is not over.

  // --- server_memory.cc ---
  // What the buffers of a transport or a session hold may have changed. False: it was too much, and the transport is
  // dropped.
  bool Account(Time now, ServerTransport& transport);
  void Account(ServerSession& session);
  size_t Send(Time now, ServerSession& session, ByteSpan bytes);
  // Ends what is overdue until `bytes` are left to send, if that is enough; `but` is spared. Whether there are.
  bool MakeRoom(Time now, size_t bytes, SessionId but);
  void HearFrom(Time now, ServerSession& session);
  void SetOverdue(ServerSession& session, Time since);
  std::optional<Event> ServeWaiting();

  // --- server_handshake.cc; each returns whether there may be more to read, and may drop the transport. ---
  bool ReadPreamble(Time now, ServerTransport& transport);
  bool ReadLocator(ServerTransport& transport);
  bool ReadMessage1(Time now, ServerTransport& transport, Entropy& entropy);
  Status OnNewSession(Time now, ServerTransport& transport, ByteSpan message, Entropy& entropy);
  Status OnResume(Time now, ServerTransport& transport, ByteSpan message, Entropy& entropy);
  bool ReadMessage3(Time now, ServerTransport& transport);
  Status CheckGreeting(Time now, ByteSpan message, uint64_t clock_ms);
  Status MakeEmbryo(Time now, ServerTransport& transport, NoiseHandshake& noise, const ClientParameters& asked);
  bool HoldRecord(ServerTransport& transport);
  void Judge(Time now, SessionId id, bool accept);
  void Refuse(ServerSession& session, const Closing& end, std::optional<Error> error);
  Duration Granted(const ClientParameters& asked) const;
  bool Offers(const Preamble& asked) const;
  // The handshake came to nothing: the transport is dropped, or on a private listener read on to no avail.
  void FailHandshake(ServerTransport& transport, Error why);
  void SendHint(Time now, ServerTransport& transport);
  void AwaitClose(Time now, ServerTransport& transport, Stage stage);
  Status MakeCandidate(Time now, ServerTransport& transport, ServerSession& session, NoiseHandshake& noise,
                       AttemptId attempt, const Claims& claims);

  // --- server_early.cc ---
  std::optional<EarlyGain> EarlyOf(const ServerSession& session, const ResumeRequest& request, bool promotes) const;
  void KeepEarly(ServerSession& session, EarlyGain gain);
  std::optional<Event> DeliverEarly();

  // --- server_records.cc ---
  bool ReadRecord(Time now, ServerTransport& transport);
  std::optional<Event> ReadFrames(Time now);
  std::optional<Event> OnFrame(Time now, ServerTransport& transport, const Frame& frame);
  void OnLateFrame(ServerTransport& transport, const Frame& frame);
  void Promote(ServerSession& session, TransportId by);
  void TellRefusal(Time now, ServerTransport& transport);
  void Switch(Time now, ServerTransport& transport);
  void Suspend(ServerSession& session, TransportId lost, Error why);
  void End(Time now, ServerSession& session, const Closing& end, std::optional<Error> error);
  void OnCrossedAbort(ServerSession& session, const Closing& word);

  // --- server_move.cc ---
  Status CheckMovable(SessionId id, bool live) const;
  ServerSession Take(ServerSession& session);
  Result<ServerSession> Revive(Time now, ServerBlob& blob, Duration rested, bool live) const;
  ServerSession& Admit(ServerSession session);

  ServerConfig config;
  std::shared_ptr<const SessionOptions> session_options;  // Of every session.
  std::map<TransportId, ServerTransport> transports;
  std::map<SessionId, ServerSession> sessions;
  LocatorIndex<> locators;          // Of every epoch that a session answers to. HF-RES-19.
  Waiting<TransportId> handshakes;  // Transports before message 1.
  Waiting<SessionId> embryos;
  MemoryBudget memory;
  std::set<std::pair<Time, SessionId>> overdue;  // Sessions that may be ended early, and since when.
  size_t tombstones = 0;
  std::set<BlobId> imports;       // Of the blobs that were imported. HF-MOV-8.
  std::deque<TransportId> ready;  // Transports that may have something to read or to write.
  DeadlineQueue deadlines;
  uint64_t deadlines_seen = 0;
  Notices notices;
  std::optional<Reader> record;  // What is left of the record being read; in `plaintext`.
  TransportId record_transport = TransportId::kNone;
  std::optional<EarlyDelivery> early;  // What waits to be delivered; in `early_bytes`.
  Bytes early_bytes;
  uint64_t transports_opened = 0;
  uint64_t sessions_opened = 0;
  WallClock clock;
  ReplayGuard replays;
  Scratch plaintext;
  Scratch outgoing;
  Bytes handed_out;  // The handshake message of the last Write.
};

}  // namespace holdfast
