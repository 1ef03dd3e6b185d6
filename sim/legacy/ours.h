#pragma once

// OurDialer, OurAcceptor: holdfast::legacy::Client and Pool as cores of parties.h.

#include <optional>

#include "core/base/random.h"
#include "core/legacy/client.h"
#include "core/legacy/pool.h"
#include "sim/legacy/parties.h"

namespace holdfast::sim {

class OurDialer {
 public:
  explicit OurDialer(uint64_t seed);

  void Opened(Time now);
  void Closed(Time now) { client_.TransportClosed(now); }
  void Receive(Time now, ByteSpan bytes) { client_.Receive(now, bytes); }
  size_t Send(Time now, ByteSpan bytes) { return client_.Send(now, bytes); }
  void Tick(Time now) { client_.Tick(now); }
  Time Deadline() const { return client_.Deadline(); }
  std::optional<Act> Poll();
  size_t MemoryBytes() const { return client_.MemoryBytes(); }
  uint64_t StateDigest() const { return client_.StateDigest(); }

 private:
  legacy::Client client_;
  NamedStream chance_;
};

class OurAcceptor {
 public:
  explicit OurAcceptor(uint64_t seed);

  void Closed(Time now, int socket) { pool_.TransportClosed(now, socket); }
  void Receive(Time now, int socket, ByteSpan bytes);
  size_t Send(Time now, ByteSpan bytes) { return session_ ? pool_.Send(now, *session_, bytes) : 0; }
  void Tick(Time now) { pool_.Tick(now); }
  Time Deadline() const { return pool_.Deadline(); }
  std::optional<Act> Poll();
  size_t MemoryBytes() const { return pool_.MemoryBytes(); }
  uint64_t StateDigest() const { return pool_.StateDigest(); }

 private:
  legacy::Pool pool_;
  NamedStream chance_;
  std::optional<int32_t> session_;  // That opened last.
};

}  // namespace holdfast::sim
