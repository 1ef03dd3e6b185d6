#include "core/legacy/pool.h"

#include <algorithm>

#include "core/base/check.h"

namespace holdfast::legacy {

Pool::Session::Session(uint64_t secret_in, uint64_t client_public_in, uint64_t server_public_in)
    : secret(secret_in),
      client_public(client_public_in),
      server_public(server_public_in),
      out(secret),
      in(secret),
      of_ciphertext(InitialFingerprint(secret)),
      of_plaintext(of_ciphertext) {}

Pool::Pool(const PoolOptions& options) : options_(options), next_id_(options.first_id), index_(options.seed) {
  HOLDFAST_CHECK(options.first_id > 0 && options.handshakes_max > 0);
}

// --- Verbs ---

void Pool::Receive(Time now, int fd, ByteSpan bytes, RandomSource random) {
  if (bytes.empty()) return;
  now_ = now;
  auto found = transports_.find(fd);
  Transport& transport = found == transports_.end() ? Begin(now, fd) : found->second;
  if (transport.stage == Transport::Stage::kHello) {
    // The first word says which of the two it is.
    if (!Fill(transport, sizeof(uint64_t), bytes)) return;
    const bool is_new = Load<uint64_t>(transport.head.data()) == 0;
    if (!Fill(transport, is_new ? kHelloBytes : kRequestBytes, bytes)) return;
    Hello(fd, transport, random);
  }
  if (transport.stage == Transport::Stage::kProof) {
    if (!Fill(transport, kProofBytes, bytes)) return;
    Proof(fd, transport);
  }
  if (transport.stage == Transport::Stage::kAttached) Attached(transport, bytes);
}

void Pool::TransportClosed(Time now, int fd) {
  auto found = transports_.find(fd);
  if (found == transports_.end()) return;
  Transport& transport = found->second;
  if (transport.stage == Transport::Stage::kAttached) {
    Detach(now, *transport.session, sessions_.at(*transport.session));
  }
  LeaveHandshake(fd, transport);
  transports_.erase(found);
}

size_t Pool::Send(Time now, int32_t id, ByteSpan plaintext) {
  auto found = sessions_.find(id);
  if (found == sessions_.end() || plaintext.empty()) return 0;
  now_ = now;
  Session& session = found->second;
  if (session.fd) {
    Transport& transport = transports_.at(*session.fd);
    Encrypt(id, session, plaintext, transport.out);
    Queue(*session.fd, transport);
    return plaintext.size();
  }
  plaintext = plaintext.first(std::min(plaintext.size(), kWaitingBytes - session.waiting.size()));
  Append(session.waiting, plaintext);
  return plaintext.size();
}

void Pool::End(Time, int32_t id, Reason why) {
  auto found = sessions_.find(id);
  if (found == sessions_.end()) return;
  Session& session = found->second;
  if (session.fd) {
    GiveUp(*session.fd, transports_.at(*session.fd), why);
  } else {
    detached_.erase({session.detached_since, id});
  }
  Forget(id, session);
  sessions_.erase(found);
  notices_.push_back({.kind = Notice::Kind::kEnded, .id = id, .why = why});
}

std::optional<PoolEvent> Pool::Poll() {
  namespace event = pool_event;
  while (!writable_.empty()) {
    const int fd = writable_.front();
    auto found = transports_.find(fd);
    if (found != transports_.end() && !found->second.out.empty()) {
      polled_ = std::exchange(found->second.out, {});  // Its memory goes, too.
      return event::Write{fd, polled_};
    }
    writable_.pop_front();
    if (found == transports_.end()) continue;
    found->second.queued = false;
    if (found->second.stage != Transport::Stage::kClosing) continue;
    const Reason why = found->second.why;
    transports_.erase(found);
    return event::CloseTransport{fd, why};
  }
  if (notices_.empty()) return std::nullopt;
  Notice notice = std::move(notices_.front());
  notices_.pop_front();
  switch (notice.kind) {
    case Notice::Kind::kOpened:
      return event::Opened{notice.id, notice.fd};
    case Notice::Kind::kDeliver:
      polled_ = std::move(notice.bytes);
      return event::Deliver{notice.id, polled_};
    case Notice::Kind::kSuspended:
      return event::Suspended{notice.id};
    case Notice::Kind::kResumed:
      return event::Resumed{notice.id, notice.fd};
    case Notice::Kind::kEnded:
      break;
  }
  return event::Ended{notice.id, notice.why};
}

// --- Time ---

Time Pool::Deadline() const {
  Time due = kNever;
  if (!waiting_.empty()) due = After(waiting_.begin()->first, options_.handshake_time);
  if (!detached_.empty()) due = std::min(due, After(detached_.begin()->first, options_.detached_time));
  return due;
}

void Pool::Tick(Time now) {
  while (!waiting_.empty() && After(waiting_.begin()->first, options_.handshake_time) <= now) {
    const int fd = waiting_.begin()->second;
    GiveUp(fd, transports_.at(fd), Reason::kLingered);
  }
  while (!detached_.empty() && After(detached_.begin()->first, options_.detached_time) <= now) {
    End(now, detached_.begin()->second, Reason::kDetachedTooLong);
  }
}

void Pool::SetTimes(Duration handshake_time, Duration detached_time) {
  options_.handshake_time = handshake_time;
  options_.detached_time = detached_time;
}

// --- Sessions ---

void Pool::Attached(Transport& transport, ByteSpan bytes) {
  const auto repeated = static_cast<size_t>(std::min<uint64_t>(bytes.size(), transport.repeated));
  transport.repeated -= repeated;
  bytes = bytes.subspan(repeated);
  if (bytes.empty()) return;
  Session& session = sessions_.at(*transport.session);
  Bytes plaintext(bytes.size());
  session.in.Apply(bytes, plaintext.data());
  session.received += bytes.size();
  notices_.push_back({.kind = Notice::Kind::kDeliver, .id = *transport.session, .bytes = std::move(plaintext)});
}

void Pool::Encrypt(int32_t id, Session& session, ByteSpan plaintext, Bytes& out) {
  size_t at = out.size();
  uint64_t count = session.out.count();
  session.out.Encrypt(plaintext, out);
  while (!plaintext.empty()) {
    const size_t to_mark = kChunkBytes - static_cast<size_t>(count % kChunkBytes);
    const size_t size = std::min(plaintext.size(), to_mark);
    session.of_plaintext.Add(plaintext.first(size));
    session.of_ciphertext.Add(ByteSpan(out).subspan(at, size));
    plaintext = plaintext.subspan(size);
    at += size;
    count += size;
    if (count % kChunkBytes == 0) AddMark(id, session);
  }
}

void Pool::AddMark(int32_t id, Session& session) {
  const uint64_t chunk = session.first_chunk + session.marks.size();
  Mark mark = {index_.Insert(chunk, session.of_ciphertext.value(), id), FingerprintIndex::kNone};
  if (session.of_plaintext.value() != session.of_ciphertext.value()) {
    mark[1] = index_.Insert(chunk, session.of_plaintext.value(), id);
  }
  session.marks.push_back(mark);
  // Who resumes from the last byte of the first chunk, as little as that is, wants the whole window.
  constexpr size_t kMarksMax = kWindowBytes / kChunkBytes + 1;
  if (session.marks.size() <= kMarksMax) return;
  for (FingerprintIndex::Entry entry : session.marks.front()) {
    if (entry != FingerprintIndex::kNone) index_.Remove(entry);
  }
  session.marks.erase(session.marks.begin());
  ++session.first_chunk;
}

void Pool::Detach(Time now, int32_t id, Session& session) {
  session.fd.reset();
  session.detached_since = now;
  detached_.insert({now, id});
  notices_.push_back({.kind = Notice::Kind::kSuspended, .id = id});
}

// All that names the session, but for the session and its transport.
void Pool::Forget(int32_t id, Session& session) {
  for (const Mark& mark : session.marks) {
    for (FingerprintIndex::Entry entry : mark) {
      if (entry != FingerprintIndex::kNone) index_.Remove(entry);
    }
  }
  auto named = by_hello_.find(session.client_public);
  if (named != by_hello_.end() && named->second == id) by_hello_.erase(named);
  if (ended_hellos_.insert(session.client_public).second) ended_.push_back(session.client_public);
  if (ended_.size() <= options_.remembered_max) return;
  ended_hellos_.erase(ended_.front());
  ended_.pop_front();
}

// The transport is of no use any more: its bytes are ignored from now on, and CloseTransport follows.
void Pool::GiveUp(int fd, Transport& transport, Reason why) {
  LeaveHandshake(fd, transport);
  transport.stage = Transport::Stage::kClosing;
  transport.session.reset();
  transport.why = why;
  Queue(fd, transport);
}

void Pool::Queue(int fd, Transport& transport) {
  if (transport.queued) return;
  transport.queued = true;
  writable_.push_back(fd);
}

// --- What it holds ---

size_t Pool::MemoryBytes() const {
  constexpr size_t kNodeBytes = 40;  // Of a tree, beside what it holds.
  size_t bytes = index_.MemoryBytes() + polled_.capacity() + ended_.size() * (3 * sizeof(uint64_t) + kNodeBytes);
  bytes += (by_hello_.size() + greeting_.size() + waiting_.size() + detached_.size()) * (16 + kNodeBytes);
  for (const auto& [id, session] : sessions_) {
    bytes += sizeof(session) + kNodeBytes + session.out.MemoryBytes() + session.marks.capacity() * sizeof(Mark);
    bytes += session.waiting.capacity();
  }
  for (const auto& [fd, transport] : transports_) bytes += sizeof(transport) + kNodeBytes + transport.out.capacity();
  for (const Notice& notice : notices_) bytes += sizeof(notice) + notice.bytes.capacity();
  return bytes;
}

// Without the order within the index, which decides no more than who of those with one fingerprint is tried first.
uint64_t Pool::StateDigest() const {
  Digest digest;
  digest.Add(next_id_).Add(attempts_).Add(sessions_.size());
  for (const auto& [id, session] : sessions_) {
    digest.Add(id).Add(session.secret).Add(session.client_public).Add(session.server_public);
    digest.Add(session.fd.has_value()).Add(session.fd.value_or(0)).Add(session.attempt).Add(session.received);
    session.out.DigestInto(digest);
    session.in.DigestInto(digest);
    digest.Add(session.of_ciphertext.value()).Add(session.of_plaintext.value()).Add(ByteSpan(session.waiting));
    if (!session.fd) digest.Add(session.detached_since);
  }
  digest.Add(transports_.size());
  for (const auto& [fd, transport] : transports_) {
    digest.Add(fd).Add(transport.stage).Add(transport.why).Add(transport.since).Add(transport.attempt);
    digest.Add(ByteSpan(transport.head).first(transport.head_size)).Add(transport.session.value_or(0));
    digest.Add(transport.client_public).Add(transport.server_public).Add(transport.secret).Add(transport.challenge);
    digest.Add(transport.requested).Add(transport.fingerprint).Add(transport.told).Add(transport.repeated);
    digest.Add(ByteSpan(transport.out));
  }
  for (uint64_t hello : ended_) digest.Add(hello);
  for (const Notice& notice : notices_) {
    digest.Add(notice.kind).Add(notice.id).Add(notice.fd).Add(notice.why).Add(ByteSpan(notice.bytes));
  }
  return digest.value();
}

}  // namespace holdfast::legacy
