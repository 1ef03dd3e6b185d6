#include "sim/world.h"

#include <fmt/format.h>

#include "core/base/check.h"

namespace holdfast::sim {

void World::Start(const Plan& plan, const Protocol& of_all_plans, const WorldOptions& options) {
  options_ = options;
  const Protocol& protocol = of_all_plans.For(plan);
  protocol_ = &protocol;
  stage_.plan = plan;
  stage_.traits = protocol.traits();
  stage_.content = options.content != nullptr ? *options.content : Content(plan.seed);
  stage_.now = kStart;
  stage_.healed = false;
  stage_.settled_at = kStart;
  stage_.schedule.Reset();
  stage_.trace.Reset(options.keep_trace);
  stage_.counters = {};
  stage_.generations = 0;
  stage_.oracles.Reset(plan);
  stage_.watches_marks = options.watch_marks && protocol.traits().is_holdfast;
  if (stage_.watches_marks) stage_.marks.Reset(plan);
  stage_.judge.Reset(protocol.traits().is_holdfast);
  stage_.witness.Reset(plan);
  steps_ = 0;
  done_ = all_ended_ = false;
  healed_at_ = kNever;
  ended_at_ = kStart;

  stage_.Emit(Actor::Network(), trace::Start{.seed = plan.seed, .clients = plan.clients.size()});
  network_.Reset(stage_);
  server_.Reset(stage_, Actor::Server(), protocol.MakeServer(plan));
  clients_.resize(plan.clients.size());
  for (uint32_t i = 0; i < plan.clocks.size(); ++i) stage_.ScheduleIn(plan.clocks[i].at, Happening::kClock, i);
  for (uint32_t i = 0; i < clients_.size(); ++i) {
    clients_[i].Reset(stage_, Actor::Client(i), protocol.MakeClient(plan, i));
    stage_.ScheduleIn(plan.clients[i].start, Happening::kBegin, i);
  }
}

bool World::Step() {
  if (done_) return false;
  if (stage_.schedule.empty()) return Finish();
  if (++steps_ > options_.steps_max) {
    if (stage_.plan.heal == kNeverAfter) {
      BreakOff();
      return false;
    }
    stage_.judge.Fail("liveness", fmt::format("{} steps are not enough", options_.steps_max));
  } else {
    const Scheduled next = stage_.schedule.Take();
    stage_.now = next.time;
    if (stage_.healed) {
      stage_.oracles.liveness.Check(stage_.SceneOf(Actor::Network()), true);
      stage_.oracles.served.Check(stage_.SceneOf(Actor::Network()));
    }
    if (!stage_.judge.failed()) Happen(next);
    NoteEnd();
  }
  done_ = done_ || stage_.judge.failed();
  if (done_) stage_.counters.handshake_cuts = network_.HandshakeCuts();
  return !done_;
}

void World::RunUntil(Time time) {
  while (!done_ && stage_.schedule.next_time() <= time && Step()) continue;
}

void World::Happen(const Scheduled& next) {
  switch (next.what()) {
    case Happening::kBegin:
      return clients_[next.a].Begin(stage_, network_);
    case Happening::kClientTimer:
      return clients_[next.a].OnTimer(stage_, network_);
    case Happening::kServerTimer:
      return server_.OnTimer(stage_, network_);
    case Happening::kClientApp:
      return clients_[next.a].OnApplication(stage_, network_, 0);
    case Happening::kServerApp:
      return server_.OnApplication(stage_, network_, next.a);
    case Happening::kDial:
      return clients_[next.a].OnDial(stage_, network_, next.b);
    case Happening::kConnect:
      return HostAt(next.a, Side::kClient).OnConnect(stage_, network_, next.a);
    case Happening::kAccept:
      return server_.OnAccept(stage_, network_, next.a);
    case Happening::kArrive:
      return Arrive(next.a, static_cast<Direction>(next.b));
    case Happening::kWritable: {
      const Side writer = SenderOf(static_cast<Direction>(next.b));
      return HostAt(next.a, writer).OnWritable(stage_, network_, next.a);
    }
    case Happening::kLearn:
      return Learn(next.a, static_cast<Side>(next.b));
    case Happening::kVerdict:
      return (next.a == Actor::kServer ? server_ : clients_[next.a]).OnVerdict(stage_, network_, next.b);
    case Happening::kImport:
      return server_.OnImport(stage_, network_, next.a);
    case Happening::kClock:
      return SetClock(stage_.plan.clocks[next.a]);
    case Happening::kFault:
      return StrikeFault(next.a, next.b);
    case Happening::kHeal:
      return Heal();
    case Happening::kAdversary:
      return network_.Speak(stage_, next.a);
    case Happening::kUp:
      network_.ServerIsUp();
      return server_.ComeUp(stage_, network_, protocol_->MakeServer(stage_.plan));
    case Happening::kPlenty:
      return (next.a == Actor::kServer ? server_ : clients_[next.a]).OnPlenty(stage_);
    case Happening::kStop:
      return BreakOff();
  }
}

void World::Arrive(uint32_t link, Direction direction) {
  const Side reader = SenderOf(Opposite(direction));
  Host& host = HostAt(link, reader);
  if (reader == Side::kServer && network_.link(link).end(reader).state == EndState::kAwaited) {
    server_.OnAccept(stage_, network_, link);  // Nothing comes over a transport before it is there.
  }
  const ByteSpan bytes = network_.Arriving(stage_, link, direction);
  if (!bytes.empty()) {
    if (network_.IsHeardByImpostor(link, direction)) network_.Overhear(stage_, link, bytes);
    host.OnBytes(stage_, network_, link, bytes);
    network_.Arrived(stage_, link, direction);
  }
  if (network_.SeesEnd(stage_, link, reader)) host.OnGone(stage_, network_, link);
}

void World::Learn(uint32_t link, Side side) {
  if (network_.Learns(link, side)) HostAt(link, side).OnGone(stage_, network_, link);
}

void World::StrikeFault(uint32_t index, uint32_t link) {
  const Fault& fault = stage_.plan.faults[index];
  if (stage_.healed) return;
  if (fault.kind == FaultKind::kRestart) return TakeServerDown(index);
  if (fault.kind == FaultKind::kScarce && fault.by == Side::kServer) {
    return server_.FindLittleMemory(stage_, network_, index);
  }
  const bool of_link = link != kNoLink;
  const bool all = !of_link && fault.client == kEveryClient;
  const uint32_t first = of_link ? network_.link(link).client() : all ? 0 : fault.client;
  const auto end = all ? static_cast<uint32_t>(clients_.size()) : first + 1;
  for (uint32_t client = first; client < end && !stage_.judge.failed(); ++client) {
    if (IsOfHost(stage_.plan.faults[index].kind)) {
      StrikeHost(index, client);
    } else {
      network_.Strike(stage_, index, client, link);
    }
  }
}

void World::StrikeHost(uint32_t index, uint32_t client) {
  const FaultKind kind = stage_.plan.faults[index].kind;
  if (kind == FaultKind::kMove) return server_.Move(stage_, network_, index, client);
  if (kind == FaultKind::kScarce) return clients_[client].FindLittleMemory(stage_, network_, index);
  uint32_t dial = 0;
  if (clients_[client].Probe(stage_, network_, dial)) network_.CountFault(stage_, index, client, dial);
}

// It is up again when the network is made good.
void World::TakeServerDown(uint32_t index) {
  if (server_.down()) return;
  const Time back = After(stage_.now, stage_.plan.faults[index].lasting);
  const Time up_at = std::max(stage_.now, std::min(back, After(kStart, stage_.plan.heal) - Duration(1)));
  server_.GoDown(stage_, network_, index, up_at);
  stage_.schedule.Add(up_at, Happening::kUp);
}

void World::SetClock(const ClockRule& rule) {
  if (rule.of == Side::kServer) return server_.OnClock(stage_, network_, rule.offset);
  for (uint32_t i = 0; i < clients_.size(); ++i) {
    if (IsOf(rule.client, i)) clients_[i].OnClock(stage_, network_, rule.offset);
  }
}

void World::Heal() {
  if (stage_.healed) return;
  network_.Heal(stage_);
  healed_at_ = stage_.now;
  std::vector<bool> held(clients_.size());
  for (const Application& application : server_.applications()) {
    if (server_.Knows(application)) held[application.client()] = true;
  }
  for (uint32_t i = 0; i < clients_.size(); ++i) {
    stage_.Emit(Actor::Server(), trace::Holds{.client = i, .holds = held[i]});
  }
}

// What is left then is nobody's fault: the network never became good.
void World::BreakOff() {
  if (stage_.schedule.empty()) {  // It had come to its end long ago.
    Finish();
    return;
  }
  stage_.counters.handshake_cuts = network_.HandshakeCuts();
  done_ = true;
}

// The last end: from here on the world only waits until every time has run out.
void World::NoteEnd() {
  const bool ended = stage_.oracles.liveness.AllEnded();
  if (ended == all_ended_) return;
  all_ended_ = ended;
  if (!ended) return;
  ended_at_ = stage_.now;
  const Duration since_heal = stage_.healed ? stage_.now - healed_at_ : Duration{};
  stage_.Emit(Actor::Network(), trace::AllEnded{.since_heal_ns = static_cast<uint64_t>(since_heal.count())});
}

bool World::Finish() {
  stage_.oracles.liveness.Check(stage_.SceneOf(Actor::Network()), false);
  if (!stage_.judge.failed()) {
    stage_.Emit(Actor::Network(), trace::Quiet{.events = stage_.trace.count()});
  }
  stage_.counters.handshake_cuts = network_.HandshakeCuts();
  done_ = true;
  return false;
}

Host& World::HostAt(uint32_t link, Side side) {
  return side == Side::kServer ? server_ : clients_[network_.link(link).client()];
}

void World::AddFault(const Fault& fault) {
  const auto index = static_cast<uint32_t>(stage_.plan.faults.size());
  stage_.plan.faults.push_back(fault);
  network_.FaultAdded(stage_, index);
}

World World::Fork(const ForkKey& key) const {
  World copy;
  ForkInto(copy, key);
  return copy;
}

void World::ForkInto(World& copy, const ForkKey& key) const {
  copy.protocol_ = protocol_;
  copy.stage_ = stage_;
  copy.network_ = network_;
  copy.clients_.resize(clients_.size());
  for (size_t i = 0; i < clients_.size(); ++i) clients_[i].ForkInto(copy.clients_[i], key);
  server_.ForkInto(copy.server_, key);
  copy.options_ = options_;
  copy.steps_ = steps_;
  copy.done_ = done_;
  copy.all_ended_ = all_ended_;
  copy.healed_at_ = healed_at_;
  copy.ended_at_ = ended_at_;
}

}  // namespace holdfast::sim
