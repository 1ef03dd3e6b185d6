#pragma once

// StreamLink: a transport as the network has it: a pipe in each direction, and an end at each side that learns of its
// death in its own time. What a link does not know is who uses it.

#include <array>
#include <cstdint>

#include "core/session/event.h"
#include "sim/pipe.h"
#include "sim/plan.h"
#include "sim/trace_events.h"

namespace holdfast::sim {

// How far one side of a link has come.
enum class EndState : uint8_t {
  kAwaited,  // Its endpoint has not been handed the transport.
  kOpen,
  kClosing,  // The endpoint has closed it; what it wrote before is still going out.
  kOver,     // The endpoint was told that it is gone, or never will hear of it.
};

inline constexpr uint32_t kNoApplication = UINT32_MAX;

struct LinkEnd {
  EndState state = EndState::kAwaited;
  TransportId id = TransportId::kNone;
  uint32_t application = kNoApplication;  // Of the session that it carries, at a server that knows it.
  bool writable = true;                   // As the endpoint was told.
  bool away = false;                      // The session that it carries is moving, and nobody looks at it...
  bool gone = false;                      // ...nor hears that it is gone,
  Bytes unread;                           // ...nor reads what has come.
  bool learns_when_dry = false;           // Its time to learn of a death has come; what is under way to it comes first.
  Bytes backlog;                          // Written by the endpoint, not yet taken by the pipe.
};

class StreamLink {
 public:
  // A new link in the memory of an old one.
  void Reset(uint32_t client, uint32_t dial, DialFate fate, uint32_t server) {
    client_ = client;
    dial_ = dial;
    server_ = server;
    transport = kNoTransport;
    opened_at = kNever;
    fate_ = fate;
    abandoned = confirmed = died = died_by_fin = cut_in_handshake = false;
    for (LinkEnd& end : ends_) {
      Bytes backlog = std::move(end.backlog);
      end = {};
      end.backlog = std::move(backlog);
      end.backlog.clear();
    }
    written = {0, 0};
    arrival_scheduled = {kNever, kNever};
    byte_fault = {kAll, kAll};
  }

  uint32_t client() const { return client_; }
  uint32_t dial() const { return dial_; }
  uint32_t server() const { return server_; }  // Of a site, the one that it leads to.
  DialFate fate() const { return fate_; }
  void Refuse() { fate_ = DialFate::kRefused; }  // While the dial is still under way.

  Pipe& pipe(Direction direction) { return pipes_[static_cast<size_t>(direction)]; }
  const Pipe& pipe(Direction direction) const { return pipes_[static_cast<size_t>(direction)]; }
  LinkEnd& end(Side side) { return ends_[static_cast<size_t>(side)]; }
  const LinkEnd& end(Side side) const { return ends_[static_cast<size_t>(side)]; }

  // Neither side will ever do anything with it again.
  bool over() const { return ends_[0].state == EndState::kOver && ends_[1].state == EndState::kOver; }

  uint64_t transport = kNoTransport;         // Its number, once the client has it, or an intruder's...
  Time opened_at = kNever;                   // ...and since when.
  bool abandoned = false;                    // The client no longer wants what it dialed.
  bool confirmed = false;                    // The server's session is on it.
  bool died = false;                         // By a fault...
  bool cut_in_handshake = false;             // ...between the first byte and the confirmation, if that never comes,
  bool died_by_fin = false;                  // ...so that a side learns of it after what was under way to it.
  std::array<uint64_t, 2> written = {0, 0};  // By direction: bytes that its writer got rid of.
  std::array<Time, 2> arrival_scheduled = {kNever, kNever};  // By direction: the earliest kArrive.
  std::array<uint64_t, 2> byte_fault = {kAll, kAll};         // By direction: where the next fault waits.

 private:
  uint32_t client_ = 0;
  uint32_t dial_ = 0;
  uint32_t server_ = 0;
  DialFate fate_ = DialFate::kConnects;
  std::array<Pipe, 2> pipes_;
  std::array<LinkEnd, 2> ends_;
};

}  // namespace holdfast::sim
