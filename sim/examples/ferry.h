#pragma once

// Ferry: a small resumable protocol, such as many a team has written: numbered bytes, acknowledgements, and a client
// that dials again and says how far it got. It has no cryptography and a single session. It also has a bug; the
// tutorial (docs/tutorial.md) finds it.
//
// A transport begins with a HELLO each way, which says how many bytes its sender has received. Then:
//   frame = type, u8; length, u16 big-endian; body
//   HELLO  'H'  received, u64 big-endian
//   DATA   'D'  bytes
//   FIN    'F'  nothing: the stream ends here
//   ACK    'A'  received, u64; whether FIN was received, u8
//   PING   'P'  nothing: is answered by an ACK
//   BYE    'B'  nothing: the server has all and was told that the client has all. It answers a late HELLO.

#include <cstdint>
#include <deque>
#include <map>
#include <optional>

#include "core/base/bytes.h"
#include "core/base/time.h"
#include "sim/plug/party.h"

namespace holdfast::sim::ferry {

inline constexpr Duration kDialAgain = std::chrono::milliseconds(200);

// Both ends; what a client does beside is below.
class End {
 public:
  void TransportOpened(Time now, TransportId transport);
  void TransportClosed(Time now, TransportId transport);
  void Receive(Time now, TransportId transport, ByteSpan bytes);
  size_t Send(Time now, ByteSpan bytes);
  void Finish(Time now);
  std::optional<Output> Poll(Time now);
  Time Deadline() const { return deadline_; }
  void Tick(Time now);
  size_t MemoryBytes() const;

 protected:
  explicit End(bool is_client) : is_client_(is_client) {}

  void Say(TransportId transport, char type, ByteSpan body);
  void SayHello(TransportId transport);
  void SayAck();
  void Replay();
  void OnFrame(TransportId transport, char type, ByteSpan body);
  void OnHello(TransportId transport, uint64_t received);
  void OnAck(uint64_t received, bool fin);
  void EndNow();
  void Want(Output output, Bytes bytes = {});
  void DialAgain(Time now, Duration after = kDialAgain);

  struct Wanted {
    Output output;
    Bytes bytes;
  };

  bool is_client_;
  TransportId attached_ = TransportId::kNone;  // The transport that the session is on.
  std::map<TransportId, Bytes> unread_;        // The beginning of a frame, by transport.
  Bytes replay_;                               // Sent, or to be sent, and not acknowledged.
  uint64_t acked_ = 0;                         // The peer's: where `replay_` begins.
  uint64_t said_ = 0;                          // On this transport: the end of what was said...
  bool ready_ = false;                         // ...which begins when the peer has said HELLO.
  uint64_t received_ = 0;
  bool finished_ = false;  // The application has.
  bool fin_acked_ = false;
  bool peer_finished_ = false;
  bool ended_ = false;
  bool heard_ = true;  // Since the last look.
  std::deque<Wanted> wanted_;
  Bytes shown_;  // What the last output shows.
  Time deadline_ = kNever;
};

class Client : public End {
 public:
  Client();
  void DialFailed(Time now) { DialAgain(now); }
};

class Server : public End {
 public:
  Server() : End(false) {}
};

}  // namespace holdfast::sim::ferry
