#pragma once

// What a Client is made of. Four files share it: client.cc (the verbs, transports, time), client_handshake.cc (from
// message 1 to an attached transport), client_records.cc (what follows under keys, and the end) and client_fork.cc
// (copies and digests).

#include <algorithm>
#include <memory>
#include <optional>

#include "core/base/check.h"
#include "core/pool/client.h"
#include "core/pool/client_states.h"
#include "core/session/handshake.h"
#include "core/session/message_reader.h"
#include "core/session/notices.h"
#include "core/session/session.h"

namespace holdfast {

// The only session of a client.
inline constexpr SessionId kTheSession{1};

// A transport: an attempt while it has a handshake, attached once it has a link.
struct ClientTransport {
  TransportId id = TransportId::kNone;
  MessageReader reader;
  ByteSpan input;  // Given to Receive and not yet read; the caller's memory.
  bool writable = true;
  Bytes bound;                              // Until message 1. HF-NET-10.
  Time deadline = kNever;                   // Of an attempt.
  std::optional<NoiseHandshake> noise;      // Once message 1 is written.
  std::optional<ServerParameters> offered;  // Message 2 of a new session is verified; they wait for the verdict.
  std::optional<Bytes> hint;                // Once the server announced one: its bytes so far.
  std::optional<Link> link;
  Time begun = kNever;  // When message 1 went out.
  bool close_sent = false;

  ClientTransport ForkForSimulation(const ForkKey& key) const;
  void DigestInto(Digest& digest) const;
};

struct Client::Impl {
  explicit Impl(const ClientConfig& c);
  Impl(const Impl& other, const ForkKey& key);

  // --- client.cc: transports, time ---
  TransportId Opened(Time now);
  void Lose(Error why, bool close);
  void FailAttempt(Error why, bool close);
  void DialFails();
  std::optional<Event> Poll(Time now, Entropy& entropy);
  Event EmitDial(Time now, Entropy& entropy);
  void Tick(Time now);
  Time Deadline() const;

  // --- client_handshake.cc ---
  Event WriteMessage1(Time now, Entropy& entropy);
  bool ReadAttempt(Time now);
  bool ReadHint();
  Error Reason(const Hint& hint) const;
  Status ReadMessage2(Time now, ByteSpan message);
  void OnServerKey(Time now);
  void RefuseServer(Error why);
  void Judge(Time now, const PublicKey& key, bool accept);
  Event WriteMessage3(Time now, Entropy& entropy);
  void OpenSession(Time now);
  void OnResumed(Time now, const ResumeReply& reply);
  void AttachAttempt(Time now, uint64_t epoch_number);

  // --- client_records.cc: records, and how it ends ---
  bool ReadRecord(Time now);
  std::optional<Event> ReadFrames(Time now);
  std::optional<Event> OnFrame(Time now, const Frame& frame);
  std::optional<Event> WriteRecord(Time now);
  void GiveUp(Cause cause, uint64_t app_code, std::optional<Error> error);
  void OnServersWord(const Closing& word, bool could_be_finished);
  void End(const Ending& ending);

  void Notify(TransportId transport, auto what) { notices.Add({kTheSession, transport, what}); }
  bool Owns(TransportId id, std::optional<ClientTransport>& slot) { return slot && slot->id == id; }
  void WantDial() {
    if (!attempt) dial_wanted = true;
  }
  Duration Grown(Duration first, Duration max) const {
    const unsigned doublings = std::min(failures, 62U);
    return first.count() > max.count() >> doublings ? max : first * (int64_t{1} << doublings);
  }
  bool mutual() const { return config.static_key.has_value(); }
  PatternId pattern() const { return NewSessionPattern(mutual(), config.network_key.has_value()); }
  // Message 2 of a new session came, from a server whose key will do.
  bool has_verdict() const {
    return attempt && attempt->offered && accepted && attempt->noise->remote_static() == presented;
  }
  // The server's verdict on our key may be out: it reads one record, and no more. HF-NEW-19.
  bool on_probation() const { return mutual() && !heard; }
  bool MayWrite() const {
    return attached && attached->writable && !attached->close_sent &&
           !(on_probation() && attached->link->sealer().next_index() > 0);
  }
  bool Over() const { return state == ClientState::kClosing || state == ClientState::kEnded; }
  Duration AttemptTimeout() const { return Grown(config.attempt_timeout_first, config.attempt_timeout_max); }

  ClientConfig config;
  ClientState state = ClientState::kNew;
  Session session;
  EarlyRuns early_runs;        // Of what Send was given. HF-RES-29.
  std::optional<Epoch> epoch;  // The one resume key that the client holds. HF-RES-3.
  std::optional<ClientTransport> attached;
  std::optional<ClientTransport> attempt;  // The one that is in flight.
  std::optional<Reader> record;            // What is left of the record being read; in `plaintext`.
  Notices notices;
  uint64_t transports = 0;  // Ids given out.
  uint64_t resumes = 0;
  unsigned failures = 0;  // In a row, of attempts and dials.
  bool dial_wanted = true;
  Time dial_deadline = kNever;         // A dial is under way until then.
  Time last_authentic = kNever;        // kNever: there is no session yet. HF-LIV-4.
  bool heard = false;                  // A record of this session was verified.
  std::optional<PublicKey> presented;  // The key that the application was asked about last,
  bool accepted = false;               // and whether it said yes.
  WallClock clock;
  Time embryo_deadline = kNever;  // Set while the server may not know that the session is confirmed. HF-NEW-11.
  Duration hold;
  Closing closing;  // In kClosing: what the server has to be told.
  std::optional<Error> closing_error;
  bool closing_told = false;  // On the wire, at least once.
  Scratch plaintext;
  Scratch outgoing;
  Bytes message1;
};

}  // namespace holdfast
