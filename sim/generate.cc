#include "sim/generate.h"

#include <algorithm>
#include <array>

#include "sim/generate_adversary.h"
#include "sim/generate_protocol.h"
#include "sim/generate_rare.h"
#include "sim/generate_trouble.h"

namespace holdfast::sim {
namespace {

using std::chrono::duration_cast;
using std::chrono::microseconds;
using std::chrono::milliseconds;

constexpr uint64_t kMiB = 1 << 20;

// Bytes of a transport in each direction within which the handshakes, the first record and the answer to it lie.
constexpr uint64_t kHandshakeBytes = 300;
// Before these bytes of its first transport a new session is not known to both ends.
constexpr uint64_t kNewSessionBytesUp = 62;
constexpr uint64_t kNewSessionBytesDown = 114;

// Whole families of trouble, each of which a run may be spared.
struct Swarm {
  bool fin = false, reset = false, silence = false;            // Kinds of death; at least one.
  bool in_handshake = false, in_data = false, by_age = false;  // Places; at least one.
  bool learn_late = false, lose_bytes = false, late_bytes = false;
  bool stalls = false, dial_faults = false, probes = false;
  bool slow_paths = false, narrow_paths = false, segments = false, path_changes = false;
  bool small_buffers = false, early_timers = false, rekeys = false, small_records = false;
  bool short_hold = false, small_tables = false, aborts = false, pauses = false;
  bool vigil = false;     // A session that is kept waiting till long after the heal, with nothing to say.
  bool hopeless = false;  // Timers may be shorter than a round trip: nothing works before the heal.
  bool by_time = false;   // Whatever transport there is dies at a time.
};

class Generator {
 public:
  Generator(Choices& choices, const GenerateOptions& options, uint64_t seed) : c_(choices), options_(options) {
    plan_.seed = seed;
  }

  Plan Make() {
    if (options_.profile == Profile::kStorm) {
      DrawStorm(c_, options_, plan_);
      return std::move(plan_);
    }
    DrawSwarm();
    const bool may_be_relayed = !options_.guest && !small() && !Without(Feature::kSwarm);
    if (may_be_relayed && c_.Chance(Topic::kUse, 1, 16)) plan_.workload = Workload::kRelay;
    DrawWorkload();
    DrawPaths();
    if (options_.guest) return MakeForGuest();
    if (relayed()) return MakeForRelay();
    DrawOptions();
    for (uint32_t i = 0; i < plan_.clients.size(); ++i) DrawFaults(i);
    DrawAborts();
    if (small()) ShortenWaits();
    DrawHeal();
    DrawProtocol(c_, options_, RoundTripMax(), plan_);
    // Of byte cuts some of it is made, and some spares a run a family of trouble.
    if (!Without(Feature::kByteCuts) && !Without(Feature::kSwarm)) DrawRare(c_, options_, plan_);
    if (!Without(Feature::kCorrelated)) DrawTrouble(c_, options_, RoundTripMax(), plan_);
    if (!Without(Feature::kAdversary)) DrawAdversary(c_, options_.profile, RoundTripMax(), plan_);
    if (Without(Feature::kHeal)) plan_.heal = kNeverAfter;
    return std::move(plan_);
  }

 private:
  // What is anybody's: the applications and the network.
  Plan MakeForGuest() {
    if (options_.guest_survives) {
      DrawFaults(0);
    } else {
      for (uint64_t stalls = c_.Below(Topic::kFaults, 4); stalls > 0; --stalls) {
        plan_.faults.push_back(DrawStall(0, 0));
      }
    }
    DrawHeal();
    if (Without(Feature::kHeal)) plan_.heal = kNeverAfter;
    return std::move(plan_);
  }

  // What two applications and two relays are indifferent to: how a session is set, but for how long it is held.
  Plan MakeForRelay() {
    DrawSessionOptions(plan_.server.session);
    ClientSettings& settings = plan_.clients.front().settings;
    DrawSessionOptions(settings.session);
    if (Half(Topic::kOptions)) settings.suite = Suite::kAesGcm;
    return MakeForGuest();
  }

  bool relayed() const { return plan_.workload == Workload::kRelay; }
  bool Without(Feature feature) const { return options_.without.Has(feature); }
  bool small() const { return options_.profile == Profile::kSmall; }
  bool Half(Topic topic) { return c_.Chance(topic, 1, 2); }
  Duration Span(Topic topic, Duration min, Duration max) {  // Log-uniform, in whole microseconds.
    return microseconds(c_.LogUniform(topic, static_cast<uint64_t>(duration_cast<microseconds>(min).count()),
                                      static_cast<uint64_t>(duration_cast<microseconds>(max).count())));
  }
  // In whole milliseconds, as the wire has the times that both ends must know.
  Duration WireSpan(Topic topic, Duration min, Duration max) {
    return milliseconds(c_.LogUniform(topic, static_cast<uint64_t>(duration_cast<milliseconds>(min).count()),
                                      static_cast<uint64_t>(duration_cast<milliseconds>(max).count())));
  }
  uint64_t BytesMax() const;
  // What a buffer or a piece must hold at least, so that no stream needs more of them than a run has time for.
  uint64_t Least() const { return BytesMax() / (small() ? 6 : 512) + 1; }
  Duration RoundTripMax() const;

  Duration ShortestPing() const;
  void ShortenWaits();

  void DrawSwarm();
  void SpareNothing();
  std::array<uint64_t, 3> Weights(std::array<uint64_t, 3> weights) const;
  void DrawWorkload();
  void DrawStream(Stream& stream, uint64_t bytes_max, std::optional<uint64_t> bytes);
  void DrawOptions();
  void DrawSessionOptions(SessionOptions& options);
  void DrawPaths();
  Path DrawPath();
  void DrawFaults(uint32_t client);
  Fault DrawDeath(uint32_t client, uint32_t transport, bool must_know_session);
  Fault DrawDialFault(uint32_t client, uint32_t dials);
  Fault DrawStall(uint32_t client, uint32_t transport);
  void DrawPlace(Fault& fault, bool must_know_session);
  Duration DrawMoment(Duration max);
  void DrawAborts();
  void DrawHeal();

  Choices& c_;
  GenerateOptions options_;
  Swarm swarm_;
  Plan plan_;
};

void Generator::DrawSwarm() {
  constexpr Topic kTopic = Topic::kSwarm;
  for (bool Swarm::* family : {&Swarm::fin, &Swarm::reset, &Swarm::silence, &Swarm::in_handshake, &Swarm::in_data,
                               &Swarm::by_age, &Swarm::learn_late, &Swarm::lose_bytes, &Swarm::late_bytes,
                               &Swarm::stalls, &Swarm::dial_faults, &Swarm::slow_paths, &Swarm::narrow_paths,
                               &Swarm::segments, &Swarm::small_buffers, &Swarm::small_records, &Swarm::pauses}) {
    swarm_.*family = Half(kTopic);
  }
  for (bool Swarm::* family : {&Swarm::probes, &Swarm::path_changes, &Swarm::early_timers, &Swarm::rekeys}) {
    swarm_.*family = c_.Chance(kTopic, 1, 3);
  }
  swarm_.short_hold = c_.Chance(kTopic, 1, 20);
  swarm_.small_tables = c_.Chance(kTopic, 1, 8);
  swarm_.aborts = c_.Chance(kTopic, 1, 32);
  swarm_.vigil = c_.Chance(kTopic, 1, 16);
  swarm_.hopeless = c_.Chance(kTopic, 1, 32);
  if (!swarm_.fin && !swarm_.reset && !swarm_.silence) swarm_.reset = true;
  if (!swarm_.in_handshake && !swarm_.in_data && !swarm_.by_age) swarm_.in_data = true;
  plan_.spurious_ticks = c_.Chance(kTopic, 1, 4);
  swarm_.by_time = !small() && c_.Chance(Topic::kProtocol, 1, 8);
  if (Without(Feature::kSwarm)) SpareNothing();
}

// All that a run may be spared at once. Rare modes stay rare: with them all, no session would ever come about.
void Generator::SpareNothing() {
  for (bool Swarm::* family :
       {&Swarm::fin,          &Swarm::reset,         &Swarm::silence,       &Swarm::in_handshake, &Swarm::in_data,
        &Swarm::by_age,       &Swarm::learn_late,    &Swarm::lose_bytes,    &Swarm::late_bytes,   &Swarm::stalls,
        &Swarm::dial_faults,  &Swarm::probes,        &Swarm::slow_paths,    &Swarm::narrow_paths, &Swarm::segments,
        &Swarm::path_changes, &Swarm::small_buffers, &Swarm::small_records, &Swarm::early_timers, &Swarm::rekeys,
        &Swarm::pauses}) {
    swarm_.*family = true;
  }
  swarm_.by_time = !small();
}

std::array<uint64_t, 3> Generator::Weights(std::array<uint64_t, 3> weights) const {
  if (Without(Feature::kSwarm)) weights.fill(1);
  return weights;
}

// --- Workload ------------------------------------------------------------------------------------------------------

void Generator::DrawWorkload() {
  constexpr Topic kTopic = Topic::kWorkload;
  size_t clients = 1;
  if (!small() && !options_.guest && !relayed() && c_.Chance(kTopic, 1, 6)) clients = 1 + c_.Between(kTopic, 1, 3);
  plan_.clients.resize(clients);
  const uint64_t bytes_max = std::min(options_.guest_stream_bytes_max, small()       ? 2048
                                                                       : clients > 1 ? kMiB / 4
                                                                                     : 4 * kMiB);
  for (ClientPlan& client : plan_.clients) {
    DrawStream(client.up, bytes_max, options_.up_bytes);
    DrawStream(client.down, bytes_max, options_.down_bytes);
    if (clients > 1) client.start = Span(kTopic, {}, milliseconds(100));
    // One of the two may wait for the other, to begin or to finish.
    const uint64_t order = c_.Below(kTopic, 8);
    if (order == 1) client.up.start = StartRule::kAfterPeer;  // The server speaks first.
    if (order == 2) client.down.start = StartRule::kAfterPeer;
    if (order == 3) client.up.finish = FinishRule::kAfterPeer;
    if (order == 4) client.down.finish = FinishRule::kAfterPeer;
  }
}

void Generator::DrawStream(Stream& stream, uint64_t bytes_max, std::optional<uint64_t> bytes) {
  constexpr Topic kTopic = Topic::kWorkload;
  stream.bytes = bytes ? *bytes : c_.LogUniform(kTopic, 0, bytes_max);
  stream.chunk = std::max<uint64_t>(c_.LogUniform(kTopic, 1, 65536), stream.bytes / (small() ? 4 : 256) + 1);
  if (!swarm_.pauses) return;
  // No pause sums up to more than half a minute.
  const uint64_t chunks = stream.bytes / stream.chunk + 1;
  if (c_.Chance(kTopic, 3, 4)) {
    stream.think = std::min<Duration>(Span(kTopic, {}, milliseconds(200)),
                                      Duration(milliseconds(30000)) / static_cast<int64_t>(chunks));
  }
  if (Half(kTopic)) stream.start_delay = Span(kTopic, {}, milliseconds(1000));
  if (Half(kTopic)) stream.finish_delay = Span(kTopic, {}, milliseconds(20000));
}

uint64_t Generator::BytesMax() const {
  uint64_t bytes = 0;
  for (const ClientPlan& client : plan_.clients) {
    bytes = std::max({bytes, client.up.bytes, client.down.bytes});
  }
  return bytes;
}

// --- Options -------------------------------------------------------------------------------------------------------

// Of any transport, there and back, with its jitter, and for a slow one the time that the bytes themselves take.
Duration Generator::RoundTripMax() const {
  Duration longest = {};
  for (const PathRule& rule : plan_.paths) {
    Duration one_way = rule.path.latency + rule.path.jitter + rule.path.window;
    if (rule.path.bandwidth != 0) {
      const uint64_t bytes = kHandshakeBytes + Least();
      one_way += microseconds(bytes * 1'000'000 / rule.path.bandwidth);
    }
    longest = std::max(longest, one_way);
  }
  return 2 * longest;
}

void Generator::DrawOptions() {
  constexpr Topic kTopic = Topic::kOptions;
  const Duration soon = swarm_.hopeless ? Duration{} : 4 * RoundTripMax();
  const uint64_t interval = swarm_.rekeys ? c_.LogUniform(kTopic, 1, 64) : limits::kRekeyIntervalRecords;
  DrawSessionOptions(plan_.server.session);
  plan_.server.session.rekey_interval = interval;
  Duration dead_max = plan_.server.session.dead_transport;
  for (ClientPlan& client : plan_.clients) {
    ClientSettings& s = client.settings;
    DrawSessionOptions(s.session);
    s.session.rekey_interval = interval;
    dead_max = std::max(dead_max, s.session.dead_transport);
    if (Half(kTopic)) s.suite = Suite::kAesGcm;
    if (swarm_.early_timers) {
      s.attempt_timeout_first = soon + WireSpan(kTopic, milliseconds(50), milliseconds(10000));
      s.attempt_timeout_max = s.attempt_timeout_first + WireSpan(kTopic, milliseconds(0), milliseconds(80000));
      s.backoff_first = WireSpan(kTopic, milliseconds(1), milliseconds(1000));
      s.backoff_max = s.backoff_first + WireSpan(kTopic, milliseconds(200), milliseconds(30000));
    }
  }
  if (swarm_.early_timers) {
    plan_.server.handshake_time = soon + WireSpan(kTopic, milliseconds(200), milliseconds(60000));
    plan_.server.candidate_time = soon + WireSpan(kTopic, milliseconds(200), milliseconds(120000));
    plan_.server.embryo_time = soon + WireSpan(kTopic, milliseconds(500), milliseconds(300000));
    // Mostly long enough for a second try.
    if (!c_.Chance(kTopic, 1, 16)) plan_.server.embryo_time += 3 * dead_max + milliseconds(30000);
  }
  if (swarm_.small_tables) {
    plan_.server.handshakes_max = c_.Between(kTopic, 1, 4);
    plan_.server.embryos_max = c_.Between(kTopic, 1, 4);
  }
  for (ClientPlan& client : plan_.clients) {
    // At least so long that a healthy transport with nothing to say keeps the session alive; mostly also so long that
    // the death of a transport is noticed in time.
    Duration hold_min = 3 * dead_max;
    if (swarm_.short_hold && c_.Chance(kTopic, 1, 6)) hold_min = std::max<Duration>(soon, milliseconds(100));
    Duration& hold = client.settings.hold;
    hold = hold_min + (swarm_.short_hold ? WireSpan(kTopic, milliseconds(1), milliseconds(60000))
                                         : WireSpan(kTopic, milliseconds(600000), milliseconds(86400000)));
    if (swarm_.short_hold && Half(kTopic)) plan_.server.hold_max = hold;
  }
}

void Generator::DrawSessionOptions(SessionOptions& options) {
  constexpr Topic kTopic = Topic::kOptions;
  const uint64_t least = Least();
  if (swarm_.small_buffers) {
    options.replay_bytes_max = std::max(least, c_.LogUniform(kTopic, 1, kMiB));
    options.receive_window = std::max(least, c_.LogUniform(kTopic, 1, kMiB));
    options.ack_bytes_max = c_.LogUniform(kTopic, 1, 65536);
  }
  if (swarm_.small_records) {
    options.data_bytes_max = std::min<uint64_t>(65000, std::max(least, c_.LogUniform(kTopic, 1, 65000)));
    options.data_bytes_first = std::min(options.data_bytes_max, std::max(least, c_.LogUniform(kTopic, 1, 4096)));
  }
  if (Half(kTopic)) options.ack_delay = Span(kTopic, {}, milliseconds(200));
  if (swarm_.early_timers) {
    const Duration soon = swarm_.hopeless ? Duration{} : 4 * RoundTripMax();
    options.dead_transport = soon + WireSpan(kTopic, milliseconds(100), milliseconds(45000));
    // A dead transport is spoken to until it is given up: not for thousands of times.
    options.ping_idle = WireSpan(kTopic, std::max<Duration>(milliseconds(20), options.dead_transport / 24),
                                 options.dead_transport * 3 / 4);
    options.linger = WireSpan(kTopic, milliseconds(10), milliseconds(10000));
  }
}

// --- Network -------------------------------------------------------------------------------------------------------

void Generator::DrawPaths() {
  constexpr Topic kTopic = Topic::kPaths;
  for (uint32_t client = 0; client < plan_.clients.size(); ++client) {
    for (Direction d : {Direction::kUp, Direction::kDown}) {
      plan_.paths.push_back({.client = client, .direction = d, .path = DrawPath()});
    }
    if (!swarm_.path_changes) continue;
    for (uint64_t changes = c_.Between(kTopic, 1, 3); changes > 0; --changes) {
      plan_.paths.push_back({.client = client,
                             .direction = Half(kTopic) ? Direction::kUp : Direction::kDown,
                             .transport = static_cast<uint32_t>(c_.Below(kTopic, 6)),
                             .path = DrawPath()});
    }
  }
}

Path Generator::DrawPath() {
  constexpr Topic kTopic = Topic::kPaths;
  Path path;
  const uint64_t least = Least();
  path.latency = Span(kTopic, milliseconds(0), swarm_.slow_paths ? milliseconds(600) : milliseconds(30));
  if (Half(kTopic)) path.jitter = Span(kTopic, {}, path.latency + milliseconds(1));
  if (swarm_.narrow_paths && Half(kTopic)) {
    path.bandwidth = std::max(least * 4, c_.LogUniform(kTopic, 500, 100 * kMiB));
  }
  if (swarm_.narrow_paths && Half(kTopic)) {
    path.capacity = std::max(least, c_.LogUniform(kTopic, 1, kMiB));
  }
  if (swarm_.segments) {
    const std::array<uint64_t, 4> weights = {4, 12, small() ? 1U : 8U, 8};
    path.segments = static_cast<Segments>(c_.Weighted(kTopic, weights));
  }
  if (path.segments == Segments::kRandom) {
    path.segment_bytes = std::max(small() ? 48 : least, c_.LogUniform(kTopic, 1, 65536));
  }
  if (path.segments == Segments::kCoalesced) {
    path.window = Span(kTopic, microseconds(1), milliseconds(100));
  }
  return path;
}

// --- Faults --------------------------------------------------------------------------------------------------------

// One transport after the other dies; the first that both ends know always does, and mostly more.
void Generator::DrawFaults(uint32_t client) {
  constexpr Topic kTopic = Topic::kFaults;
  const uint64_t faults = small() ? 3 : 3 + c_.LogUniform(kTopic, 0, 12);
  uint64_t deaths = small() ? c_.Between(kTopic, 2, 3) : std::max<uint64_t>(2, faults * 2 / 3);
  if (c_.Chance(kTopic, 1, 24)) deaths = 1;
  uint32_t transport = 0;
  bool known = false;  // Whether both ends know the session by now.
  for (; deaths > 0; --deaths, ++transport) {
    const bool in_new = !known && deaths > 2 && swarm_.in_handshake && c_.Chance(kTopic, 1, 3);
    plan_.faults.push_back(DrawDeath(client, transport, !known && !in_new));
    known = known || !in_new;
  }
  for (uint64_t others = faults - std::min<uint64_t>(faults, transport); others > 0; --others) {
    const std::array<uint64_t, 4> weights = {swarm_.stalls ? 2U : 0U, swarm_.dial_faults ? 2U : 0U,
                                             swarm_.probes ? 2U : 0U, 1U};
    const size_t what = c_.Weighted(kTopic, weights);
    const auto which = static_cast<uint32_t>(c_.Below(kTopic, transport + 1));
    if (what == 0) plan_.faults.push_back(DrawStall(client, which));
    if (what == 1) plan_.faults.push_back(DrawDialFault(client, transport + 2));
    if (what == 2) {
      Fault fault = FaultOf(FaultKind::kProbe);
      fault.client = client;
      fault.transport = which;
      fault.age = DrawMoment(milliseconds(2000));
      plan_.faults.push_back(fault);
    }
  }
  if (swarm_.by_time) {
    Fault fault = DrawDeath(client, 0, false);
    fault.byte = kAll;
    fault.age = kNeverAfter;
    fault.at = DrawMoment(milliseconds(10000));
    plan_.faults.push_back(fault);
  }
}

Fault Generator::DrawDeath(uint32_t client, uint32_t transport, bool must_know_session) {
  constexpr Topic kTopic = Topic::kFaults;
  const auto weights = Weights({swarm_.fin ? 2U : 0U, swarm_.reset ? 3U : 0U, swarm_.silence ? 1U : 0U});
  Fault fault = FaultOf(static_cast<FaultKind>(c_.Weighted(kTopic, weights)));
  fault.client = client;
  fault.transport = transport;
  DrawPlace(fault, must_know_session);
  if (fault.kind != FaultKind::kSilence && swarm_.learn_late) {
    for (Duration* learns : {&fault.client_learns, &fault.server_learns}) {
      const uint64_t how = c_.Below(kTopic, 5);
      if (how >= 2) *learns = Span(kTopic, {}, milliseconds(5000));
      if (how == 4) *learns = kNeverAfter;
    }
  }
  if (swarm_.lose_bytes) {
    for (uint64_t* keep : {&fault.keep_up, &fault.keep_down}) {
      const uint64_t how = c_.Below(kTopic, 4);
      if (how == 2) *keep = 0;
      if (how == 3) *keep = c_.LogUniform(kTopic, 1, 4096);
    }
  }
  if (swarm_.late_bytes && Half(kTopic)) {
    fault.late = DrawMoment(milliseconds(3000));
    // Late bytes of an old transport are worth most where the server still takes them.
    if (fault.kind != FaultKind::kSilence && Half(kTopic)) fault.server_learns = kNeverAfter;
  }
  return fault;
}

// A time at which something is likely to be going on: often a few round trips.
Duration Generator::DrawMoment(Duration max) {
  constexpr Topic kTopic = Topic::kFaults;
  if (Half(kTopic)) return Span(kTopic, {}, max);
  return RoundTripMax() * static_cast<int64_t>(c_.LogUniform(kTopic, 1, 640)) / 16;
}

void Generator::DrawPlace(Fault& fault, bool must_know_session) {
  constexpr Topic kTopic = Topic::kFaults;
  const auto weights = Weights({swarm_.in_handshake ? 2U : 0U, swarm_.in_data ? 2U : 0U, swarm_.by_age ? 1U : 0U});
  if (Without(Feature::kByteCuts)) {
    fault.direction = Half(kTopic) ? Direction::kUp : Direction::kDown;
    fault.age = DrawMoment(milliseconds(5000));
    return;
  }
  const size_t place = c_.Weighted(kTopic, weights);
  fault.direction = Half(kTopic) ? Direction::kUp : Direction::kDown;
  const bool up = fault.direction == Direction::kUp;
  const uint64_t known_at = up ? kNewSessionBytesUp : kNewSessionBytesDown;
  const Stream& stream = plan_.clients[fault.client].stream(fault.direction);
  if (place == 2 && !must_know_session) {
    fault.age = DrawMoment(milliseconds(5000));
  } else if (place == 0 && !must_know_session) {
    // Half of them where a resume is being set up, the rest a little further.
    const uint64_t most = Half(kTopic) ? kHandshakeBytes : kNewSessionBytesDown + 20;
    fault.byte = c_.Below(kTopic, most);
  } else if (place == 1 && stream.bytes > 0) {
    fault.byte = known_at + c_.LogUniform(kTopic, 1, stream.bytes + 40);
  } else {  // In the first record after message 2, or soon after.
    fault.byte = known_at + c_.Between(kTopic, 1, 24);
  }
}

Fault Generator::DrawDialFault(uint32_t client, uint32_t dials) {
  constexpr Topic kTopic = Topic::kFaults;
  Fault fault = FaultOf(c_.Pick(kTopic, {FaultKind::kRefuse, FaultKind::kHang, FaultKind::kGhost, FaultKind::kSlow}));
  fault.client = client;
  fault.dial = static_cast<uint32_t>(c_.Below(kTopic, dials));
  if (fault.kind == FaultKind::kSlow) {
    fault.lasting = Span(kTopic, milliseconds(1), milliseconds(20000));
  }
  return fault;
}

Fault Generator::DrawStall(uint32_t client, uint32_t transport) {
  constexpr Topic kTopic = Topic::kFaults;
  Fault fault = FaultOf(FaultKind::kStall);
  fault.client = client;
  fault.transport = transport;
  DrawPlace(fault, false);
  fault.lasting = Span(kTopic, milliseconds(1), milliseconds(60000));
  fault.both_directions = Half(kTopic);
  return fault;
}

void Generator::DrawAborts() {
  constexpr Topic kTopic = Topic::kWorkload;
  if (!swarm_.aborts) return;
  for (uint32_t i = 0; i < plan_.clients.size(); ++i) {
    const uint64_t who = c_.Below(kTopic, 3);  // The client, the server, or both.
    for (Side side : {Side::kClient, Side::kServer}) {
      if (who != 2 && static_cast<uint64_t>(side) != who) continue;
      Abort abort = {.client = i, .by = side, .code = c_.LogUniform(kTopic, 0, 1 << 20)};
      const Stream& sends = plan_.clients[i].stream(DirectionFrom(side));
      const Stream& hears = plan_.clients[i].stream(Opposite(DirectionFrom(side)));
      constexpr std::array<uint64_t, 3> kWeights = {2, 1, 3};
      const size_t when = c_.Weighted(kTopic, kWeights);
      if (when == 0) abort.delivered = c_.Between(kTopic, hears.bytes / 2, hears.bytes);
      if (when == 1) abort.sent = c_.Between(kTopic, 0, sends.bytes);
      if (when == 2) abort.at = Span(kTopic, milliseconds(500), milliseconds(60000));
      plan_.aborts.push_back(abort);
    }
  }
}

// Late enough for every fault to strike, but not for every bad path to be waited for.
Duration Generator::ShortestPing() const {
  Duration ping = plan_.server.session.ping_idle;
  for (const ClientPlan& client : plan_.clients) {
    ping = std::min({ping, client.settings.session.ping_idle, client.settings.hold / 3});  // As clients do.
  }
  return ping;
}

// An application that waits costs pings, and after a few of them the next shows nothing new.
void Generator::ShortenWaits() {
  const Duration most = 4 * ShortestPing();
  for (ClientPlan& client : plan_.clients) {
    for (Stream* stream : {&client.up, &client.down}) {
      stream->start_delay = std::min(stream->start_delay, most);
      stream->finish_delay = std::min(stream->finish_delay, most);
    }
  }
}

void Generator::DrawHeal() {
  Duration longest = {};
  for (const ClientPlan& client : plan_.clients) {
    longest = std::max(longest, client.settings.session.dead_transport + client.settings.attempt_timeout_first);
  }
  longest = std::max(longest, plan_.server.session.dead_transport);
  const auto rounds = static_cast<int64_t>(c_.Between(Topic::kFaults, 2, 4 + plan_.faults.size()));
  plan_.heal = milliseconds(5000) + longest * rounds;
  // Now and then so early that much is still to be done on the good network.
  if (c_.Chance(Topic::kFaults, 1, 96)) {
    plan_.heal = Span(Topic::kFaults, milliseconds(1), milliseconds(2000));
  }
  if (!swarm_.vigil) return;
  plan_.heal = std::min<Duration>(plan_.heal, milliseconds(2000) + 40 * RoundTripMax());
  const Duration ping = ShortestPing();
  for (ClientPlan& client : plan_.clients) {
    Stream& stream = client.stream(Half(Topic::kFaults) ? Direction::kUp : Direction::kDown);
    stream.finish_delay = plan_.heal + std::min<Duration>(4 * longest, 16 * ping);
  }
}

}  // namespace

Plan Generate(Choices& choices, const GenerateOptions& options, uint64_t seed) {
  return Generator(choices, options, seed).Make();
}

std::string_view NameOf(Profile profile) {
  constexpr std::array<std::string_view, kProfiles> kNames = {"default", "small", "storm"};
  return kNames[static_cast<size_t>(profile)];
}

std::optional<Profile> ProfileNamed(std::string_view name) {
  for (Profile profile : {Profile::kDefault, Profile::kSmall, Profile::kStorm}) {
    if (name == NameOf(profile)) return profile;
  }
  return std::nullopt;
}

}  // namespace holdfast::sim
