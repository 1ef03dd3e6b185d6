#include "sim/examples/ferry.h"

#include <algorithm>
#include <utility>

namespace holdfast::sim::ferry {
namespace {

constexpr size_t kReplayBytesMax = 16384;
constexpr size_t kDataBytesMax = 1024;
constexpr size_t kHeadBytes = 3;
constexpr Duration kPatience = std::chrono::seconds(5);  // With a dial, or with a transport on which nothing comes.

void AppendNumber(Bytes& to, uint64_t value, int bytes) {
  for (int i = bytes - 1; i >= 0; --i) to.push_back(static_cast<uint8_t>(value >> (8 * i)));
}

uint64_t NumberIn(ByteSpan bytes) {
  uint64_t value = 0;
  for (uint8_t byte : bytes) value = value << 8 | byte;
  return value;
}

}  // namespace

Client::Client() : End(true) { DialAgain(Time{}, {}); }

// --- Transports ----------------------------------------------------------------------------------------------------

void End::TransportOpened(Time now, TransportId transport) {
  unread_[transport] = {};
  if (!is_client_) return;  // The client speaks first.
  attached_ = transport;
  ready_ = heard_ = false;
  deadline_ = now + kPatience;
  SayHello(transport);
}

void End::TransportClosed(Time now, TransportId transport) {
  unread_.erase(transport);
  if (transport != attached_) return;
  attached_ = TransportId::kNone;
  if (is_client_) DialAgain(now);
}

void End::DialAgain(Time now, Duration after) {
  if (ended_) return;
  Want(output::Dial{after});
  deadline_ = now + after + kPatience;
}

// A client looks now and then whether something came, and says PING, so that something comes.
void End::Tick(Time now) {
  if (now < deadline_) return;
  if (attached_ == TransportId::kNone) return DialAgain(now);
  if (!heard_) {
    Want(output::Close{attached_});
    unread_.erase(attached_);
    attached_ = TransportId::kNone;
    return DialAgain(now);
  }
  heard_ = false;
  deadline_ = now + kPatience;
  if (ready_) Say(attached_, 'P', {});
}

// --- What comes ----------------------------------------------------------------------------------------------------

void End::Receive(Time, TransportId transport, ByteSpan bytes) {
  heard_ = true;
  Append(unread_[transport], bytes);
  while (true) {
    const ByteSpan unread = unread_[transport];
    if (unread.size() < kHeadBytes) return;
    const size_t size = kHeadBytes + NumberIn(unread.subspan(1, 2));
    if (unread.size() < size) return;
    const Bytes frame = ToBytes(unread.first(size));
    unread_[transport].erase(unread_[transport].begin(),
                             unread_[transport].begin() + static_cast<std::ptrdiff_t>(size));
    OnFrame(transport, static_cast<char>(frame[0]), ByteSpan(frame).subspan(kHeadBytes));
  }
}

void End::OnFrame(TransportId transport, char type, ByteSpan body) {
  switch (type) {
    case 'H':
      return body.size() == 8 ? OnHello(transport, NumberIn(body)) : void();
    case 'D':
      received_ += body.size();
      Want(output::Deliver{}, ToBytes(body));
      return SayAck();
    case 'F':
      if (!std::exchange(peer_finished_, true)) Want(output::PeerFinished{});
      SayAck();
      return OnAck(acked_, false);
    case 'A':
      return body.size() == 9 ? OnAck(NumberIn(body.first(8)), body[8] != 0) : void();
    case 'P':
      return SayAck();
    case 'B':
      return EndNow();
    default:
      return;
  }
}

void End::OnHello(TransportId transport, uint64_t received) {
  if (!is_client_) {
    attached_ = transport;
    SayHello(transport);
  }
  ready_ = true;
  OnAck(received, false);
  if (!is_client_ && ended_) return Say(attached_, 'B', {});
  said_ = acked_;
  Replay();
}

void End::OnAck(uint64_t received, bool fin) {
  received = std::min(received, acked_ + replay_.size());  // More cannot be.
  if (received > acked_) {
    replay_.erase(replay_.begin(), replay_.begin() + static_cast<std::ptrdiff_t>(received - acked_));
    acked_ = received;
  }
  fin_acked_ = fin_acked_ || fin;
  if (is_client_ || ended_ || !peer_finished_ || !fin_acked_) return;
  Say(attached_, 'B', {});
  EndNow();
}

void End::EndNow() {
  if (std::exchange(ended_, true)) return;
  deadline_ = kNever;
  Want(output::Ended{});
}

// --- What is said --------------------------------------------------------------------------------------------------

size_t End::Send(Time, ByteSpan bytes) {
  if (finished_) return 0;
  const size_t taken = std::min(bytes.size(), kReplayBytesMax - replay_.size());
  Append(replay_, bytes.first(taken));
  Replay();
  return taken;
}

void End::Finish(Time) {
  finished_ = true;
  Replay();
}

// All that was not said on this transport.
void End::Replay() {
  if (attached_ == TransportId::kNone || !ready_) return;
  while (said_ < acked_ + replay_.size()) {
    const ByteSpan rest = ByteSpan(replay_).subspan(static_cast<size_t>(said_ - acked_));
    const ByteSpan piece = rest.first(std::min(rest.size(), kDataBytesMax));
    Say(attached_, 'D', piece);
    said_ += piece.size();
  }
  if (finished_ && !fin_acked_) Say(attached_, 'F', {});
}

void End::Say(TransportId transport, char type, ByteSpan body) {
  Bytes frame = {static_cast<uint8_t>(type)};
  AppendNumber(frame, body.size(), 2);
  Append(frame, body);
  Want(output::Write{.transport = transport, .bytes = {}}, std::move(frame));
}

void End::SayHello(TransportId transport) {
  Bytes body;
  AppendNumber(body, received_, 8);
  Say(transport, 'H', body);
}

void End::SayAck() {
  if (attached_ == TransportId::kNone) return;
  Bytes body;
  AppendNumber(body, received_, 8);
  body.push_back(peer_finished_);
  Say(attached_, 'A', body);
}

// --- Outputs -------------------------------------------------------------------------------------------------------

void End::Want(Output output, Bytes bytes) { wanted_.push_back({std::move(output), std::move(bytes)}); }

std::optional<Output> End::Poll(Time) {
  while (!wanted_.empty()) {
    Wanted next = std::move(wanted_.front());
    wanted_.pop_front();
    shown_ = std::move(next.bytes);
    if (auto* write = std::get_if<output::Write>(&next.output)) {
      if (!unread_.contains(write->transport)) continue;  // It is gone.
      write->bytes = shown_;
    } else if (auto* deliver = std::get_if<output::Deliver>(&next.output)) {
      deliver->bytes = shown_;
    }
    return next.output;
  }
  return std::nullopt;
}

size_t End::MemoryBytes() const {
  size_t bytes = replay_.size();
  for (const auto& [transport, unread] : unread_) bytes += unread.size();
  for (const Wanted& wanted : wanted_) bytes += wanted.bytes.size();
  return bytes;
}

}  // namespace holdfast::sim::ferry
