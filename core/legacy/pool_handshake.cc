// What a Pool does until a transport has proved of which session it is.

#include <algorithm>
#include <climits>
#include <limits>

#include "core/legacy/pool.h"

namespace holdfast::legacy {

Pool::Transport& Pool::Begin(Time now, int fd) {
  if (waiting_.size() >= options_.handshakes_max) {
    const int oldest = waiting_.begin()->second;
    GiveUp(oldest, transports_.at(oldest), Reason::kCrowdedOut);
  }
  Transport& transport = transports_[fd];
  transport.since = now;
  waiting_.insert({now, fd});
  return transport;
}

// Takes from `bytes` what the head still lacks of `size`; whether it has all of it then.
bool Pool::Fill(Transport& transport, size_t size, ByteSpan& bytes) {
  const size_t count = std::min(bytes.size(), size - std::min(size, transport.head_size));
  std::ranges::copy(bytes.first(count), transport.head.begin() + static_cast<ptrdiff_t>(transport.head_size));
  transport.head_size += count;
  bytes = bytes.subspan(count);
  return transport.head_size >= size;
}

void Pool::LeaveHandshake(int fd, Transport& transport) {
  waiting_.erase({transport.since, fd});
  greeting_.erase({transport.client_public, fd});
}

void Pool::Hello(int fd, Transport& transport, RandomSource random) {
  transport.attempt = ++attempts_;
  transport.challenge = random.Next();
  transport.requested = Load<uint64_t>(transport.head.data());
  if (transport.requested == 0) {
    transport.client_public = Load<uint64_t>(transport.head.data() + sizeof(uint64_t));
    NewSession(fd, transport, random);
  } else {
    transport.fingerprint = Load<uint32_t>(transport.head.data() + sizeof(uint64_t));
    Request(fd, transport);
  }
  transport.head_size = 0;
  if (transport.stage != Transport::Stage::kHello) return;
  transport.stage = Transport::Stage::kProof;
  AppendWord(transport.out, transport.session && transport.requested > 0 ? transport.told : transport.server_public);
  AppendWord(transport.out, transport.challenge);
  Queue(fd, transport);
}

// Also a resume of a client of ours that has received nothing yet: it repeats its hello with the value negated, and
// sees by our public value whether we know it. The challenge's low half then says how much we have, else which pool
// this is. Both are as good as random for a client of the original's, of which any number may say one value.
void Pool::NewSession(int fd, Transport& transport, RandomSource random) {
  if (IsWeak(transport.client_public)) return GiveUp(fd, transport, Reason::kWeakKey);
  const uint64_t repeated = Negated(transport.client_public);
  if (ended_hellos_.contains(repeated)) return GiveUp(fd, transport, Reason::kSessionGone);
  uint32_t low = 0;
  auto known = by_hello_.find(repeated);
  if (known != by_hello_.end()) {
    const Session& session = sessions_.at(known->second);
    transport.session = known->second;
    transport.server_public = session.server_public;
    transport.told = session.received;
    low = static_cast<uint32_t>(transport.told);
  } else {
    // Those whose proof is still under way have been told by this hello that they came too late.
    for (auto next = greeting_.lower_bound({repeated, INT_MIN}); next != greeting_.end() && next->first == repeated;) {
      const int earlier = (next++)->second;
      GiveUp(earlier, transports_.at(earlier), Reason::kStaleAttempt);
    }
    greeting_.insert({transport.client_public, fd});
    const uint64_t exponent = random.NextNotZero();
    transport.server_public = Power(kGenerator, exponent);
    transport.secret = Power(transport.client_public, exponent);
    low = static_cast<uint32_t>(Mix64(options_.seed) ^ Hash(transport.client_public, transport.server_public));
  }
  transport.challenge = (transport.challenge & ~uint64_t{UINT32_MAX}) | low;
}

void Pool::Request(int fd, Transport& transport) {
  const uint64_t requested = transport.requested;
  transport.session = index_.Find(requested / kChunkBytes, transport.fingerprint, FingerprintIndex::Next::kBehind,
                                  [&](int32_t id) { return sessions_.at(id).out.Keeps(requested); });
  if (!transport.session) return GiveUp(fd, transport, Reason::kUnknownSession);
  transport.told = sessions_.at(*transport.session).received;
}

void Pool::Proof(int fd, Transport& transport) {
  const auto code = Load<uint64_t>(transport.head.data());
  if (!transport.session) {
    if (code != Hash(transport.challenge, transport.secret)) return GiveUp(fd, transport, Reason::kBadProof);
    return Open(fd, transport);
  }
  const bool there = sessions_.contains(*transport.session);
  const std::optional<int32_t> id = Proven(transport, code);
  if (!id) return GiveUp(fd, transport, there ? Reason::kBadProof : Reason::kSessionGone);
  Session& session = sessions_.at(*id);
  if (transport.attempt < session.attempt) return GiveUp(fd, transport, Reason::kStaleAttempt);
  if (!session.out.Keeps(transport.requested)) {
    // Nobody can give the client what it lacks, and it will never have received more.
    GiveUp(fd, transport, Reason::kBeyondWindow);
    return End(now_, *id, Reason::kBeyondWindow);
  }
  Resume(fd, transport, *id);
}

// Which session's secret made the proof. We answered for one of those that fit the request; if it is another one, its
// client sends from the count that we told: that will do if we have as much of it. If not, the next request that is
// alike is answered for it.
std::optional<int32_t> Pool::Proven(Transport& transport, uint64_t code) {
  auto proves = [&](int32_t id) {
    auto session = sessions_.find(id);
    return session != sessions_.end() && code == Hash(transport.challenge, session->second.secret);
  };
  if (proves(*transport.session)) return transport.session;
  if (transport.requested == 0) return std::nullopt;
  const auto other =
      index_.Find(transport.requested / kChunkBytes, transport.fingerprint, FingerprintIndex::Next::kHere, proves);
  if (!other || sessions_.at(*other).received < transport.told) return std::nullopt;
  return other;
}

void Pool::Open(int fd, Transport& transport) {
  if (sessions_.size() >= options_.sessions_max) return GiveUp(fd, transport, Reason::kPoolFull);
  const int32_t id = NewId();
  Session& session =
      sessions_.emplace(id, Session(transport.secret, transport.client_public, transport.server_public)).first->second;
  session.fd = fd;
  session.attempt = transport.attempt;
  by_hello_.emplace(session.client_public, id);
  AddMark(id, session);
  LeaveHandshake(fd, transport);
  transport.session = id;
  transport.stage = Transport::Stage::kAttached;
  notices_.push_back({.kind = Notice::Kind::kOpened, .id = id, .fd = fd});
}

void Pool::Resume(int fd, Transport& transport, int32_t id) {
  Session& session = sessions_.at(id);
  if (session.fd) {
    Transport& old = transports_.at(*session.fd);
    old.out.clear();
    GiveUp(*session.fd, old, Reason::kSuperseded);
  } else {
    detached_.erase({session.detached_since, id});
  }
  session.fd = fd;
  session.attempt = transport.attempt;
  LeaveHandshake(fd, transport);
  transport.session = id;
  transport.stage = Transport::Stage::kAttached;
  // The old transport may have brought some of it after we told the count: the client cannot know, and sends it again.
  transport.repeated = session.received - transport.told;
  session.out.Replay(transport.requested, transport.out);
  Encrypt(id, session, session.waiting, transport.out);
  session.waiting = Bytes();
  if (!transport.out.empty()) Queue(fd, transport);
  notices_.push_back({.kind = Notice::Kind::kResumed, .id = id, .fd = fd});
}

// Positive, and of no session that is there.
int32_t Pool::NewId() {
  for (;;) {
    const int32_t id = next_id_;
    next_id_ = id == std::numeric_limits<int32_t>::max() ? 1 : id + 1;
    if (!sessions_.contains(id)) return id;
  }
}

}  // namespace holdfast::legacy
