#include "sim/network.h"

#include <algorithm>

#include "core/base/check.h"
#include "core/base/random.h"

namespace holdfast::sim {
namespace {

uint64_t SaltOf(const Plan& plan, const StreamLink& link, Direction direction) {
  return Mix64(Mix64(plan.seed ^ (uint64_t{link.client()} << 33 | uint64_t{link.dial()} << 1)) +
               static_cast<uint64_t>(direction));
}

const Fault* DialFaultOf(const Plan& plan, uint32_t client, uint32_t dial, uint32_t& index) {
  for (index = 0; index < plan.faults.size(); ++index) {
    const Fault& fault = plan.faults[index];
    if (IsOfDial(fault.kind) && fault.client == client && fault.dial == dial) {
      return &fault;
    }
  }
  return nullptr;
}

DialFate FateOf(FaultKind kind) {
  switch (kind) {
    case FaultKind::kRefuse:
      return DialFate::kRefused;
    case FaultKind::kHang:
      return DialFate::kHangs;
    case FaultKind::kGhost:
      return DialFate::kGhost;
    default:
      return DialFate::kSlow;
  }
}

}  // namespace

void Network::Reset(Stage& stage) {
  link_count_ = 0;
  clients_.assign(stage.plan.clients.size(), {});
  struck_.assign(stage.plan.faults.size(), 0);
  for (uint32_t i = 0; i < stage.plan.faults.size(); ++i) {
    const Fault& fault = stage.plan.faults[i];
    if (fault.at != kNeverAfter) stage.ScheduleIn(fault.at, Happening::kFault, i, kNoLink);
  }
  stage.ScheduleIn(stage.plan.heal, Happening::kHeal);
}

uint32_t Network::Dial(Stage& stage, uint32_t client) {
  const uint32_t dial = clients_[client].dials++;
  const uint32_t transport = clients_[client].transports;  // Which it is to be, if it comes to one.
  uint32_t fault_index = 0;
  const Fault* fault = stage.healed ? nullptr : DialFaultOf(stage.plan, client, dial, fault_index);
  const DialFate fate = fault != nullptr ? FateOf(fault->kind) : DialFate::kConnects;

  const uint32_t index = link_count_++;
  if (index == links_.size()) links_.emplace_back();
  StreamLink& link = links_[index];
  link.Reset(client, dial, fate);
  for (Direction d : {Direction::kUp, Direction::kDown}) {
    const Path& path = stage.healed ? kGoodPath : PathOf(stage.plan, client, transport, d);
    link.pipe(d).Reset(path, SaltOf(stage.plan, link, d));
  }

  stage.Emit(Actor::Client(client), trace::Dialed{.client = client, .dial = dial, .fate = static_cast<uint64_t>(fate)});
  if (fault != nullptr) CountFault(stage, fault_index, dial);
  const Path& up = stage.healed ? kGoodPath : PathOf(stage.plan, client, transport, Direction::kUp);
  const Path& down = stage.healed ? kGoodPath : PathOf(stage.plan, client, transport, Direction::kDown);
  Duration round_trip = up.latency + down.latency;
  switch (fate) {
    case DialFate::kHangs:
      link.end(Side::kClient).state = link.end(Side::kServer).state = EndState::kOver;
      break;
    case DialFate::kGhost:
      link.end(Side::kClient).state = EndState::kOver;
      for (Direction d : {Direction::kUp, Direction::kDown}) link.pipe(d).Kill(0, {});
      stage.ScheduleIn(round_trip + up.latency, Happening::kAccept, index);
      break;
    case DialFate::kSlow:
      round_trip += fault->lasting;
      [[fallthrough]];
    case DialFate::kConnects:
      stage.ScheduleIn(round_trip, Happening::kConnect, index);
      stage.ScheduleIn(round_trip + up.latency, Happening::kAccept, index);
      break;
    case DialFate::kRefused:
      link.end(Side::kServer).state = EndState::kOver;
      stage.ScheduleIn(round_trip, Happening::kConnect, index);
      break;
  }
  return index;
}

void Network::Connected(Stage& stage, uint32_t index) {
  StreamLink& link = links_[index];
  link.transport = clients_[link.client()].transports++;
  link.opened_at = stage.now;
  clients_[link.client()].opened_last = index;
  FindByteFault(stage, link);
  if (stage.healed) return;
  for (uint32_t i = 0; i < stage.plan.faults.size(); ++i) {
    const Fault& fault = stage.plan.faults[i];
    if (fault.age == kNeverAfter || IsOfDial(fault.kind)) continue;
    if (fault.client != link.client() || fault.transport != link.transport) continue;
    stage.ScheduleIn(fault.age, Happening::kFault, i, index);
  }
}

// --- Bytes ---------------------------------------------------------------------------------------------------------

size_t Network::Write(Stage& stage, uint32_t index, Side from, ByteSpan bytes) {
  const Direction direction = DirectionFrom(from);
  const size_t at = static_cast<size_t>(direction);
  size_t taken = 0;
  while (taken < bytes.size()) {
    StreamLink& link = links_[index];
    Pipe& pipe = link.pipe(direction);
    uint64_t before_fault = kAll;
    if (!stage.healed && !pipe.dead()) before_fault = link.byte_fault[at] - pipe.offset_in();
    if (before_fault == 0) {
      StrikeAtByte(stage, index, direction);
      continue;
    }
    const size_t wanted = static_cast<size_t>(std::min<uint64_t>(bytes.size() - taken, before_fault));
    const size_t written = pipe.Write(stage.now, bytes.subspan(taken, wanted));
    taken += written;
    if (written < wanted) break;
  }
  stage.counters.bytes_on_wire += taken;
  ScheduleArrival(stage, index, direction);
  return taken;
}

void Network::End(Stage& stage, uint32_t index, Side from) {
  links_[index].pipe(DirectionFrom(from)).End(stage.now);
  ScheduleArrival(stage, index, DirectionFrom(from));
}

void Network::ScheduleArrival(Stage& stage, uint32_t index, Direction direction) {
  StreamLink& link = links_[index];
  Time& scheduled = link.arrival_scheduled[static_cast<size_t>(direction)];
  const Time next = std::max(stage.now, link.pipe(direction).NextArrival());
  if (next >= scheduled) return;
  scheduled = next;
  stage.schedule.Add(next, Happening::kArrive, index, static_cast<uint32_t>(direction));
}

ByteSpan Network::Arriving(Stage& stage, uint32_t index, Direction direction) {
  StreamLink& link = links_[index];
  Time& scheduled = link.arrival_scheduled[static_cast<size_t>(direction)];
  if (scheduled > stage.now) return {};  // A later one was scheduled in place of this.
  scheduled = kNever;
  if (link.pipe(direction).NextArrival() <= stage.now) return link.pipe(direction).Take();
  ScheduleArrival(stage, index, direction);
  return {};
}

void Network::Arrived(Stage& stage, uint32_t index, Direction direction) {
  StreamLink& link = links_[index];
  // A writer that was refused is told when there is room for a fair part: not for each single byte.
  const Pipe& pipe = link.pipe(direction);
  const uint64_t backlog = link.end(SenderOf(direction)).backlog.size();
  if (backlog > 0 && pipe.room() >= std::min(backlog, pipe.capacity() / 4 + 1)) {
    stage.schedule.Add(stage.now, Happening::kWritable, index, static_cast<uint32_t>(direction));
  }
  ScheduleArrival(stage, index, direction);
}

bool Network::SeesEnd(const Stage& stage, uint32_t index, Side side) const {
  const StreamLink& link = links_[index];
  const Pipe& incoming = link.pipe(Opposite(DirectionFrom(side)));
  return incoming.EndArrived(stage.now) || (link.end(side).learns_when_dry && incoming.NextArrival() == kNever);
}

bool Network::Learns(uint32_t index, Side side) {
  StreamLink& link = links_[index];
  const bool dry = link.pipe(Opposite(DirectionFrom(side))).NextArrival() == kNever;
  if (!link.died_by_fin || dry) return true;
  link.end(side).learns_when_dry = true;
  return false;
}

// --- Faults --------------------------------------------------------------------------------------------------------

void Network::FindByteFault(const Stage& stage, StreamLink& link) {
  link.byte_fault = {kAll, kAll};
  for (size_t i = 0; i < stage.plan.faults.size(); ++i) {
    const Fault& fault = stage.plan.faults[i];
    const bool waits = fault.byte != kAll && struck_[i] == 0 && fault.client == link.client() &&
                       fault.transport == link.transport && fault.byte >= link.pipe(fault.direction).offset_in();
    if (!waits) continue;
    uint64_t& first = link.byte_fault[static_cast<size_t>(fault.direction)];
    first = std::min(first, fault.byte);
  }
}

void Network::StrikeAtByte(Stage& stage, uint32_t index, Direction direction) {
  const uint64_t byte = links_[index].byte_fault[static_cast<size_t>(direction)];
  for (uint32_t i = 0; i < stage.plan.faults.size(); ++i) {
    const Fault& fault = stage.plan.faults[i];
    const bool due = fault.byte == byte && fault.direction == direction && struck_[i] == 0 &&
                     fault.client == links_[index].client() && fault.transport == links_[index].transport;
    if (!due) continue;
    struck_[i] = 1;
    Strike(stage, i, index);
  }
  FindByteFault(stage, links_[index]);
}

bool Network::Strike(Stage& stage, uint32_t fault_index, uint32_t index) {
  const Fault& fault = stage.plan.faults[fault_index];
  if (stage.healed || IsOfHost(fault.kind)) return false;
  if (index == kNoLink) index = clients_[fault.client].opened_last;
  if (index == kNoLink) return false;
  const bool strikes =
      fault.kind == FaultKind::kStall ? Stall(stage, fault_index, index) : Kill(stage, fault_index, index);
  if (strikes) struck_[fault_index] = 1;
  return strikes;
}

void Network::CountFault(Stage& stage, uint32_t fault_index, uint64_t number) {
  const Fault& fault = stage.plan.faults[fault_index];
  struck_[fault_index] = 1;
  ++stage.counters.faults[static_cast<size_t>(fault.kind)];
  stage.Emit(
      Actor::Network(),
      trace::Fault{
          .index = fault_index, .fault = static_cast<uint64_t>(fault.kind), .client = fault.client, .number = number});
}

bool Network::Kill(Stage& stage, uint32_t fault_index, uint32_t index) {
  const Fault& fault = stage.plan.faults[fault_index];
  StreamLink& link = links_[index];
  if (link.died || link.over()) return false;
  link.died = true;
  link.died_by_fin = fault.kind == FaultKind::kFin;
  CountFault(stage, fault_index, link.transport);
  link.cut_in_handshake = !link.confirmed && link.pipe(Direction::kUp).offset_in() > 0;
  Pipe& up = link.pipe(Direction::kUp);
  Pipe& down = link.pipe(Direction::kDown);
  up.Kill(fault.keep_up, fault.late);
  down.Kill(fault.keep_down, fault.late);
  stage.Emit(Actor::Network(), trace::Death{.client = link.client(),
                                            .transport = link.transport,
                                            .up_bytes = up.offset_out() + up.under_way(),
                                            .down_bytes = down.offset_out() + down.under_way()});
  for (Direction d : {Direction::kUp, Direction::kDown}) ScheduleArrival(stage, index, d);
  for (Side side : {Side::kClient, Side::kServer}) {
    const Duration after = side == Side::kClient ? fault.client_learns : fault.server_learns;
    if (after == kNeverAfter) continue;
    stage.ScheduleIn(after, Happening::kLearn, index, static_cast<uint32_t>(side));
  }
  return true;
}

bool Network::Stall(Stage& stage, uint32_t fault_index, uint32_t index) {
  const Fault& fault = stage.plan.faults[fault_index];
  StreamLink& link = links_[index];
  if (link.over()) return false;
  CountFault(stage, fault_index, link.transport);
  const Time until = After(stage.now, fault.lasting);
  for (Direction d : {Direction::kUp, Direction::kDown}) {
    if (d == fault.direction || fault.both_directions) link.pipe(d).Stall(until);
  }
  return true;
}

uint64_t Network::HandshakeCuts() const {
  uint64_t count = 0;
  for (uint32_t i = 0; i < link_count_; ++i) count += links_[i].cut_in_handshake && !links_[i].confirmed;
  return count;
}

void Network::FaultAdded(Stage& stage, uint32_t index) {
  const Fault& fault = stage.plan.faults[index];
  struck_.push_back(0);
  if (fault.at != kNeverAfter) {
    stage.schedule.Add(std::max(stage.now, After(kStart, fault.at)), Happening::kFault, index, kNoLink);
  }
  for (uint32_t i = 0; i < link_count_; ++i) {
    const StreamLink& link = links_[i];
    FindByteFault(stage, links_[i]);
    const bool waits = fault.age != kNeverAfter && !IsOfDial(fault.kind) && fault.client == link.client() &&
                       fault.transport == link.transport;
    if (waits) stage.schedule.Add(After(link.opened_at, fault.age), Happening::kFault, index, i);
  }
}

void Network::Heal(Stage& stage) {
  stage.healed = true;
  const auto left = std::count(struck_.begin(), struck_.end(), uint8_t{0});
  stage.Emit(Actor::Network(), trace::Heal{.faults_left = static_cast<uint64_t>(left)});
  for (uint32_t i = 0; i < link_count_; ++i) {
    if (links_[i].over()) continue;
    for (Direction d : {Direction::kUp, Direction::kDown}) {
      links_[i].pipe(d).Heal(stage.now, kGoodPath);
      ScheduleArrival(stage, i, d);
      if (!links_[i].end(SenderOf(d)).backlog.empty()) {
        stage.schedule.Add(stage.now, Happening::kWritable, i, static_cast<uint32_t>(d));
      }
    }
  }
}

}  // namespace holdfast::sim
