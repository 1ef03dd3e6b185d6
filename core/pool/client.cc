#include "core/pool/client.h"

#include <algorithm>
#include <array>
#include <utility>

#include "core/base/check.h"
#include "core/pool/client_impl.h"

namespace holdfast {
namespace {

uint64_t DrawBelow(Entropy& entropy, uint64_t bound) {
  std::array<uint8_t, 8> drawn;
  entropy.Fill(drawn);
  return Reader(drawn).TakeInteger(drawn.size()) % bound;  // The bias is of no account in a delay.
}

}  // namespace

std::string_view NameOf(ClientState state) { return kClientStateNames[static_cast<size_t>(state)]; }

Client::Impl::Impl(const ClientConfig& c) : config(c), session(c.session), hold(c.hold) {
  HOLDFAST_CHECK(c.hold >= 1ms && IsSane(c.session));
}

// --- Transports come and go ----------------------------------------------------------------------------------------

TransportId Client::Impl::Opened(Time now) {
  const TransportId id{++transports};
  dial_wanted = false;
  dial_deadline = kNever;
  if (state == ClientState::kEnded) {
    Notify(id, event::CloseTransport{Error::kDone});
    return id;
  }
  if (attempt) FailAttempt(Error::kSuperseded, true);  // HF-RES-1.
  dial_wanted = false;
  attempt.emplace();
  attempt->id = id;
  attempt->deadline = After(now, AttemptTimeout());
  return id;
}

// HF-RES-5, HF-END-15.
void Client::Impl::Lose(Error why, bool close) {
  const TransportId id = attached->id;
  attached.reset();
  record.reset();
  session.ReleaseIfEmpty();
  if (close) Notify(id, event::CloseTransport{why});
  if (state == ClientState::kOpen) Notify(id, event::Suspended{why});
  Move(kClientTransitions, state, ClientInput::kTransportLost);
  WantDial();
}

// HF-NEW-13, HF-RES-3.
void Client::Impl::FailAttempt(Error why, bool close) {
  const TransportId id = attempt->id;
  attempt.reset();
  ++failures;
  if (close) Notify(id, event::CloseTransport{why});
  Notify(id, event::AttemptFailed{why});
  if (state == ClientState::kGreeting) Move(kClientTransitions, state, ClientInput::kGreetingFailed);
  if (!attached) WantDial();
}

// HF-LIV-7.
void Client::Impl::DialFails() {
  if (dial_deadline == kNever) return;
  dial_deadline = kNever;
  ++failures;
  WantDial();
}

// --- Verbs ---------------------------------------------------------------------------------------------------------

std::optional<Event> Client::Impl::Poll(Time now, Entropy& entropy) {
  do {
    if (std::optional<Event> event = notices.Take()) return event;
    if (std::optional<Event> event = ReadFrames(now)) return event;
  } while (!notices.empty() || ReadAttempt(now) || ReadRecord(now));
  if (attempt && !attempt->noise && attempt->writable) return WriteMessage1(now, entropy);
  if (has_verdict() && attempt->writable) return WriteMessage3(now, entropy);
  if (std::optional<Event> event = WriteRecord(now)) return event;
  if (dial_wanted) return EmitDial(now, entropy);
  return std::nullopt;
}

// The very first dial is not delayed: jitter is for what many clients do at once. HF-LIV-8.
Event Client::Impl::EmitDial(Time now, Entropy& entropy) {
  Duration delay{0};
  if (failures > 0 || epoch) {
    const Duration backoff = Grown(config.backoff_first, config.backoff_max);
    const auto half = static_cast<uint64_t>(backoff.count() / 2);
    delay = Duration(static_cast<Duration::rep>(half + DrawBelow(entropy, half + 1)));
  }
  dial_wanted = false;
  dial_deadline = After(After(now, delay), AttemptTimeout());
  return {kTheSession, TransportId::kNone, event::Dial{delay}};
}

void Client::Impl::Tick(Time now) {
  if (state == ClientState::kEnded) return;
  if (now >= dial_deadline) DialFails();
  // HF-LIV-3, HF-LIV-5.
  if (attempt && now >= attempt->deadline) FailAttempt(Error::kTimedOut, true);
  if (attached && attached->link->dead(now)) Lose(Error::kTimedOut, true);
  if (attached && attached->link->rest_due(now)) {
    attached->link->Rest();
    session.ReleaseIfEmpty();
    attached->reader.ReleaseIfEmpty();
    outgoing.Release();
    if (!record) plaintext.Release();
  }
  if (session.TakeMemoryNotice()) Notify(TransportId::kNone, event::SpaceAvailable{});  // There may be some by now.
  if (last_authentic != kNever && now >= After(last_authentic, hold)) {
    End({.cause = Cause::kExpired, .error = Error::kTimedOut});  // HF-END-23, HF-END-24.
  } else if (!attached && now >= embryo_deadline) {
    End({.cause = Cause::kNeverConfirmed, .error = Error::kTimedOut});  // HF-END-26.
  }
}

Time Client::Impl::Deadline() const {
  if (state == ClientState::kEnded) return kNever;
  Time deadline = dial_deadline;
  if (attempt) deadline = std::min(deadline, attempt->deadline);
  if (attached) deadline = std::min(deadline, attached->link->Deadline(MayWrite()));
  if (last_authentic != kNever) deadline = std::min(deadline, After(last_authentic, hold));
  if (!attached) deadline = std::min(deadline, embryo_deadline);
  return deadline;
}

Client::Client(const ClientConfig& config) : impl_(std::make_unique<Impl>(config)) {}
Client::Client(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Client::Client(Client&&) noexcept = default;
Client& Client::operator=(Client&&) noexcept = default;
Client::~Client() = default;

TransportId Client::TransportOpened(Time now, ByteSpan bound) {
  HOLDFAST_CHECK(bound.size() <= limits::kBoundBytesMax);
  const TransportId id = impl_->Opened(now);
  if (impl_->attempt) impl_->attempt->bound = ToBytes(bound);
  return id;
}

void Client::TransportClosed(Time, TransportId transport) {
  if (impl_->Owns(transport, impl_->attempt)) {
    HOLDFAST_CHECK(impl_->attempt->input.empty());
    impl_->FailAttempt(Error::kTransportClosed, false);
  } else if (impl_->Owns(transport, impl_->attached)) {
    HOLDFAST_CHECK(impl_->attached->input.empty() && !impl_->record);
    impl_->Lose(Error::kTransportClosed, false);
  }
}

void Client::DialFailed(Time) { impl_->DialFails(); }

void Client::Receive(Time now, TransportId transport, ByteSpan bytes) {
  for (auto* slot : {&impl_->attempt, &impl_->attached}) {
    if (!impl_->Owns(transport, *slot) || bytes.empty()) continue;
    HOLDFAST_CHECK((*slot)->input.empty());
    (*slot)->input = bytes;
    if ((*slot)->link) (*slot)->link->OnBytes(now, bytes.size(), !(*slot)->reader.partial().empty());
  }
}

void Client::SetWritable(Time now, TransportId transport, bool writable) {
  for (auto* slot : {&impl_->attempt, &impl_->attached}) {
    if (!impl_->Owns(transport, *slot)) continue;
    if ((*slot)->link && writable && !(*slot)->writable) {
      (*slot)->link->OnWritable(now, !(*slot)->reader.partial().empty());
    }
    (*slot)->writable = writable;
  }
}

void Client::Judge(Time now, const PublicKey& key, bool accept) { impl_->Judge(now, key, accept); }

void Client::SetClock(Time now, WallTime wall) { impl_->clock.Set(now, wall); }

size_t Client::Send(Time, ByteSpan plaintext, Early early) {
  if (impl_->Over()) return 0;
  const uint64_t begin = impl_->session.out().written();
  const size_t accepted = impl_->session.Send(plaintext);
  if (early == Early::kYes && impl_->config.session.early_bytes_max > 0) {
    impl_->early_runs.ForgetBefore(impl_->session.out().acked());
    impl_->early_runs.Add(begin, begin + accepted);
  }
  if (impl_->session.AtOffsetLimit()) impl_->GiveUp(Cause::kOffsetLimit, 0, Error::kOffsetLimit);  // HF-OFS-18.
  return accepted;
}

void Client::Consumed(Time now, uint64_t bytes) {
  if (impl_->Over()) return;
  Link* link = impl_->attached ? &*impl_->attached->link : nullptr;
  impl_->session.Consumed(now, bytes, link);
}

void Client::Finish(Time) { impl_->session.Finish(); }
void Client::Abort(Time, uint64_t app_code) {
  HOLDFAST_CHECK(app_code <= kVarintMax);
  impl_->GiveUp(Cause::kAborted, app_code, std::nullopt);
}
std::optional<Event> Client::Poll(Time now, Entropy& entropy) { return impl_->Poll(now, entropy); }
Time Client::Deadline() const { return impl_->Deadline(); }
void Client::Tick(Time now) { impl_->Tick(now); }
ClientState Client::state() const { return impl_->state; }

SessionView Client::View() const {
  SessionView view;
  if (impl_->epoch) {
    view.epoch = impl_->epoch->number;
    view.attempt = impl_->epoch->attempt;
  }
  if (impl_->attempt) view.candidate = impl_->attempt->id;
  for (const auto* slot : {&impl_->attempt, &impl_->attached}) {
    if (*slot) view.reading_bytes += (*slot)->reader.allocated();
  }
  if (impl_->attached) view.attached = impl_->attached->id;
  view.memory_bytes += view.reading_bytes + impl_->notices.allocated() + impl_->message1.capacity() +
                       impl_->plaintext.allocated() + impl_->outgoing.allocated() + impl_->early_runs.allocated();
  view.resumes = impl_->resumes;
  impl_->session.FillView(view);
  return view;
}

std::optional<SealMark> Client::LastSeal(const ForkKey&, TransportId transport) const {
  const bool sealed = impl_->Owns(transport, impl_->attached) && impl_->attached->link->sealer().next_index() > 0;
  if (!sealed) return std::nullopt;
  return impl_->attached->link->sealer().LastSeal();
}

}  // namespace holdfast
