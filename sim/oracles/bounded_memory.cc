#include "sim/oracles/bounded_memory.h"

#include <fmt/format.h>

#include <bit>

namespace holdfast::sim {
namespace {

constexpr const char* kName = "bounded_memory";

// A session beside its replay buffer: a record being read and one being opened, sealed and written, a handshake
// message, and the same again for a second transport; each in a vector that may be twice as large as what it holds.
constexpr uint64_t kSessionOverheadMax = 10 * 65536;

const SessionOptions& OptionsOf(const Scene& scene, uint32_t client) {
  return scene.actor.is_client() ? scene.plan.clients[client].settings.session : scene.plan.server.session;
}

void CheckAtMost(const Scene& scene, std::string_view what, uint64_t count, uint64_t max) {
  if (count <= max) return;
  scene.judge.Fail(kName, fmt::format("the server holds {} {}; the limit is {}", count, what, max));
}

}  // namespace

void BoundedMemory::OnView(const Scene& scene, uint32_t client, const SessionView& view) {
  const SessionOptions& options = OptionsOf(scene, client);
  const uint64_t max = std::bit_ceil(options.replay_bytes_max) + kSessionOverheadMax;
  const std::string_view side = NameOf(scene.actor.is_client() ? Side::kClient : Side::kServer);
  if (view.replay_bytes > options.replay_bytes_max) {
    scene.judge.Fail(kName, fmt::format("client {}'s session at the {} keeps {} bytes for replay; "
                                        "replay_bytes_max is {}",
                                        client, side, view.replay_bytes, options.replay_bytes_max));
  } else if (view.memory_bytes > max) {
    scene.judge.Fail(kName, fmt::format("client {}'s session at the {} holds {} bytes; its options "
                                        "allow for {}",
                                        client, side, view.memory_bytes, max));
  } else if (view.received - view.consumed > options.receive_window) {
    scene.judge.Fail(kName, fmt::format("client {}'s session at the {} has left {} bytes with its application; its "
                                        "window is {}",
                                        client, side, view.received - view.consumed, options.receive_window));
  }
}

// A buffer that grows with what it holds may be twice as large.
void BoundedMemory::OnReading(const Scene& scene, uint32_t client, uint64_t bytes, uint64_t came) const {
  if (bytes <= 2 * came) return;
  scene.judge.Fail(kName,
                   fmt::format("client {}'s session at the {} holds {} bytes for messages that come in parts, but "
                               "only {} have come",
                               client, NameOf(scene.actor.is_client() ? Side::kClient : Side::kServer), bytes, came));
}

void BoundedMemory::OnGuest(const Scene& scene, uint64_t memory_bytes, uint64_t memory_max) const {
  if (memory_bytes <= memory_max) return;
  scene.judge.Fail(
      kName, fmt::format("the {}'s end holds {} bytes; {} are allowed",
                         NameOf(scene.actor.is_client() ? Side::kClient : Side::kServer), memory_bytes, memory_max));
}

// One that is attached, and one attempt.
void BoundedMemory::OnTransports(const Scene& scene, const SessionView& view, uint64_t transports_open) const {
  const uint64_t known = (view.attached != TransportId::kNone) + (view.candidate != TransportId::kNone);
  if (known == transports_open) return;
  scene.judge.Fail(
      kName, fmt::format("client {} knows {} transports, but {} are open", scene.actor.index, known, transports_open));
}

void BoundedMemory::On(const Scene& scene, const trace::Census& event) {
  census_ = event;
  const ServerSettings& limits = scene.plan.server;
  CheckAtMost(scene, "transports before message 1", event.handshakes, limits.servers * limits.handshakes_max);
  CheckAtMost(scene, "unconfirmed sessions", event.embryos, limits.servers * limits.embryos_max);
  // An unconfirmed session was let in when there was room, and may be confirmed when there is none.
  CheckAtMost(scene, "sessions and tombstones", event.sessions + event.tombstones,
              limits.servers * (limits.sessions_max + limits.embryos_max));
}

// What a session holds is found out when it holds it: for a record, the bound is exceeded.
void BoundedMemory::OnMemory(const Scene& scene, uint64_t handshake_bytes, uint64_t session_bytes) const {
  const ServerSettings& limits = scene.plan.server;
  CheckAtMost(scene, "bytes of handshakes", handshake_bytes, limits.servers * limits.handshake_bytes_max);
  CheckAtMost(scene, "bytes in its sessions' buffers", session_bytes,
              limits.servers * (limits.memory_max + 2 * uint64_t{65536}));
}

void BoundedMemory::OnTransports(const Scene& scene, uint64_t transports_open) const {
  if (census_.transports == transports_open) return;
  scene.judge.Fail(kName,
                   fmt::format("the server holds {} transports, but {} are open", census_.transports, transports_open));
}

void BoundedMemory::On(const Scene& scene, const trace::Quiet&) {
  const uint64_t held = census_.transports + census_.embryos + census_.sessions + census_.tombstones;
  if (held == 0) return;
  scene.judge.Fail(kName, fmt::format("nothing is left to wait for, but the server still holds {} "
                                      "transports, {} unconfirmed sessions, {} sessions and {} "
                                      "tombstones",
                                      census_.transports, census_.embryos, census_.sessions, census_.tombstones));
}

}  // namespace holdfast::sim
