#pragma once

// bounded_memory: what a session holds, and what it leaves with its application, is bounded by its options, and what a
// server holds by its tables' limits; what is held of a message that comes in parts follows what has come, not what was
// announced; no end forgets a transport that is open; when all is over and all times have run out, nothing is held at
// all. HF-LIM-1, HF-LIM-2, HF-LIM-4, HF-LIM-6, HF-LIM-7, HF-LIM-8.

#include "core/session/view.h"
#include "sim/oracles/scene.h"

namespace holdfast::sim {

class BoundedMemory {
 public:
  void Reset(const Plan&) { census_ = {}; }
  void On(const Scene& scene, const trace::Census& event);
  void On(const Scene& scene, const trace::Quiet& event);
  void OnView(const Scene& scene, uint32_t client, const SessionView& view);
  // An end of another protocol, which says itself what it holds.
  void OnGuest(const Scene& scene, uint64_t memory_bytes, uint64_t memory_max) const;

  // What a session holds for messages that come in parts, and what ever came over its transports.
  void OnReading(const Scene& scene, uint32_t client, uint64_t bytes, uint64_t came) const;

  // What the server's buffers hold: of messages 1 that came in part, and of all sessions.
  void OnMemory(const Scene& scene, uint64_t handshake_bytes, uint64_t session_bytes) const;

  // `transports_open`: how many the world knows to be open at the server, or at a client.
  void OnTransports(const Scene& scene, uint64_t transports_open) const;
  void OnTransports(const Scene& scene, const SessionView& view, uint64_t transports_open) const;

 private:
  trace::Census census_ = {};
};

}  // namespace holdfast::sim
