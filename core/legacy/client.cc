#include "core/legacy/client.h"

#include <algorithm>
#include <utility>

namespace holdfast::legacy {

Client::Session::Session(uint64_t secret_in, uint64_t server_public_in)
    : secret(secret_in),
      server_public(server_public_in),
      out(secret),
      in(secret),
      fingerprint(InitialFingerprint(secret)),
      fingerprint_asked(fingerprint.value()) {}

void Client::TransportOpened(Time now, RandomSource random) {
  if (state_ == State::kEnded) {
    notices_.push_back({.kind = Notice::Kind::kAttemptFailed, .why = *ended_, .close = true});
    return;
  }
  if (state_ != State::kIdle) LoseTransport(now, Reason::kSuperseded, true);
  state_ = State::kHandshake;
  handshake_since_ = now;
  if (session_ && session_->received > 0) {
    AppendWord(out_, session_->received);
    AppendWord(out_, session_->fingerprint_asked);
    return;
  }
  // A request to resume at zero would be a new session's hello. So the hello is said again, with the public value
  // negated: a server of ours that has the session knows it by that, and any other begins anew. The original's clients
  // may all say one value; its negative none of them says.
  if (!session_) {
    exponent_ = random.NextNotZero();
    public_value_ = Power(kGenerator, exponent_);
  }
  public_said_ = session_ ? Negated(public_value_) : public_value_;
  AppendWord(out_, uint64_t{0});
  AppendWord(out_, public_said_);
}

void Client::TransportClosed(Time now) {
  if (state_ == State::kHandshake || state_ == State::kOpen) LoseTransport(now, Reason::kTransportClosed, false);
}

void Client::LoseTransport(Time now, Reason why, bool close) {
  const bool was_open = state_ == State::kOpen;
  if (was_open) suspended_since_ = now;
  state_ = State::kIdle;
  out_.clear();
  reply_.clear();
  notices_.push_back(
      {.kind = was_open ? Notice::Kind::kSuspended : Notice::Kind::kAttemptFailed, .why = why, .close = close});
}

void Client::Receive(Time now, ByteSpan bytes) {
  if (state_ == State::kHandshake) {
    const ByteSpan head = bytes.first(std::min(bytes.size(), kReplyBytes - reply_.size()));
    Append(reply_, head);
    bytes = bytes.subspan(head.size());
    if (reply_.size() < kReplyBytes) return;
    Reply(now);
  }
  if (state_ == State::kOpen && !bytes.empty()) Deliver(bytes);
}

void Client::Reply(Time now) {
  const auto first = Load<uint64_t>(reply_.data());
  const auto challenge = Load<uint64_t>(reply_.data() + 8);
  if (session_ && session_->received > 0) return Resume(now, first, challenge);
  if (session_ && first == session_->server_public) {
    // The low half of the challenge is the server's count, the rest of which follows from ours.
    const uint64_t sent = session_->out.count();
    const auto missing = static_cast<uint32_t>(sent) - static_cast<uint32_t>(challenge);
    return Resume(now, sent - missing, challenge);  // Of more than was sent: a count far beyond it.
  }
  if (IsWeak(first)) return LoseTransport(now, Reason::kWeakKey, true);
  if (session_) return BeginAnew(now, first, challenge);
  Begin(first, challenge);
}

// A server of ours puts its instance into the low half of a challenge, for who knows both public values.
uint32_t Client::InstanceIn(uint64_t server_public, uint64_t challenge) const {
  return static_cast<uint32_t>(challenge) ^ static_cast<uint32_t>(Hash(public_said_, server_public));
}

void Client::Begin(uint64_t server_public, uint64_t challenge) {
  notices_.push_back({.kind = session_ ? Notice::Kind::kResumed : Notice::Kind::kOpened});
  instance_ = InstanceIn(server_public, challenge);
  if (public_said_ != public_value_) exponent_ = ExponentOfNegated(exponent_);
  public_value_ = public_said_;
  session_.emplace(Power(server_public, exponent_), server_public);
  Attach(0, challenge);
}

// The server does not know the session, of which we have received nothing. If it is the instance that we began with,
// our proof never arrived there, and all that we sent is sent again. Any other may be the original's, which would have
// said the same though its application has some of it.
void Client::BeginAnew(Time now, uint64_t server_public, uint64_t challenge) {
  Bytes sent;
  if (session_->out.count() > 0) {
    if (InstanceIn(server_public, challenge) != instance_) return End(now, Reason::kServerForgot);
    if (!session_->out.Keeps(0)) return End(now, Reason::kBeyondWindow);
    session_->out.Replay(0, sent);
    Keystream(session_->secret).Apply(sent, sent.data());
  }
  Append(sent, waiting_);
  waiting_ = std::move(sent);
  Begin(server_public, challenge);
}

void Client::Resume(Time now, uint64_t server_received, uint64_t challenge) {
  if (server_received > session_->out.count()) return LoseTransport(now, Reason::kImpossibleCount, true);
  if (!session_->out.Keeps(server_received)) {
    // The count may be that of another session with the same fingerprint: a server of ours tries the next one then.
    if (++beyond_window_ >= options_.beyond_window_answers) return End(now, Reason::kBeyondWindow);
    return LoseTransport(now, Reason::kBeyondWindow, true);
  }
  notices_.push_back({.kind = Notice::Kind::kResumed});
  Attach(server_received, challenge);
}

void Client::Attach(uint64_t server_received, uint64_t challenge) {
  beyond_window_ = 0;
  suspended_since_.reset();
  state_ = State::kOpen;
  AppendWord(out_, Hash(challenge, session_->secret));
  session_->out.Replay(server_received, out_);
  session_->out.Encrypt(waiting_, out_);
  waiting_ = Bytes();
}

void Client::Deliver(ByteSpan ciphertext) {
  Session& session = *session_;
  Bytes plaintext(ciphertext.size());
  session.in.Apply(ciphertext, plaintext.data());
  while (!ciphertext.empty()) {
    const size_t to_mark = kChunkBytes - static_cast<size_t>(session.received % kChunkBytes);
    const ByteSpan piece = ciphertext.first(std::min(ciphertext.size(), to_mark));
    ciphertext = ciphertext.subspan(piece.size());
    session.fingerprint.Add(piece);
    session.received += piece.size();
    if (session.received % kChunkBytes == 0) session.fingerprint_asked = session.fingerprint.value();
  }
  notices_.push_back({.kind = Notice::Kind::kDeliver, .bytes = std::move(plaintext)});
}

size_t Client::Send(Time, ByteSpan plaintext) {
  if (state_ == State::kEnded) return 0;
  if (state_ == State::kOpen) {
    session_->out.Encrypt(plaintext, out_);
    return plaintext.size();
  }
  const size_t most = session_ ? kWaitingBytes : options_.waiting_at_first_max;
  const size_t room = most - std::min(most, waiting_.size());
  plaintext = plaintext.first(std::min(plaintext.size(), room));
  Append(waiting_, plaintext);
  return plaintext.size();
}

void Client::End(Time now, Reason why) {
  if (state_ == State::kEnded) return;
  if (state_ != State::kIdle) LoseTransport(now, why, true);
  state_ = State::kEnded;
  ended_ = why;
  session_.reset();
  suspended_since_.reset();
  waiting_ = Bytes();
  notices_.push_back({.kind = Notice::Kind::kEnded, .why = why});
}

std::optional<ClientEvent> Client::Poll() {
  namespace event = client_event;
  if (!out_.empty()) {
    polled_ = std::exchange(out_, {});
    return event::Write{polled_};
  }
  if (notices_.empty()) return std::nullopt;
  Notice notice = std::move(notices_.front());
  notices_.pop_front();
  switch (notice.kind) {
    case Notice::Kind::kDeliver:
      polled_ = std::move(notice.bytes);
      return event::Deliver{polled_};
    case Notice::Kind::kOpened:
      return event::Opened{};
    case Notice::Kind::kSuspended:
      return event::Suspended{notice.why, notice.close};
    case Notice::Kind::kAttemptFailed:
      return event::AttemptFailed{notice.why, notice.close};
    case Notice::Kind::kResumed:
      return event::Resumed{};
    case Notice::Kind::kEnded:
      break;
  }
  return event::Ended{notice.why};
}

Time Client::Deadline() const {
  Time due = kNever;
  if (state_ == State::kHandshake) due = After(handshake_since_, options_.attempt_time);
  if (suspended_since_) due = std::min(due, After(*suspended_since_, options_.suspended_time));
  return due;
}

void Client::Tick(Time now) {
  if (suspended_since_ && After(*suspended_since_, options_.suspended_time) <= now) {
    return End(now, Reason::kDetachedTooLong);
  }
  if (state_ == State::kHandshake && After(handshake_since_, options_.attempt_time) <= now) {
    LoseTransport(now, Reason::kLingered, true);
  }
}

size_t Client::MemoryBytes() const {
  size_t bytes = reply_.capacity() + waiting_.capacity() + out_.capacity() + polled_.capacity();
  if (session_) bytes += session_->out.MemoryBytes();
  for (const Notice& notice : notices_) bytes += sizeof(notice) + notice.bytes.capacity();
  return bytes;
}

uint64_t Client::StateDigest() const {
  Digest digest;
  digest.Add(state_).Add(exponent_).Add(public_value_).Add(public_said_).Add(instance_).Add(beyond_window_);
  if (state_ == State::kHandshake) digest.Add(handshake_since_);
  digest.Add(suspended_since_.value_or(kNever)).Add(ended_.has_value()).Add(ended_.value_or(Reason::kClosed));
  digest.Add(ByteSpan(reply_)).Add(ByteSpan(waiting_)).Add(ByteSpan(out_));
  digest.Add(session_.has_value());
  if (session_) {
    digest.Add(session_->secret).Add(session_->server_public).Add(session_->received);
    digest.Add(session_->fingerprint.value()).Add(session_->fingerprint_asked);
    session_->out.DigestInto(digest);
    session_->in.DigestInto(digest);
  }
  for (const Notice& notice : notices_) {
    digest.Add(notice.kind).Add(notice.why).Add(notice.close).Add(ByteSpan(notice.bytes));
  }
  return digest.value();
}

}  // namespace holdfast::legacy
