// Holdfast as the protocol of a world; see endpoint.h.

#include <fmt/format.h>

#include <array>

#include "core/pool/client.h"
#include "core/pool/server.h"
#include "sim/endpoint.h"
#include "sim/relayed_endpoint.h"
#include "sim/site_endpoint.h"
#include "sim/stream_entropy.h"

namespace holdfast::sim {
namespace {

constexpr SessionId kTheSession{1};

KeyPair KeyPairNamed(const Plan& plan, std::string_view name) {
  StreamEntropy entropy(plan.seed, name);
  return KeyPair::Generate(entropy);
}

KeyPair ServerKeyOf(const Plan& plan) { return KeyPairNamed(plan, "server.static_key"); }

NetworkKey NetworkKeyNamed(const Plan& plan, std::string_view name) {
  StreamEntropy entropy(plan.seed, name);
  std::array<uint8_t, kKeyBytes> bytes;
  entropy.Fill(bytes);
  return NetworkKey(bytes);
}

ClientConfig ConfigOf(const Plan& plan, uint32_t client) {
  const ClientSettings& settings = plan.clients[client].settings;
  ClientConfig config;
  if (settings.server_key == Known::kRight) config.server_key = ServerKeyOf(plan).public_key();
  if (settings.server_key == Known::kWrong) config.server_key = KeyPairNamed(plan, "server.other_key").public_key();
  if (settings.network_key == Known::kRight) config.network_key = NetworkKeyNamed(plan, "network_key");
  if (settings.network_key == Known::kWrong) config.network_key = NetworkKeyNamed(plan, "network.other_key");
  if (settings.static_key) config.static_key = KeyPairNamed(plan, fmt::format("client{}.static_key", client));
  config.suite = settings.suite;
  config.hold = settings.hold;
  config.attempt_timeout_first = settings.attempt_timeout_first;
  config.attempt_timeout_max = settings.attempt_timeout_max;
  config.backoff_first = settings.backoff_first;
  config.backoff_max = settings.backoff_max;
  config.session = settings.session;
  return config;
}

ServerConfig ConfigOf(const Plan& plan) {
  const ServerSettings& settings = plan.server;
  ServerConfig config = {.static_key = ServerKeyOf(plan)};
  config.offer_nx = settings.offer_nx;
  config.offer_xx = settings.offer_xx;
  if (settings.network_key) config.network_key = NetworkKeyNamed(plan, "network_key");
  config.clock_window = settings.clock_window;
  config.replays_max = static_cast<size_t>(settings.replays_max);
  config.hold_max = settings.hold_max;
  config.handshake_time = settings.handshake_time;
  config.candidate_time = settings.candidate_time;
  config.embryo_time = settings.embryo_time;
  config.handshakes_max = static_cast<size_t>(settings.handshakes_max);
  config.embryos_max = static_cast<size_t>(settings.embryos_max);
  config.sessions_max = static_cast<size_t>(settings.sessions_max);
  config.handshakes_per_source_max = static_cast<size_t>(settings.handshakes_per_source_max);
  config.embryos_per_source_max = static_cast<size_t>(settings.embryos_per_source_max);
  config.handshake_bytes_max = static_cast<size_t>(settings.handshake_bytes_max);
  config.memory_max = static_cast<size_t>(settings.memory_max);
  config.session = settings.session;
  return config;
}

class ClientEnd final : public Endpoint {
 public:
  explicit ClientEnd(Client client) : client_(std::move(client)) {}

  TransportId TransportOpened(Time now, const Arrival&) override { return client_.TransportOpened(now); }
  void TransportClosed(Time now, TransportId t) override { client_.TransportClosed(now, t); }
  void DialFailed(Time now) override { client_.DialFailed(now); }
  void Receive(Time now, TransportId t, ByteSpan bytes) override { client_.Receive(now, t, bytes); }
  void SetWritable(Time now, TransportId t, bool writable) override { client_.SetWritable(now, t, writable); }
  void Judge(Time now, SessionId, const PublicKey& key, bool accept) override { client_.Judge(now, key, accept); }
  void SetClock(Time now, WallTime wall) override { client_.SetClock(now, wall); }
  size_t Send(Time now, SessionId, ByteSpan plaintext, bool early) override {
    return client_.Send(now, plaintext, early ? Early::kYes : Early::kNo);
  }
  void Consumed(Time now, SessionId, uint64_t bytes) override { client_.Consumed(now, bytes); }
  void Finish(Time now, SessionId) override { client_.Finish(now); }
  void Abort(Time now, SessionId, uint64_t app_code) override { client_.Abort(now, app_code); }
  std::optional<Event> Poll(Time now, Entropy& entropy) override { return client_.Poll(now, entropy); }
  Time Deadline() const override { return client_.Deadline(); }
  void Tick(Time now) override { client_.Tick(now); }
  std::optional<SessionView> View(SessionId session) const override {
    if (session != kTheSession) return std::nullopt;
    return client_.View();
  }
  std::optional<uint64_t> State(SessionId session) const override {
    if (session != kTheSession) return std::nullopt;
    return static_cast<uint64_t>(client_.state());
  }
  std::optional<SealMark> LastSeal(TransportId t) const override { return client_.LastSeal(ForkKey(), t); }
  uint64_t StateDigest() const override { return client_.StateDigest(); }
  std::unique_ptr<Endpoint> Fork(const ForkKey& key) const override {
    return std::make_unique<ClientEnd>(client_.ForkForSimulation(key));
  }

 private:
  Client client_;
};

class ServerEnd final : public Endpoint {
 public:
  explicit ServerEnd(Server server) : server_(std::move(server)) {}

  TransportId TransportOpened(Time now, const Arrival& arrival) override {
    return server_.TransportOpened(now, SourceKey{arrival.source});
  }
  void TransportClosed(Time now, TransportId t) override { server_.TransportClosed(now, t); }
  void DialFailed(Time) override {}
  void Receive(Time now, TransportId t, ByteSpan bytes) override { server_.Receive(now, t, bytes); }
  void SetWritable(Time now, TransportId t, bool writable) override { server_.SetWritable(now, t, writable); }
  void Judge(Time now, SessionId session, const PublicKey&, bool accept) override {
    server_.Judge(now, session, accept);
  }
  void SetClock(Time now, WallTime wall) override { server_.SetClock(now, wall); }
  size_t Send(Time now, SessionId session, ByteSpan plaintext, bool) override {
    return server_.Send(now, session, plaintext);
  }
  void Consumed(Time now, SessionId session, uint64_t bytes) override { server_.Consumed(now, session, bytes); }
  void Finish(Time now, SessionId session) override { server_.Finish(now, session); }
  void Abort(Time now, SessionId session, uint64_t app_code) override { server_.Abort(now, session, app_code); }
  std::optional<Parcel> Export(Time now, SessionId session, bool live, Entropy& ticket, Entropy& entropy) override {
    if (live) {
      auto out = server_.ExportLive(now, session, MoveTicket::Make(ticket).key(), entropy);
      if (!out) return std::nullopt;
      return Parcel{ToBytes(out->blob.bytes()), true, out->transport};
    }
    auto out = server_.ExportAtRest(now, session, entropy);
    if (!out) return std::nullopt;
    return Parcel{ToBytes(out->bytes()), false, TransportId::kNone};
  }
  std::optional<Unpacked> Import(Time now, const Parcel& parcel, Duration away, Entropy& ticket) override {
    if (parcel.live) {
      auto in = server_.ImportLive(now, MoveTicket::Make(ticket), parcel.bytes);
      if (!in) return std::nullopt;
      return Unpacked{in->session, in->transport};
    }
    auto in = server_.ImportAtRest(now, RestBlob::FromBytes(parcel.bytes), away);
    if (!in) return std::nullopt;
    return Unpacked{*in, TransportId::kNone};
  }
  std::optional<Event> Poll(Time now, Entropy& entropy) override { return server_.Poll(now, entropy); }
  Time Deadline() const override { return server_.Deadline(); }
  void Tick(Time now) override { server_.Tick(now); }
  std::optional<SessionView> View(SessionId session) const override { return server_.View(session); }
  std::optional<uint64_t> State(SessionId session) const override {
    const auto state = server_.state(session);
    if (!state) return std::nullopt;
    return static_cast<uint64_t>(*state);
  }
  EndpointCensus Census() const override {
    Server::Census census = server_.census();
    return {census.transports, census.handshakes, census.embryos, census.sessions, census.tombstones};
  }
  EndpointMemory Memory() const override {
    const Server::Census census = server_.census();
    return {census.handshake_bytes, census.memory_bytes};
  }
  std::optional<SealMark> LastSeal(TransportId t) const override { return server_.LastSeal(ForkKey(), t); }
  uint64_t StateDigest() const override { return server_.StateDigest(); }
  uint64_t SessionDigest(SessionId session) const override { return server_.SessionDigest(session, false); }
  uint64_t WholeSessionDigest(SessionId session) const override { return server_.SessionDigest(session, true); }
  std::unique_ptr<Endpoint> Fork(const ForkKey& key) const override {
    return std::make_unique<ServerEnd>(server_.ForkForSimulation(key));
  }

 private:
  Server server_;
};

class HoldfastProtocol final : public Protocol {
 public:
  const Protocol& For(const Plan& plan) const override {
    if (plan.workload == Workload::kRelay) return RelayedHoldfast();
    return *this;
  }
  std::unique_ptr<Endpoint> MakeClient(const Plan& plan, uint32_t client) const override {
    return std::make_unique<ClientEnd>(Client(ConfigOf(plan, client)));
  }
  std::unique_ptr<Endpoint> MakeServer(const Plan& plan) const override {
    if (plan.server.servers == 1) return std::make_unique<ServerEnd>(Server(ConfigOf(plan)));
    std::vector<std::unique_ptr<Endpoint>> servers;
    for (uint64_t i = 0; i < plan.server.servers; ++i) {
      servers.push_back(std::make_unique<ServerEnd>(Server(ConfigOf(plan))));
    }
    return MakeSite(std::move(servers));
  }
};

constexpr HoldfastProtocol kHoldfast;

}  // namespace

const Protocol& Holdfast() { return kHoldfast; }

}  // namespace holdfast::sim
