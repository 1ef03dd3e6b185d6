#include "core/legacy/original.h"

#include <algorithm>
#include <utility>

#include "core/base/digest.h"
#include "core/legacy/limits.h"
#include "core/legacy/primitives.h"

namespace holdfast::legacy {

// --- Acts ----------------------------------------------------------------------------------------------------------

void OriginalActs::DropWritesTo(int socket) {
  std::erase_if(acts_, [socket](const Kept& act) { return act.kind == Act::Kind::kWrite && act.socket == socket; });
}

std::optional<Act> OriginalActs::Poll() {
  if (acts_.empty()) return std::nullopt;
  Kept next = std::move(acts_.front());
  acts_.pop_front();
  shown_ = std::move(next.bytes);
  return Act{next.kind, next.socket, shown_};
}

size_t OriginalActs::MemoryBytes() const {
  size_t bytes = shown_.size();
  for (const Kept& act : acts_) bytes += act.bytes.size();
  return bytes;
}

// --- The client ----------------------------------------------------------------------------------------------------

void OriginalDialer::Opened(Time) {
  stage_ = Stage::kHandshake;
  reply_.clear();
  acts_.DropWritesTo(0);
  Bytes hello;
  AppendWord(hello, received_);
  if (received_ == 0) {
    exponent_ = chance_.Next() | 1;
    AppendWord(hello, Power(kGenerator, exponent_));
  } else {
    AppendWord(hello, fingerprint_);
  }
  acts_.Add(Act::Kind::kWrite, 0, std::move(hello));
}

void OriginalDialer::Receive(Time, ByteSpan bytes) {
  if (stage_ == Stage::kHandshake) {
    const size_t taken = std::min(bytes.size(), kReplyBytes - reply_.size());
    Append(reply_, bytes.first(taken));
    bytes = bytes.subspan(taken);
    if (reply_.size() == kReplyBytes) {
      Reply();
    } else if (defects_.wants_messages_whole) {
      stage_ = Stage::kIdle;  // It reads beyond the end of what came, and what it finds there is no reply.
      acts_.Add(Act::Kind::kHangUp);
    }
  }
  if (stage_ != Stage::kOpen || bytes.empty()) return;
  Bytes plaintext;
  for (const uint8_t byte : bytes) {
    plaintext.push_back(receive_.Next(byte));
    over_received_.Add(defects_.fingerprint_of_plaintext ? plaintext.back() : byte);
    if (++received_ % kChunkBytes == 0) fingerprint_ = over_received_.value();
  }
  acts_.Add(Act::Kind::kDeliver, 0, std::move(plaintext));
}

void OriginalDialer::Reply() {
  auto count = Load<uint64_t>(reply_.data());
  const auto challenge = Load<uint64_t>(reply_.data() + 8);
  if (received_ == 0) {
    secret_ = Power(count, exponent_);
    send_ = receive_ = OriginalCipher(secret_);
    over_received_ = OriginalFingerprint(secret_);
    fingerprint_ = over_received_.value();
    sent_.clear();
    count = 0;
    acts_.Add(Act::Kind::kOpened);
  }
  if (count > sent_.size() || count + kWindowBytes < sent_.size()) {
    stage_ = Stage::kIdle;
    return acts_.Add(Act::Kind::kHangUp);
  }
  stage_ = Stage::kOpen;
  Bytes proof;
  AppendWord(proof, Hash(challenge, secret_));
  Append(proof, ByteSpan(sent_).subspan(static_cast<size_t>(count)));
  Append(proof, Encrypt(std::exchange(queued_, {})));
  acts_.Add(Act::Kind::kWrite, 0, std::move(proof));
}

size_t OriginalDialer::Send(Time, ByteSpan bytes) {
  if (stage_ == Stage::kIdle) return 0;
  if (stage_ == Stage::kHandshake) {
    Append(queued_, bytes);
  } else {
    acts_.Add(Act::Kind::kWrite, 0, Encrypt(bytes));
  }
  return bytes.size();
}

Bytes OriginalDialer::Encrypt(ByteSpan bytes) {
  Bytes out;
  for (const uint8_t byte : bytes) out.push_back(send_.Next(byte));
  Append(sent_, out);
  return out;
}

uint64_t OriginalDialer::StateDigest() const {
  return Digest().Add(stage_).Add(secret_).Add(received_).Add(sent_).Add(queued_).Add(reply_).value();
}

// --- The server ----------------------------------------------------------------------------------------------------

void OriginalAcceptor::Closed(Time, int socket) {
  handshakes_.erase(socket);
  if (attached_ == socket) attached_ = 0;
}

void OriginalAcceptor::Receive(Time, int socket, ByteSpan bytes) {
  if (has_session_ && socket == attached_) return Decrypt(bytes);
  Handshake& handshake = handshakes_[socket];
  if (handshake.proof ? Proof(socket, handshake, bytes) : Hello(socket, handshake, bytes)) return;
  handshakes_.erase(socket);
  acts_.Add(Act::Kind::kHangUp, socket);
}

// Whether it goes on.
bool OriginalAcceptor::Hello(int socket, Handshake& handshake, ByteSpan bytes) {
  Append(handshake.unread, bytes);
  const Bytes& hello = handshake.unread;
  const bool knows_kind = hello.size() >= 8;
  handshake.requested = knows_kind ? Load<uint64_t>(hello.data()) : 0;
  const size_t size = handshake.requested == 0 ? kHelloBytes : kRequestBytes;
  if (!knows_kind || hello.size() < size) return !defects_.wants_messages_whole;
  if (hello.size() > size) return false;
  handshake.challenge = chance_.Next();
  Bytes reply;
  if (handshake.requested == 0) {
    const uint64_t exponent = chance_.Next() | 1;
    handshake.secret = Power(std::max<uint64_t>(Load<uint64_t>(hello.data() + 8), 1), exponent);
    AppendWord(reply, Power(kGenerator, exponent));
  } else {
    const auto asked = Load<uint32_t>(hello.data() + 8);
    if (!has_session_ || handshake.requested > sent_.size() || handshake.requested + kWindowBytes < sent_.size() ||
        fingerprints_[static_cast<size_t>(handshake.requested) / kChunkBytes] != asked) {
      return false;
    }
    handshake.secret = secret_;
    handshake.told = received_;
    AppendWord(reply, received_);
  }
  AppendWord(reply, handshake.challenge);
  acts_.Add(Act::Kind::kWrite, socket, std::move(reply));
  handshake.proof = true;
  handshake.unread.clear();
  return true;
}

bool OriginalAcceptor::Proof(int socket, Handshake& handshake, ByteSpan bytes) {
  Append(handshake.unread, bytes);
  const Bytes said = handshake.unread;
  if (said.size() < kProofBytes) return !defects_.wants_messages_whole;
  if (Load<uint64_t>(said.data()) != Hash(handshake.challenge, handshake.secret)) return false;
  const Handshake proven = handshake;
  handshakes_.erase(socket);
  const int before = std::exchange(attached_, socket);
  if (before != 0 && !defects_.keeps_old_socket) acts_.Add(Act::Kind::kHangUp, before);
  if (proven.requested == 0) {
    has_session_ = true;
    secret_ = proven.secret;
    send_ = receive_ = OriginalCipher(secret_);
    over_sent_ = OriginalFingerprint(secret_);
    received_ = to_skip_ = 0;
    sent_.clear();
    fingerprints_ = {over_sent_.value()};
    acts_.Add(Act::Kind::kOpened, socket);
  } else {
    to_skip_ = defects_.takes_twice ? 0 : received_ - proven.told;
    const ByteSpan replay = ByteSpan(sent_).subspan(static_cast<size_t>(proven.requested));
    if (!replay.empty() && !defects_.replay_goes_elsewhere) acts_.Add(Act::Kind::kWrite, socket, ToBytes(replay));
  }
  Decrypt(ByteSpan(said).subspan(kProofBytes));
  return true;
}

void OriginalAcceptor::Decrypt(ByteSpan bytes) {
  const size_t skipped = static_cast<size_t>(std::min<uint64_t>(to_skip_, bytes.size()));
  to_skip_ -= skipped;
  Bytes plaintext;
  for (const uint8_t byte : bytes.subspan(skipped)) plaintext.push_back(receive_.Next(byte));
  received_ += plaintext.size();
  if (!plaintext.empty()) acts_.Add(Act::Kind::kDeliver, 0, std::move(plaintext));
}

size_t OriginalAcceptor::Send(Time, ByteSpan bytes) {
  if (!has_session_) return 0;
  if (attached_ == 0) return defects_.loses_while_detached ? bytes.size() : 0;
  acts_.Add(Act::Kind::kWrite, attached_, Encrypt(bytes));
  return bytes.size();
}

Bytes OriginalAcceptor::Encrypt(ByteSpan bytes) {
  Bytes out;
  for (const uint8_t byte : bytes) {
    out.push_back(send_.Next(byte));
    over_sent_.Add(out.back());
    if ((sent_.size() + out.size()) % kChunkBytes == 0) fingerprints_.push_back(over_sent_.value());
  }
  Append(sent_, out);
  return out;
}

size_t OriginalAcceptor::MemoryBytes() const {
  size_t bytes = sent_.size() + fingerprints_.size() * sizeof(uint32_t) + acts_.MemoryBytes();
  for (const auto& [socket, handshake] : handshakes_) bytes += sizeof(handshake) + handshake.unread.size();
  return bytes;
}

uint64_t OriginalAcceptor::StateDigest() const {
  return Digest().Add(has_session_).Add(attached_).Add(secret_).Add(received_).Add(to_skip_).Add(sent_).value();
}

}  // namespace holdfast::legacy
