#include "sim/sightings.h"

#include <algorithm>
#include <utility>

namespace holdfast::sim {
namespace {

constexpr uint64_t kTransportsMax = 1 << 20;
// Message 1 of a resume without early data, from its preamble on.
constexpr uint64_t kResumeMessage1Bytes = 12 + 16 + 2 + 100;

template <typename State>
uint64_t BitOf(State state) {
  return uint64_t{1} << static_cast<size_t>(state);
}

// Both ends of each row.
template <typename Table>
uint64_t StatesOf(const Table& table, uint64_t rows) {
  uint64_t states = 0;
  for (size_t i = 0; i < table.size(); ++i) {
    if (rows >> i & 1) states |= BitOf(table[i].from) | BitOf(table[i].to);
  }
  return states;
}

void NoteMessage(FlowSeen& flow, uint64_t end, uint64_t record, uint64_t rekey_interval) {
  if (flow.messages < flow.first.size()) flow.first[flow.messages] = end;
  if (record != kAll && record > 0 && record % rekey_interval == 0) flow.rekey_end = end;
  flow.ends[flow.messages % FlowSeen::kEndsKept] = end;
  flow.written = end;
  ++flow.messages;
}

}  // namespace

void Sightings::Reset(const Plan& plan) {
  clients_.resize(plan.clients.size());
  for (ClientSeen& client : clients_) {
    std::vector<TransportSeen> transports = std::move(client.transports);
    transports.clear();
    client = {};
    client.transports = std::move(transports);
  }
  server_sessions_.Clear();
  told_ = {};
  census_ = {};
  tables_ = {};
}

TransportSeen* Sightings::Transport(uint64_t client, uint64_t transport) {
  if (transport >= kTransportsMax) return nullptr;
  std::vector<TransportSeen>& all = clients_[client].transports;
  if (transport >= all.size()) all.resize(transport + 1);
  return &all[transport];
}

// --- Transports ----------------------------------------------------------------------------------------------------

void Sightings::On(const Scene& scene, const trace::Opened& event) {
  if (!scene.actor.is_client()) told_ = {ToldSeen::What::kOpened, event.client, event.transport};
}

void Sightings::On(const Scene& scene, const trace::Write& event) {
  TransportSeen* transport = Transport(event.client, event.transport);
  if (transport == nullptr) return;
  const auto direction = static_cast<Direction>(event.dir);
  FlowSeen& flow = transport->flow(direction);
  const bool goes_on = flow.owed > 0;  // What was not taken before.
  flow.owed = event.size - event.taken;
  if (goes_on) return;
  ClientSeen& client = clients_[event.client];
  if (flow.messages == 0 && direction == Direction::kUp) {
    transport->resume = client.client.opened;
    transport->message3 = !transport->resume && scene.plan.clients[event.client].settings.static_key;
    transport->early = transport->resume && event.size > kResumeMessage1Bytes;
    if (client.walk.at() == ClientState::kNew) client.walk.Step(ClientInput::kGreet);
  }
  if (flow.messages == 0 && direction == Direction::kDown) {
    transport->from_tombstone = client.server.ended && client.server.ended_at < scene.now;
  }
  const uint64_t handshake = transport->HandshakeMessages(direction);
  const uint64_t record = flow.messages < handshake ? kAll : flow.messages - handshake;
  NoteMessage(flow, event.offset + event.size, record, scene.plan.server.session.rekey_interval);
}

void Sightings::On(const Scene& scene, const trace::Receive& event) {
  TransportSeen* transport = Transport(event.client, event.transport);
  if (scene.actor.is_client()) {
    clients_[event.client].last_read = event.transport;
  } else {
    told_ = {ToldSeen::What::kReceive, event.client, event.transport};
  }
  if (transport != nullptr) transport->flow(static_cast<Direction>(event.dir)).read = event.offset + event.size;
}

void Sightings::On(const Scene&, const trace::Writable& event) {
  if (TransportSeen* transport = Transport(event.client, event.transport)) {
    transport->flow(static_cast<Direction>(event.dir)).writable = event.writable != 0;
  }
}

void Sightings::On(const Scene& scene, const trace::Close& event) {
  TransportSeen* transport = Transport(event.client, event.transport);
  if (transport != nullptr && scene.actor.is_client()) transport->client_gone = true;
}

void Sightings::On(const Scene& scene, const trace::Closed& event) {
  TransportSeen* transport = Transport(event.client, event.transport);
  if (!scene.actor.is_client()) {
    told_ = {};
  } else if (transport != nullptr) {
    transport->client_gone = true;
  }
}

void Sightings::On(const Scene&, const trace::Death& event) {
  if (TransportSeen* transport = Transport(event.client, event.transport)) {
    transport->died = true;
    transport->up.arrives = event.up_bytes;
    transport->down.arrives = event.down_bytes;
  }
}

void Sightings::On(const Scene& scene, const trace::Tick&) {
  if (!scene.actor.is_client()) told_ = {.what = ToldSeen::What::kTick};
}

void Sightings::On(const Scene&, const trace::DialWanted& event) { ++clients_[event.client].dials_in_row; }

void Sightings::On(const Scene&, const trace::AttemptFailed& event) {
  ClientSeen& client = clients_[event.client];
  const TransportSeen* transport = client.Find(event.transport);
  const bool lost = transport != nullptr && transport->resume && transport->down.messages > 0 &&
                    transport->down.read < transport->down.first[0];
  client.messages2_lost = lost ? client.messages2_lost + 1 : 0;
  if (client.walk.at() == ClientState::kGreeting) client.walk.Step(ClientInput::kGreetingFailed);
}

// --- Sessions ------------------------------------------------------------------------------------------------------

void Sightings::On(const Scene& scene, const trace::SessionOpened& event) {
  ClientSeen& client = clients_[event.client];
  if (scene.actor.is_client()) {
    client.client.opened = true;
    client.walk.Step(ClientInput::kOpened);
    return;
  }
  client.server = {};
  client.server.opened = true;
  TransportSeen* transport = Transport(event.client, event.transport);
  if (transport != nullptr) transport->server_on_it = true;

  ServerSessionSeen* known = server_sessions_.Find(event.session);
  ServerSessionSeen& session = known != nullptr ? *known : server_sessions_.At(event.session);
  if (known == nullptr) session.walk.Begin(ServerState::kEmbryo);
  // By a message 1, which is not answered yet or came before the verdict, or else by a record.
  const bool promoted = session.judged ? session.epoch > 0 : transport == nullptr || transport->down.messages == 0;
  session.walk.Step(promoted ? ServerInput::kPromoted : ServerInput::kSwitched);
  session.stepped = true;
}

void Sightings::On(const Scene& scene, const trace::Suspended& event) {
  if (scene.actor.is_client()) {
    clients_[event.client].walk.Step(ClientInput::kTransportLost);
  } else if (ServerSessionSeen* session = server_sessions_.Find(event.session)) {
    session->walk.Step(ServerInput::kTransportLost);
  }
}

void Sightings::On(const Scene& scene, const trace::Resumed& event) {
  ClientSeen& client = clients_[event.client];
  if (!scene.actor.is_client()) {
    if (TransportSeen* transport = Transport(event.client, event.transport)) transport->server_on_it = true;
    if (ServerSessionSeen* session = server_sessions_.Find(event.session)) {
      session->walk.Step(ServerInput::kSwitched);
      session->stepped = true;
    }
    return;
  }
  client.walk.Step(ClientInput::kAttached);
  client.messages2_lost = 0;
  client.gap_up = {client.server.state.received, client.client.state.sent};
  client.gap_down = {client.client.state.received, client.server.state.sent};
  const bool missing = client.gap_up.missing() || client.gap_down.missing();
  const bool stuck = missing && client.Gained() == client.gained;
  client.stuck_resumes = !missing ? 0 : stuck ? client.stuck_resumes + 1 : 1;
  client.gained = client.Gained();
}

void Sightings::On(const Scene& scene, const trace::Finish& event) {
  EndSeen& end = End(scene, event.client);
  end.finished = true;
  end.final = event.offset;
}

void Sightings::On(const Scene& scene, const trace::Abort& event) {
  ClientSeen& client = clients_[event.client];
  End(scene, event.client).aborted = true;
  if (!scene.actor.is_client()) return;
  const ClientState at = client.walk.at();
  if (at == ClientState::kOpen || at == ClientState::kSuspended) client.walk.Step(ClientInput::kGiveUp);
}

void Sightings::On(const Scene& scene, const trace::Deliver& event) {
  if (event.transport != kNoTransport || scene.actor.is_client() || told_.what != ToldSeen::What::kReceive) return;
  TransportSeen* transport = Transport(told_.client, told_.transport);
  if (transport != nullptr && transport->down.messages == 0) transport->early_taken = true;
}

void Sightings::On(const Scene& scene, const trace::PeerFinished& event) {
  End(scene, event.client).peer_finished = true;
}

void Sightings::On(const Scene& scene, const trace::Ended& event) {
  EndSeen& end = End(scene, event.client);
  end.ended = true;
  end.cause = event.cause;
  end.ended_at = scene.now;
  if (scene.actor.is_client()) {
    clients_[event.client].walk.Step(ClientInput::kEnd);
  } else if (ServerSessionSeen* session = server_sessions_.Find(event.session)) {
    session->walk.Step(ServerInput::kEnd);
  }
}

void Sightings::On(const Scene& scene, const trace::State& event) {
  ClientSeen& client = clients_[event.client];
  EndSeen& end = End(scene, event.client);
  const trace::State& before = end.state;
  if (scene.actor.is_client()) {
    // A client that is closing says nothing of its transports.
    if (client.walk.at() == ClientState::kClosing && event.attached != before.attached) {
      client.walk.Step(event.attached == kNoTransport ? ClientInput::kTransportLost : ClientInput::kAttached);
    }
    if (event.received > before.received || event.acked > before.acked || event.attached != kNoTransport) {
      client.dials_in_row = 0;
    }
  } else if (TransportSeen* transport = Transport(event.client, event.attached)) {
    transport->server_on_it = true;
  }
  end.state = event;
  end.state_at = scene.now;
}

void Sightings::On(const Scene&, const trace::Census& event) { census_ = event; }

// --- Verdicts and moves --------------------------------------------------------------------------------------------

void Sightings::On(const Scene& scene, const trace::Asked& event) {
  if (!scene.actor.is_client()) server_sessions_.At(event.session).walk.Begin(ServerState::kUnjudged);
}

void Sightings::On(const Scene& scene, const trace::Verdict& event) {
  if (scene.actor.is_client()) return;
  told_ = {};
  ServerSessionSeen* session = server_sessions_.Find(event.session);
  if (session == nullptr || session->walk.at() != ServerState::kUnjudged || event.accepted == 0) return;
  session->walk.Step(ServerInput::kAccepted);
  session->judged = true;
}

void Sightings::On(const Scene& scene, const trace::Unopened& event) {
  if (scene.actor.is_client()) return;
  ServerSessionSeen* session = server_sessions_.Find(event.session);
  if (session == nullptr) return;
  session->gone = true;
  if (event.cause != static_cast<uint64_t>(Cause::kExpired)) session->walk.Step(ServerInput::kRefused);
}

void Sightings::On(const Scene&, const trace::Exported& event) {
  ClientSeen& client = clients_[event.client];
  client.server.away = true;
  client.move.in_mid_resume = client.HasAnswered();
}

void Sightings::On(const Scene&, const trace::Imported& event) {
  clients_[event.client].server.away = false;
  clients_[event.client].move.server = event.server;
  if (ServerSessionSeen* session = server_sessions_.Find(event.session)) {
    session->walk.Begin(event.live != 0 ? ServerState::kAttached : ServerState::kSuspended);
  }
}

// --- The tables ----------------------------------------------------------------------------------------------------

void Sightings::On(const Scene& scene, const trace::Moved& event) {
  if (scene.actor.is_client()) return ArriveClient(clients_[event.client], static_cast<ClientState>(event.state));
  ServerSessionSeen& session = server_sessions_.At(event.session);
  ArriveServer(session, static_cast<ServerState>(event.state), event.epoch);
}

void Sightings::ArriveClient(ClientSeen& client, ClientState state) {
  const ClientState at = client.walk.at();
  const bool was_open = at == ClientState::kOpen || at == ClientState::kSuspended;
  if (state == ClientState::kClosing && was_open) client.walk.Step(ClientInput::kGiveUp);  // For what it was sent.
  const uint64_t rows = client.walk.Arrive(state);
  tables_.client_rows |= rows;
  tables_.client_states |= StatesOf(kClientTransitions, rows) | BitOf(state);
}

void Sightings::ArriveServer(ServerSessionSeen& session, ServerState state, uint64_t epoch) {
  // An epoch becomes the current one by a record, which is told, or by a message 1, of which only this is seen.
  const bool promoted = epoch > session.epoch && !session.stepped;
  if (promoted && !IsOver(session.walk.at())) session.walk.Step(ServerInput::kPromoted);
  session.epoch = epoch;
  session.stepped = session.judged = false;
  const uint64_t rows = session.walk.Arrive(state);
  tables_.server_rows |= rows;
  tables_.server_states |= StatesOf(kServerTransitions, rows) | BitOf(state);
}

}  // namespace holdfast::sim
