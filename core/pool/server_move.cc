// A session leaves for another pool, or comes from one (docs/protocol.md 15).

#include <utility>

#include "core/base/check.h"
#include "core/pool/blobs.h"
#include "core/pool/server_impl.h"

namespace holdfast {
namespace {

// Moves the keys into what is returned; `held` is the memory of a view in it.
ServerBlob SessionBlobOf(Time now, ServerSession session, bool live, SecretBytes& held) {
  ServerBlob blob;
  blob.tombstone = session.state == ServerState::kTombstone;
  blob.suite = session.suite;
  blob.resumes = session.resumes;
  blob.granted_ns = NanosecondsOf(session.granted);
  blob.hold_ns = NanosecondsOf(session.hold);
  blob.left_ns = std::min(blob.hold_ns, NanosecondsOf(After(session.last_sign, session.hold) - now));
  blob.has_peer_key = session.peer_key.has_value();
  blob.peer_key = session.peer_key.value_or(PublicKey{});
  blob.current = BlobOf(std::move(*session.current));
  blob.has_pending = session.pending.has_value();
  if (session.pending) blob.pending = BlobOf(std::move(*session.pending));
  if (session.core) blob.streams = BlobOf(*session.core, live, held);
  blob.end = session.end;
  blob.end_claims = session.end_claims;
  blob.crossed = session.crossed;
  return blob;
}

LinkBlob LinkBlobOf(Time now, ServerTransport& transport) {
  Link::Position link = std::move(*transport.link).TakePosition(now);
  LinkBlob blob;
  blob.sealer = {std::move(link.seal_key), {link.seal_index}};
  blob.opener = {std::move(link.open_key), {link.open_index}};
  blob.dead_ns = NanosecondsOf(link.dead_transport);
  blob.since_life_ns = NanosecondsOf(link.since_life);
  blob.since_sent_ns = NanosecondsOf(link.since_sent);
  blob.has_ack_deadline = link.ack_in.has_value();
  blob.ack_in_ns = NanosecondsOf(link.ack_in.value_or(Duration(0)));
  blob.acked = {link.acked};
  blob.pings = link.pings;
  blob.data_bytes = link.data_bytes;
  blob.ping_sent = link.ping_sent;
  blob.ack_now = link.ack_now;
  blob.has_pong = link.pong.has_value();
  if (link.pong) blob.pong = link.pong->token;
  blob.writable = transport.writable;
  blob.input = {transport.reader.partial()};
  blob.output = {transport.outgoing};
  return blob;
}

// What the blob says of a transport that was attached to `session`, but for its id; nothing if that cannot be.
std::optional<ServerTransport> TransportOf(Time now, const SessionOptions& options, LinkBlob& blob,
                                           const ServerSession& session) {
  for (uint64_t time : {blob.dead_ns, blob.since_life_ns, blob.since_sent_ns, blob.ack_in_ns}) {
    if (!IsDuration(time)) return std::nullopt;
  }
  const uint64_t consumed = session.core->in().consumed();
  if (blob.acked.value > consumed || (blob.has_ack_deadline && blob.acked.value == consumed)) return std::nullopt;
  constexpr uint64_t kIndexMax = kVarintMax / 2;  // No transport gets there, and there is room to go on.
  if (std::max(blob.sealer.next_index.value, blob.opener.next_index.value) > kIndexMax) return std::nullopt;
  Link::Position link;
  link.seal_key = std::move(blob.sealer.key);
  link.seal_index = blob.sealer.next_index.value;
  link.open_key = std::move(blob.opener.key);
  link.open_index = blob.opener.next_index.value;
  link.dead_transport = DurationOf(blob.dead_ns);
  link.since_life = DurationOf(blob.since_life_ns);
  link.since_sent = DurationOf(blob.since_sent_ns);
  if (blob.has_ack_deadline) link.ack_in = DurationOf(blob.ack_in_ns);
  link.acked = blob.acked.value;
  link.pings = blob.pings;
  link.data_bytes = blob.data_bytes;
  link.ping_sent = blob.ping_sent;
  link.ack_now = blob.ack_now;
  if (blob.has_pong) link.pong = PongFrame{blob.pong};

  ServerTransport transport;
  transport.stage = Stage::kAttached;
  transport.preamble = PreambleOf(Kind::kResume, kResumePattern, session.suite);
  transport.writable = blob.writable;
  transport.outgoing = ToBytes(blob.output.bytes);
  ByteSpan input = blob.input.bytes;
  auto whole = transport.reader.Next(input, limits::kRecordCiphertextBytesMin, limits::kRecordCiphertextBytesMax);
  if (!whole || *whole) return std::nullopt;  // A complete record would have been read.
  transport.link.emplace(now, options, session.granted, session.suite, std::move(link));
  return transport;
}

}  // namespace

// Nobody but the caller of this has the session afterwards. HF-MOV-1, HF-MOV-2.
ServerSession Server::Impl::Take(ServerSession& session) {
  if (ServerTransport* transport = FindTransport(std::exchange(session.attached, TransportId::kNone))) {
    Drop(*transport, Error::kMoved, true);
  }
  // What a tombstone has told a client goes on its way without it.
  if (session.state == ServerState::kTombstone) session.candidate = TransportId::kNone;
  ServerTransport* candidate = FindTransport(std::exchange(session.candidate, TransportId::kNone));
  if (candidate != nullptr) Drop(*candidate, Error::kMoved, true);
  ServerSession taken = std::move(session);  // The locators in what is left are those to be forgotten.
  Forget(session, Error::kMoved);
  return taken;
}

Status Server::Impl::CheckMovable(SessionId id, bool live) const {
  HOLDFAST_CHECK(notices.empty() && !record && !early);
  const auto found = sessions.find(id);
  if (found == sessions.end()) return std::unexpected(Error::kNotMovable);
  const ServerSession& session = found->second;
  for (TransportId transport_id : {session.attached, session.candidate}) {
    const auto transport = transports.find(transport_id);
    HOLDFAST_CHECK(transport == transports.end() || transport->second.input.empty());
  }
  const bool movable =
      session.state == ServerState::kAttached ||
      (!live && (session.state == ServerState::kSuspended || session.state == ServerState::kTombstone));
  const bool fits = !session.core || FitsBlob(*session.core);
  if (!movable || !fits) return std::unexpected(Error::kNotMovable);
  return {};
}

// The session as it was, without a transport and an id. Changes nothing here. HF-MOV-7.
Result<ServerSession> Server::Impl::Revive(Time now, ServerBlob& blob, Duration rested, bool live) const {
  const bool times = IsDuration(blob.hold_ns) && blob.left_ns <= blob.hold_ns && blob.granted_ns <= blob.hold_ns;
  const bool epochs = blob.current.number > 0 && blob.current.number < UINT64_MAX &&
                      (!blob.has_pending || (blob.pending.number == blob.current.number + 1 &&
                                             blob.pending.locator != blob.current.locator));
  if (!times || !epochs || (blob.tombstone && live)) return std::unexpected(Error::kBadBlob);
  ServerSession session;
  session.state = blob.tombstone ? ServerState::kTombstone : live ? ServerState::kAttached : ServerState::kSuspended;
  session.suite = blob.suite;
  if (!blob.tombstone) {
    Result<Session> core = SessionOf(session_options, blob.streams, live);
    if (!core) return std::unexpected(core.error());
    session.core = std::make_unique<Session>(std::move(*core));
  }
  session.current = EpochOf(std::move(blob.current));
  if (blob.has_pending) session.pending = EpochOf(std::move(blob.pending));
  if (blob.has_peer_key) session.peer_key = blob.peer_key;
  session.granted = DurationOf(blob.granted_ns);
  session.hold = DurationOf(blob.hold_ns);
  session.last_sign = BegunAt(now, session.hold, DurationOf(blob.left_ns), rested);
  session.resumes = blob.resumes;
  session.end = blob.end;
  session.end_claims = blob.end_claims;
  session.crossed = blob.crossed;

  if (sessions.size() - embryos.size() >= config.sessions_max) return std::unexpected(Error::kTableFull);  // HF-LIM-3.
  for (const auto* epoch : {&session.current, &session.pending}) {
    if (*epoch && locators.contains((*epoch)->locator)) return std::unexpected(Error::kDuplicateLocator);
  }
  return session;
}

ServerSession& Server::Impl::Admit(ServerSession session) {
  session.id = SessionId{++sessions_opened};
  ServerSession& kept = sessions.emplace(session.id, std::move(session)).first->second;
  for (const auto* epoch : {&kept.current, &kept.pending}) {
    if (*epoch) locators.emplace((*epoch)->locator, kept.id);
  }
  if (kept.state == ServerState::kTombstone) ++tombstones;
  Account(kept);
  return kept;
}

Result<RestBlob> Server::ExportAtRest(Time now, SessionId id, Entropy& entropy) {
  HOLDFAST_TRY(impl_->CheckMovable(id, false));
  ServerSession taken = impl_->Take(*impl_->FindSession(id));
  SecretBytes held;
  ServerBlob blob = SessionBlobOf(now, std::move(taken), false, held);
  blob.clock_ms = impl_->clock.At(now).value_or(WallTime{}).unix_ms;
  return MakeRestBlob(BlobKind::kServerAtRest, entropy, blob);
}

// HF-MOV-8.
Result<SessionId> Server::ImportAtRest(Time now, RestBlob&& blob, Duration rested) {
  ServerBlob body;
  const Result<BlobHead> head = DecodeRestBlob(BlobKind::kServerAtRest, blob, body);
  if (!head) return std::unexpected(head.error());
  if (impl_->imports.contains(head->id)) return std::unexpected(Error::kBlobSeen);
  if (impl_->imports.size() >= impl_->config.imports_max) return std::unexpected(Error::kTableFull);
  if (const auto clock = impl_->clock.At(now); clock && body.clock_ms > 0 && clock->unix_ms > body.clock_ms) {
    const uint64_t passed_ms = std::min<uint64_t>(clock->unix_ms - body.clock_ms, UINT32_MAX);
    rested = std::max(rested, Milliseconds(passed_ms));  // HF-MOV-5.
  }
  Result<ServerSession> revived = impl_->Revive(now, body, rested, false);
  if (!revived) return std::unexpected(revived.error());
  const RestBlob spent = std::move(blob);
  impl_->imports.insert(head->id);
  ServerSession& session = impl_->Admit(std::move(*revived));
  impl_->Schedule(session);
  return session.id;
}

// HF-MOV-10, HF-MOV-11.
Result<LiveExport> Server::ExportLive(Time now, SessionId id, const TicketKey& ticket, Entropy& entropy) {
  HOLDFAST_TRY(impl_->CheckMovable(id, true));
  Result<MoveSealer> sealer = MoveSealer::Begin(ticket, entropy);  // Before anything is taken apart.
  if (!sealer) return std::unexpected(sealer.error());
  ServerSession& session = *impl_->FindSession(id);
  ServerTransport& attached = *impl_->FindTransport(std::exchange(session.attached, TransportId::kNone));
  impl_->deadlines.Cancel(KeyOf(attached.id), attached.scheduled);
  impl_->memory.Charge(attached.charged, 0);
  ServerTransport transport = std::move(impl_->transports.extract(attached.id).mapped());
  ServerSession taken = impl_->Take(session);
  SecretBytes held;
  const LiveBlobBody body = {SessionBlobOf(now, std::move(taken), true, held), LinkBlobOf(now, transport)};
  BlobHead head;
  head.kind = BlobKind::kServerLive;
  const SecretBytes plaintext = EncodeBlob(head, body, 0);
  return LiveExport{std::move(*sealer).Seal(plaintext.span()), transport.id};
}

Result<LiveImport> Server::ImportLive(Time now, MoveTicket&& ticket, ByteSpan blob) {
  const Result<SecretBytes> opened = std::move(ticket).Open(blob);
  if (!opened) return std::unexpected(opened.error());
  LiveBlobBody body;
  const Result<BlobHead> head = DecodeBlob(BlobKind::kServerLive, opened->span(), body);
  if (!head) return std::unexpected(head.error());
  Result<ServerSession> revived = impl_->Revive(now, body.session, Duration(0), true);
  if (!revived) return std::unexpected(revived.error());
  std::optional<ServerTransport> transport = TransportOf(now, impl_->config.session, body.link, *revived);
  if (!transport) return std::unexpected(Error::kBadBlob);

  ServerSession& session = impl_->Admit(std::move(*revived));
  transport->id = TransportId{++impl_->transports_opened};
  transport->session = session.id;
  session.attached = transport->id;
  ServerTransport& kept = impl_->transports.emplace(transport->id, std::move(*transport)).first->second;
  impl_->memory.Charge(kept.charged, kept.reader.allocated());
  impl_->Schedule(session);
  impl_->Schedule(kept);
  impl_->MarkReady(kept);
  return LiveImport{session.id, kept.id};
}

}  // namespace holdfast
