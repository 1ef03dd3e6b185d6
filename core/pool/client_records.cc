// What follows under keys: records, and how the session ends (docs/protocol.md 6, 7).

#include <utility>
#include <variant>

#include "core/base/check.h"
#include "core/pool/client_impl.h"

namespace holdfast {

// HF-REC-5.
bool Client::Impl::ReadRecord(Time now) {
  if (!attached || attached->input.empty()) return false;
  auto sealed =
      attached->reader.Next(attached->input, limits::kRecordCiphertextBytesMin, limits::kRecordCiphertextBytesMax);
  if (!sealed) {
    Lose(sealed.error(), true);
    return true;
  }
  if (!*sealed) return false;
  if (!plaintext.Reserve((*sealed)->size())) {  // HF-LIM-10.
    Lose(Error::kMemoryFull, true);
    return true;
  }
  const MutableByteSpan opened = plaintext.Get((*sealed)->size() - kTagBytes);
  if (Status status = attached->link->opener().Open(**sealed, opened); !status) {
    Lose(status.error(), true);
    return true;
  }
  attached->link->OnLife(now);
  if (attached->link->resting()) attached->reader.ReleaseIfEmpty();
  attached->link->RestAgain();
  last_authentic = now;
  heard = true;
  embryo_deadline = kNever;
  failures = 0;  // HF-LIV-6.
  record.emplace(opened);
  return true;
}

std::optional<Event> Client::Impl::ReadFrames(Time now) {
  while (record) {
    auto frame = NextFrame(*record);
    if (!frame) {
      record.reset();
      GiveUp(Cause::kViolation, 0, frame.error());
    } else if (!*frame) {
      record.reset();
    } else if (std::optional<Event> event = OnFrame(now, **frame)) {
      return event;
    }
  }
  return std::nullopt;
}

std::optional<Event> Client::Impl::OnFrame(Time now, const Frame& frame) {
  if (state == ClientState::kClosing) {  // Nothing but the server's word matters any more. HF-END-9.
    if (const auto* close = std::get_if<CloseFrame>(&frame)) OnServersWord(close->end, session.CouldBeFinished());
    return std::nullopt;
  }
  auto outcome = session.OnFrame(now, *attached->link, frame);
  if (!outcome) {
    record.reset();
    GiveUp(InfoOf(outcome.error()).cause, 0, outcome.error());
    return std::nullopt;
  }
  if (session.TakeSpaceNotice()) Notify(TransportId::kNone, event::SpaceAvailable{});
  if (outcome->peer_finished) Notify(TransportId::kNone, event::PeerFinished{});
  if (outcome->close) OnServersWord(*outcome->close, session.CouldBeFinished());
  if (outcome->deliver.empty()) return std::nullopt;
  return Event{kTheSession, TransportId::kNone, event::Deliver{outcome->offset, outcome->deliver}};
}

// HF-END-3.
std::optional<Event> Client::Impl::WriteRecord(Time now) {
  if (!MayWrite()) return std::nullopt;
  ByteSpan sealed;
  if (state == ClientState::kClosing) {
    sealed = SealClose(*attached->link, closing, outgoing);  // HF-END-9.
    attached->close_sent = true;
    closing_told = true;
  } else if (session.HasRecord(now, *attached->link)) {
    sealed = session.NextRecord(now, *attached->link, outgoing);
    if (sealed.empty()) {
      Lose(Error::kMemoryFull, true);
      return notices.Take();
    }
  } else {
    return std::nullopt;
  }
  return Event{kTheSession, attached->id, event::Write{sealed}};
}

// --- The end -------------------------------------------------------------------------------------------------------

void Client::Impl::GiveUp(Cause cause, uint64_t app_code, std::optional<Error> error) {
  if (state == ClientState::kClosing || state == ClientState::kEnded) return;
  if (state == ClientState::kNew || state == ClientState::kGreeting) {  // Nobody else knows of a session. HF-NEW-14.
    End({.cause = cause, .origin = Origin::kClient, .app_code = app_code, .error = error});
    return;
  }
  // HF-END-9, HF-END-10.
  Move(kClientTransitions, state, ClientInput::kGiveUp);
  closing = {cause, Origin::kClient, {app_code}};
  closing_error = error;
}

// What the server says is what happened, unless it cannot be. If both applications gave up and this one has said so,
// each reports its own code. HF-END-2, HF-END-7, HF-END-17.
void Client::Impl::OnServersWord(const Closing& word, bool could_be_finished) {
  Ending ending = {.cause = word.cause, .origin = word.origin, .app_code = word.app_code.value};
  if (closing_told && closing.cause == Cause::kAborted && word.cause == Cause::kAborted &&
      word.origin == Origin::kServer) {
    ending.origin = Origin::kClient;
    ending.app_code = closing.app_code.value;
    ending.crossed = true;
    ending.peer_app_code = word.app_code.value;
  }
  if (word.origin == Origin::kClient) ending.error = closing_error;
  if (word.cause == Cause::kFinished && !could_be_finished) {  // HF-END-8.
    ending = {.cause = Cause::kViolation, .origin = Origin::kClient, .error = Error::kFinNotSent};
  }
  if (word.origin == Origin::kClient && !closing_told) {
    ending = {.cause = Cause::kViolation, .origin = Origin::kClient, .error = Error::kWrongRole};
  }
  End(ending);
}

// HF-END-4.
void Client::Impl::End(const Ending& ending) {
  for (auto* transport : {&attached, &attempt}) {
    if (*transport) Notify((*transport)->id, event::CloseTransport{Error::kDone});
    transport->reset();
  }
  record.reset();
  epoch.reset();
  dial_wanted = false;
  dial_deadline = kNever;
  Move(kClientTransitions, state, ClientInput::kEnd);
  Notify(TransportId::kNone, event::Ended{ending});
}

}  // namespace holdfast
