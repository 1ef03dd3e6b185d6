#include "tools/proxy/proxy.h"

#include <algorithm>
#include <array>
#include <utility>

#include "core/base/error.h"

namespace holdfast::tools {
namespace {

using sim::Actor;
using sim::Direction;
using sim::EndState;
using sim::Happening;
using sim::Number;
using sim::Side;

constexpr size_t kPieceMax = 65536;                  // Read at once: then others have their turn.
constexpr std::chrono::milliseconds kServerWait(5);  // Before a server is asked again whether it is there.

Side OtherSide(Side side) { return side == Side::kClient ? Side::kServer : Side::kClient; }
Direction DirectionTo(Side side) { return sim::Opposite(sim::DirectionFrom(side)); }

}  // namespace

Proxy::Proxy(net::Loop& loop, const sim::Plan& plan, const ProxyOptions& options)
    : loop_(loop), options_(options), clock_(options.speed), timer_(loop), begin_(loop) {
  stage_.plan = plan;
  stage_.content = sim::Content(plan.seed);
  stage_.trace.Reset(options.keep_trace);
  stage_.oracles.Reset(plan);
  stage_.judge.Reset(false);
  stage_.witness.Reset(plan);
  stage_.Emit(Actor::Network(), sim::trace::Start{.seed = plan.seed, .clients = plan.clients.size()});
  network_.Reset(stage_);
  if (options.begin_after != Duration::max()) begin_.At(net::Now() + options.begin_after, [this] { Begin(); });
}

void Proxy::Begin() {
  if (clock_.begun()) return;
  clock_.Begin(net::Now());
  begin_.Cancel();
  Do([] {});
}

std::expected<net::TcpAddress, std::string> Proxy::Listen(uint32_t client, const net::TcpAddress& address) {
  auto listener = net::TcpListener::Open(loop_, address, [this, client](std::unique_ptr<net::Stream> stream) {
    Begin();
    Do([&] { Accepted(client, std::move(stream)); });
  });
  if (!listener) return std::unexpected(listener.error());
  listeners_.push_back(*std::move(listener));
  return listeners_.back()->address();
}

void Proxy::Do(const std::function<void()>& act) {
  const Time now = clock_.At(net::Now());
  while (!stage_.judge.failed() && stage_.schedule.next_time() <= now) {
    const sim::Scheduled next = stage_.schedule.Take();
    stage_.now = std::max(stage_.now, next.time);
    Happen(next);
  }
  stage_.now = std::max(stage_.now, now);
  if (!stage_.judge.failed()) act();
  if (stage_.judge.failed() || stage_.schedule.empty() || !clock_.begun()) return timer_.Cancel();
  timer_.At(clock_.When(stage_.schedule.next_time()), [this] { Do([] {}); });
}

void Proxy::Happen(const sim::Scheduled& next) {
  switch (next.what()) {
    case Happening::kConnect:
      return OnConnect(next.a);
    case Happening::kAccept:
      return OnAccept(next.a);
    case Happening::kArrive:
      return Arrive(next.a, static_cast<Direction>(next.b));
    case Happening::kWritable:
      return TakeBacklog(next.a, sim::SenderOf(static_cast<Direction>(next.b)));
    case Happening::kLearn:
      return Learn(next.a, static_cast<Side>(next.b));
    case Happening::kFault:
      return StrikeFault(next.a, next.b);
    case Happening::kHeal:
      return Heal();
    case Happening::kAdversary:
      return network_.Speak(stage_, next.a);
    case Happening::kClientApp:
    case Happening::kServerApp:
      if (on_application_) on_application_(next.what() == Happening::kClientApp ? Side::kClient : Side::kServer);
      return;
    default:  // What hosts do, and the end of a run that never heals, which here is somebody else's business.
      return;
  }
}

ProxiedEnd& Proxy::At(uint32_t link, Side side) {
  while (links_.size() <= link) links_.push_back(std::make_unique<ProxiedLink>());
  return links_[link]->end(side);
}

Actor Proxy::ActorAt(uint32_t link, Side side) const {
  return side == Side::kServer ? Actor::Server() : Actor::Client(network_.link(link).client());
}

// --- Dials ---------------------------------------------------------------------------------------------------------

void Proxy::Accepted(uint32_t client, std::unique_ptr<net::Stream> stream) {
  const uint32_t link = network_.Dial(stage_, client);
  At(link, Side::kClient).stream = std::move(stream);
  const sim::DialFate fate = network_.link(link).fate();
  if (network_.link(link).end(Side::kServer).state == EndState::kOver) At(link, Side::kServer).gone = true;
  if (fate == sim::DialFate::kHangs || fate == sim::DialFate::kGhost) Discard(link, Side::kClient);
}

void Proxy::OnConnect(uint32_t index) {
  sim::StreamLink& link = network_.link(index);
  sim::LinkEnd& end = link.end(Side::kClient);
  if (link.fate() == sim::DialFate::kRefused) {
    end.state = EndState::kOver;
    ++stage_.counters.dials_failed;
    stage_.Emit(ActorAt(index, Side::kClient), sim::trace::DialFailed{.client = link.client(), .dial = link.dial()});
    if (auto& stream = At(index, Side::kClient).stream) stream->Reset();
    return Drop(index, Side::kClient);
  }
  ++stage_.counters.transports;
  end.state = EndState::kOpen;
  network_.Connected(stage_, index);
  stage_.Emit(ActorAt(index, Side::kClient),
              sim::trace::Opened{.client = link.client(), .transport = link.transport, .id = index});
  At(index, Side::kClient).open = true;
  WantRead(index, Side::kClient);
}

void Proxy::OnAccept(uint32_t index) {
  sim::StreamLink& link = network_.link(index);
  sim::LinkEnd& end = link.end(Side::kServer);
  if (end.state != EndState::kAwaited) return;
  end.state = EndState::kOpen;
  if (sim::IsIntruder(link.transport)) At(index, Side::kClient).gone = true;
  stage_.Emit(Actor::Server(), sim::trace::Opened{.client = link.client(), .transport = link.transport, .id = index});
  At(index, Side::kServer).open = true;
  DialServer(index);
}

void Proxy::DialServer(uint32_t link) {
  At(link, Side::kServer).dial = std::make_unique<net::TcpDial>(
      loop_, options_.to, [this, link](net::TcpDial::Result result) { Do([&] { Dialed(link, std::move(result)); }); });
}

void Proxy::Dialed(uint32_t link, net::TcpDial::Result result) {
  ProxiedEnd& end = At(link, Side::kServer);
  end.dial.reset();
  if (end.gone) return;
  if (!result && options_.waits_for_server && !server_was_there_) {
    if (!end.dial_again) end.dial_again = std::make_unique<net::Timer>(loop_);
    end.dial_again->At(net::Now() + kServerWait, [this, link] { DialServer(link); });
    return;
  }
  if (!result) return Broken(link, Side::kServer);
  server_was_there_ = true;
  end.stream = *std::move(result);
  Flush(link, Side::kServer);
  WantRead(link, Side::kServer);
}

// --- What programs say ---------------------------------------------------------------------------------------------

void Proxy::WantRead(uint32_t link, Side side) {
  ProxiedEnd& end = At(link, side);
  if (end.stream == nullptr || !end.open || end.said_all) return;
  const bool has_room = network_.link(link).pipe(sim::DirectionFrom(side)).room() > 0;
  if (!has_room || !network_.link(link).end(side).backlog.empty()) return;
  end.stream->WhenReadable([this, link, side] { Do([&] { Read(link, side); }); });
}

void Proxy::Read(uint32_t link, Side side) {
  ProxiedEnd& end = At(link, side);
  const uint64_t room = network_.link(link).pipe(sim::DirectionFrom(side)).room();
  if (end.stream == nullptr || room == 0 || !network_.link(link).end(side).backlog.empty()) return;
  std::array<uint8_t, kPieceMax> piece;
  const net::Moved moved =
      end.stream->Read(MutableByteSpan(piece).first(static_cast<size_t>(std::min<uint64_t>(room, piece.size()))));
  if (moved.bytes > 0) Take(link, side, ByteSpan(piece).first(moved.bytes));
  if (moved.flow == net::Flow::kBroken) return Broken(link, side);
  if (moved.flow == net::Flow::kFinished) return SaidAll(link, side);
  WantRead(link, side);
}

void Proxy::Take(uint32_t index, Side side, ByteSpan bytes) {
  sim::StreamLink& link = network_.link(index);
  const Direction direction = sim::DirectionFrom(side);
  stage_.Emit(ActorAt(index, side),
              sim::trace::Write{.client = link.client(),
                                .transport = link.transport,
                                .dir = Number(direction),
                                .offset = link.written[static_cast<size_t>(direction)],
                                .size = bytes.size(),
                                .taken = bytes.size()},
              bytes);
  const size_t taken = network_.Write(stage_, index, side, bytes);
  Append(network_.link(index).end(side).backlog, bytes.subspan(taken));  // An adversary's bytes took the room.
}

void Proxy::TakeBacklog(uint32_t index, Side side) {
  Bytes& backlog = network_.link(index).end(side).backlog;
  if (!backlog.empty()) {
    const size_t taken = network_.Write(stage_, index, side, backlog);
    backlog.erase(backlog.begin(), backlog.begin() + static_cast<std::ptrdiff_t>(taken));
    if (backlog.empty() && At(index, side).said_all) network_.End(stage_, index, side);
  }
  WantRead(index, side);
}

void Proxy::SaidAll(uint32_t index, Side side) {
  sim::StreamLink& link = network_.link(index);
  ProxiedEnd& end = At(index, side);
  end.said_all = true;
  stage_.Emit(ActorAt(index, side),
              sim::trace::Close{.client = link.client(), .transport = link.transport, .error = Number(Error::kDone)});
  if (link.end(side).backlog.empty()) network_.End(stage_, index, side);
  if (end.finished) Drop(index, side);
}

// The program's socket is no more. The other side hears of it as soon as what was said before has come, unless the
// transport has died, in which case it hears what the plan says.
void Proxy::Broken(uint32_t index, Side side) {
  sim::StreamLink& link = network_.link(index);
  stage_.Emit(ActorAt(index, side),
              sim::trace::Close{
                  .client = link.client(), .transport = link.transport, .error = Number(Error::kTransportClosed)});
  link.end(side).backlog.clear();
  Drop(index, side);
  if (link.died) return;
  const auto transport = static_cast<uint32_t>(link.transport);
  const sim::Path& path =
      stage_.healed ? sim::kGoodPath : PathOf(stage_.plan, link.client(), transport, sim::DirectionFrom(side));
  stage_.ScheduleIn(path.latency, Happening::kLearn, index, static_cast<uint32_t>(OtherSide(side)));
}

// Nobody hears what the program says on it.
void Proxy::Discard(uint32_t link, Side side) {
  At(link, side).stream->WhenReadable([this, link, side] {
    ProxiedEnd& end = At(link, side);
    if (end.stream == nullptr) return;
    std::array<uint8_t, kPieceMax> piece;
    const net::Flow flow = end.stream->Read(piece).flow;
    if (flow != net::Flow::kFinished && flow != net::Flow::kBroken) return Discard(link, side);
    Do([&] { Drop(link, side); });
  });
}

// --- What they are given -------------------------------------------------------------------------------------------

void Proxy::Arrive(uint32_t link, Direction direction) {
  const Side reader = sim::SenderOf(sim::Opposite(direction));
  if (reader == Side::kServer && network_.link(link).end(reader).state == EndState::kAwaited) OnAccept(link);
  ProxiedEnd& end = At(link, reader);
  if (!end.gone && (end.stream == nullptr || !end.unsent.empty())) {
    end.holds = true;
    return;
  }
  const ByteSpan bytes = network_.Arriving(stage_, link, direction);
  if (!bytes.empty()) {
    if (network_.IsHeardByImpostor(link, direction)) network_.Overhear(stage_, link, bytes);
    if (!end.gone) Give(link, reader, bytes);
    network_.Arrived(stage_, link, direction);
    WantRead(link, OtherSide(reader));
  }
  if (!network_.SeesEnd(stage_, link, reader)) return;
  if (network_.link(link).end(reader).learns_when_dry) return Learned(link, reader);
  Finish(link, reader);
}

void Proxy::Give(uint32_t index, Side side, ByteSpan bytes) {
  const sim::StreamLink& link = network_.link(index);
  const Direction direction = DirectionTo(side);
  stage_.Emit(ActorAt(index, side), sim::trace::Receive{.client = link.client(),
                                                        .transport = link.transport,
                                                        .dir = Number(direction),
                                                        .offset = link.pipe(direction).offset_out() - bytes.size(),
                                                        .size = bytes.size()});
  Append(At(index, side).unsent, bytes);
  Flush(index, side);
}

void Proxy::Flush(uint32_t link, Side side) {
  ProxiedEnd& end = At(link, side);
  if (end.stream == nullptr) return;
  if (!end.unsent.empty()) {
    const net::Moved moved = end.stream->Write(end.unsent);
    if (moved.flow == net::Flow::kBroken) return Broken(link, side);
    end.unsent.erase(end.unsent.begin(), end.unsent.begin() + static_cast<std::ptrdiff_t>(moved.bytes));
  }
  if (!end.unsent.empty()) {
    end.stream->WhenWritable([this, link, side] { Do([&] { Flush(link, side); }); });
    return;
  }
  if (end.to_finish) return Finish(link, side);
  if (std::exchange(end.holds, false)) Arrive(link, DirectionTo(side));
}

// kLearn has come: of a death, or of a break at the other side, which comes after what that side said.
void Proxy::Learn(uint32_t index, Side side) {
  sim::StreamLink& link = network_.link(index);
  const bool dry = link.pipe(DirectionTo(side)).NextArrival() == kNever;
  if (!link.died && !dry) {
    link.end(side).learns_when_dry = true;
    return;
  }
  if (network_.Learns(index, side)) Learned(index, side);
}

void Proxy::Learned(uint32_t index, Side side) {
  sim::StreamLink& link = network_.link(index);
  ProxiedEnd& end = At(index, side);
  if (end.gone || link.end(side).state == EndState::kOver) return;
  link.end(side).state = EndState::kOver;
  stage_.Emit(ActorAt(index, side), sim::trace::Closed{.client = link.client(), .transport = link.transport});
  if (!end.open) return Drop(index, side);  // It is over before it was there.
  if (link.died_by_fin) return Finish(index, side);
  if (end.stream != nullptr) end.stream->Reset();
  Drop(index, side);
}

// The program is told that nothing more comes. What it says itself is still read.
void Proxy::Finish(uint32_t link, Side side) {
  ProxiedEnd& end = At(link, side);
  if (end.gone || end.finished) return;
  end.to_finish = true;
  if (end.stream == nullptr || !end.unsent.empty()) return;
  end.stream->Finish();
  end.finished = true;
  if (end.said_all) Drop(link, side);
}

// The socket is closed. A silent transport keeps its sockets until the run is over: nobody may be told.
void Proxy::Drop(uint32_t index, Side side) {
  ProxiedEnd& end = At(index, side);
  end = {};
  end.gone = end.said_all = true;
  if (!At(index, OtherSide(side)).gone) return;
  sim::StreamLink& link = network_.link(index);
  for (Side each : {Side::kClient, Side::kServer}) link.end(each).state = EndState::kOver;
  for (Direction direction : {Direction::kUp, Direction::kDown}) link.pipe(direction) = {};  // Gives memory back.
}

// --- Faults --------------------------------------------------------------------------------------------------------

void Proxy::StrikeFault(uint32_t index, uint32_t link) {
  if (stage_.healed) return;
  const sim::Fault& fault = stage_.plan.faults[index];
  const bool of_link = link != sim::kNoLink;
  const bool all = !of_link && fault.client == sim::kEveryClient;
  const uint32_t first = of_link ? network_.link(link).client() : all ? 0 : fault.client;
  const auto end = all ? static_cast<uint32_t>(stage_.plan.clients.size()) : first + 1;
  for (uint32_t client = first; client < end; ++client) network_.Strike(stage_, index, client, link);
}

// Where there was no room there may be some now.
void Proxy::Heal() {
  network_.Heal(stage_);
  for (uint32_t link = 0; link < links_.size(); ++link) {
    for (Side side : {Side::kClient, Side::kServer}) WantRead(link, side);
  }
}

}  // namespace holdfast::tools
