#pragma once

// Wires: a pool, clients, and what is under way between them, for tests. Nothing moves but by Run and Carry; each wire
// can be cut for either end alone, with what is under way lost or late.

#include <algorithm>
#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "core/base/bytes.h"
#include "core/base/random.h"
#include "core/base/time.h"
#include "core/legacy/client.h"
#include "core/legacy/pool.h"

namespace holdfast::legacy {

inline Bytes Noise(size_t size, uint64_t seed = 1) {
  Bytes bytes(size);
  NamedStream(seed, "noise").Fill(bytes);
  return bytes;
}

inline uint64_t DrawFromStream(void* stream) { return static_cast<NamedStream*>(stream)->Next(); }

struct TestWire {
  int fd = 0;
  Bytes to_server = {};
  Bytes to_client = {};
  bool client_up = true;
  bool server_up = true;
};

struct TestClient {
  explicit TestClient(const ClientOptions& options) : client(options) {}
  Client client;
  TestWire* wire = nullptr;  // The one that the client thinks it has.
  Bytes delivered = {};
  std::vector<std::string> log = {};  // Of all events but Write and Deliver.
};

class Wires {
 public:
  explicit Wires(const PoolOptions& options = {.seed = 5}, size_t segment = SIZE_MAX)
      : pool(options), segment_(segment) {}

  RandomSource source() { return {DrawFromStream, &stream_}; }

  TestClient& Add(const ClientOptions& options = {}) { return clients.emplace_back(options); }

  // A fresh transport for the client, under a number that nobody had or the one that is given.
  TestWire& Connect(TestClient& client, int fd = 0) {
    wires.push_back({.fd = fd != 0 ? fd : ++last_fd_});
    client.wire = &wires.back();
    client.client.TransportOpened(now, source());
    PollClient(client);
    return wires.back();
  }

  // One end learns that the wire is gone. What is on its way to the other end still arrives.
  void CutClient(TestClient& client) {
    TestWire& wire = *client.wire;
    if (!std::exchange(wire.client_up, false)) return;
    wire.to_client.clear();
    client.client.TransportClosed(now);
    PollClient(client);
  }
  void CutServer(TestWire& wire) {
    if (!std::exchange(wire.server_up, false)) return;
    wire.to_server.clear();
    pool.TransportClosed(now, wire.fd);
    PollPool();
  }
  // Both do, and what is under way is lost.
  void Cut(TestClient& client) {
    TestWire& wire = *client.wire;
    wire.to_server.clear();
    wire.to_client.clear();
    CutServer(wire);
    CutClient(client);
  }
  TestWire& Reconnect(TestClient& client) {
    Cut(client);
    TestWire& wire = Connect(client);
    Run();
    return wire;
  }

  void Send(TestClient& client, ByteSpan bytes) {
    client.client.Send(now, bytes);
    PollClient(client);
  }
  void Send(int32_t id, ByteSpan bytes) {
    pool.Send(now, id, bytes);
    PollPool();
  }

  void Tick() {
    pool.Tick(now);
    PollPool();
    for (TestClient& client : clients) {
      client.client.Tick(now);
      PollClient(client);
    }
  }

  // Until nothing moves any more.
  void Run() {
    for (bool moved = true; moved;) {
      moved = false;
      for (TestWire& wire : wires) {
        moved = Carry(wire, true) || moved;
        moved = Carry(wire, false) || moved;
      }
    }
  }

  // Moves what is under way in one direction, or its first bytes, and nothing else.
  bool Carry(TestWire& wire, bool to_server, size_t bytes_max = SIZE_MAX) {
    Bytes& queue = to_server ? wire.to_server : wire.to_client;
    Bytes bytes(queue.begin(), queue.begin() + static_cast<ptrdiff_t>(std::min(bytes_max, queue.size())));
    queue.erase(queue.begin(), queue.begin() + static_cast<ptrdiff_t>(bytes.size()));
    for (size_t done = 0; done < bytes.size();) {
      const size_t size = std::min(segment_, bytes.size() - done);
      const ByteSpan segment = ByteSpan(bytes).subspan(done, size);
      done += size;
      if (to_server) {
        if (wire.server_up) pool.Receive(now, wire.fd, segment, source());
        PollPool();
      } else if (wire.client_up) {
        for (TestClient& client : clients) {
          if (client.wire != &wire) continue;
          client.client.Receive(now, segment);
          PollClient(client);
        }
      }
    }
    return !bytes.empty();
  }

  void PollClient(TestClient& client) {
    namespace event = client_event;
    while (auto event = client.client.Poll()) {
      if (const auto* write = std::get_if<event::Write>(&*event)) {
        Append(client.wire->to_server, write->bytes);
      } else if (const auto* deliver = std::get_if<event::Deliver>(&*event)) {
        Append(client.delivered, deliver->bytes);
      } else if (const auto* suspended = std::get_if<event::Suspended>(&*event)) {
        Lost(client, "Suspended ", suspended->why, suspended->close);
      } else if (const auto* failed = std::get_if<event::AttemptFailed>(&*event)) {
        Lost(client, "AttemptFailed ", failed->why, failed->close);
      } else if (const auto* ended = std::get_if<event::Ended>(&*event)) {
        client.log.push_back("Ended " + std::string(NameOf(ended->why)));
      } else {
        client.log.push_back(std::holds_alternative<event::Opened>(*event) ? "Opened" : "Resumed");
      }
    }
  }

  void PollPool() {
    namespace event = pool_event;
    while (auto event = pool.Poll()) {
      if (const auto* write = std::get_if<event::Write>(&*event)) {
        written[write->fd] += write->bytes.size();
        if (TestWire* wire = Find(write->fd)) Append(wire->to_client, write->bytes);
      } else if (const auto* close = std::get_if<event::CloseTransport>(&*event)) {
        log.push_back("Close " + std::string(NameOf(close->why)));
        closed.push_back(close->fd);
        if (TestWire* wire = Find(close->fd)) CloseAtClient(*wire);
      } else if (const auto* deliver = std::get_if<event::Deliver>(&*event)) {
        Append(delivered[deliver->id], deliver->bytes);
      } else if (const auto* opened = std::get_if<event::Opened>(&*event)) {
        last_id = opened->id;
        log.push_back("Opened");
      } else if (const auto* resumed = std::get_if<event::Resumed>(&*event)) {
        last_id = resumed->id;
        log.push_back("Resumed");
      } else if (const auto* ended = std::get_if<event::Ended>(&*event)) {
        log.push_back("Ended " + std::string(NameOf(ended->why)));
      } else {
        log.push_back("Suspended");
      }
    }
  }

  static size_t Count(const std::vector<std::string>& log, std::string_view what) {
    return static_cast<size_t>(std::ranges::count(log, what));
  }

  Time now{1ns};
  Pool pool;
  std::deque<TestClient> clients;
  std::deque<TestWire> wires;  // Those that are gone too.
  std::map<int32_t, Bytes> delivered;
  std::vector<std::string> log;  // Of the pool's events but Write and Deliver.
  std::vector<int> closed;
  std::map<int, size_t> written;  // How much, to each transport.
  int32_t last_id = 0;            // Of the session that was opened or resumed last.

 private:
  TestWire* Find(int fd) {
    for (TestWire& wire : wires) {
      if (wire.fd == fd && wire.server_up) return &wire;
    }
    return nullptr;
  }

  void Lost(TestClient& client, std::string_view what, Reason why, bool close) {
    client.log.push_back(std::string(what) + std::string(NameOf(why)));
    if (!close || why == Reason::kSuperseded || client.wire == nullptr) return;
    client.wire->client_up = false;
    client.wire->to_client.clear();
  }

  // What was written to the wire before its close arrives before it.
  void CloseAtClient(TestWire& wire) {
    wire.server_up = false;
    wire.to_server.clear();
    Carry(wire, false);
    for (TestClient& client : clients) {
      if (client.wire == &wire) CutClient(client);
    }
  }

  size_t segment_;
  int last_fd_ = 2;
  NamedStream stream_{3, "wires"};
};

}  // namespace holdfast::legacy
