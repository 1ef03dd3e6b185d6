// Holdfast as the protocol of a world; see endpoint.h.

#include "core/pool/client.h"
#include "core/pool/server.h"
#include "sim/endpoint.h"
#include "sim/stream_entropy.h"

namespace holdfast::sim {
namespace {

constexpr SessionId kTheSession{1};

KeyPair ServerKeyOf(const Plan& plan) {
  StreamEntropy entropy(plan.seed, "server.static_key");
  return KeyPair::Generate(entropy);
}

ClientConfig ConfigOf(const ClientSettings& settings, const PublicKey& server_key) {
  ClientConfig config;
  config.server_key = server_key;
  config.suite = settings.suite;
  config.hold = settings.hold;
  config.attempt_timeout_first = settings.attempt_timeout_first;
  config.attempt_timeout_max = settings.attempt_timeout_max;
  config.backoff_first = settings.backoff_first;
  config.backoff_max = settings.backoff_max;
  config.session = settings.session;
  return config;
}

ServerConfig ConfigOf(const ServerSettings& settings, const KeyPair& key) {
  return {.static_key = key,
          .hold_max = settings.hold_max,
          .handshake_time = settings.handshake_time,
          .candidate_time = settings.candidate_time,
          .embryo_time = settings.embryo_time,
          .handshakes_max = static_cast<size_t>(settings.handshakes_max),
          .embryos_max = static_cast<size_t>(settings.embryos_max),
          .sessions_max = static_cast<size_t>(settings.sessions_max),
          .session = settings.session};
}

class ClientEnd final : public Endpoint {
 public:
  explicit ClientEnd(Client client) : client_(std::move(client)) {}

  TransportId TransportOpened(Time now) override { return client_.TransportOpened(now); }
  void TransportClosed(Time now, TransportId t) override { client_.TransportClosed(now, t); }
  void DialFailed(Time now) override { client_.DialFailed(now); }
  void Receive(Time now, TransportId t, ByteSpan bytes) override { client_.Receive(now, t, bytes); }
  void SetWritable(Time now, TransportId t, bool writable) override { client_.SetWritable(now, t, writable); }
  size_t Send(Time now, SessionId, ByteSpan plaintext) override { return client_.Send(now, plaintext); }
  void Finish(Time now, SessionId) override { client_.Finish(now); }
  void Abort(Time now, SessionId, uint64_t app_code) override { client_.Abort(now, app_code); }
  std::optional<Event> Poll(Time now, Entropy& entropy) override { return client_.Poll(now, entropy); }
  Time Deadline() const override { return client_.Deadline(); }
  void Tick(Time now) override { client_.Tick(now); }
  std::optional<SessionView> View(SessionId session) const override {
    if (session != kTheSession) return std::nullopt;
    return client_.View();
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

  TransportId TransportOpened(Time now) override { return server_.TransportOpened(now); }
  void TransportClosed(Time now, TransportId t) override { server_.TransportClosed(now, t); }
  void DialFailed(Time) override {}
  void Receive(Time now, TransportId t, ByteSpan bytes) override { server_.Receive(now, t, bytes); }
  void SetWritable(Time now, TransportId t, bool writable) override { server_.SetWritable(now, t, writable); }
  size_t Send(Time now, SessionId session, ByteSpan plaintext) override {
    return server_.Send(now, session, plaintext);
  }
  void Finish(Time now, SessionId session) override { server_.Finish(now, session); }
  void Abort(Time now, SessionId session, uint64_t app_code) override { server_.Abort(now, session, app_code); }
  std::optional<Event> Poll(Time now, Entropy& entropy) override { return server_.Poll(now, entropy); }
  Time Deadline() const override { return server_.Deadline(); }
  void Tick(Time now) override { server_.Tick(now); }
  std::optional<SessionView> View(SessionId session) const override { return server_.View(session); }
  EndpointCensus Census() const override {
    Server::Census census = server_.census();
    return {census.transports, census.handshakes, census.embryos, census.sessions, census.tombstones};
  }
  std::optional<SealMark> LastSeal(TransportId t) const override { return server_.LastSeal(ForkKey(), t); }
  uint64_t StateDigest() const override { return server_.StateDigest(); }
  uint64_t SessionDigest(SessionId session) const override { return server_.SessionDigest(session, false); }
  std::unique_ptr<Endpoint> Fork(const ForkKey& key) const override {
    return std::make_unique<ServerEnd>(server_.ForkForSimulation(key));
  }

 private:
  Server server_;
};

class HoldfastProtocol final : public Protocol {
 public:
  std::unique_ptr<Endpoint> MakeClient(const Plan& plan, uint32_t client) const override {
    const PublicKey server_key = ServerKeyOf(plan).public_key();
    return std::make_unique<ClientEnd>(Client(ConfigOf(plan.clients[client].settings, server_key)));
  }
  std::unique_ptr<Endpoint> MakeServer(const Plan& plan) const override {
    return std::make_unique<ServerEnd>(Server(ConfigOf(plan.server, ServerKeyOf(plan))));
  }
};

constexpr HoldfastProtocol kHoldfast;

}  // namespace

const Protocol& Holdfast() { return kHoldfast; }

}  // namespace holdfast::sim
