// What strangers say: preamble, locator, message 1. Nothing here changes a session before the message has proved itself
// (docs/protocol.md 5.3): locator, tag, suite, attempt, and only then the Diffie-Hellman.

#include <algorithm>
#include <utility>

#include "core/base/check.h"
#include "core/pool/server_impl.h"

namespace holdfast {
namespace {

constexpr std::array<uint8_t, 1> kVersionsOffered = {kVersion};
constexpr std::array<uint8_t, 2> kSuitesOffered = {static_cast<uint8_t>(Suite::kChaChaPoly),
                                                   static_cast<uint8_t>(Suite::kAesGcm)};

bool SuiteOffered(uint8_t suite) { return std::ranges::find(kSuitesOffered, suite) != kSuitesOffered.end(); }

}  // namespace

// HF-PRE-6, HF-NEW-15, HF-NEW-16.
bool Server::Impl::Offers(const Preamble& asked) const {
  const bool is_private = config.network_key.has_value();
  const auto is = [&](bool mutual) {
    return asked.pattern == static_cast<uint8_t>(NewSessionPattern(mutual, is_private));
  };
  return asked.version == kVersion && asked.kind == static_cast<uint8_t>(Kind::kNew) && SuiteOffered(asked.suite) &&
         ((config.offer_nx && is(false)) || (config.offer_xx && is(true)));
}

// HF-PRE-15, HF-RES-9, HF-SEC-7.
void Server::Impl::FailHandshake(ServerTransport& transport, Error why) {
  if (!config.network_key) return Drop(transport, why, true);
  transport.stage = Stage::kDiscard;  // Until the deadline that it has had since it was accepted.
  transport.failure = why;
  transport.input = {};
  transport.reader = {};
  transport.greeting.reset();
  transport.outgoing = {};
  transport.bound = {};
}

// HF-PRE-3.
bool Server::Impl::ReadPreamble(Time now, ServerTransport& transport) {
  auto bytes = transport.reader.Take(transport.input, kPreambleBytes);
  if (!bytes) return false;
  transport.preamble = *Decode<Preamble>(*bytes);  // Any 12 bytes are a preamble.
  const Preamble& asked = transport.preamble;
  if (asked.magic != kMagic) {
    FailHandshake(transport, Error::kBadPreamble);  // HF-PRE-4.
  } else if (asked.version == kVersion && asked.kind == static_cast<uint8_t>(Kind::kResume)) {
    transport.stage = Stage::kLocator;  // HF-PRE-5.
  } else if (Offers(asked)) {
    transport.stage = Stage::kMessage1;  // HF-PRE-6.
  } else if (config.network_key) {
    FailHandshake(transport, Error::kUnsupportedPattern);  // HF-PRE-15.
  } else {
    SendHint(now, transport);  // HF-PRE-7.
  }
  return true;
}

// HF-RES-8, HF-LIM-4.
bool Server::Impl::ReadLocator(ServerTransport& transport) {
  auto bytes = transport.reader.Take(transport.input, kLocatorBytes);
  if (!bytes) return false;
  std::ranges::copy(*bytes, transport.locator.begin());
  auto found = locators.find(transport.locator);
  const bool known = found != locators.end() && transport.preamble.pattern == static_cast<uint8_t>(kResumePattern) &&
                     transport.preamble.suite == static_cast<uint8_t>(FindSession(found->second)->suite);
  if (known) {
    transport.stage = Stage::kMessage1;
  } else {
    FailHandshake(transport, Error::kUnknownLocator);
  }
  return true;
}

// HF-PRE-8, HF-PRE-9.
bool Server::Impl::ReadMessage1(Time now, ServerTransport& transport, Entropy& entropy) {
  const bool resume = transport.preamble.kind == static_cast<uint8_t>(Kind::kResume);
  auto message =
      transport.reader.Next(transport.input, limits::kHandshakeMessageBytesMin, limits::kHandshakeMessageBytesMax);
  if (!message) {
    FailHandshake(transport, message.error());
    return true;
  }
  if (!*message) return false;
  Status status =
      resume ? OnResume(now, transport, **message, entropy) : OnNewSession(now, transport, **message, entropy);
  if (!status) FailHandshake(transport, status.error());
  return true;
}

// HF-NEW-5, HF-NEW-6.
Status Server::Impl::OnNewSession(Time now, ServerTransport& transport, ByteSpan message, Entropy& entropy) {
  if (sessions.size() - embryos.size() >= config.sessions_max) return std::unexpected(Error::kTableFull);  // HF-LIM-3.
  NoiseHandshake noise =
      BeginNew(transport.preamble, false, config.static_key, config.network_key, std::exchange(transport.bound, {}));
  Bytes payload;
  HOLDFAST_TRY(noise.ReadMessage(message, payload));
  ClientParameters asked;
  if (config.network_key) {
    auto greeting = Decode<PrivateClientParameters>(payload);
    if (!greeting) return std::unexpected(greeting.error());
    HOLDFAST_TRY(CheckGreeting(now, message, greeting->clock_ms));
    asked = greeting->parameters;
  } else {
    auto parameters = Decode<ClientParameters>(payload);
    if (!parameters) return std::unexpected(parameters.error());
    asked = *parameters;
  }
  if (!MakeRoom(now, Ring::kBlockBytesMin, SessionId::kNone)) return std::unexpected(Error::kTableFull);  // HF-LIM-8.
  const ServerParameters parameters = {{ReceiveStream(config.session.receive_window).credit_limit()},
                                       MillisecondsOf(Granted(asked)),
                                       MillisecondsOf(config.embryo_time)};
  HOLDFAST_TRY(WriteFramed(noise, entropy, Encode(parameters), transport.outgoing));
  if (noise.finished()) return MakeEmbryo(now, transport, noise, asked);
  transport.greeting = std::make_unique<Greeting>(std::move(noise), asked);
  transport.stage = Stage::kMessage3;
  return {};
}

// Whether a private network's greeting, which is authentic, is new. HF-NEW-17.
Status Server::Impl::CheckGreeting(Time now, ByteSpan message, uint64_t clock_ms) {
  const std::optional<WallTime> wall = clock.At(now);
  if (!wall) return {};
  PublicKey ephemeral;
  std::ranges::copy(message.first(kKeyBytes), ephemeral.begin());
  return replays.Admit(*wall, clock_ms, ephemeral);
}

// By then the client has shown that it holds a static key, and in a private network that it is a member.
// HF-NEW-18.
bool Server::Impl::ReadMessage3(Time now, ServerTransport& transport) {
  auto message =
      transport.reader.Next(transport.input, limits::kHandshakeMessageBytesMin, limits::kHandshakeMessageBytesMax);
  if (!message) {
    Drop(transport, message.error(), true);
    return true;
  }
  if (!*message) return false;
  const std::unique_ptr<Greeting> greeting = std::move(transport.greeting);
  Bytes payload;
  Status status = greeting->noise.ReadMessage(**message, payload);
  if (status && !payload.empty()) status = std::unexpected(Error::kTrailingBytes);
  if (status && greeting->noise.remote_static() == config.static_key.public_key()) {
    status = std::unexpected(Error::kOwnKey);  // HF-SEC-10.
  }
  if (status) status = MakeEmbryo(now, transport, greeting->noise, greeting->asked);
  if (!status) Drop(transport, status.error(), true);
  return true;
}

// HF-NEW-6.
Duration Server::Impl::Granted(const ClientParameters& asked) const {
  return std::min(Milliseconds(asked.hold_ms), config.hold_max);
}

// HF-NEW-7.
Status Server::Impl::MakeEmbryo(Time now, ServerTransport& transport, NoiseHandshake& noise,
                                const ClientParameters& asked) {
  // HF-LIM-2.
  while (embryos.size() >= std::max<size_t>(config.embryos_max, 1) ||
         embryos.SizeOf(transport.source) >= std::max<size_t>(config.embryos_per_source_max, 1)) {
    Forget(*FindSession(embryos.OldestFor(transport.source)), Error::kTableFull);
  }
  ServerSession session;
  session.id = SessionId{++sessions_opened};
  session.suite = static_cast<Suite>(transport.preamble.suite);
  session.core = std::make_unique<Session>(session_options);
  session.granted = Granted(asked);
  session.hold = session.granted + std::min(Milliseconds(asked.dead_ms), limits::kDeadTransportMax);  // HF-END-25.
  session.last_sign = now;
  session.peer_key = noise.remote_static();
  if (session.peer_key) session.state = ServerState::kUnjudged;
  ServerSession& kept = sessions.emplace(session.id, std::move(session)).first->second;
  embryos.Add(kept.id, transport.source);
  Status status = MakeCandidate(now, transport, kept, noise, {0, 1}, FirstClaims(asked.credit_limit));
  if (!status) {
    kept.peer_key.reset();  // Nobody was told of it.
    Forget(kept, status.error());
  } else if (kept.peer_key) {
    Notify(kept.id, transport.id, event::KeyPresented{*kept.peer_key});
  }
  return status;
}

// While the verdict is out nothing is read, and of what comes no more is kept than a client may send. HF-NEW-19.
bool Server::Impl::HoldRecord(ServerTransport& transport) {
  auto whole =
      transport.reader.Hold(transport.input, limits::kRecordCiphertextBytesMin, limits::kFirstRecordCiphertextBytesMax);
  if (whole && transport.input.empty()) {
    transport.held = *whole;
    return false;
  }
  Drop(transport, whole ? Error::kTooSoon : whole.error(), true);
  return true;
}

// HF-NEW-19, HF-NEW-20.
void Server::Impl::Judge(Time now, SessionId id, bool accept) {
  ServerSession* session = FindSession(id);
  if (session == nullptr || session->state != ServerState::kUnjudged) return;
  if (!accept) return Refuse(*session, {Cause::kRefused, Origin::kServer, {}}, Error::kClientKeyRefused);
  Move(kServerTransitions, session->state, ServerInput::kAccepted);
  if (session->current) {  // A message 1 came in the meantime.
    embryos.Remove(session->id);
    Move(kServerTransitions, session->state, ServerInput::kPromoted);
    HearFrom(now, *session);
    Schedule(*session);  // Its hold time may end before an embryo's.
    Notify(session->id, session->candidate, event::Opened{});
  }
  if (ServerTransport* candidate = FindTransport(session->candidate)) MarkReady(*candidate);
}

// What is left tells the client of it, for as long as an embryo lives. HF-NEW-20.
void Server::Impl::Refuse(ServerSession& session, const Closing& end, std::optional<Error> error) {
  Move(kServerTransitions, session.state, ServerInput::kRefused);
  session.end = end;
  session.end_claims = session.core->ClaimsNow();
  session.core.reset();
  Notify(session.id, TransportId::kNone,
         event::Ended{{.cause = end.cause, .origin = end.origin, .app_code = end.app_code.value, .error = error}});
  if (ServerTransport* candidate = FindTransport(session.candidate)) MarkReady(*candidate);
}

// HF-RES-8, HF-RES-9.
Status Server::Impl::OnResume(Time now, ServerTransport& transport, ByteSpan message, Entropy& entropy) {
  auto found = locators.find(transport.locator);  // It may be gone since the locator was read.
  if (found == locators.end()) return std::unexpected(Error::kUnknownLocator);
  ServerSession& session = *FindSession(found->second);
  const bool under_pending = session.pending && session.pending->locator == transport.locator;
  Epoch& epoch = under_pending ? *session.pending : *session.current;

  NoiseHandshake noise = BeginResume(transport.preamble, epoch, false, std::exchange(transport.bound, {}));
  Bytes payload;
  HOLDFAST_TRY(noise.ReadMessage(message, payload));
  auto request = Decode<ResumeRequest>(payload);
  if (!request) return std::unexpected(request.error());
  HOLDFAST_TRY(CheckEarly(request->early.bytes));
  if (request->attempt <= epoch.attempt) return std::unexpected(Error::kStaleAttempt);
  if (request->closing && (request->end.origin != Origin::kClient || request->end.cause == Cause::kFinished)) {
    return std::unexpected(Error::kWrongRole);
  }

  // Authentic and fresh. The answer is made first: if its Diffie-Hellman fails, nothing has happened.
  // HF-RES-10, HF-RES-11.
  const bool over = IsOver(session.state);
  ResumeReply reply;
  reply.closed = over || request->closing;
  std::optional<EarlyGain> gain = EarlyOf(session, *request, under_pending);
  reply.claims = over   ? session.end_claims  // HF-END-28.
                 : gain ? session.core->ClaimsWith(gain->in)
                        : session.core->ClaimsNow();
  if (reply.closed) reply.end = over ? session.end : request->end;
  HOLDFAST_TRY(WriteFramed(noise, entropy, Encode(reply), transport.outgoing));
  epoch.attempt = request->attempt;
  if (over) {
    if (request->closing) OnCrossedAbort(session, request->end);  // HF-END-20.
  } else {
    if (session.state != ServerState::kUnjudged) HearFrom(now, session);  // HF-NEW-19.
    if (under_pending) Promote(session, transport.id);
    if (gain) KeepEarly(session, std::move(*gain));
    if (request->closing && session.state == ServerState::kUnjudged) {
      Refuse(session, request->end, std::nullopt);
    } else if (request->closing) {
      End(now, session, request->end, std::nullopt);  // HF-END-19.
    }
  }
  if (!reply.closed) {
    const AttemptId attempt = {session.current->number, request->attempt};
    return MakeCandidate(now, transport, session, noise, attempt, request->claims);
  }
  if (ServerTransport* earlier = FindTransport(session.candidate)) Drop(*earlier, Error::kSuperseded, true);
  session.candidate = transport.id;
  transport.session = session.id;
  handshakes.Remove(transport.id);
  AwaitClose(now, transport, Stage::kLastWords);
  return {};
}

// The new epoch is pending until a record, or a message 1 under it, shows that the client has it. A greater attempt
// takes the place of a smaller one; the attached transport is none of its business. HF-RES-13, HF-RES-21.
Status Server::Impl::MakeCandidate(Time now, ServerTransport& transport, ServerSession& session, NoiseHandshake& noise,
                                   AttemptId attempt, const Claims& claims) {
  NoiseSplit split = noise.Split();
  Epoch next = DeriveEpoch(attempt.epoch + 1, split);
  // HF-RES-12.
  if (!locators.emplace(next.locator, session.id).second) return std::unexpected(Error::kDuplicateLocator);
  if (session.pending) locators.erase(session.pending->locator);
  session.pending = std::move(next);
  if (ServerTransport* smaller = FindTransport(session.candidate)) {
    HOLDFAST_CHECK(smaller->attempt < attempt);
    Drop(*smaller, Error::kSuperseded, true);
  }
  handshakes.Remove(transport.id);
  transport.link.emplace(now, config.session, session.granted, session.suite, split, false);
  transport.stage = Stage::kCandidate;
  transport.session = session.id;
  transport.attempt = attempt;
  transport.claims = claims;
  transport.deadline = After(now, config.candidate_time);
  session.candidate = transport.id;
  Schedule(transport);
  Schedule(session);
  return {};
}

// Not authentic, and only for people: what this server offers. Nothing follows it, and it still counts as a stranger's.
// HF-PRE-12, HF-PRE-13.
void Server::Impl::SendHint(Time now, ServerTransport& transport) {
  transport.outgoing = {0, 0};
  Append(transport.outgoing, Encode(Hint{{kVersionsOffered}, {kSuitesOffered}}));
  AwaitClose(now, transport, Stage::kLastWords);
}

// HF-LIV-10.
void Server::Impl::AwaitClose(Time now, ServerTransport& transport, Stage stage) {
  transport.stage = stage;
  transport.deadline = After(now, config.session.linger);
  Schedule(transport);
}

}  // namespace holdfast
