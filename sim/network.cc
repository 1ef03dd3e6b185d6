#include "sim/network.h"

#include <algorithm>
#include <utility>

#include "core/base/check.h"
#include "core/base/random.h"

namespace holdfast::sim {
namespace {

uint64_t SaltOf(const Plan& plan, const StreamLink& link, Direction direction) {
  return Mix64(Mix64(plan.seed ^ (uint64_t{link.client()} << 33 | uint64_t{link.dial()} << 1)) +
               static_cast<uint64_t>(direction));
}

// A dial that begins now.
const Fault* DialFaultOf(const Stage& stage, uint32_t client, uint32_t dial, uint32_t& index) {
  const Plan& plan = stage.plan;
  for (index = 0; index < plan.faults.size(); ++index) {
    const Fault& fault = plan.faults[index];
    if (!IsOfDial(fault.kind) || !IsOf(fault.client, client)) continue;
    const Time from = After(kStart, fault.at);
    const bool outage = fault.at != kNeverAfter;
    if (outage ? from <= stage.now && stage.now < After(from, fault.lasting) : fault.dial == dial) return &fault;
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
    case FaultKind::kImpostor:
      return DialFate::kImpostor;
    default:
      return DialFate::kSlow;
  }
}

// An intruder sits next to the server.
constexpr Path kIntrudersPath = {.latency = std::chrono::milliseconds(1)};
constexpr uint32_t kIntrudersDials = uint32_t{1} << 31;
constexpr uint64_t kPacedBytesMax = 4096;  // Beyond them he says the rest at once.

}  // namespace

void Network::Reset(Stage& stage) {
  link_count_ = 0;
  clients_.assign(stage.plan.clients.size(), {});
  struck_.assign(stage.plan.faults.size(), 0);
  adversary_.Reset(stage.plan);
  server_is_up_ = true;
  for (uint32_t i = 0; i < stage.plan.faults.size(); ++i) {
    const Fault& fault = stage.plan.faults[i];
    if (fault.at != kNeverAfter && !IsOfDial(fault.kind)) stage.ScheduleIn(fault.at, Happening::kFault, i, kNoLink);
  }
  const bool heals = stage.plan.heal != kNeverAfter;
  stage.ScheduleIn(heals ? stage.plan.heal : kUnhealedRun, heals ? Happening::kHeal : Happening::kStop);
}

uint32_t Network::AddLink(Stage& stage, uint32_t client, uint32_t dial, DialFate fate) {
  const uint32_t index = link_count_++;
  if (index == links_.size()) links_.emplace_back();
  StreamLink& link = links_[index];
  link.Reset(client, dial, fate, clients_[client].server);
  const uint32_t transport = clients_[client].transports;  // Which it is to be, if it comes to one.
  for (Direction d : {Direction::kUp, Direction::kDown}) {
    const Path& path = stage.healed             ? kGoodPath
                       : dial < kIntrudersDials ? PathOf(stage.plan, client, transport, d)
                                                : kIntrudersPath;
    link.pipe(d).Reset(path, SaltOf(stage.plan, link, d));
  }
  return index;
}

uint32_t Network::Dial(Stage& stage, uint32_t client) {
  const uint32_t dial = clients_[client].dials++;
  const uint32_t transport = clients_[client].transports;  // Which it is to be, if it comes to one.
  uint32_t fault_index = 0;
  const Fault* fault = stage.healed ? nullptr : DialFaultOf(stage, client, dial, fault_index);
  DialFate fate = fault != nullptr ? FateOf(fault->kind) : DialFate::kConnects;
  if (!server_is_up_ && fate != DialFate::kHangs) fate = DialFate::kRefused;

  const uint32_t index = AddLink(stage, client, dial, fate);
  StreamLink& link = links_[index];
  stage.Emit(Actor::Client(client), trace::Dialed{.client = client, .dial = dial, .fate = static_cast<uint64_t>(fate)});
  if (fault != nullptr) CountFault(stage, fault_index, client, dial);
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
    case DialFate::kImpostor:
      link.end(Side::kServer).state = EndState::kOver;
      adversary_.AddOwn({fault_index, index, Side::kServer});
      stage.ScheduleIn(round_trip, Happening::kConnect, index);
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
    if (!IsOf(fault.client, link.client()) || fault.transport != link.transport) continue;
    stage.ScheduleIn(fault.age, Happening::kFault, i, index);
  }
}

// --- Bytes ---------------------------------------------------------------------------------------------------------

void Network::BeginMessage(const Stage& stage, uint32_t index, Side from, uint64_t size) {
  if (adversary_.OnMessage(stage.plan, links_[index], index, DirectionFrom(from), size)) {
    FindByteFault(stage, links_[index]);
  }
}

size_t Network::Write(Stage& stage, uint32_t index, Side from, ByteSpan bytes) {
  const Direction direction = DirectionFrom(from);
  const size_t at = static_cast<size_t>(direction);
  size_t taken = 0;
  while (taken < bytes.size()) {
    StreamLink& link = links_[index];
    Pipe& pipe = link.pipe(direction);
    uint64_t before_fault = kAll;
    if (!stage.healed && !pipe.dead()) before_fault = link.byte_fault[at] - link.written[at];
    if (before_fault == 0) {
      StrikeAtByte(stage, index, direction);
      continue;
    }
    const size_t wanted = static_cast<size_t>(std::min<uint64_t>(bytes.size() - taken, before_fault));
    const size_t written = Pass(stage, index, direction, bytes.subspan(taken, wanted));
    link.written[at] += written;
    taken += written;
    if (written < wanted) break;
  }
  if (adversary_.active()) {
    const StreamLink& link = links_[index];
    adversary_.OnWritten(link, direction, link.written[at] - taken, bytes.first(taken));
  }
  stage.counters.bytes_on_wire += taken;
  ScheduleArrival(stage, index, direction);
  return taken;
}

// Into the pipe, as they are or as the adversary will have them. Of what a host may write he takes all.
size_t Network::Pass(Stage& stage, uint32_t index, Direction direction, ByteSpan bytes) {
  Pipe& pipe = links_[index].pipe(direction);
  if (!adversary_.tampers(index) || pipe.dead()) return pipe.Write(stage.now, bytes);
  const Adversary::Passed passed = adversary_.Pass(index, direction, bytes);
  if (!passed.out.empty()) pipe.Insert(stage.now, passed.out);
  return passed.taken;
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
    if (fault.byte == kAll || struck_[i] != 0) continue;
    if (fault.client != link.client() || fault.transport != link.transport) continue;
    const uint64_t place = adversary_.PlaceOf(stage.plan, static_cast<uint32_t>(i));
    if (place < link.written[static_cast<size_t>(fault.direction)]) continue;
    uint64_t& first = link.byte_fault[static_cast<size_t>(fault.direction)];
    first = std::min(first, place);
  }
}

void Network::StrikeAtByte(Stage& stage, uint32_t index, Direction direction) {
  const uint64_t byte = links_[index].byte_fault[static_cast<size_t>(direction)];
  for (uint32_t i = 0; i < stage.plan.faults.size(); ++i) {
    const Fault& fault = stage.plan.faults[i];
    const bool due = fault.byte != kAll && adversary_.PlaceOf(stage.plan, i) == byte && fault.direction == direction &&
                     struck_[i] == 0 && fault.client == links_[index].client() &&
                     fault.transport == links_[index].transport;
    if (!due) continue;
    if (!Strike(stage, i, fault.client, index)) struck_[i] = 1;  // On what had died already.
  }
  FindByteFault(stage, links_[index]);
}

bool Network::Strike(Stage& stage, uint32_t fault_index, uint32_t client, uint32_t index) {
  const Fault& fault = stage.plan.faults[fault_index];
  if (stage.healed || IsOfHost(fault.kind) || IsOfDial(fault.kind)) return false;
  if (fault.kind == FaultKind::kIntrude) return Intrude(stage, fault_index);
  if (index == kNoLink) index = clients_[client].opened_last;
  if (index == kNoLink) return false;
  if (fault.kind == FaultKind::kTamper) return Tamper(stage, fault_index, index);
  const bool strikes =
      fault.kind == FaultKind::kStall ? Stall(stage, fault_index, index) : Kill(stage, fault_index, index);
  if (strikes) struck_[fault_index] = 1;
  return strikes;
}

void Network::CountFault(Stage& stage, uint32_t fault_index, uint32_t client, uint64_t number) {
  const Fault& fault = stage.plan.faults[fault_index];
  const bool first = std::exchange(struck_[fault_index], uint8_t{1}) == 0;
  if (first) ++stage.counters.faults[static_cast<size_t>(fault.kind)];
  stage.Emit(Actor::Network(),
             trace::Fault{
                 .index = fault_index, .fault = static_cast<uint64_t>(fault.kind), .client = client, .number = number});
}

bool Network::Kill(Stage& stage, uint32_t fault_index, uint32_t index) {
  const Fault& fault = stage.plan.faults[fault_index];
  StreamLink& link = links_[index];
  if (link.died || link.over()) return false;
  CountFault(stage, fault_index, link.client(), link.transport);
  Die(stage, index, fault);
  return true;
}

void Network::Die(Stage& stage, uint32_t index, const Fault& fault) {
  StreamLink& link = links_[index];
  link.died = true;
  link.died_by_fin = fault.kind == FaultKind::kFin;
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
}

void Network::CutServer(Stage& stage, uint32_t fault_index) {
  Fault how = stage.plan.faults[fault_index];
  how.keep_up = 0;
  how.server_learns = kNeverAfter;
  server_is_up_ = false;
  for (uint32_t i = 0; i < link_count_; ++i) {
    StreamLink& link = links_[i];
    LinkEnd& end = link.end(Side::kServer);
    if (link.over() || link.fate() == DialFate::kImpostor) continue;
    if (end.away) {  // Its session is on its way, and so is it: it dies there.
      end.gone = true;
      end.unread.clear();
    } else {
      end.state = EndState::kOver;
      end.backlog.clear();
    }
    if (link.end(Side::kClient).state == EndState::kAwaited) {
      link.Refuse();
    } else if (!link.died && !link.over()) {
      Die(stage, i, how);
    }
  }
}

bool Network::Stall(Stage& stage, uint32_t fault_index, uint32_t index) {
  const Fault& fault = stage.plan.faults[fault_index];
  StreamLink& link = links_[index];
  if (link.over()) return false;
  CountFault(stage, fault_index, link.client(), link.transport);
  const Time until = After(stage.now, fault.lasting);
  for (Direction d : {Direction::kUp, Direction::kDown}) {
    if (d == fault.direction || fault.both_directions) link.pipe(d).Stall(until);
  }
  return true;
}

// --- The adversary -------------------------------------------------------------------------------------------------

bool Network::Tamper(Stage& stage, uint32_t fault_index, uint32_t index) {
  const Direction direction = stage.plan.faults[fault_index].direction;
  StreamLink& link = links_[index];
  Bytes forged;
  if (link.over() || link.pipe(direction).dead()) return false;
  if (!adversary_.Tamper(stage.plan, fault_index, link, index, forged)) return false;
  CountFault(stage, fault_index, link.client(), link.transport);
  if (!forged.empty()) link.pipe(direction).Insert(stage.now, forged);
  return true;
}

bool Network::Intrude(Stage& stage, uint32_t fault_index) {
  const Fault& fault = stage.plan.faults[fault_index];
  Bytes bytes = adversary_.Forge(stage.plan, fault_index);
  if (bytes.empty() || !server_is_up_) return false;
  const uint64_t number = adversary_.intruders();
  const uint32_t client = fault.with == Forging::kRecorded ? fault.from_client : fault.client;
  const uint32_t dial = kIntrudersDials + static_cast<uint32_t>(number);
  const uint32_t index = AddLink(stage, client, dial, DialFate::kConnects);
  links_[index].transport = kIntruders + number;
  links_[index].end(Side::kClient).state = EndState::kOver;
  adversary_.AddOwn({fault_index, index, Side::kClient});
  CountFault(stage, fault_index, links_[index].client(), links_[index].transport);
  stage.ScheduleIn(kIntrudersPath.latency, Happening::kAccept, index);
  Speak(stage, adversary_.AddSpeech({fault_index, index, Side::kClient, std::move(bytes)}));
  return true;
}

void Network::Overhear(Stage& stage, uint32_t index, ByteSpan bytes) {
  if (stage.healed) return;
  Adversary::Own& own = *std::ranges::find(adversary_.own(), index, &Adversary::Own::link);
  Pipe& answer = links_[index].pipe(Direction::kDown);
  if (stage.plan.faults[own.fault].with == Forging::kReflected) {
    if (!answer.dead()) answer.Insert(stage.now, bytes);
    ScheduleArrival(stage, index, Direction::kDown);
  } else if (!std::exchange(own.begun, true)) {
    Speak(stage, adversary_.AddSpeech({own.fault, index, Side::kServer, adversary_.Forge(stage.plan, own.fault)}));
  }
}

void Network::Speak(Stage& stage, uint32_t index) {
  Adversary::Speech& speech = adversary_.speech(index);
  const Fault& fault = stage.plan.faults[speech.fault];
  Pipe& pipe = links_[speech.link].pipe(DirectionFrom(speech.as));
  if (stage.healed || pipe.dead()) return;
  const size_t left = speech.bytes.size() - speech.said;
  if (left == 0) return End(stage, speech.link, speech.as);
  const bool paced = fault.pace > Duration{} && speech.said < kPacedBytesMax;
  const size_t size = paced ? 1 : left;
  pipe.Insert(stage.now, ByteSpan(speech.bytes).subspan(speech.said, size));
  speech.said += size;
  ScheduleArrival(stage, speech.link, DirectionFrom(speech.as));
  if (size < left) {
    stage.ScheduleIn(fault.pace, Happening::kAdversary, index);
  } else if (fault.kind == FaultKind::kIntrude && fault.lasting != kNeverAfter) {
    stage.ScheduleIn(fault.lasting, Happening::kAdversary, index);
  }
}

uint64_t Network::HandshakeCuts() const {
  uint64_t count = 0;
  for (uint32_t i = 0; i < link_count_; ++i) count += links_[i].cut_in_handshake && !links_[i].confirmed;
  return count;
}

void Network::FaultAdded(Stage& stage, uint32_t index) {
  const Fault& fault = stage.plan.faults[index];
  struck_.push_back(0);
  adversary_.FaultAdded(stage.plan, index);
  if (fault.at != kNeverAfter && !IsOfDial(fault.kind)) {
    stage.schedule.Add(std::max(stage.now, After(kStart, fault.at)), Happening::kFault, index, kNoLink);
  }
  for (uint32_t i = 0; i < link_count_; ++i) {
    const StreamLink& link = links_[i];
    FindByteFault(stage, links_[i]);
    const bool waits = fault.age != kNeverAfter && !IsOfDial(fault.kind) && IsOf(fault.client, link.client()) &&
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
  adversary_.Leave();
  for (const Adversary::Own& own : adversary_.own()) End(stage, own.link, own.side);
}

}  // namespace holdfast::sim
