#include "sim/generate_trouble.h"

#include <algorithm>
#include <utility>

namespace holdfast::sim {
namespace {

using std::chrono::duration_cast;
using std::chrono::milliseconds;

constexpr Topic kTopic = Topic::kTrouble;
constexpr Duration kMillisecond = milliseconds(1);

// What both generators draw with.
class Drawing {
 public:
  Drawing(Choices& choices, Plan& plan) : c_(choices), plan_(plan) {}

 protected:
  bool Chance(uint64_t numerator, uint64_t denominator) { return c_.Chance(kTopic, numerator, denominator); }
  bool Half() { return Chance(1, 2); }
  Duration Span(Duration min, Duration max) {  // Log-uniform, in whole milliseconds.
    return milliseconds(c_.LogUniform(kTopic, static_cast<uint64_t>(duration_cast<milliseconds>(min).count()),
                                      static_cast<uint64_t>(duration_cast<milliseconds>(max).count())));
  }
  // When a host or a link is gone, its peer may be told at once, later, or never.
  Duration DrawLearning() {
    const uint64_t how = c_.Below(kTopic, 4);
    return how < 2 ? Duration{} : how == 2 ? Span({}, milliseconds(5000)) : kNeverAfter;
  }

  // The server keeps nobody for long whom it has forgotten by the time that he comes.
  void ForgetSoon(Duration most) {
    Duration& hold = plan_.server.hold_max;
    Duration least = 3 * plan_.server.session.dead_transport;
    for (const ClientPlan& client : plan_.clients) {
      least = std::max<Duration>(least, 3 * client.settings.session.dead_transport);
    }
    hold = std::min(hold, std::max(least, most));
  }

  Fault DrawRestart(Duration at) {
    Fault fault = FaultOf(FaultKind::kRestart);
    fault.at = at;
    fault.lasting = Span({}, milliseconds(Half() ? 500 : 20000));
    fault.client_learns = DrawLearning();
    if (Chance(1, 4)) fault.keep_down = 0;
    if (Chance(3, 4)) fault.state = Saved::kKept;
    if (fault.state == Saved::kLost) ForgetSoon(Span(milliseconds(10000), milliseconds(300000)));
    return fault;
  }

  // Of all clients at once, so long after the start.
  Fault DrawBlow(Duration at) {
    const FaultKind kind =
        c_.Pick(kTopic, {FaultKind::kReset, FaultKind::kFin, FaultKind::kSilence, FaultKind::kStall});
    Fault fault = FaultOf(kind);
    fault.client = kEveryClient;
    fault.at = at;
    if (kind == FaultKind::kStall) {
      fault.lasting = Span(kMillisecond, milliseconds(20000));
      fault.both_directions = Half();
    } else if (kind != FaultKind::kSilence) {
      fault.client_learns = DrawLearning();
      fault.server_learns = DrawLearning();
    }
    if (IsDeath(kind) && Half()) (Half() ? fault.keep_up : fault.keep_down) = 0;
    return fault;
  }

  Fault DrawOutage(Duration at) {
    Fault fault = FaultOf(Half() ? FaultKind::kRefuse : FaultKind::kHang);
    fault.client = kEveryClient;
    fault.at = at;
    fault.lasting = Span(kMillisecond, milliseconds(20000));
    return fault;
  }

  Choices& c_;
  Plan& plan_;
};

// --- Beside other faults -------------------------------------------------------------------------------------------

class TroubleGenerator : private Drawing {
 public:
  TroubleGenerator(Choices& choices, const GenerateOptions& options, Duration round_trip_max, Plan& plan)
      : Drawing(choices, plan),
        small_(options.profile == Profile::kSmall),
        files_(options.up_bytes || options.down_bytes),
        round_trip_max_(round_trip_max) {}

  void Draw() {
    // Each of these is rare in small worlds, which are to be fast and to have few faults.
    const uint64_t rarely = small_ ? 8 : 1;
    if (!small_ && !files_ && Chance(1, 64)) DrawCrowd();
    if (Chance(1, 12 * rarely)) DrawSlowPeer();
    if (Chance(1, 10 * rarely)) DrawBurst();
    if (Chance(1, 12 * rarely)) AddFault(DrawOutage(DrawMoment()));
    if (Chance(1, 14 * rarely)) DrawRestarts();
    if (Chance(1, 12 * rarely)) DrawScarcity();
    if (plan_.server.network_key && !plan_.clocks.empty() && Half()) DrawSteps();
  }

 private:
  bool HasRoom() const { return !small_ || plan_.faults.size() < 3; }
  void AddFault(const Fault& fault) {
    if (HasRoom()) plan_.faults.push_back(fault);
  }

  // A time at which something is likely to be going on: often a few round trips after the start.
  Duration DrawMoment() {
    Duration moment = Span({}, milliseconds(10000));
    if (Half()) moment = round_trip_max_ * static_cast<int64_t>(c_.LogUniform(kTopic, 1, 640)) / 16;
    return std::min(moment, plan_.heal);
  }

  void DrawCrowd();
  void DrawSlowPeer();
  void DrawBurst();
  void DrawRestarts();
  void DrawScarcity();
  void DrawSteps();
  void StepClock(ClockRule rule, Duration begin, Duration end);

  const bool small_;
  const bool files_;
  const Duration round_trip_max_;
};

// Many more clients with little to say, who are set like one of those that are there.
void TroubleGenerator::DrawCrowd() {
  uint32_t model = 0;
  while (model < plan_.clients.size() && (!MayEnter(plan_, model) || IsRefused(plan_, model))) ++model;
  const bool narrow = plan_.server.sessions_max < ServerSettings{}.sessions_max || HasLittleMemory(plan_);
  if (model == plan_.clients.size() || narrow) return;
  ClientPlan one = plan_.clients[model];
  for (Stream* stream : {&one.up, &one.down}) {
    stream->bytes = c_.LogUniform(kTopic, 0, 2048);
    stream->chunk = std::max<uint64_t>(1, stream->bytes / c_.Between(kTopic, 1, 4));
  }
  const uint64_t size = c_.Between(kTopic, 8, 40);
  while (plan_.clients.size() < size) {
    one.start = Span({}, milliseconds(2000));
    if (Half()) one.source = static_cast<uint32_t>(c_.Below(kTopic, 3));
    const uint64_t alike = std::min(size - plan_.clients.size(), c_.Between(kTopic, 1, 16));
    const auto first = static_cast<uint32_t>(plan_.clients.size());
    plan_.clients.insert(plan_.clients.end(), alike, one);
    std::vector<ClockRule> clocks;
    for (const ClockRule& rule : plan_.clocks) {
      if (rule.of == Side::kClient && rule.client == model) clocks.push_back(rule);
    }
    for (uint32_t client = first; client < plan_.clients.size(); ++client) {
      for (ClockRule& rule : clocks) {
        rule.client = client;
        plan_.clocks.push_back(rule);
      }
    }
  }
  // Where nothing else is said, all have the way of that one.
  for (Direction direction : {Direction::kUp, Direction::kDown}) {
    const Path path = PathOf(plan_, model, 0, direction);
    plan_.paths.insert(plan_.paths.begin(), {.client = kEveryClient, .direction = direction, .path = path});
  }
}

// One client, or one direction, is far away and badly connected for ever; all others are near.
void TroubleGenerator::DrawSlowPeer() {
  const auto slow = static_cast<uint32_t>(c_.Below(kTopic, plan_.clients.size()));
  const uint64_t which = c_.Below(kTopic, 3);  // Up, down, or both.
  const Duration timeout = plan_.clients[slow].settings.attempt_timeout_first;
  Duration latency = Span(milliseconds(100), milliseconds(1500));
  latency = std::min({latency, timeout / 8, plan_.server.handshake_time / 8, plan_.server.candidate_time / 8});
  const bool narrow = Half();
  const uint64_t bandwidth = c_.LogUniform(kTopic, 2000, 100'000);
  for (PathRule& rule : plan_.paths) {
    if (rule.client == slow) continue;
    rule.path.latency = std::min<Duration>(rule.path.latency, milliseconds(5));
    rule.path.jitter = std::min(rule.path.jitter, rule.path.latency);
    rule.path.bandwidth = 0;
  }
  for (Direction direction : {Direction::kUp, Direction::kDown}) {
    if (which != 2 && which != static_cast<uint64_t>(direction)) continue;
    Path path = PathOf(plan_, slow, 0, direction);
    path.latency = std::max(path.latency, latency);
    if (narrow) path.bandwidth = bandwidth;
    plan_.paths.push_back({.client = slow, .direction = direction, .path = path});
  }
}

// Blow upon blow within a few round trips, before anybody has found his feet.
void TroubleGenerator::DrawBurst() {
  const uint64_t blows = c_.Between(kTopic, 2, 5);
  Duration at = DrawMoment();
  for (uint64_t i = 0; i < blows; ++i) {
    AddFault(DrawBlow(at));
    at += (round_trip_max_ + kMillisecond) * static_cast<int64_t>(c_.Between(kTopic, 1, 12)) / 4;
  }
  if (Chance(1, 4)) AddFault(DrawOutage(at));
}

// Mostly not before there is a session that survives it.
void TroubleGenerator::DrawRestarts() {
  Duration at = DrawMoment();
  if (Chance(3, 4)) at += 8 * round_trip_max_ + milliseconds(500);
  for (uint64_t restarts = Chance(1, 4) ? 2 : 1; restarts > 0; --restarts) {
    if (!HasRoom()) return;
    AddFault(DrawRestart(at));
    at += plan_.faults.back().lasting + DrawMoment();
  }
}

// A live session that finds no memory where it comes to would be lost, so a server that moves them has enough.
void TroubleGenerator::DrawScarcity() {
  const bool moves_live =
      std::ranges::any_of(plan_.faults, [](const Fault& f) { return f.kind == FaultKind::kMove && f.live; });
  const uint64_t who = moves_live ? 0 : c_.Below(kTopic, 3);  // Clients, the server, or both.
  for (Side side : {Side::kClient, Side::kServer}) {
    if (who != 2 && static_cast<uint64_t>(side) != who) continue;
    Fault fault = FaultOf(FaultKind::kScarce);
    fault.by = side;
    if (side == Side::kClient && plan_.clients.size() > 1) {
      fault.client = Half() ? kEveryClient : static_cast<uint32_t>(c_.Below(kTopic, plan_.clients.size()));
    }
    fault.at = DrawMoment();
    fault.lasting = Span(kMillisecond, milliseconds(20000));
    if (Half()) fault.largest = c_.LogUniform(kTopic, 512, 65536);
    AddFault(fault);
  }
}

// Each clock may be put wrong in mid-run, forwards or backwards, and right again before the network is good.
void TroubleGenerator::DrawSteps() {
  const std::vector<ClockRule> rules = plan_.clocks;
  for (const ClockRule& rule : rules) {
    const bool is_last = std::ranges::none_of(rules, [&rule](const ClockRule& other) {
      const bool later = other.at > rule.at || (other.at == rule.at && &other > &rule);
      return other.of == rule.of && other.client == rule.client && later;
    });
    if (!is_last || rule.at >= plan_.heal || !Half()) continue;
    const Duration latest = std::min<Duration>(plan_.heal, rule.at + milliseconds(30000));
    StepClock(rule, rule.at, latest);
  }
}

void TroubleGenerator::StepClock(ClockRule rule, Duration begin, Duration end) {
  const Duration right = rule.offset;
  const uint64_t steps = c_.Between(kTopic, 1, 3);
  for (uint64_t i = 0; i < steps; ++i) {
    if (end - begin < 4 * kMillisecond) return;
    const Duration wrong_at = begin + Span(kMillisecond, (end - begin) / 2);
    const Duration right_at = wrong_at + Span(kMillisecond, (end - wrong_at) / 2 + kMillisecond);
    Duration step = Span(kMillisecond, Half() ? Duration(plan_.server.clock_window) : std::chrono::hours(1));
    if (Half()) step = -step;
    rule.at = wrong_at;
    rule.offset = right + step;
    plan_.clocks.push_back(rule);
    rule.at = right_at;
    rule.offset = right;
    plan_.clocks.push_back(rule);
    begin = right_at;
  }
}

// --- Storms --------------------------------------------------------------------------------------------------------

class StormGenerator : private Drawing {
 public:
  StormGenerator(Choices& choices, const GenerateOptions& options, Plan& plan)
      : Drawing(choices, plan), options_(options) {}

  void Draw() {
    const Duration blow = Span(milliseconds(500), milliseconds(8000));
    DrawClients(blow);
    DrawServer();
    DrawPaths();
    if (!options_.without.Has(Feature::kCorrelated)) DrawTroubles(blow);
    Duration longest = blow;
    for (const Fault& fault : plan_.faults) longest = std::max(longest, fault.at + fault.lasting);
    plan_.heal = longest + Span(milliseconds(1000), milliseconds(60000));
    if (options_.without.Has(Feature::kHeal)) plan_.heal = kNeverAfter;
  }

 private:
  void DrawClients(Duration blow);
  ClientPlan DrawClient(Duration blow);
  void DrawServer();
  void DrawPaths();
  void DrawTroubles(Duration blow);

  const GenerateOptions& options_;
};

// A few kinds of clients, and many of each.
void StormGenerator::DrawClients(Duration blow) {
  const uint64_t size = c_.Between(kTopic, 500, 3000);
  const uint64_t kinds = c_.Between(kTopic, 1, 8);
  const uint64_t sources = c_.Between(kTopic, 1, kinds);
  for (uint64_t kind = 0; kind < kinds; ++kind) {
    ClientPlan client = DrawClient(blow);
    client.source = static_cast<uint32_t>(kind % sources);
    plan_.clients.insert(plan_.clients.end(), size / kinds, client);
  }
}

ClientPlan StormGenerator::DrawClient(Duration blow) {
  ClientPlan client;
  ClientSettings& settings = client.settings;
  if (Half()) settings.suite = Suite::kAesGcm;
  settings.static_key = Chance(1, 8);
  if (Half()) {
    settings.backoff_first = Span(milliseconds(20), milliseconds(1000));
    settings.backoff_max = settings.backoff_first + Span(milliseconds(1000), milliseconds(30000));
    settings.attempt_timeout_first = Span(milliseconds(2000), milliseconds(10000));
  }
  client.start = Span({}, milliseconds(1000));
  for (Direction direction : {Direction::kUp, Direction::kDown}) {
    Stream* stream = &client.stream(direction);
    const uint64_t most = (direction == Direction::kUp ? options_.up_bytes : options_.down_bytes).value_or(kAll);
    stream->bytes = std::min(c_.LogUniform(kTopic, 0, 600), most);
    stream->chunk = std::max<uint64_t>(1, stream->bytes / c_.Between(kTopic, 1, 3));
    // Most are there to be struck.
    stream->think = Span({}, blow);
    stream->finish_delay = Span({}, 2 * blow);
  }
  return client;
}

void StormGenerator::DrawServer() {
  const uint64_t clients = plan_.clients.size();
  ServerSettings& server = plan_.server;
  server.sessions_max = 2 * clients;
  server.handshakes_max = server.embryos_max = 2 * clients;
  server.handshakes_per_source_max = server.embryos_per_source_max = 2 * clients;
  // Or there is room for a part of them at a time.
  if (Half()) server.handshakes_max = c_.LogUniform(kTopic, clients / 16, clients);
  if (Chance(1, 4)) {
    server.embryos_max = c_.LogUniform(kTopic, clients / 8, clients);
    // Who is turned away when he has had message 2 asks for so long, and then gives up.
    server.embryo_time = Span(milliseconds(5000), milliseconds(30000));
  }
  if (Chance(1, 4)) server.handshakes_per_source_max = c_.LogUniform(kTopic, clients / 16, clients);
  if (Chance(1, 4)) server.sessions_max = clients + c_.Below(kTopic, clients);
}

void StormGenerator::DrawPaths() {
  for (Direction direction : {Direction::kUp, Direction::kDown}) {
    Path path;
    path.latency = Span(kMillisecond, milliseconds(150));
    if (Half()) path.jitter = Span({}, milliseconds(200));
    plan_.paths.push_back({.client = kEveryClient, .direction = direction, .path = path});
  }
}

void StormGenerator::DrawTroubles(Duration blow) {
  const uint64_t what = c_.Below(kTopic, 4);
  if (what != 0) plan_.faults.push_back(DrawRestart(blow));
  if (what == 0 || what == 3) {
    plan_.faults.push_back(DrawBlow(blow + Span({}, milliseconds(2000))));
    if (Half()) plan_.faults.push_back(DrawOutage(plan_.faults.back().at));
  }
}

}  // namespace

void DrawTrouble(Choices& choices, const GenerateOptions& options, Duration round_trip_max, Plan& plan) {
  TroubleGenerator(choices, options, round_trip_max, plan).Draw();
}

void DrawStorm(Choices& choices, const GenerateOptions& options, Plan& plan) {
  StormGenerator(choices, options, plan).Draw();
}

}  // namespace holdfast::sim
