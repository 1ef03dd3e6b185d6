// Copies and digests of a whole server, for the simulator.

#include <utility>

#include "core/base/check.h"
#include "core/pool/server_impl.h"

namespace holdfast {

ServerTransport ServerTransport::ForkForSimulation(const ForkKey& key) const {
  HOLDFAST_CHECK(input.empty());
  ServerTransport copy;
  copy.id = id;
  copy.source = source;
  copy.stage = stage;
  copy.session = session;
  copy.reader = reader;
  copy.writable = writable;
  copy.ready = ready;
  copy.held = held;
  copy.bound = bound;
  copy.preamble = preamble;
  if (greeting) copy.greeting = std::make_unique<Greeting>(greeting->noise.ForkForSimulation(key), greeting->asked);
  copy.failure = failure;
  copy.locator = locator;
  copy.outgoing = outgoing;
  if (link) copy.link = link->ForkForSimulation(key);
  copy.attempt = attempt;
  copy.claims = claims;
  copy.deadline = deadline;
  copy.scheduled = scheduled;
  copy.charged = charged;
  return copy;
}

void ServerTransport::DigestInto(Digest& digest) const {
  digest.Add(id).Add(source).Add(stage).Add(session).Add(writable).Add(preamble.kind).Add(preamble.suite).Add(locator);
  digest.Add(outgoing).Add(attempt.epoch).Add(attempt.attempt).Add(deadline);
  digest.Add(claims.received.value).Add(claims.consumed.value).Add(claims.low.value);
  digest.Add(claims.credit_limit.value).Add(claims.fin_received);
  reader.DigestInto(digest);
  digest.Add(held).Add(failure).Add(greeting != nullptr);
  if (greeting) greeting->noise.DigestInto(digest);
  digest.Add(link.has_value());
  if (link) link->DigestInto(digest);
  if (!bound.empty()) digest.Add(bound);
}

ServerSession ServerSession::ForkForSimulation(const ForkKey& key) const {
  ServerSession copy;
  copy.id = id;
  copy.state = state;
  copy.suite = suite;
  if (core) copy.core = std::make_unique<Session>(core->ForkForSimulation(key));
  if (current) copy.current = current->ForkForSimulation(key);
  if (pending) copy.pending = pending->ForkForSimulation(key);
  copy.peer_key = peer_key;
  copy.attached = attached;
  copy.candidate = candidate;
  copy.granted = granted;
  copy.hold = hold;
  copy.last_sign = last_sign;
  copy.scheduled = scheduled;
  copy.overdue = overdue;
  copy.charged = charged;
  copy.resumes = resumes;
  copy.end = end;
  copy.end_claims = end_claims;
  copy.crossed = crossed;
  return copy;
}

// What no attempt may change before it is confirmed.
void ServerSession::DigestInto(Digest& digest, bool with_received) const {
  digest.Add(id).Add(state).Add(suite).Add(attached).Add(granted).Add(hold).Add(resumes);
  digest.Add(end.cause).Add(end.origin).Add(end.app_code.value).Add(crossed);
  digest.Add(peer_key.has_value());
  if (peer_key) digest.Add(*peer_key);
  digest.Add(core != nullptr);
  if (core) core->DigestInto(digest, with_received);
}

Server::Impl::Impl(const Impl& other, const ForkKey& key)
    : config(other.config),
      session_options(other.session_options),
      locators(other.locators),
      handshakes(other.handshakes),
      embryos(other.embryos),
      memory(other.memory),
      overdue(other.overdue),
      tombstones(other.tombstones),
      imports(other.imports),
      ready(other.ready),
      deadlines(other.deadlines),
      deadlines_seen(other.deadlines_seen),
      transports_opened(other.transports_opened),
      sessions_opened(other.sessions_opened),
      clock(other.clock),
      replays(other.replays) {
  HOLDFAST_CHECK(other.notices.empty() && !other.record && !other.early);
  for (const auto& [id, transport] : other.transports) transports.emplace(id, transport.ForkForSimulation(key));
  for (const auto& [id, session] : other.sessions) sessions.emplace(id, session.ForkForSimulation(key));
}

Server Server::ForkForSimulation(const ForkKey& key) const { return Server(std::make_unique<Impl>(*impl_, key)); }

void Server::MultiplyForSimulation(const ForkKey& key, SessionId id, size_t count, Entropy& entropy) {
  const ServerSession* original = impl_->FindOpen(id);
  HOLDFAST_CHECK(original != nullptr && original->candidate == TransportId::kNone && original->overdue == kNever);
  const ServerTransport* transport = impl_->FindTransport(original->attached);
  for (size_t i = 0; i < count; ++i) {
    ServerSession copy = original->ForkForSimulation(key);
    copy.id = SessionId{++impl_->sessions_opened};
    copy.scheduled = kNever;
    copy.charged = 0;
    for (auto* epoch : {&copy.current, &copy.pending}) {
      if (!*epoch) continue;
      entropy.Fill((*epoch)->resume_key.mutable_span());
      entropy.Fill((*epoch)->locator);
      HOLDFAST_CHECK(impl_->locators.emplace((*epoch)->locator, copy.id).second);
    }
    if (transport != nullptr) {
      ServerTransport its = transport->ForkForSimulation(key);
      its.id = copy.attached = TransportId{++impl_->transports_opened};
      its.session = copy.id;
      its.scheduled = kNever;
      its.charged = 0;
      its.ready = false;
      ServerTransport& kept = impl_->transports.emplace(its.id, std::move(its)).first->second;
      impl_->Account(Time(), kept);
      impl_->Schedule(kept);
    }
    ServerSession& kept = impl_->sessions.emplace(copy.id, std::move(copy)).first->second;
    impl_->Account(kept);
    impl_->Schedule(kept);
  }
}

uint64_t Server::SessionDigest(SessionId id, bool with_attempts) const {
  const ServerSession* session = impl_->FindSession(id);
  if (session == nullptr) return 0;
  Digest digest;
  session->DigestInto(digest, with_attempts || impl_->config.session.early_bytes_max == 0);
  const ServerTransport* attached = impl_->FindTransport(session->attached);
  if (attached != nullptr) attached->DigestInto(digest);
  if (with_attempts) {
    digest.Add(session->last_sign).Add(session->candidate);
    for (const auto* epoch : {&session->current, &session->pending}) {
      digest.Add(epoch->has_value());
      if (*epoch) (*epoch)->DigestInto(digest);
    }
    const ServerTransport* candidate = impl_->FindTransport(session->candidate);
    if (candidate != nullptr) candidate->DigestInto(digest);
  }
  return digest.value();
}

uint64_t Server::StateDigest() const {
  Digest digest;
  digest.Add(impl_->transports_opened).Add(impl_->sessions_opened);
  impl_->handshakes.DigestInto(digest);
  impl_->embryos.DigestInto(digest);
  impl_->memory.DigestInto(digest);
  for (const auto& [since, id] : impl_->overdue) digest.Add(since).Add(id);
  for (const auto& [id, session] : impl_->sessions) digest.Add(SessionDigest(id, true));
  for (const auto& [id, transport] : impl_->transports) transport.DigestInto(digest);
  impl_->replays.DigestInto(digest);
  for (const BlobId& id : impl_->imports) digest.Add(id);
  return digest.value();
}

}  // namespace holdfast
