#include "sim/generate_protocol.h"

#include <algorithm>

namespace holdfast::sim {
namespace {

using std::chrono::duration_cast;
using std::chrono::microseconds;
using std::chrono::milliseconds;

constexpr Topic kTopic = Topic::kProtocol;
constexpr uint64_t kMiB = 1 << 20;

// As in generate.cc: whole families, each of which a run may be spared.
struct Swarm {
  bool few_sessions = false, sources = false, little_memory = false;
  bool consume = false, early = false;    // Applications that say what they own; bytes in message 1.
  bool mutual = false, verdicts = false;  // Clients with keys; applications that are asked about keys.
  bool private_network = false, clocks = false;
  bool moves = false;
  bool misfits = false;  // Clients that the server never lets in, or ends that do not want each other.
};

class ProtocolGenerator {
 public:
  ProtocolGenerator(Choices& choices, const GenerateOptions& options, Duration round_trip_max, Plan& plan)
      : c_(choices),
        small_(options.profile == Profile::kSmall),
        without_(options.without),
        round_trip_max_(round_trip_max),
        plan_(plan) {}

  void Draw() {
    DrawSwarm();
    DrawTables();
    if (swarm_.consume) DrawConsumption();
    if (swarm_.early) DrawEarly();
    DrawKeys();
    if (swarm_.private_network && swarm_.clocks) DrawClocks();
    if (swarm_.moves) DrawMoves();
    if (swarm_.misfits) DrawMisfits();
    MakeRoomForHandshakes();
    DrawEarlyParts();
  }

 private:
  bool Chance(uint64_t numerator, uint64_t denominator) { return c_.Chance(kTopic, numerator, denominator); }
  bool Half() { return Chance(1, 2); }
  Duration Span(Duration min, Duration max) {  // Log-uniform, in whole milliseconds.
    return milliseconds(c_.LogUniform(kTopic, static_cast<uint64_t>(duration_cast<milliseconds>(min).count()),
                                      static_cast<uint64_t>(duration_cast<milliseconds>(max).count())));
  }

  void DrawSwarm();
  void DrawTables();
  void DrawConsumption();
  void DrawConsumptionOf(Stream& stream, const SessionOptions& reader);
  void DrawEarly();
  void DrawEarlyParts();
  void DrawKeys();
  void DrawClocks();
  void DrawClock(Side of, uint32_t client);
  Duration DrawOffset(Duration most);
  void DrawMoves();
  void DrawMisfits();
  void MakeRoomForHandshakes();
  void GiveUpAfterHeal(uint32_t client);

  Choices& c_;
  const bool small_;
  const Without without_;
  const Duration round_trip_max_;
  Plan& plan_;
  Swarm swarm_;
};

void ProtocolGenerator::DrawSwarm() {
  swarm_.few_sessions = !small_ && Chance(1, 32);
  swarm_.consume = Chance(1, small_ ? 8 : 4);
  swarm_.early = Chance(1, small_ ? 8 : 4);
  swarm_.mutual = Chance(1, small_ ? 16 : 5);
  swarm_.verdicts = Chance(1, small_ ? 16 : 5);
  swarm_.private_network = Chance(1, small_ ? 16 : 6);
  swarm_.clocks = Half();
  swarm_.misfits = Chance(1, 40);
  swarm_.moves = Chance(1, small_ ? 16 : 5);
  swarm_.sources = !small_ && Chance(1, 6);
  swarm_.little_memory = !small_ && Chance(1, 12);
  if (!without_.Has(Feature::kSwarm)) return;
  for (bool Swarm::* family : {&Swarm::consume, &Swarm::early, &Swarm::mutual, &Swarm::verdicts,
                               &Swarm::private_network, &Swarm::clocks, &Swarm::moves}) {
    swarm_.*family = true;
  }
  swarm_.sources = !small_;
}

// A client that finds no room waits until a session is forgotten, so these must not live long.
void ProtocolGenerator::DrawTables() {
  const uint64_t clients = plan_.clients.size();
  if (swarm_.few_sessions) {
    plan_.server.sessions_max = c_.Between(kTopic, std::max<uint64_t>(clients, 2) - 1, clients + 1);
    plan_.server.hold_max = std::min<Duration>(plan_.server.hold_max, std::chrono::minutes(5));
  }
  if (swarm_.sources) {
    for (ClientPlan& client : plan_.clients) client.source = static_cast<uint32_t>(c_.Below(kTopic, 2));
    plan_.server.handshakes_per_source_max = c_.Between(kTopic, 1, 4);
    plan_.server.embryos_per_source_max = c_.Between(kTopic, 1, 4);
    // One message 1 must have room.
    plan_.server.handshake_bytes_max = c_.LogUniform(kTopic, limits::kHandshakeMessageBytesMax + 64, 65536);
  }
  if (swarm_.little_memory) {
    // What every client's session needs to get on, and a little more.
    const uint64_t each = plan_.server.session.replay_bytes_max + 3 * limits::kRecordCiphertextBytesMax;
    plan_.server.memory_max = clients * c_.LogUniform(kTopic, std::min<uint64_t>(each, 4 * kMiB), 8 * kMiB);
  }
}

// --- What the protocol can do besides ------------------------------------------------------------------------------

void ProtocolGenerator::DrawConsumption() {
  const uint64_t who = c_.Below(kTopic, 3);  // The server, the clients, or all.
  plan_.server.session.explicit_consume = who != 1;
  for (ClientPlan& client : plan_.clients) {
    client.settings.session.explicit_consume = who != 0;
    if (who != 1) DrawConsumptionOf(client.up, plan_.server.session);
    if (who != 0) DrawConsumptionOf(client.down, client.settings.session);
  }
}

// What is delivered waits for at most a minute in all. A small window makes as many waits as it goes into the stream.
void ProtocolGenerator::DrawConsumptionOf(Stream& stream, const SessionOptions& reader) {
  if (Half()) stream.consume_chunk = std::max(c_.LogUniform(kTopic, 1, kMiB), stream.bytes / (small_ ? 4 : 64) + 1);
  const uint64_t pieces = stream.bytes / std::min<uint64_t>(stream.consume_chunk, reader.receive_window) + 1;
  if (Chance(1, 4)) return;
  const Duration most = milliseconds(small_ ? 100 : 20000);  // Waiting costs pings.
  stream.consume_delay = std::min<Duration>(Span({}, most), 3 * most / static_cast<int64_t>(pieces));
}

void ProtocolGenerator::DrawEarly() {
  // Now and then one of the two ends does not want it.
  const uint64_t who = c_.Below(kTopic, 8);
  if (who != 1) plan_.server.session.early_bytes_max = c_.LogUniform(kTopic, 1, 4096);
  for (ClientPlan& client : plan_.clients) {
    if (who != 2) client.settings.session.early_bytes_max = c_.LogUniform(kTopic, 1, 4096);
    client.up.early = Chance(7, 8);
  }
}

// Several of each kind, if there is enough to send.
void ProtocolGenerator::DrawEarlyParts() {
  for (ClientPlan& client : plan_.clients) {
    if (!client.up.early || !Half()) continue;
    client.up.early_every = c_.Between(kTopic, 2, 3);
    const uint64_t chunks = small_ ? 4 : c_.Between(kTopic, 4, 64);
    client.up.chunk = std::min(client.up.chunk, client.up.bytes / chunks + 1);
  }
}

// Keys that the two ends show each other, and what the applications say of them.
void ProtocolGenerator::DrawKeys() {
  for (ClientPlan& client : plan_.clients) {
    if (swarm_.mutual) client.settings.static_key = Chance(3, 4);
    if (!swarm_.verdicts) continue;
    if (Half()) client.settings.server_key = Known::kNothing;
    // Mostly in time for something to go wrong after it.
    const auto most = [this] { return milliseconds(Chance(1, 16) ? 60000 : 1000); };
    if (Half()) client.trust_delay = Span({}, most());
    if (Half()) client.verdict_delay = Span({}, most());
  }
  const auto has_key = [](const ClientPlan& client) { return client.settings.static_key; };
  const bool all = std::ranges::all_of(plan_.clients, has_key);
  const bool none = std::ranges::none_of(plan_.clients, has_key);
  if (none) plan_.server.offer_xx = !Chance(1, 8);
  if (all) plan_.server.offer_nx = Half();
  if (!swarm_.private_network) return;
  plan_.server.network_key = true;
  for (ClientPlan& client : plan_.clients) client.settings.network_key = Known::kRight;
}

// A private network that goes by the clock. In the end every clock is right, or nearly.
void ProtocolGenerator::DrawClocks() {
  if (Half()) plan_.server.clock_window = Span(milliseconds(5000), milliseconds(120000)) + round_trip_max_;
  if (Chance(1, 4)) plan_.server.replays_max = c_.Between(kTopic, 1, 4);
  if (Chance(7, 8)) DrawClock(Side::kServer, 0);
  for (uint32_t i = 0; i < plan_.clients.size(); ++i) DrawClock(Side::kClient, i);
}

void ProtocolGenerator::DrawClock(Side of, uint32_t client) {
  Duration at = {};
  if (Chance(1, 3)) {  // It is set late; before that it may be far off.
    at = std::min<Duration>(plan_.heal, Span({}, milliseconds(Chance(1, 8) ? 20000 : 200)));
    const Duration far = DrawOffset(std::chrono::hours(1));
    if (Half()) plan_.clocks.push_back({.of = of, .client = client, .at = {}, .offset = far});
  }
  const Duration near = DrawOffset(plan_.server.clock_window / 4);
  plan_.clocks.push_back({.of = of, .client = client, .at = at, .offset = near});
}

Duration ProtocolGenerator::DrawOffset(Duration most) {
  const Duration size = Span({}, most);
  return Half() ? size : -size;
}

void ProtocolGenerator::DrawMoves() {
  if (Half()) plan_.server.servers = 2;
  for (uint32_t client = 0; client < plan_.clients.size(); ++client) {
    uint64_t moves = small_ ? (plan_.faults.size() < 3 ? 1 : 0) : c_.Between(kTopic, 1, 3);
    for (; moves > 0; --moves) {
      Fault fault = FaultOf(FaultKind::kMove);
      fault.client = client;
      if (Half()) {
        fault.transport = static_cast<uint32_t>(c_.Below(kTopic, 4));
        fault.age = Half() ? Span({}, milliseconds(5000))
                           : round_trip_max_ * static_cast<int64_t>(c_.Between(kTopic, 1, 16)) / 4;
      } else {
        fault.at = Span({}, milliseconds(20000));
      }
      // A live one that found no room would be lost.
      fault.live = !swarm_.few_sessions && !swarm_.little_memory && Half();
      fault.lasting = Span({}, milliseconds(fault.live ? 200 : 20000));
      if (plan_.server.servers > 1 && Half()) fault.to = 1;
      plan_.faults.push_back(fault);
    }
  }
}

// A client that never gets in gives up once the network is good: nothing else would end it.
void ProtocolGenerator::GiveUpAfterHeal(uint32_t client) {
  std::erase_if(plan_.aborts, [client](const Abort& a) { return a.client == client && a.by == Side::kClient; });
  plan_.aborts.push_back({.client = client,
                          .code = c_.LogUniform(Topic::kProtocol, 0, 1 << 20),
                          .at = plan_.heal + Span({}, milliseconds(5000))});
}

void ProtocolGenerator::DrawMisfits() {
  const auto client = static_cast<uint32_t>(c_.Below(kTopic, plan_.clients.size()));
  ClientPlan& plan = plan_.clients[client];
  switch (c_.Below(kTopic, 7)) {
    case 0:
      plan.settings.server_key = Known::kWrong;
      break;
    case 1:
      plan.settings.server_key = Known::kNothing;
      plan.distrust = true;
      break;
    case 2:
      plan.settings.static_key = plan_.server.offer_xx = true;
      plan.refuse = true;
      break;
    case 3:  // No member.
    case 4:
      plan_.server.network_key = true;
      for (ClientPlan& other : plan_.clients) other.settings.network_key = Known::kRight;
      plan.settings.network_key = Half() ? Known::kNothing : Known::kWrong;
      break;
    case 5:
      (plan.settings.static_key ? plan_.server.offer_xx : plan_.server.offer_nx) = false;
      break;
    default:
      if (!plan_.server.network_key) break;
      plan_.clocks.push_back({.of = Side::kServer, .client = 0, .at = {}, .offset = {}});
      plan_.clocks.push_back({.of = Side::kClient, .client = client, .at = {}, .offset = -std::chrono::hours(24)});
  }
  for (uint32_t i = 0; i < plan_.clients.size(); ++i) {
    if (!MayEnter(plan_, i)) GiveUpAfterHeal(i);
  }
}

// The plan's deaths were placed for NX without psk0, in which the server knows a session from kNewSessionBytesUp on.
// Those behind that stay as far behind the longer handshakes. And since in XX a client that lost message 3 under its
// first record never gets on, most deaths about there wait for the server's first record.
void ProtocolGenerator::MakeRoomForHandshakes() {
  constexpr uint64_t kNewSessionBytesUp = 62, kNewSessionBytesDown = 114;
  constexpr uint64_t kPskBytes = 8 + 16;  // Time stamp and tag.
  constexpr uint64_t kMessage3Bytes = 2 + 64;
  constexpr uint64_t kFirstRecordBytes = 100;
  for (Fault& fault : plan_.faults) {
    if (fault.byte == kAll || fault.byte < kNewSessionBytesUp || fault.direction != Direction::kUp) continue;
    const ClientSettings& settings = plan_.clients[fault.client].settings;
    const bool in_first = fault.byte < kNewSessionBytesUp + kFirstRecordBytes;
    if (settings.static_key && in_first && Chance(7, 8)) {
      fault.direction = Direction::kDown;
      fault.byte += kNewSessionBytesDown - kNewSessionBytesUp;
      continue;
    }
    if (settings.network_key != Known::kNothing) fault.byte += kPskBytes;
    if (settings.static_key) fault.byte += kMessage3Bytes;
  }
}

}  // namespace

void DrawProtocol(Choices& choices, const GenerateOptions& options, Duration round_trip_max, Plan& plan) {
  ProtocolGenerator(choices, options, round_trip_max, plan).Draw();
}

}  // namespace holdfast::sim
