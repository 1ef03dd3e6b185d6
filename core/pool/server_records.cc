// What follows under keys: records, the switch to a candidate, and how a session ends.

#include <utility>

#include "core/base/check.h"
#include "core/pool/server_impl.h"

namespace holdfast {

// HF-REC-1, HF-REC-5.
bool Server::Impl::ReadRecord(Time now, ServerTransport& transport) {
  const bool stranger = transport.stage == Stage::kCandidate;
  transport.held = false;
  auto sealed =
      transport.reader.Next(transport.input, limits::kRecordCiphertextBytesMin,
                            stranger ? limits::kFirstRecordCiphertextBytesMax : limits::kRecordCiphertextBytesMax);
  if (!sealed) {
    Drop(transport, sealed.error(), true);
    return true;
  }
  if (!*sealed) return false;
  if (!plaintext.Reserve((*sealed)->size())) {  // HF-LIM-10.
    Drop(transport, Error::kMemoryFull, true);
    return true;
  }
  const MutableByteSpan opened = plaintext.Get((*sealed)->size() - kTagBytes);
  if (Status status = transport.link->opener().Open(**sealed, opened); !status) {
    Drop(transport, status.error(), true);
    return true;
  }
  transport.link->OnLife(now);
  if (transport.link->resting()) transport.reader.ReleaseIfEmpty();
  transport.link->RestAgain();
  if (stranger && FindSession(transport.session)->state == ServerState::kRefused) {
    TellRefusal(now, transport);
    return true;
  }
  if (stranger) Switch(now, transport);  // HF-RES-24.
  record.emplace(opened);
  record_transport = transport.id;
  if (transport.stage == Stage::kAttached) {
    ServerSession& session = *FindSession(transport.session);
    HearFrom(now, session);           // HF-LIV-4.
    if (stranger) Schedule(session);  // Its hold time may end before an embryo's.
  }
  return true;
}

std::optional<Event> Server::Impl::ReadFrames(Time now) {
  while (record) {
    ServerTransport* transport = FindTransport(record_transport);
    if (transport == nullptr) {
      record.reset();
      break;
    }
    auto frame = NextFrame(*record);
    if (!frame) {
      record.reset();
      if (transport->stage == Stage::kAttached) {
        End(now, *FindSession(transport->session), {Cause::kViolation, Origin::kServer, {}}, frame.error());
      }
    } else if (!*frame) {
      record.reset();
    } else if (std::optional<Event> event = OnFrame(now, *transport, **frame)) {
      return event;
    }
  }
  return std::nullopt;
}

std::optional<Event> Server::Impl::OnFrame(Time now, ServerTransport& transport, const Frame& frame) {
  if (transport.stage != Stage::kAttached) {
    OnLateFrame(transport, frame);
    return std::nullopt;
  }
  ServerSession& session = *FindSession(transport.session);
  auto outcome = session.core->OnFrame(now, *transport.link, frame);
  if (outcome && outcome->close &&
      (outcome->close->origin != Origin::kClient || outcome->close->cause == Cause::kFinished)) {
    // HF-END-11.
    outcome = std::unexpected(Error::kWrongRole);  // The server finishes first, and nobody ends it in its name.
  }
  if (!outcome) {
    End(now, session, {InfoOf(outcome.error()).cause, Origin::kServer, {}}, outcome.error());  // HF-END-14.
    return std::nullopt;
  }
  if (outcome->peer_finished) Notify(session.id, TransportId::kNone, event::PeerFinished{});
  if (session.core->TakeSpaceNotice()) Notify(session.id, TransportId::kNone, event::SpaceAvailable{});
  if (outcome->close) {
    End(now, session, *outcome->close, std::nullopt);  // HF-END-12.
  } else if (session.core->Finished()) {
    End(now, session, {Cause::kFinished, Origin::kNobody, {}}, std::nullopt);  // HF-END-5, HF-END-6.
  } else {
    Schedule(transport);
  }
  if (outcome->deliver.empty()) return std::nullopt;
  return Event{session.id, TransportId::kNone, event::Deliver{outcome->offset, outcome->deliver}};
}

// After the end the only thing still to be learnt is that the client had ended the session too. HF-END-3, HF-END-17.
void Server::Impl::OnLateFrame(ServerTransport& transport, const Frame& frame) {
  const auto* close = std::get_if<CloseFrame>(&frame);
  ServerSession* session = FindSession(transport.session);
  if (close != nullptr && session != nullptr) OnCrossedAbort(*session, close->end);
}

// A message 1 under the pending epoch shows that the client has it. The candidate of the epoch before is the smaller
// one. HF-RES-22, HF-RES-23.
void Server::Impl::Promote(ServerSession& session, TransportId by) {
  if (ServerTransport* smaller = FindTransport(session.candidate)) Drop(*smaller, Error::kSuperseded, true);
  if (session.current) locators.erase(session.current->locator);
  session.current = std::exchange(session.pending, std::nullopt);
  if (session.state == ServerState::kEmbryo) {
    embryos.Remove(session.id);
    Notify(session.id, by, event::Opened{});
  }
  Move(kServerTransitions, session.state, ServerInput::kPromoted);
}

// The client may hear it, and knows by its own tag that it is the server's word, now that its first record has come.
// HF-NEW-20.
void Server::Impl::TellRefusal(Time now, ServerTransport& transport) {
  ServerSession& session = *FindSession(transport.session);
  session.candidate = TransportId::kNone;
  transport.outgoing = ToBytes(SealClose(*transport.link, session.end, outgoing));
  AwaitClose(now, transport, Stage::kLinger);
  Schedule(session);
}

// The candidate's first valid record: from here on the session is here, and nowhere else. HF-RES-25, HF-RES-26.
void Server::Impl::Switch(Time now, ServerTransport& transport) {
  ServerSession& session = *FindSession(transport.session);
  HOLDFAST_CHECK(session.candidate == transport.id && session.pending);
  const bool first = session.state == ServerState::kEmbryo;  // HF-NEW-10.
  session.candidate = TransportId::kNone;
  if (ServerTransport* old = FindTransport(session.attached)) {
    session.attached = TransportId::kNone;
    Drop(*old, Error::kSuperseded, true);
  }
  Move(kServerTransitions, session.state, ServerInput::kSwitched);
  if (session.current) locators.erase(session.current->locator);
  session.current = std::exchange(session.pending, std::nullopt);
  session.attached = transport.id;
  transport.stage = Stage::kAttached;
  transport.link->AllowRoundTrip(now - (transport.deadline - config.candidate_time));
  transport.deadline = kNever;
  if (first) {
    embryos.Remove(session.id);
    Notify(session.id, transport.id, event::Opened{});
  } else {
    ++session.resumes;
    Notify(session.id, transport.id, event::Resumed{});
  }
  Status status = session.core->Attach(transport.claims);
  if (!status) {
    End(now, session, {InfoOf(status.error()).cause, Origin::kServer, {}}, status.error());
  } else if (session.core->Finished()) {
    End(now, session, {Cause::kFinished, Origin::kNobody, {}}, std::nullopt);
  } else if (session.core->TakeSpaceNotice()) {
    Notify(session.id, TransportId::kNone, event::SpaceAvailable{});
  }
}

// HF-RES-5.
void Server::Impl::Suspend(ServerSession& session, TransportId lost, Error why) {
  session.attached = TransportId::kNone;
  session.core->ReleaseIfEmpty();
  Account(session);
  Move(kServerTransitions, session.state, ServerInput::kTransportLost);
  Notify(session.id, lost, event::Suspended{why});
  Schedule(session);
}

// The server's word: from here on a tombstone tells it to whoever can prove to be the client. HF-END-13, HF-END-28.
void Server::Impl::End(Time now, ServerSession& session, const Closing& end, std::optional<Error> error) {
  session.end = end;
  session.end_claims = session.core->ClaimsNow();
  if (ServerTransport* transport = FindTransport(session.attached)) {
    transport->outgoing = ToBytes(SealClose(*transport->link, end, outgoing));
    AwaitClose(now, *transport, Stage::kLinger);
    MarkReady(*transport);
    session.attached = TransportId::kNone;
  }
  if (ServerTransport* transport = FindTransport(session.candidate)) {
    session.candidate = TransportId::kNone;
    Drop(*transport, Error::kDone, true);
  }
  Move(kServerTransitions, session.state, ServerInput::kEnd);
  ++tombstones;
  session.core.reset();
  Account(session);
  SetOverdue(session, kNever);
  session.last_sign = now;
  Schedule(session);
  const Ending ending = {.cause = end.cause, .origin = end.origin, .app_code = end.app_code.value, .error = error};
  Notify(session.id, TransportId::kNone, event::Ended{ending});
}

// HF-END-17.
void Server::Impl::OnCrossedAbort(ServerSession& session, const Closing& word) {
  const bool crossed = session.state == ServerState::kTombstone && session.end.cause == Cause::kAborted &&
                       session.end.origin == Origin::kServer && word.cause == Cause::kAborted &&
                       word.origin == Origin::kClient && !session.crossed;
  if (!crossed) return;
  session.crossed = true;
  Notify(session.id, TransportId::kNone, event::Crossed{word.app_code.value});
}

}  // namespace holdfast
