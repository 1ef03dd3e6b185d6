#include "sim/generate_rare.h"

#include <algorithm>

namespace holdfast::sim {
namespace {

using std::chrono::duration_cast;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Topic kTopic = Topic::kRare;

// On the wire, without early data.
constexpr uint64_t kResumeMessage1Bytes = 130;
constexpr uint64_t kMessage2Bytes = 114;

class RareGenerator {
 public:
  RareGenerator(Choices& choices, bool carries_files, Plan& plan)
      : c_(choices), carries_files_(carries_files), plan_(plan) {}

  void Draw() {
    constexpr void (RareGenerator::* kSituations[])() = {
        &RareGenerator::AbortMeetsAnswer, &RareGenerator::LateVerdict,      &RareGenerator::PromotedWhileAttached,
        &RareGenerator::ServerExpires,    &RareGenerator::ClockOffAtFirst,  &RareGenerator::ClockSteppedBack,
        &RareGenerator::FewPlaces,        &RareGenerator::LittleMemory,     &RareGenerator::MovesInMidResume,
        &RareGenerator::AbortsCross,      &RareGenerator::AbortMeetsFinish,
    };
    (this->*kSituations[c_.Below(kTopic, std::size(kSituations))])();
  }

 private:
  // All are about this client.
  static constexpr uint32_t kClient = 0;

  ClientPlan& client() { return plan_.clients[kClient]; }
  SessionOptions& options() { return client().settings.session; }
  Duration Below(Duration bound) {  // Uniform, in whole microseconds.
    const auto us = duration_cast<std::chrono::microseconds>(bound).count();
    return std::chrono::microseconds(c_.Below(kTopic, static_cast<uint64_t>(us) + 1));
  }
  // So much after the client had its first transport, as a time since the start.
  Duration At(Duration age) { return client().start + round_trip_ + age; }

  void TakeTransports(uint32_t count);
  void PlainPath();
  void StayUntil(Duration age);
  void OnPrivateNetwork();
  Fault Death(uint32_t transport, Duration age);

  void AbortMeetsAnswer();
  void LateVerdict();
  void PromotedWhileAttached();
  void ServerExpires();
  void ClockOffAtFirst();
  void ClockSteppedBack();
  void FewPlaces();
  void LittleMemory();
  void MovesInMidResume();
  void AbortsCross();
  void AbortMeetsFinish();

  Choices& c_;
  const bool carries_files_;  // Whose sizes the streams must have.
  Plan& plan_;
  Duration round_trip_ = {};
};

// --- What they are made of -----------------------------------------------------------------------------------------

// The first few transports are ours; what was to befall them befalls later ones.
void RareGenerator::TakeTransports(uint32_t count) {
  std::erase_if(plan_.faults, [](const Fault& f) { return f.client == kClient && f.at != kNeverAfter; });
  for (Fault& fault : plan_.faults) {
    if (fault.client == kClient) (IsOfDial(fault.kind) ? fault.dial : fault.transport) += count;
  }
  PlainPath();
}

// One on which it is known when what arrives, with timers that bear it.
void RareGenerator::PlainPath() {
  const Path path = {.latency = milliseconds(c_.Between(kTopic, 5, 100))};
  round_trip_ = 2 * path.latency;
  std::erase_if(plan_.paths, [](const PathRule& rule) { return rule.client == kClient; });
  for (Direction d : {Direction::kUp, Direction::kDown}) {
    plan_.paths.push_back({.client = kClient, .direction = d, .path = path});
  }
  const Duration soon = 8 * round_trip_ + milliseconds(500);
  ClientSettings& s = client().settings;
  s.attempt_timeout_first = std::max(s.attempt_timeout_first, soon);
  s.attempt_timeout_max = std::max(s.attempt_timeout_max, s.attempt_timeout_first);
  s.backoff_first = std::min<Duration>(s.backoff_first, milliseconds(200));
  for (Duration* time : {&plan_.server.handshake_time, &plan_.server.candidate_time, &plan_.server.embryo_time,
                         &s.session.dead_transport, &plan_.server.session.dead_transport}) {
    *time = std::max(*time, soon);
  }
  client().trust_delay = client().verdict_delay = {};
}

// The session does not end by itself before its first transport is so old; the network is bad till then.
void RareGenerator::StayUntil(Duration age) {
  client().up.finish_delay = std::max(client().up.finish_delay, age + 4 * round_trip_);
  plan_.heal = std::max(plan_.heal, At(age) + seconds(2));
}

// With clocks, and so hasty that a greeting's transport is closed, and its fate seen, before its client gives it up.
void RareGenerator::OnPrivateNetwork() {
  plan_.server.network_key = true;
  client().settings.network_key = Known::kRight;
  plan_.server.handshake_time = 2 * round_trip_ + milliseconds(300);
  client().settings.attempt_timeout_first =
      std::max<Duration>(client().settings.attempt_timeout_first, 4 * round_trip_ + seconds(2));
  client().settings.attempt_timeout_max =
      std::max(client().settings.attempt_timeout_max, client().settings.attempt_timeout_first);
  plan_.clocks = {{.of = Side::kServer, .client = 0, .at = {}, .offset = {}}};
}

Fault RareGenerator::Death(uint32_t transport, Duration age) {
  Fault fault = FaultOf(FaultKind::kReset);
  fault.client = kClient;
  fault.transport = transport;
  fault.age = age;
  return fault;
}

// --- The situations ------------------------------------------------------------------------------------------------

// A client gives up while its attempt has been sent, and is then told that the session is open.
void RareGenerator::AbortMeetsAnswer() {
  TakeTransports(2);
  const Duration age = 4 * round_trip_ + Below(seconds(1));
  StayUntil(age + 4 * round_trip_);
  Fault probe = FaultOf(FaultKind::kProbe);
  probe.client = kClient;
  probe.age = age;
  plan_.faults.push_back(probe);
  std::erase_if(plan_.aborts, [](const Abort& a) { return a.client == kClient; });
  plan_.aborts.push_back({.client = kClient, .at = At(age + round_trip_ + Below(round_trip_))});
}

// The application is still thinking about a client's key when that client is cut off, comes again, or gives up.
void RareGenerator::LateVerdict() {
  TakeTransports(1);
  client().settings.static_key = plan_.server.offer_xx = true;
  const Duration age = 2 * round_trip_ + milliseconds(1) + Below(milliseconds(200));
  plan_.faults.push_back(Death(0, age));
  plan_.server.embryo_time = std::max<Duration>(plan_.server.embryo_time, seconds(60));
  if (c_.Chance(kTopic, 1, 2)) {
    client().verdict_delay = age + Below(4 * round_trip_ + seconds(2));
  } else {
    client().verdict_delay = age + 4 * round_trip_ + seconds(1) + Below(seconds(2));
    std::erase_if(plan_.aborts, [](const Abort& a) { return a.client == kClient; });
    plan_.aborts.push_back({.client = kClient, .at = At(age + Below(round_trip_))});
  }
  StayUntil(client().verdict_delay + seconds(1));
}

// The client moves on by one epoch and comes again, and the server has not missed the first transport yet.
void RareGenerator::PromotedWhileAttached() {
  TakeTransports(2);
  const Duration age = 3 * round_trip_ + Below(seconds(1));
  Fault first = Death(0, age);
  first.server_learns = kNeverAfter;
  Fault second = Death(1, kNeverAfter);
  second.byte = kResumeMessage1Bytes + c_.Below(kTopic, 40);
  plan_.faults.push_back(first);
  plan_.faults.push_back(second);
  options().early_bytes_max = 0;
  SessionOptions& server = plan_.server.session;
  server.dead_transport = std::max<Duration>(server.dead_transport, 16 * round_trip_ + seconds(3));
  StayUntil(age + 16 * round_trip_ + seconds(1));
}

// Nothing of the client's arrives for longer than the server waits, while the server's pings keep the client content.
void RareGenerator::ServerExpires() {
  if (plan_.clients.size() > 1) return;
  TakeTransports(1);
  const Duration dead = 8 * round_trip_ + seconds(1);
  const Duration hold = 3 * dead + Below(seconds(2));
  SessionOptions& server = plan_.server.session;
  options().dead_transport = dead;
  options().ping_idle = server.ping_idle = dead / 4;
  server.dead_transport = hold + 2 * dead;
  client().settings.hold = hold;
  plan_.server.hold_max = std::max(plan_.server.hold_max, hold);
  Fault stall = FaultOf(FaultKind::kStall);
  stall.client = kClient;
  stall.age = 3 * round_trip_ + Below(seconds(1));
  stall.lasting = hold + dead + seconds(1);
  plan_.faults.push_back(stall);
  if (c_.Chance(kTopic, 1, 2)) {  // It moves shortly before, and its time with it.
    Fault move = FaultOf(FaultKind::kMove);
    move.client = kClient;
    move.age = stall.age + hold * 9 / 10;
    move.live = true;
    plan_.server.candidate_time = dead;
    plan_.faults.push_back(move);
  }
  StayUntil(stall.age + stall.lasting);
}

// A member's clock is wrong until somebody sets it.
void RareGenerator::ClockOffAtFirst() {
  if (plan_.clients.size() > 1) return;
  TakeTransports(2);
  OnPrivateNetwork();
  const Duration off = 2 * plan_.server.clock_window;
  plan_.clocks.push_back(
      {.of = Side::kClient, .client = kClient, .at = {}, .offset = c_.Chance(kTopic, 1, 2) ? off : -off});
  const Duration set = At(3 * round_trip_ + seconds(1) + Below(seconds(2)));
  plan_.clocks.push_back({.of = Side::kClient, .client = kClient, .at = set, .offset = {}});
  plan_.heal = std::max(plan_.heal, set);
}

// A member's clock goes back before its third greeting, and the server, which remembers one, has forgotten the first.
void RareGenerator::ClockSteppedBack() {
  if (plan_.clients.size() > 1) return;
  TakeTransports(2);
  OnPrivateNetwork();
  plan_.server.replays_max = 1;
  plan_.server.clock_window = std::max<Duration>(plan_.server.clock_window, seconds(10));
  client().settings.backoff_first = milliseconds(50);
  for (uint32_t transport : {0U, 1U}) {
    Fault death = Death(transport, kNeverAfter);
    death.direction = Direction::kDown;
    death.byte = c_.Below(kTopic, kMessage2Bytes);
    plan_.faults.push_back(death);
  }
  plan_.clocks.push_back({.of = Side::kClient, .client = kClient, .at = {}, .offset = seconds(3)});
  const Duration step = At(round_trip_ * 16 / 10 + milliseconds(50) + Below(round_trip_));  // After the second.
  plan_.clocks.push_back({.of = Side::kClient, .client = kClient, .at = step, .offset = -milliseconds(500)});
  StayUntil(seconds(5));
}

// A server with a place for one session, while that lives.
void RareGenerator::FewPlaces() {
  if (plan_.server.network_key) return;  // Which would say nothing.
  TakeTransports(1);
  if (plan_.clients.size() == 1) {
    plan_.clients.push_back(plan_.clients[0]);
    for (PathRule rule : std::vector(plan_.paths)) {
      rule.client = 1;
      plan_.paths.push_back(rule);
    }
  }
  std::erase_if(plan_.faults, [](const Fault& f) { return f.kind == FaultKind::kMove; });
  plan_.server.sessions_max = 1;
  plan_.server.hold_max = std::min<Duration>(plan_.server.hold_max, seconds(100));
  plan_.clients[1].start = client().start + 4 * round_trip_ + Below(seconds(1));
  plan_.faults.push_back(Death(0, 3 * round_trip_ + Below(seconds(3))));
  StayUntil(seconds(4));
}

// A server whose memory is full before a session's buffers are, and a client with large records that come in parts.
void RareGenerator::LittleMemory() {
  if (carries_files_) return;
  TakeTransports(0);
  for (PathRule& rule : plan_.paths) {
    if (rule.client == kClient) rule.path.segments = Segments::kRandom;
  }
  plan_.server.memory_max = plan_.clients.size() * c_.Between(kTopic, 160, 320) << 10;
  for (Fault& fault : plan_.faults) fault.live = false;
  for (SessionOptions* each : {&options(), &plan_.server.session}) {
    each->replay_bytes_max = each->receive_window = 1 << 20;
    each->data_bytes_first = 1024;
    each->data_bytes_max = 65000;
  }
  for (Stream* stream : {&client().up, &client().down}) {
    stream->bytes = c_.Between(kTopic, 300, 900) << 10;
    stream->chunk = 1 << 16;
    stream->think = {};
    stream->consume_chunk = kAll;
    stream->consume_delay = std::min<Duration>(stream->consume_delay, seconds(1));
  }
}

// The server's session leaves each time its client has been answered, and takes along less than it was given; and maybe
// goes to a server that knows nothing of that answer.
void RareGenerator::MovesInMidResume() {
  TakeTransports(3);
  plan_.server.servers = c_.Between(kTopic, 1, 2);
  for (uint32_t transport = 0; transport < 3; ++transport) {
    plan_.faults.push_back(Death(transport, 3 * round_trip_ + Below(milliseconds(500))));
    Fault move = FaultOf(FaultKind::kMove);
    move.client = kClient;
    move.transport = transport + 1;
    move.age = round_trip_ * 6 / 10 + Below(round_trip_ * 8 / 10);
    move.lasting = Below(milliseconds(500));
    move.to = plan_.server.servers - 1;
    plan_.faults.push_back(move);
  }
  plan_.server.session.explicit_consume = true;
  for (ClientPlan& each : plan_.clients) {
    const uint64_t piece = std::min<uint64_t>(each.up.consume_chunk, plan_.server.session.receive_window);
    const auto pieces = static_cast<int64_t>(each.up.bytes / piece + 1);
    each.up.consume_delay = std::min<Duration>(Below(seconds(1)), seconds(30) / pieces);
  }
  StayUntil(seconds(3));
}

// Both applications give up before they can know of each other, once the client has come back.
void RareGenerator::AbortsCross() {
  TakeTransports(2);
  plan_.faults.push_back(Death(0, 3 * round_trip_));
  const Duration age = 8 * round_trip_ + seconds(1) + Below(seconds(1));
  StayUntil(age + 2 * round_trip_);
  std::erase_if(plan_.aborts, [](const Abort& a) { return a.client == kClient; });
  for (Side side : {Side::kClient, Side::kServer}) {
    plan_.aborts.push_back({.client = kClient,
                            .by = side,
                            .code = c_.LogUniform(kTopic, 0, 1 << 20),
                            .at = At(age + Below(round_trip_ / 2))});
  }
}

// A client gives up while the server's word that all is finished is on its way.
void RareGenerator::AbortMeetsFinish() {
  TakeTransports(2);
  plan_.faults.push_back(Death(0, 3 * round_trip_));
  options().ack_delay = {};
  for (Stream* stream : {&client().up, &client().down}) {
    stream->chunk = 1 << 16;
    stream->think = stream->start_delay = stream->finish_delay = {};
    stream->start = StartRule::kAtOnce;
    stream->finish = FinishRule::kWhenSent;
  }
  Stream& last = client().down;
  last.finish_delay = 8 * round_trip_ + seconds(2) + Below(seconds(1));
  // The server's session opens one and a half round trips after the transport, and its FIN is acknowledged one later.
  const Duration finished = round_trip_ * 5 / 2 + last.finish_delay;
  plan_.heal = std::max(plan_.heal, At(finished) + seconds(2));
  std::erase_if(plan_.aborts, [](const Abort& a) { return a.client == kClient; });
  plan_.aborts.push_back({.client = kClient, .at = At(finished + Below(round_trip_ / 2))});
}

}  // namespace

void DrawRare(Choices& choices, const GenerateOptions& options, Plan& plan) {
  if (options.profile == Profile::kSmall || !choices.Chance(kTopic, 1, 14)) return;
  const bool early_heal = plan.heal < seconds(5);
  for (uint32_t i = 0; i < plan.clients.size(); ++i) {
    if (early_heal || !MayEnter(plan, i) || IsRefused(plan, i)) return;
  }
  RareGenerator(choices, options.up_bytes || options.down_bytes, plan).Draw();
}

}  // namespace holdfast::sim
