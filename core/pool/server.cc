#include "core/pool/server.h"

#include <algorithm>
#include <utility>

#include "core/base/check.h"
#include "core/pool/server_impl.h"

namespace holdfast {

std::string_view NameOf(ServerState state) { return kServerStateNames[static_cast<size_t>(state)]; }

Server::Impl::Impl(const ServerConfig& c)
    : config(c),
      session_options(std::make_shared<const SessionOptions>(c.session)),
      memory(c.memory_max),
      replays(c.clock_window, std::max<size_t>(c.replays_max, 1)) {
  HOLDFAST_CHECK(IsSane(c.session));
}

// --- Transports and sessions come and go ---------------------------------------------------------------------------

// HF-LIM-1.
TransportId Server::Impl::Opened(Time now, SourceKey source) {
  while (handshakes.size() >= std::max<size_t>(config.handshakes_max, 1) ||
         handshakes.SizeOf(source) >= std::max<size_t>(config.handshakes_per_source_max, 1)) {
    Drop(*FindTransport(handshakes.OldestFor(source)), Error::kTableFull, true);
  }
  ServerTransport transport;
  transport.id = TransportId{++transports_opened};
  transport.source = source;
  transport.deadline = After(now, config.handshake_time);
  handshakes.Add(transport.id, source);
  ServerTransport& kept = transports.emplace(transport.id, std::move(transport)).first->second;
  Schedule(kept);
  return kept.id;
}

// HF-RES-27, HF-END-15.
void Server::Impl::Drop(ServerTransport& transport, Error why, bool close) {
  const TransportId id = transport.id;
  ServerSession* session = FindSession(transport.session);
  if (close) Notify(SessionId::kNone, id, event::CloseTransport{why});
  if (record_transport == id) record.reset();
  handshakes.Remove(id);
  memory.Charge(transport.charged, 0);
  deadlines.Cancel(KeyOf(id), transport.scheduled);
  transports.erase(id);
  if (session == nullptr) return;
  if (session->attached == id) Suspend(*session, id, why);
  if (session->candidate == id) {  // The pending epoch stays: the client may hold it. HF-RES-20.
    session->candidate = TransportId::kNone;
    Schedule(*session);
  }
}

void Server::Impl::Forget(ServerSession& session, Error why) {
  const bool unopened = session.state == ServerState::kEmbryo || session.state == ServerState::kUnjudged;
  if (session.peer_key && unopened) {  // The application was asked about it.
    Notify(session.id, TransportId::kNone, event::Ended{{.cause = Cause::kExpired, .error = why}});
  }
  const TransportId candidate = std::exchange(session.candidate, TransportId::kNone);
  if (ServerTransport* transport = FindTransport(candidate)) Drop(*transport, why, true);
  for (const auto* epoch : {&session.current, &session.pending}) {
    if (*epoch) locators.erase((*epoch)->locator);
  }
  if (session.state == ServerState::kTombstone) --tombstones;
  embryos.Remove(session.id);
  SetOverdue(session, kNever);
  memory.Forget(session.id);
  memory.Charge(session.charged, 0);
  deadlines.Cancel(KeyOf(session.id), session.scheduled);
  sessions.erase(session.id);
}

ServerTransport* Server::Impl::FindTransport(TransportId id) {
  auto found = transports.find(id);
  return found == transports.end() ? nullptr : &found->second;
}

ServerSession* Server::Impl::FindSession(SessionId id) {
  auto found = sessions.find(id);
  return found == sessions.end() ? nullptr : &found->second;
}

ServerSession* Server::Impl::FindOpen(SessionId id) {
  ServerSession* session = FindSession(id);
  return session != nullptr && session->core && !IsEmbryonic(session->state) ? session : nullptr;
}

// --- Poll ----------------------------------------------------------------------------------------------------------

std::optional<Event> Server::Impl::Poll(Time now, Entropy& entropy) {
  for (;;) {
    if (std::optional<Event> event = notices.Take()) return event;
    if (std::optional<Event> event = DeliverEarly()) return event;
    if (std::optional<Event> event = ReadFrames(now)) return event;
    if (!notices.empty()) continue;
    if (ready.empty()) return ServeWaiting();
    ServerTransport* transport = FindTransport(ready.front());
    if (transport != nullptr && ReadInput(now, *transport, entropy)) continue;
    ready.pop_front();
    if (transport == nullptr || !Account(now, *transport)) continue;
    transport->ready = false;
    std::optional<Event> event = WriteOutput(now, *transport);
    if (!event) continue;
    MarkReady(*transport);  // There may be more; the others come first.
    return event;
  }
}

// One step of reading; whether there may be another. May drop the transport.
bool Server::Impl::ReadInput(Time now, ServerTransport& transport, Entropy& entropy) {
  if (transport.input.empty() && !transport.held) return false;
  switch (transport.stage) {
    case Stage::kPreamble:
      return ReadPreamble(now, transport);
    case Stage::kLocator:
      return ReadLocator(transport);
    case Stage::kMessage1:
      return ReadMessage1(now, transport, entropy);
    case Stage::kMessage3:
      return ReadMessage3(now, transport);
    case Stage::kDiscard:
    case Stage::kLastWords:
      transport.input = {};
      return false;
    case Stage::kCandidate:
      if (FindSession(transport.session)->state == ServerState::kUnjudged) return HoldRecord(transport);
      return ReadRecord(now, transport);
    case Stage::kAttached:
    case Stage::kLinger:
      return ReadRecord(now, transport);
  }
  return false;
}

std::optional<Event> Server::Impl::WriteOutput(Time now, ServerTransport& transport) {
  if (!transport.writable) return std::nullopt;
  if (!transport.outgoing.empty()) {
    handed_out = std::exchange(transport.outgoing, {});
    return Event{transport.session, transport.id, event::Write{handed_out}};
  }
  if (transport.stage != Stage::kAttached) return std::nullopt;  // HF-REC-6, HF-END-3.
  Session& session = *FindSession(transport.session)->core;
  if (!session.HasRecord(now, *transport.link)) return std::nullopt;
  const ByteSpan sealed = session.NextRecord(now, *transport.link, outgoing);
  if (sealed.empty()) {
    Drop(transport, Error::kMemoryFull, true);
    return std::nullopt;
  }
  Schedule(transport);
  return Event{transport.session, transport.id, event::Write{sealed}};
}

void Server::Impl::MarkReady(ServerTransport& transport) {
  if (transport.ready) return;
  transport.ready = true;
  ready.push_back(transport.id);
}

// --- Time ----------------------------------------------------------------------------------------------------------

Time Server::Impl::Due(const ServerTransport& transport) const {
  return transport.stage == Stage::kAttached ? transport.link->Deadline(transport.writable) : transport.deadline;
}

// HF-END-21, HF-END-25, HF-END-27, HF-END-30.
Time Server::Impl::Due(const ServerSession& session) const {
  return DueAfter(session, IsEmbryonic(session.state) ? config.embryo_time : session.hold);
}

Time Server::Impl::DueAfter(const ServerSession& session, Duration life) const {
  const Time due = After(session.last_sign, life);
  // Else somebody could hold his place for ever by asking again and again.
  if (session.state == ServerState::kUnjudged || IsOver(session.state)) return due;
  auto candidate = transports.find(session.candidate);  // A live candidate may yet bring the client back.
  return candidate == transports.end() ? due : std::max(due, candidate->second.deadline);
}

void Server::Impl::Schedule(ServerTransport& transport) {
  deadlines.Schedule(KeyOf(transport.id), Due(transport), transport.scheduled);
}

void Server::Impl::Schedule(ServerSession& session) {
  const bool promised = session.core && !IsEmbryonic(session.state) && session.overdue == kNever;
  const Time due = promised ? DueAfter(session, session.granted) : Due(session);
  deadlines.Schedule(KeyOf(session.id), due, session.scheduled);
}

void Server::Impl::Tick(Time now) {
  memory.Retry();
  while (std::optional<uint64_t> key = deadlines.TakeDue(now)) {
    ++deadlines_seen;
    if ((*key & 1) == 0) {
      TickTransport(now, transports.at(TransportId{*key >> 1}));
    } else {
      TickSession(now, sessions.at(SessionId{*key >> 1}));
    }
  }
}

// HF-LIV-3, HF-LIV-9, HF-LIV-10.
void Server::Impl::TickTransport(Time now, ServerTransport& transport) {
  transport.scheduled = kNever;
  const bool attached = transport.stage == Stage::kAttached;
  if (attached ? transport.link->dead(now) : now >= transport.deadline) {
    const bool over = transport.stage == Stage::kLinger || transport.stage == Stage::kLastWords;
    Drop(transport, over ? Error::kDone : transport.failure, true);
    return;
  }
  if (attached && transport.link->rest_due(now)) {
    transport.link->Rest();
    ServerSession& session = *FindSession(transport.session);
    session.core->ReleaseIfEmpty();
    Account(session);
    transport.reader.ReleaseIfEmpty();
    Account(now, transport);  // Less than before.
  }
  if (Due(transport) > now) {
    Schedule(transport);
  } else {  // Something is to be written: it is scheduled again when it is.
    MarkReady(transport);
    deadlines.Schedule(KeyOf(transport.id), transport.link->Deadline(false), transport.scheduled);
  }
}

// HF-END-25, HF-END-27, HF-END-30.
void Server::Impl::TickSession(Time now, ServerSession& session) {
  session.scheduled = kNever;
  if (Due(session) > now) {
    const bool open = session.core && !IsEmbryonic(session.state);
    if (open && DueAfter(session, session.granted) <= now) SetOverdue(session, now);
    Schedule(session);
  } else if (IsEmbryonic(session.state) || session.state == ServerState::kTombstone) {
    Forget(session, Error::kTimedOut);
  } else {
    End(now, session, {Cause::kExpired, Origin::kNobody, {}}, Error::kTimedOut);
  }
}

// --- Verbs ---------------------------------------------------------------------------------------------------------

Server::Server(const ServerConfig& config) : impl_(std::make_unique<Impl>(config)) {}
Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Server::Server(Server&&) noexcept = default;
Server& Server::operator=(Server&&) noexcept = default;
Server::~Server() = default;

TransportId Server::TransportOpened(Time now, SourceKey source, ByteSpan bound) {
  HOLDFAST_CHECK(bound.size() <= limits::kBoundBytesMax);
  const TransportId id = impl_->Opened(now, source);
  impl_->FindTransport(id)->bound = ToBytes(bound);
  return id;
}

void Server::TransportClosed(Time, TransportId id) {
  ServerTransport* transport = impl_->FindTransport(id);
  if (transport == nullptr) return;
  HOLDFAST_CHECK(transport->input.empty() && !(impl_->record && impl_->record_transport == id));
  impl_->Drop(*transport, Error::kTransportClosed, false);
}

void Server::Receive(Time now, TransportId id, ByteSpan bytes) {
  ServerTransport* transport = impl_->FindTransport(id);
  if (transport == nullptr || bytes.empty()) return;
  HOLDFAST_CHECK(transport->input.empty());
  transport->input = bytes;
  if (transport->link) transport->link->OnBytes(now, bytes.size(), !transport->reader.partial().empty());
  impl_->MarkReady(*transport);
}

void Server::SetWritable(Time now, TransportId id, bool writable) {
  ServerTransport* transport = impl_->FindTransport(id);
  if (transport == nullptr || transport->writable == writable) return;
  transport->writable = writable;
  if (!writable) return;
  if (transport->stage == Stage::kAttached) transport->link->OnWritable(now, !transport->reader.partial().empty());
  impl_->Schedule(*transport);
  impl_->MarkReady(*transport);
}

void Server::Judge(Time now, SessionId id, bool accept) { impl_->Judge(now, id, accept); }

void Server::SetClock(Time now, WallTime wall) { impl_->clock.Set(now, wall); }

size_t Server::Send(Time now, SessionId id, ByteSpan plaintext) {
  ServerSession* session = impl_->FindOpen(id);
  if (session == nullptr) return 0;
  const size_t accepted = impl_->Send(now, *session, plaintext);
  if (session->core->AtOffsetLimit()) {  // HF-OFS-18.
    impl_->End(now, *session, {Cause::kOffsetLimit, Origin::kServer, {}}, Error::kOffsetLimit);
  } else if (ServerTransport* transport = impl_->FindTransport(session->attached)) {
    impl_->MarkReady(*transport);
  }
  return accepted;
}

void Server::Consumed(Time now, SessionId id, uint64_t bytes) {
  ServerSession* session = impl_->FindOpen(id);
  if (session == nullptr) return;
  ServerTransport* transport = impl_->FindTransport(session->attached);
  session->core->Consumed(now, bytes, transport != nullptr ? &*transport->link : nullptr);
  if (session->core->Finished()) {
    impl_->End(now, *session, {Cause::kFinished, Origin::kNobody, {}}, std::nullopt);  // HF-END-5.
  } else if (transport != nullptr) {
    impl_->Schedule(*transport);
    impl_->MarkReady(*transport);
  }
}

void Server::Finish(Time, SessionId id) {
  ServerSession* session = impl_->FindOpen(id);
  if (session == nullptr) return;
  session->core->Finish();
  if (ServerTransport* transport = impl_->FindTransport(session->attached)) impl_->MarkReady(*transport);
}

void Server::Abort(Time now, SessionId id, uint64_t app_code) {
  HOLDFAST_CHECK(app_code <= kVarintMax);
  ServerSession* session = impl_->FindOpen(id);
  if (session == nullptr) return;
  impl_->End(now, *session, {Cause::kAborted, Origin::kServer, {app_code}}, std::nullopt);
}

std::optional<Event> Server::Poll(Time now, Entropy& entropy) { return impl_->Poll(now, entropy); }
Time Server::Deadline() const { return impl_->deadlines.next(); }
void Server::Tick(Time now) { impl_->Tick(now); }

// --- Facts ---------------------------------------------------------------------------------------------------------

std::optional<ServerState> Server::state(SessionId id) const {
  const ServerSession* session = impl_->FindSession(id);
  if (session == nullptr) return std::nullopt;
  return session->state;
}

std::optional<SessionView> Server::View(SessionId id) const {
  const ServerSession* session = impl_->FindSession(id);
  if (session == nullptr) return std::nullopt;
  SessionView view;
  if (session->current) {
    view.epoch = session->current->number;
    view.attempt = session->current->attempt;
  }
  view.attached = session->attached;
  view.candidate = session->candidate;
  view.resumes = session->resumes;
  for (TransportId transport_id : {session->attached, session->candidate}) {
    const ServerTransport* transport = impl_->FindTransport(transport_id);
    if (transport == nullptr) continue;
    view.reading_bytes += transport->reader.allocated();
    view.memory_bytes += transport->reader.allocated() + transport->outgoing.capacity();
  }
  if (session->core) {
    session->core->FillView(view);
  } else {
    view.received = session->end_claims.received.value;
    view.consumed = session->end_claims.consumed.value;
    view.acked = session->end_claims.low.value;
    view.peer_fin_received = session->end_claims.fin_received;
  }
  return view;
}

std::optional<PublicKey> Server::PeerKey(SessionId id) const {
  const ServerSession* session = impl_->FindSession(id);
  return session != nullptr ? session->peer_key : std::nullopt;
}

Server::Census Server::census() const {
  return {.transports = impl_->transports.size(),
          .handshakes = impl_->handshakes.size(),
          .embryos = impl_->embryos.size(),
          .sessions = impl_->sessions.size() - impl_->embryos.size() - impl_->tombstones,
          .tombstones = impl_->tombstones,
          .handshake_bytes = impl_->handshakes.bytes(),
          .memory_bytes = impl_->memory.used(),
          .memory_waits = impl_->memory.waiting(),
          .deadlines = impl_->deadlines_seen};
}

std::optional<SealMark> Server::LastSeal(const ForkKey&, TransportId id) const {
  const ServerTransport* transport = impl_->FindTransport(id);
  const bool sealed = transport != nullptr && transport->link && transport->link->sealer().next_index() > 0;
  if (!sealed) return std::nullopt;
  return transport->link->sealer().LastSeal();
}

}  // namespace holdfast
