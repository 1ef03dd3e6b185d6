#include "core/pool/client.h"

#include <algorithm>
#include <array>
#include <utility>

#include "core/base/check.h"
#include "core/pool/client_states.h"
#include "core/session/handshake.h"
#include "core/session/message_reader.h"
#include "core/session/notices.h"
#include "core/session/session.h"

namespace holdfast {
namespace {

constexpr SessionId kTheSession{1};

// A transport: an attempt while it has a handshake, attached once it has a link.
struct ClientTransport {
  TransportId id = TransportId::kNone;
  MessageReader reader;
  ByteSpan input;  // Given to Receive and not yet read; the caller's memory.
  bool writable = true;
  Time deadline = kNever;               // Of an attempt.
  std::optional<NoiseHandshake> noise;  // Once message 1 is written.
  std::optional<Bytes> hint;            // Once the server announced one: its bytes so far.
  std::optional<Link> link;
  Time begun = kNever;  // When message 1 went out.
  bool close_sent = false;

  ClientTransport ForkForSimulation(const ForkKey& key) const {
    HOLDFAST_CHECK(input.empty());
    ClientTransport copy;
    copy.id = id;
    copy.reader = reader;
    copy.writable = writable;
    copy.deadline = deadline;
    if (noise) copy.noise = noise->ForkForSimulation(key);
    copy.begun = begun;
    copy.hint = hint;
    if (link) copy.link = link->ForkForSimulation(key);
    copy.close_sent = close_sent;
    return copy;
  }

  void DigestInto(Digest& digest) const {
    digest.Add(id).Add(writable).Add(deadline).Add(close_sent);
    reader.DigestInto(digest);
    digest.Add(noise.has_value());
    if (noise) noise->DigestInto(digest);
    digest.Add(hint.has_value());
    if (hint) digest.Add(*hint);
    digest.Add(link.has_value());
    if (link) link->DigestInto(digest);
  }
};

uint64_t DrawBelow(Entropy& entropy, uint64_t bound) {
  std::array<uint8_t, 8> drawn;
  entropy.Fill(drawn);
  return Reader(drawn).TakeInteger(drawn.size()) % bound;  // The bias is of no account in a delay.
}

}  // namespace

std::string_view NameOf(ClientState state) { return kClientStateNames[static_cast<size_t>(state)]; }

struct Client::Impl {
  explicit Impl(const ClientConfig& c) : config(c), session(c.session), hold(c.hold) {
    HOLDFAST_CHECK(c.hold >= 1ms && IsSane(c.session));
  }
  Impl(const Impl& other, const ForkKey& key);

  // --- Transports come and go ---
  TransportId Opened(Time now);
  void Lose(Error why, bool close);
  void FailAttempt(Error why, bool close);
  void DialFails();

  // --- Handshakes ---
  Event WriteMessage1(Time now, Entropy& entropy);
  bool ReadAttempt(Time now);
  bool ReadHint();
  Error Reason(const Hint& hint) const;
  Status ReadMessage2(Time now, ByteSpan message);
  void OnNewSession(Time now, const ServerParameters& parameters);
  void OnResumed(Time now, const ResumeReply& reply);
  void AttachAttempt(Time now, uint64_t epoch_number);

  // --- Records ---
  bool ReadRecord(Time now);
  std::optional<Event> ReadFrames(Time now);
  std::optional<Event> OnFrame(Time now, const Frame& frame);
  std::optional<Event> WriteRecord(Time now);

  // --- The end ---
  void GiveUp(Cause cause, uint64_t app_code, std::optional<Error> error);
  void OnServersWord(const Closing& word, bool could_be_finished);
  void End(const Ending& ending);

  std::optional<Event> Poll(Time now, Entropy& entropy);
  Event EmitDial(Time now, Entropy& entropy);
  void Tick(Time now);
  Time Deadline() const;

  void Notify(TransportId transport, auto what) { notices.Add({kTheSession, transport, what}); }
  bool Owns(TransportId id, std::optional<ClientTransport>& slot) { return slot && slot->id == id; }
  void WantDial() {
    if (!attempt) dial_wanted = true;
  }
  Duration Grown(Duration first, Duration max) const {
    const unsigned doublings = std::min(failures, 62U);
    return first.count() > max.count() >> doublings ? max : first * (int64_t{1} << doublings);
  }
  Duration AttemptTimeout() const { return Grown(config.attempt_timeout_first, config.attempt_timeout_max); }
  bool confirmed() const { return embryo_deadline == kNever; }

  ClientConfig config;
  ClientState state = ClientState::kNew;
  Session session;
  std::optional<Epoch> epoch;  // The one resume key that the client holds.
  std::optional<ClientTransport> attached;
  std::optional<ClientTransport> attempt;  // The one that is in flight.
  std::optional<Reader> record;            // What is left of the record being read; in `plaintext`.
  Notices notices;
  uint64_t transports = 0;  // Ids given out.
  uint64_t resumes = 0;
  unsigned failures = 0;  // In a row, of attempts and dials.
  bool dial_wanted = true;
  Time dial_deadline = kNever;    // A dial is under way until then.
  Time last_authentic = kNever;   // kNever: there is no session yet.
  Time embryo_deadline = kNever;  // Set while the server may not know that the session is confirmed.
  Duration hold;
  Closing closing;  // In kClosing: what the server has to be told.
  std::optional<Error> closing_error;
  bool closing_told = false;  // On the wire, at least once.
  Scratch plaintext;
  Scratch outgoing;
  Bytes message1;
};

// --- Transports come and go ----------------------------------------------------------------------------------------

TransportId Client::Impl::Opened(Time now) {
  const TransportId id{++transports};
  dial_wanted = false;
  dial_deadline = kNever;
  if (state == ClientState::kEnded) {
    Notify(id, event::CloseTransport{Error::kDone});
    return id;
  }
  if (attempt) FailAttempt(Error::kSuperseded, true);
  dial_wanted = false;
  attempt.emplace();
  attempt->id = id;
  attempt->deadline = After(now, AttemptTimeout());
  return id;
}

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

void Client::Impl::FailAttempt(Error why, bool close) {
  const TransportId id = attempt->id;
  attempt.reset();
  ++failures;
  if (close) Notify(id, event::CloseTransport{why});
  Notify(id, event::AttemptFailed{why});
  if (state == ClientState::kGreeting) Move(kClientTransitions, state, ClientInput::kGreetingFailed);
  if (!attached) WantDial();
}

void Client::Impl::DialFails() {
  if (dial_deadline == kNever) return;
  dial_deadline = kNever;
  ++failures;
  WantDial();
}

// --- Handshakes ----------------------------------------------------------------------------------------------------

Event Client::Impl::WriteMessage1(Time now, Entropy& entropy) {
  message1.clear();
  Status written;
  if (!epoch) {
    Move(kClientTransitions, state, ClientInput::kGreet);
    const Preamble preamble = PreambleOf(Kind::kNew, PatternId::kNx, config.suite);
    const ClientParameters parameters = {
        {session.in().credit_limit()}, MillisecondsOf(config.hold), MillisecondsOf(config.session.dead_transport)};
    attempt->noise = BeginNew(preamble, std::nullopt);
    message1 = Encode(preamble);
    written = WriteFramed(*attempt->noise, entropy, Encode(parameters), message1);
  } else {
    ++epoch->attempt;
    const Preamble preamble = PreambleOf(Kind::kResume, kResumePattern, config.suite);
    ResumeRequest request;
    request.attempt = epoch->attempt;
    request.claims = session.ClaimsNow();
    request.closing = state == ClientState::kClosing;
    if (request.closing) request.end = closing;
    attempt->noise = BeginResume(preamble, *epoch, true);
    message1 = Encode(preamble);
    Append(message1, epoch->locator);
    written = WriteFramed(*attempt->noise, entropy, Encode(request), message1);
  }
  HOLDFAST_CHECK(written.has_value());  // Message 1 has no DH in either pattern.
  attempt->begun = now;
  attempt->deadline = After(now, AttemptTimeout());
  if (state == ClientState::kClosing) closing_told = true;
  return {kTheSession, attempt->id, event::Write{message1}};
}

bool Client::Impl::ReadAttempt(Time now) {
  if (!attempt || attempt->input.empty()) return false;
  if (!attempt->noise) {
    FailAttempt(Error::kBadPreamble, true);
    return true;
  }
  if (attempt->hint) return ReadHint();
  auto message = attempt->reader.Next(attempt->input, 0, limits::kHandshakeMessageBytesMax);
  if (!message) {
    FailAttempt(message.error(), true);
    return true;
  }
  if (!*message) return false;
  if ((*message)->empty()) {
    attempt->hint.emplace();
    return true;
  }
  if (Status read = ReadMessage2(now, **message); !read) FailAttempt(read.error(), true);
  return true;
}

// Which of the things that the client asked for is not offered.
Error Client::Impl::Reason(const Hint& hint) const {
  const auto offers = [](ByteSpan list, uint8_t value) { return std::ranges::find(list, value) != list.end(); };
  if (!offers(hint.versions.bytes, kVersion)) return Error::kUnsupportedVersion;
  if (!offers(hint.suites.bytes, static_cast<uint8_t>(config.suite))) return Error::kUnsupportedSuite;
  return Error::kUnsupportedPattern;
}

// What a hint says is for people: nothing in it is authentic, and no session ends by it.
bool Client::Impl::ReadHint() {
  constexpr size_t kHintBytesMax = 2 + limits::kHintVersionsMax + limits::kHintSuitesMax;
  const size_t room = kHintBytesMax - attempt->hint->size();
  Append(*attempt->hint, attempt->input.first(std::min(room, attempt->input.size())));
  attempt->input = {};
  Reader reader(*attempt->hint);
  Hint hint;
  Read(reader, hint);
  const bool complete = reader.ok() || reader.error() != Error::kTruncated || attempt->hint->size() == kHintBytesMax;
  if (complete) FailAttempt(reader.ok() ? Reason(hint) : Error::kServerHint, true);
  return complete;
}

Status Client::Impl::ReadMessage2(Time now, ByteSpan message) {
  if (message.size() < limits::kHandshakeMessageBytesMin) return std::unexpected(Error::kBadLength);
  Bytes payload;
  HOLDFAST_TRY(attempt->noise->ReadMessage(message, payload));
  if (!epoch) {
    auto parameters = Decode<ServerParameters>(payload);
    if (!parameters) return std::unexpected(parameters.error());
    OnNewSession(now, *parameters);
  } else {
    auto reply = Decode<ResumeReply>(payload);
    if (!reply) return std::unexpected(reply.error());
    OnResumed(now, *reply);
  }
  return {};
}

void Client::Impl::OnNewSession(Time now, const ServerParameters& parameters) {
  if (attempt->noise->remote_static() != config.server_key) {
    End({.cause = Cause::kRefused, .origin = Origin::kClient, .error = Error::kServerKeyRefused});
    return;
  }
  Status attachable = session.Attach(FirstClaims(parameters.credit_limit));
  HOLDFAST_CHECK(attachable.has_value());
  hold = std::min(hold, Milliseconds(parameters.hold_ms));
  AttachAttempt(now, 1);
  embryo_deadline = After(now, Milliseconds(parameters.embryo_ms));
  Notify(attached->id, event::Opened{});
  Move(kClientTransitions, state, ClientInput::kOpened);
}

void Client::Impl::OnResumed(Time now, const ResumeReply& reply) {
  if (reply.closed) {
    OnServersWord(reply.end, session.CouldBeFinished(reply.claims));
    return;
  }
  if (attached) Notify(attached->id, event::CloseTransport{Error::kSuperseded});
  AttachAttempt(now, epoch->number + 1);
  embryo_deadline = kNever;
  ++resumes;
  if (state != ClientState::kClosing) Notify(attached->id, event::Resumed{});
  Move(kClientTransitions, state, ClientInput::kAttached);
  Status status = session.Attach(reply.claims);
  if (!status) GiveUp(InfoOf(status.error()).cause, 0, status.error());
  if (session.TakeSpaceNotice()) Notify(TransportId::kNone, event::SpaceAvailable{});
}

// From here on there is one key: that of the next epoch. The old one is wiped by being overwritten.
void Client::Impl::AttachAttempt(Time now, uint64_t epoch_number) {
  NoiseSplit split = attempt->noise->Split();
  attempt->noise.reset();
  epoch = DeriveEpoch(epoch_number, split);
  SessionOptions options = config.session;
  options.ping_idle = std::min(options.ping_idle, hold / 3);  // So that a session at rest does not expire.
  attempt->link.emplace(now, options, config.suite, split, true);
  attempt->link->AllowRoundTrip(now - attempt->begun);
  attempt->deadline = kNever;
  attached = std::move(attempt);
  attempt.reset();
  record.reset();
  dial_wanted = false;
  last_authentic = now;
}

// --- Records -------------------------------------------------------------------------------------------------------

bool Client::Impl::ReadRecord(Time now) {
  if (!attached || attached->input.empty()) return false;
  auto sealed =
      attached->reader.Next(attached->input, limits::kRecordCiphertextBytesMin, limits::kRecordCiphertextBytesMax);
  if (!sealed) {
    Lose(sealed.error(), true);
    return true;
  }
  if (!*sealed) return false;
  const MutableByteSpan opened = plaintext.Get((*sealed)->size() - kTagBytes);
  if (Status status = attached->link->opener().Open(**sealed, opened); !status) {
    Lose(status.error(), true);
    return true;
  }
  last_authentic = now;
  embryo_deadline = kNever;
  failures = 0;
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
  if (state == ClientState::kClosing) {  // Nothing but the server's word matters any more.
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

std::optional<Event> Client::Impl::WriteRecord(Time now) {
  if (!attached || !attached->writable || attached->close_sent) return std::nullopt;
  ByteSpan sealed;
  if (state == ClientState::kClosing) {
    sealed = SealClose(*attached->link, closing, outgoing);
    attached->close_sent = true;
    closing_told = true;
  } else if (session.HasRecord(now, *attached->link)) {
    sealed = session.NextRecord(now, *attached->link, outgoing);
  } else {
    return std::nullopt;
  }
  return Event{kTheSession, attached->id, event::Write{sealed}};
}

// --- The end -------------------------------------------------------------------------------------------------------

void Client::Impl::GiveUp(Cause cause, uint64_t app_code, std::optional<Error> error) {
  if (state == ClientState::kClosing || state == ClientState::kEnded) return;
  if (state == ClientState::kNew || state == ClientState::kGreeting) {  // Nobody else knows of a session.
    End({.cause = cause, .origin = Origin::kClient, .app_code = app_code, .error = error});
    return;
  }
  Move(kClientTransitions, state, ClientInput::kGiveUp);
  closing = {cause, Origin::kClient, {app_code}};
  closing_error = error;
}

// What the server says is what happened, unless it cannot be. If both applications gave up and this one has said so,
// each reports its own code.
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
  if (word.cause == Cause::kFinished && !could_be_finished) {
    ending = {.cause = Cause::kViolation, .origin = Origin::kClient, .error = Error::kFinNotSent};
  }
  if (word.origin == Origin::kClient && !closing_told) {
    ending = {.cause = Cause::kViolation, .origin = Origin::kClient, .error = Error::kWrongRole};
  }
  End(ending);
}

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

// --- Verbs ---------------------------------------------------------------------------------------------------------

std::optional<Event> Client::Impl::Poll(Time now, Entropy& entropy) {
  do {
    if (std::optional<Event> event = notices.Take()) return event;
    if (std::optional<Event> event = ReadFrames(now)) return event;
  } while (!notices.empty() || ReadAttempt(now) || ReadRecord(now));
  if (attempt && !attempt->noise && attempt->writable) return WriteMessage1(now, entropy);
  if (std::optional<Event> event = WriteRecord(now)) return event;
  if (dial_wanted) return EmitDial(now, entropy);
  return std::nullopt;
}

// The very first dial is not delayed: jitter is for what many clients do at once.
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
  if (attempt && now >= attempt->deadline) FailAttempt(Error::kTimedOut, true);
  if (attached && attached->link->dead(now)) Lose(Error::kTimedOut, true);
  if (attached && attached->link->ping_due(now)) {  // A moment of rest.
    session.ReleaseIfEmpty();
    attached->reader.ReleaseIfEmpty();
    outgoing.Release();
    if (!record) plaintext.Release();
  }
  if (last_authentic != kNever && now >= After(last_authentic, hold)) {
    End({.cause = Cause::kExpired, .error = Error::kTimedOut});
  } else if (!attached && now >= embryo_deadline) {
    End({.cause = Cause::kNeverConfirmed, .error = Error::kTimedOut});
  }
}

Time Client::Impl::Deadline() const {
  if (state == ClientState::kEnded) return kNever;
  Time deadline = dial_deadline;
  if (attempt) deadline = std::min(deadline, attempt->deadline);
  if (attached) deadline = std::min(deadline, attached->link->Deadline(attached->writable && !attached->close_sent));
  if (last_authentic != kNever) deadline = std::min(deadline, After(last_authentic, hold));
  if (!attached) deadline = std::min(deadline, embryo_deadline);
  return deadline;
}

Client::Client(const ClientConfig& config) : impl_(std::make_unique<Impl>(config)) {}
Client::Client(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Client::Client(Client&&) noexcept = default;
Client& Client::operator=(Client&&) noexcept = default;
Client::~Client() = default;

TransportId Client::TransportOpened(Time now) { return impl_->Opened(now); }

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
    if ((*slot)->link) (*slot)->link->OnLife(now);
  }
}

void Client::SetWritable(Time now, TransportId transport, bool writable) {
  for (auto* slot : {&impl_->attempt, &impl_->attached}) {
    if (!impl_->Owns(transport, *slot)) continue;
    if ((*slot)->link && writable && !(*slot)->writable) (*slot)->link->OnLife(now);
    (*slot)->writable = writable;
  }
}

size_t Client::Send(Time, ByteSpan plaintext) {
  const bool over = impl_->state == ClientState::kClosing || impl_->state == ClientState::kEnded;
  if (over) return 0;
  const size_t accepted = impl_->session.Send(plaintext);
  if (impl_->session.AtOffsetLimit()) impl_->GiveUp(Cause::kOffsetLimit, 0, Error::kOffsetLimit);
  return accepted;
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
    if (*slot) view.memory_bytes += (*slot)->reader.allocated();
  }
  if (impl_->attached) view.attached = impl_->attached->id;
  view.memory_bytes += impl_->notices.allocated() + impl_->message1.capacity() + impl_->plaintext.allocated() +
                       impl_->outgoing.allocated();
  view.resumes = impl_->resumes;
  impl_->session.FillView(view);
  return view;
}

uint64_t Client::StateDigest() const {
  Digest digest;
  digest.Add(impl_->state).Add(impl_->transports).Add(impl_->failures).Add(impl_->dial_wanted);
  digest.Add(impl_->dial_deadline).Add(impl_->last_authentic).Add(impl_->embryo_deadline).Add(impl_->hold);
  digest.Add(impl_->closing.cause)
      .Add(impl_->closing.app_code.value)
      .Add(impl_->closing_error.has_value())
      .Add(impl_->closing_told);
  impl_->session.DigestInto(digest);
  digest.Add(impl_->epoch.has_value());
  if (impl_->epoch) impl_->epoch->DigestInto(digest);
  for (const auto* slot : {&impl_->attempt, &impl_->attached}) {
    digest.Add(slot->has_value());
    if (*slot) (*slot)->DigestInto(digest);
  }
  return digest.value();
}

Client::Impl::Impl(const Impl& other, const ForkKey& key)
    : config(other.config),
      state(other.state),
      session(other.session.ForkForSimulation(key)),
      transports(other.transports),
      resumes(other.resumes),
      failures(other.failures),
      dial_wanted(other.dial_wanted),
      dial_deadline(other.dial_deadline),
      last_authentic(other.last_authentic),
      embryo_deadline(other.embryo_deadline),
      hold(other.hold),
      closing(other.closing),
      closing_error(other.closing_error),
      closing_told(other.closing_told) {
  HOLDFAST_CHECK(other.notices.empty() && !other.record);
  if (other.epoch) epoch = other.epoch->ForkForSimulation(key);
  if (other.attached) attached = other.attached->ForkForSimulation(key);
  if (other.attempt) attempt = other.attempt->ForkForSimulation(key);
}

Client Client::ForkForSimulation(const ForkKey& key) const { return Client(std::make_unique<Impl>(*impl_, key)); }

std::optional<SealMark> Client::LastSeal(const ForkKey&, TransportId transport) const {
  const bool sealed = impl_->Owns(transport, impl_->attached) && impl_->attached->link->sealer().next_index() > 0;
  if (!sealed) return std::nullopt;
  return impl_->attached->link->sealer().LastSeal();
}

}  // namespace holdfast
