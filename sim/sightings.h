#pragma once

// Sightings: what a run's events have shown so far of each client, its sessions and its transports, as far as marks ask
// for it. Decided from the trace and the plan alone: what endpoints hold inside is not looked at.

#include <array>
#include <cstdint>
#include <vector>

#include "core/pool/client_states.h"
#include "core/pool/server_states.h"
#include "sim/id_table.h"
#include "sim/oracles/scene.h"
#include "sim/state_walk.h"

namespace holdfast::sim {

// One direction of a transport. A message is what its sender wrote at once: of a handshake, or a record.
struct FlowSeen {
  static constexpr size_t kEndsKept = 8;

  uint64_t read = 0;        // Bytes that its reader was given.
  uint64_t arrives = kAll;  // So many ever arrive, as a death has it.
  uint64_t messages = 0;
  uint64_t written = 0;                                // End of the last message...
  std::array<uint64_t, kEndsKept> ends = {};           // ...and of the latest few, by their number modulo kEndsKept...
  std::array<uint64_t, 3> first = {kAll, kAll, kAll};  // ...and of the first three.
  uint64_t rekey_end = 0;                              // Of the latest record under a fresh key, if there was a rekey.
  uint64_t owed = 0;                                   // Of the last message, not yet taken.
  bool writable = true;

  uint64_t EndOf(uint64_t message) const { return ends[message % kEndsKept]; }
};

struct TransportSeen {
  FlowSeen up;
  FlowSeen down;
  bool resume = false;  // What its message 1 is.
  bool message3 = false;
  bool early = false;           // There are early data in it...
  bool early_taken = false;     // ...of which the server delivered some.
  bool died = false;            // By a fault.
  bool client_gone = false;     // The client has closed it, or knows that it is gone.
  bool server_on_it = false;    // It was attached at the server.
  bool from_tombstone = false;  // What the server answered, for its session was over before.

  const FlowSeen& flow(Direction d) const { return d == Direction::kUp ? up : down; }
  FlowSeen& flow(Direction d) { return d == Direction::kUp ? up : down; }
  uint64_t HandshakeMessages(Direction d) const { return d == Direction::kUp && message3 ? 2 : 1; }
};

// One end of a client's session; at the server of the latest that was opened.
struct EndSeen {
  trace::State state = NoState();
  Time state_at = {};
  bool opened = false;
  bool finished = false;  // Its application said so, after so many bytes.
  uint64_t final = 0;
  bool peer_finished = false;
  bool aborted = false;
  bool away = false;  // On its way to another owner.
  bool ended = false;
  uint64_t cause = 0;
  Time ended_at = {};

  static constexpr trace::State NoState() {
    trace::State state = {};
    state.attached = state.candidate = kNoTransport;
    return state;
  }
};

// What the reader had and the sender had sent of a stream when the client last resumed.
struct GapSeen {
  uint64_t from = 0;
  uint64_t to = 0;
  bool missing() const { return to > from; }
};

// Of the server's session: where it is, and how it last left.
struct MoveSeen {
  uint64_t server = 0;  // Of the site.
  bool in_mid_resume = false;
};

struct ClientSeen {
  EndSeen client;
  EndSeen server;
  StateWalk<kClientTransitions> walk;
  std::vector<TransportSeen> transports;
  uint64_t last_read = kNoTransport;  // The transport over which the client last got something.
  uint32_t messages2_lost = 0;        // Of resumes, in a row.
  uint32_t stuck_resumes = 0;         // In a row, each with something missing and nothing gained since the one before.
  uint64_t gained = 0;                // Bytes received at both ends when it last resumed.
  GapSeen gap_up;
  GapSeen gap_down;
  uint32_t dials_in_row = 0;  // Asked for since the last sign of the server.
  MoveSeen move;

  const TransportSeen* Find(uint64_t transport) const {
    return transport < transports.size() ? &transports[transport] : nullptr;
  }
  // The server has answered the latest attempt, and not had its first record.
  bool HasAnswered() const {
    return !transports.empty() && transports.back().down.messages > 0 && !transports.back().server_on_it;
  }
  uint64_t Gained() const { return client.state.received + server.state.received; }
};

// A session that the server knows, from the moment when its application does.
struct ServerSessionSeen {
  StateWalk<kServerTransitions> walk;
  uint64_t epoch = 0;
  bool judged = false;   // Now, and what comes of it is not yet seen.
  bool stepped = false;  // Since it was last seen something has happened that makes an epoch current.
  bool gone = false;     // It ended before it was open.
};

// What the server was last told.
struct ToldSeen {
  enum class What : uint8_t { kOther, kOpened, kReceive, kTick };
  What what = What::kOther;
  uint64_t client = 0;
  uint64_t transport = kNoTransport;
};

// Rows and states of the two tables that were seen, as bits.
struct TablesSeen {
  uint64_t client_states = 0;
  uint64_t client_rows = 0;
  uint64_t server_states = 0;
  uint64_t server_rows = 0;
};

class Sightings {
 public:
  void Reset(const Plan& plan);

  void On(const Scene& scene, const trace::Opened& event);
  void On(const Scene& scene, const trace::Write& event);
  void On(const Scene& scene, const trace::Receive& event);
  void On(const Scene& scene, const trace::Writable& event);
  void On(const Scene& scene, const trace::Close& event);
  void On(const Scene& scene, const trace::Closed& event);
  void On(const Scene& scene, const trace::Death& event);
  void On(const Scene& scene, const trace::Tick& event);
  void On(const Scene& scene, const trace::DialWanted& event);
  void On(const Scene& scene, const trace::AttemptFailed& event);
  void On(const Scene& scene, const trace::SessionOpened& event);
  void On(const Scene& scene, const trace::Suspended& event);
  void On(const Scene& scene, const trace::Resumed& event);
  void On(const Scene& scene, const trace::Finish& event);
  void On(const Scene& scene, const trace::Abort& event);
  void On(const Scene& scene, const trace::Deliver& event);
  void On(const Scene& scene, const trace::PeerFinished& event);
  void On(const Scene& scene, const trace::Ended& event);
  void On(const Scene& scene, const trace::State& event);
  void On(const Scene& scene, const trace::Census& event);
  void On(const Scene& scene, const trace::Asked& event);
  void On(const Scene& scene, const trace::Verdict& event);
  void On(const Scene& scene, const trace::Unopened& event);
  void On(const Scene& scene, const trace::Exported& event);
  void On(const Scene& scene, const trace::Imported& event);
  void On(const Scene& scene, const trace::Moved& event);

  const ClientSeen& client(uint64_t client) const { return clients_[client]; }
  // The end that the actor of an event stands at, and the other.
  const EndSeen& end(const Scene& scene, uint64_t client) const {
    return scene.actor.is_client() ? clients_[client].client : clients_[client].server;
  }
  const EndSeen& other_end(const Scene& scene, uint64_t client) const {
    return scene.actor.is_client() ? clients_[client].server : clients_[client].client;
  }
  const TransportSeen* transport(uint64_t client, uint64_t transport) const { return clients_[client].Find(transport); }
  const ServerSessionSeen* server_session(uint64_t session) const { return server_sessions_.Find(session); }
  const ToldSeen& told() const { return told_; }
  const trace::Census& census() const { return census_; }
  const TablesSeen& tables() const { return tables_; }

 private:
  TransportSeen* Transport(uint64_t client, uint64_t transport);
  EndSeen& End(const Scene& scene, uint64_t client) {
    return scene.actor.is_client() ? clients_[client].client : clients_[client].server;
  }
  void ArriveClient(ClientSeen& client, ClientState state);
  void ArriveServer(ServerSessionSeen& session, ServerState state, uint64_t epoch);

  std::vector<ClientSeen> clients_;
  IdTable<uint64_t, ServerSessionSeen> server_sessions_;
  ToldSeen told_;
  trace::Census census_ = {};
  TablesSeen tables_;
};

}  // namespace holdfast::sim
