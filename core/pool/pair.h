#pragma once

// Pair: one client and one server with perfect pipes between them, moved by hand. For tests that say exactly which
// bytes arrive; whole bad networks are the simulator's business.

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "core/base/fork_key.h"
#include "core/base/random.h"
#include "core/pool/client.h"
#include "core/pool/server.h"

namespace holdfast {

class StreamEntropy : public Entropy {
 public:
  StreamEntropy(uint64_t seed, std::string_view name) : stream_(seed, name) {}
  void Fill(MutableByteSpan out) override { stream_.Fill(out); }

 private:
  NamedStream stream_;
};

// The first `size` bytes of an endless text in which no two places look alike for long.
inline Bytes TestPattern(size_t size, uint8_t salt = 0) {
  Bytes bytes(size);
  for (size_t i = 0; i < size; ++i) bytes[i] = static_cast<uint8_t>(Mix64(i / 8 + 1 + salt) >> (8 * (i % 8)));
  return bytes;
}

inline constexpr size_t kNoCut = SIZE_MAX;

// One transport: what is under way, and how many more bytes each direction takes before the transport dies.
struct TestPipe {
  TransportId client_id = TransportId::kNone;
  TransportId server_id = TransportId::kNone;
  Bytes to_server;
  Bytes to_client;
  size_t to_server_left = kNoCut;
  size_t to_client_left = kNoCut;
  bool client_up = true;
  bool server_up = true;
};

// What one end was told.
struct TestSide {
  Bytes delivered;
  std::vector<std::string> log;  // Names of events, but for Write, Deliver and Dial.
  std::optional<Ending> ending;
  std::optional<uint64_t> crossed;
  std::optional<PublicKey> presented;
  size_t finished = 0;  // PeerFinished events.
};

class Pair {
 public:
  struct Options {
    ClientConfig client;
    SessionOptions server_session;
    size_t segment = SIZE_MAX;  // Bytes per Receive.
    size_t sessions_max = limits::kSessionsMax;
    size_t embryos_max = limits::kEmbryosMax;
    size_t handshakes_max = limits::kHandshakesMax;
    size_t memory_max = limits::kMemoryMax;
    std::optional<NetworkKey> network_key = std::nullopt;  // Of the server's; the client's is in its config.
    bool knows_server = true;                              // Else the client asks for a verdict.
  };

  explicit Pair(const Options& options)
      : options_(options), client(ClientOptions(options)), server(ServerOptions(options)) {}
  Pair() : Pair(Options()) {}

  static KeyPair ServerKey() {
    Bytes secret = TestPattern(kKeyBytes, 77);
    return KeyPair::FromPrivate(std::span<const uint8_t, kKeyBytes>(secret.data(), kKeyBytes));
  }

  static KeyPair ClientKey() {
    Bytes secret = TestPattern(kKeyBytes, 78);
    return KeyPair::FromPrivate(std::span<const uint8_t, kKeyBytes>(secret.data(), kKeyBytes));
  }
  static NetworkKey SomeNetworkKey(uint8_t salt = 79) {
    Bytes secret = TestPattern(kKeyBytes, salt);
    return NetworkKey(std::span<const uint8_t, kKeyBytes>(secret.data(), kKeyBytes));
  }

  // Opens a transport at once; its bytes move with Run. `to_server` and `to_client` say after how many it dies.
  TestPipe& Connect(size_t to_server = kNoCut, size_t to_client = kNoCut) {
    TestPipe pipe;
    pipe.client_id = client.TransportOpened(now, client_bound);
    pipe.server_id = server.TransportOpened(now, {}, server_bound);
    pipe.to_server_left = to_server;
    pipe.to_client_left = to_client;
    pipes.push_back(std::move(pipe));
    return pipes.back();
  }

  // Both ends learn that the transport is gone; what is under way is lost.
  void Cut(TestPipe& pipe) {
    pipe.to_server.clear();
    pipe.to_client.clear();
    CutClient(pipe);
    CutServer(pipe);
  }
  void CutClient(TestPipe& pipe) {
    if (!std::exchange(pipe.client_up, false)) return;
    client.TransportClosed(now, pipe.client_id);
    PollClient();
  }
  void CutServer(TestPipe& pipe) {
    if (!std::exchange(pipe.server_up, false)) return;
    server.TransportClosed(now, pipe.server_id);
    PollServer();
  }

  // Polls both ends and moves bytes until nothing moves any more. Time stands still.
  void Run() {
    do {
      PollClient();
      PollServer();
    } while (MoveBytes());
  }

  // Moves what is under way in one direction, and nothing else.
  void Carry(TestPipe& pipe, bool to_server) { MoveDirection(pipe, to_server); }

  // Runs, then lets time pass from deadline to deadline until `until`; dials are answered.
  void RunUntil(Time until) {
    for (Run(); !Over(); Run()) {
      Time next = std::min(client.Deadline(), server.Deadline());
      if (dial_at) next = std::min(next, *dial_at);
      if (next > until) break;
      now = std::max(now, next);
      client.Tick(now);
      server.Tick(now);
      if (dial_at && now >= *dial_at) {
        dial_at.reset();
        Connect();
      }
    }
    now = std::max(now, until);
  }
  void RunFor(Duration duration) { RunUntil(now + duration); }

  bool Over() const { return client_side.ending && server_side.ending && !AnyUp(); }

  void PollClient() {
    while (auto event = client.Poll(now, client_entropy_)) OnEvent(*event, client_side, true);
  }
  void PollServer() {
    while (auto event = server.Poll(now, server_entropy_)) {
      if (auto mark = server.LastSeal(ForkKey(), event->transport);
          mark && std::holds_alternative<event::Write>(event->what)) {
        server_seals.push_back(*mark);
      }
      if (std::holds_alternative<event::Opened>(event->what)) server_session = event->session;
      if (std::holds_alternative<event::KeyPresented>(event->what)) server_session = event->session;
      OnEvent(*event, server_side, false);
    }
  }

  Entropy& server_entropy() { return server_entropy_; }
  void SetEntropy(uint64_t seed) {
    client_entropy_ = StreamEntropy(seed, "client");
    server_entropy_ = StreamEntropy(seed, "server");
  }

 private:
  Options options_;
  StreamEntropy client_entropy_{1, "client"};
  StreamEntropy server_entropy_{1, "server"};

 public:
  Time now{1ns};
  Client client;
  Server server;
  SessionId server_session = SessionId::kNone;
  std::deque<TestPipe> pipes;
  TestSide client_side;
  TestSide server_side;
  std::optional<Time> dial_at;
  Bytes client_bound;  // What each end is told to have come before, from the next Connect on. HF-NET-10.
  Bytes server_bound;
  std::vector<SealMark> server_seals;  // Of every record that the server wrote.

 private:
  static ClientConfig ClientOptions(const Options& options) {
    ClientConfig config = options.client;
    if (options.knows_server) config.server_key = ServerKey().public_key();
    return config;
  }
  static ServerConfig ServerOptions(const Options& options) {
    ServerConfig config{.static_key = ServerKey()};
    config.session = options.server_session;
    config.sessions_max = options.sessions_max;
    config.embryos_max = options.embryos_max;
    config.handshakes_max = options.handshakes_max;
    config.memory_max = options.memory_max;
    config.network_key = options.network_key;
    return config;
  }

  bool AnyUp() const {
    for (const TestPipe& pipe : pipes) {
      if (pipe.client_up || pipe.server_up) return true;
    }
    return false;
  }

  TestPipe* Find(TransportId id, bool of_client) {
    for (TestPipe& pipe : pipes) {
      if ((of_client ? pipe.client_id : pipe.server_id) == id) return &pipe;
    }
    return nullptr;
  }

  void OnEvent(const Event& event, TestSide& side, bool of_client) {
    TestPipe* pipe = Find(event.transport, of_client);
    if (const auto* write = std::get_if<event::Write>(&event.what)) {
      Append(of_client ? pipe->to_server : pipe->to_client, write->bytes);
    } else if (const auto* deliver = std::get_if<event::Deliver>(&event.what)) {
      if (deliver->offset != side.delivered.size()) side.log.push_back("MISPLACED");
      Append(side.delivered, deliver->bytes);
    } else if (const auto* dial = std::get_if<event::Dial>(&event.what)) {
      dial_at = now + dial->delay;
    } else if (const auto* close = std::get_if<event::CloseTransport>(&event.what)) {
      if (pipe != nullptr) (of_client ? pipe->client_up : pipe->server_up) = false;  // Else a stranger's.
      side.log.push_back("CloseTransport " + std::string(InfoOf(close->why).name));
    } else if (const auto* ended = std::get_if<event::Ended>(&event.what)) {
      side.ending = ended->ending;
      side.log.push_back("Ended " + std::string(NameOf(ended->ending.cause)));
    } else if (const auto* failed = std::get_if<event::AttemptFailed>(&event.what)) {
      side.log.push_back("AttemptFailed " + std::string(InfoOf(failed->why).name));
    } else if (const auto* crossed = std::get_if<event::Crossed>(&event.what)) {
      side.crossed = crossed->peer_app_code;
      side.log.push_back("Crossed");
    } else if (const auto* presented = std::get_if<event::KeyPresented>(&event.what)) {
      side.presented = presented->key;
      side.log.push_back("KeyPresented");
    } else if (std::holds_alternative<event::PeerFinished>(event.what)) {
      ++side.finished;
      side.log.push_back("PeerFinished");
    } else if (std::holds_alternative<event::Opened>(event.what)) {
      side.log.push_back("Opened");
    } else if (std::holds_alternative<event::Suspended>(event.what)) {
      side.log.push_back("Suspended");
    } else if (std::holds_alternative<event::Resumed>(event.what)) {
      side.log.push_back("Resumed");
    } else if (std::holds_alternative<event::SpaceAvailable>(event.what)) {
      side.log.push_back("SpaceAvailable");
    }
  }

  // Moves what each direction will still take, in segments; a direction that has taken its last byte kills the pipe.
  bool MoveBytes() {
    bool moved = false;
    for (size_t i = 0; i < pipes.size(); ++i) {
      moved = MoveDirection(pipes[i], true) || moved;
      moved = MoveDirection(pipes[i], false) || moved;
      TestPipe& pipe = pipes[i];
      const bool worn_out = pipe.to_server_left == 0 || pipe.to_client_left == 0;
      if (worn_out && (pipe.client_up || pipe.server_up)) {
        Cut(pipe);
        moved = true;
      }
      // A transport that one end closed is drained, then closed for the other.
      if (!pipe.client_up && pipe.server_up && pipe.to_server.empty()) CutServer(pipe), moved = true;
      if (!pipe.server_up && pipe.client_up && pipe.to_client.empty()) CutClient(pipe), moved = true;
    }
    return moved;
  }

  bool MoveDirection(TestPipe& pipe, bool to_server) {
    Bytes bytes = std::exchange(to_server ? pipe.to_server : pipe.to_client, {});
    size_t& left = to_server ? pipe.to_server_left : pipe.to_client_left;
    const size_t size = std::min(bytes.size(), left);
    if (left != kNoCut) left -= size;
    for (size_t done = 0; done < size;) {
      const size_t count = std::min(options_.segment, size - done);
      const ByteSpan segment = ByteSpan(bytes).subspan(done, count);
      if (to_server) {
        if (pipe.server_up) server.Receive(now, pipe.server_id, segment);
        PollServer();
      } else {
        if (pipe.client_up) client.Receive(now, pipe.client_id, segment);
        PollClient();
      }
      done += count;
    }
    return size > 0;
  }
};

}  // namespace holdfast
