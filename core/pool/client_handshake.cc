// From message 1 to an attached transport (docs/protocol.md 4, 5.4).

#include <algorithm>
#include <utility>

#include "core/base/check.h"
#include "core/pool/client_impl.h"

namespace holdfast {

// HF-NEW-1, HF-RES-6.
Event Client::Impl::WriteMessage1(Time now, Entropy& entropy) {
  message1.clear();
  const Bytes bound = std::exchange(attempt->bound, {});
  Status written;
  if (!epoch) {
    Move(kClientTransitions, state, ClientInput::kGreet);
    const Preamble preamble = PreambleOf(Kind::kNew, pattern(), config.suite);
    const ClientParameters parameters = {
        {session.in().credit_limit()}, MillisecondsOf(config.hold), MillisecondsOf(config.session.dead_transport)};
    attempt->noise = BeginNew(preamble, true, config.static_key, config.network_key, bound);
    message1 = Encode(preamble);
    const Bytes payload = config.network_key
                              ? Encode(PrivateClientParameters{parameters, clock.At(now).value_or(WallTime{}).unix_ms})
                              : Encode(parameters);
    written = WriteFramed(*attempt->noise, entropy, payload, message1);
  } else {
    ++epoch->attempt;  // HF-RES-2.
    const Preamble preamble = PreambleOf(Kind::kResume, kResumePattern, config.suite);
    ResumeRequest request;
    request.attempt = epoch->attempt;
    request.claims = session.ClaimsNow();
    request.closing = state == ClientState::kClosing;
    Bytes early;
    if (request.closing) {
      request.end = closing;  // HF-END-18.
    } else {
      early = session.TakeEarly(early_runs);  // HF-RES-29, HF-RES-30.
      request.early = {early};
    }
    attempt->noise = BeginResume(preamble, *epoch, true, bound);
    message1 = Encode(preamble);
    Append(message1, epoch->locator);
    written = WriteFramed(*attempt->noise, entropy, Encode(request), message1);
  }
  HOLDFAST_CHECK(written.has_value());  // Message 1 has no DH in any pattern.
  attempt->begun = now;
  attempt->deadline = After(now, AttemptTimeout());
  if (state == ClientState::kClosing) closing_told = true;
  return {kTheSession, attempt->id, event::Write{message1}};
}

bool Client::Impl::ReadAttempt(Time now) {
  if (!attempt || attempt->input.empty()) return false;
  if (!attempt->noise) {
    FailAttempt(Error::kBadPreamble, true);  // HF-PRE-11.
    return true;
  }
  if (attempt->hint) return ReadHint();
  if (attempt->offered) {  // The server has nothing to say before our first record.
    FailAttempt(Error::kTooSoon, true);
    return true;
  }
  // HF-PRE-8.
  auto message = attempt->reader.Next(attempt->input, limits::kHandshakeMessageBytesMin,
                                      limits::kHandshakeMessageBytesMax, /*or_empty=*/true);
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

// What a hint says is for people: nothing in it is authentic, and no session ends by it. HF-PRE-14.
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

// HF-RES-15.
Status Client::Impl::ReadMessage2(Time now, ByteSpan message) {
  Bytes payload;
  HOLDFAST_TRY(attempt->noise->ReadMessage(message, payload));
  if (!epoch) {
    auto parameters = Decode<ServerParameters>(payload);
    if (!parameters) return std::unexpected(parameters.error());
    attempt->offered = *parameters;
    OnServerKey(now);
  } else {
    auto reply = Decode<ResumeReply>(payload);
    if (!reply) return std::unexpected(reply.error());
    OnResumed(now, *reply);
  }
  return {};
}

// The verdict on the server's key precedes everything that it could learn of us. HF-NEW-12, HF-SEC-10.
void Client::Impl::OnServerKey(Time now) {
  const PublicKey& key = *attempt->noise->remote_static();
  if (mutual() && key == config.static_key->public_key()) return RefuseServer(Error::kOwnKey);
  if (config.server_key && key != *config.server_key) return RefuseServer(Error::kServerKeyRefused);
  if (presented != key) {
    presented = key;
    accepted = config.server_key.has_value();
    if (!accepted) Notify(attempt->id, event::KeyPresented{key});
  }
  if (accepted && !mutual()) OpenSession(now);
}

void Client::Impl::Judge(Time now, const PublicKey& key, bool accept) {
  const bool waits = (state == ClientState::kNew || state == ClientState::kGreeting) && presented == key && !accepted;
  if (!waits) return;
  if (!accept) return RefuseServer(Error::kServerKeyRefused);
  accepted = true;
  if (has_verdict() && !mutual()) OpenSession(now);
}

void Client::Impl::RefuseServer(Error why) { End({.cause = Cause::kRefused, .origin = Origin::kClient, .error = why}); }

// HF-NEW-18.
Event Client::Impl::WriteMessage3(Time now, Entropy& entropy) {
  message1.clear();
  const Status written = WriteFramed(*attempt->noise, entropy, {}, message1);
  HOLDFAST_CHECK(written.has_value());  // A weak key of the server's would have spoilt message 2.
  const TransportId id = attempt->id;
  OpenSession(now);
  return {kTheSession, id, event::Write{message1}};
}

// HF-NEW-8.
void Client::Impl::OpenSession(Time now) {
  const ServerParameters parameters = *std::exchange(attempt->offered, std::nullopt);
  Status attachable = session.Attach(FirstClaims(parameters.credit_limit));
  HOLDFAST_CHECK(attachable.has_value());
  hold = std::min(hold, Milliseconds(parameters.hold_ms));
  AttachAttempt(now, 1);
  embryo_deadline = After(now, Milliseconds(parameters.embryo_ms));
  Notify(attached->id, event::Opened{});
  Move(kClientTransitions, state, ClientInput::kOpened);
}

// HF-RES-16.
void Client::Impl::OnResumed(Time now, const ResumeReply& reply) {
  if (reply.closed) {
    OnServersWord(reply.end, session.CouldBeFinished(reply.claims));  // HF-RES-18.
    return;
  }
  if (attached) Notify(attached->id, event::CloseTransport{Error::kSuperseded});
  AttachAttempt(now, epoch->number + 1);
  if (!on_probation()) embryo_deadline = kNever;  // HF-NEW-11.
  ++resumes;
  // HF-END-16.
  if (state != ClientState::kClosing) Notify(attached->id, event::Resumed{});
  Move(kClientTransitions, state, ClientInput::kAttached);
  Status status = session.Attach(reply.claims);
  if (!status) GiveUp(InfoOf(status.error()).cause, 0, status.error());  // HF-RES-17.
  if (session.TakeSpaceNotice()) Notify(TransportId::kNone, event::SpaceAvailable{});
}

// From here on there is one key: that of the next epoch. The old one is wiped by being overwritten. HF-RES-16.
void Client::Impl::AttachAttempt(Time now, uint64_t epoch_number) {
  NoiseSplit split = attempt->noise->Split();
  attempt->noise.reset();
  epoch = DeriveEpoch(epoch_number, split);
  SessionOptions options = config.session;
  // HF-END-22: so that a session at rest does not expire. A server that grants nothing is not to make it talk for ever.
  options.ping_idle = std::min(options.ping_idle, std::max<Duration>(hold / 3, limits::kPingIdleMin));
  attempt->link.emplace(now, options, hold, config.suite, split, true);
  attempt->link->AllowRoundTrip(now - attempt->begun);
  attempt->deadline = kNever;
  attached = std::move(attempt);
  attempt.reset();
  record.reset();
  dial_wanted = false;
  last_authentic = now;
}

}  // namespace holdfast
