#pragma once

// RelayRig: one relay and a caller that does what it is asked to. For tests.

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/crypto/test_entropy.h"
#include "core/relay/relay.h"
#include "core/relay/shadow_fixture.h"

namespace holdfast {

// What can be seen of one side from outside.
struct SideSeen {
  Bytes written;
  bool half_closed = false;
  std::optional<bool> closed = std::nullopt;  // Whether by a reset,
  Time closed_at{};                           // and when.
  bool operator==(const SideSeen&) const = default;
};

class RelayRig {
 public:
  // `end`: the time, and what the listener remembers.
  explicit RelayRig(RelayConfig config, uint64_t seed = 1, const ShadowEnd& end = ShadowEnd())
      : end_(end), entropy_(seed), relay_(std::make_shared<const RelayConfig>(std::move(config)), end_.now) {}

  // Gives it all, as far as it is taken; the rest waits for ReadMore.
  void Say(RelaySide side, ByteSpan bytes) {
    Append(waiting(side), bytes);
    Offer(side);
    Pump();
  }
  void Say(RelaySide side, const std::vector<ByteSpan>& pieces) {
    for (ByteSpan piece : pieces) Say(side, piece);
  }
  void Finish(RelaySide side) {
    relay_.Finished(end_.now, side);
    Pump();
  }
  void Close(RelaySide side) {
    relay_.Closed(end_.now, side);
    Pump();
  }
  void Writable(RelaySide side, bool writable) {
    relay_.SetWritable(end_.now, side, writable);
    Pump();
  }
  // Time goes on, deadline by deadline.
  void Pass(Duration time) {
    const Time until = end_.now + time;
    while (relay_.Deadline() <= until) {
      end_.now = std::max(end_.now, relay_.Deadline());
      relay_.Tick(end_.now);
      Pump();
    }
    end_.now = until;
  }
  void Resolve(bool good) {
    good ? relay_.Resolved(end_.now) : relay_.ResolveFailed(end_.now);
    Pump();
  }
  void Connect(size_t sent = 0) {
    relay_.Connected(end_.now, sent, bound);
    Append(seen(RelaySide::kRemote).written, ByteSpan(first).first(sent));
    Pump();
  }
  void Fail(ConnectResult result) {
    relay_.ConnectFailed(end_.now, result);
    Pump();
  }
  void Associate() {
    relay_.Associated(end_.now, bound);
    Pump();
  }

  void Pump() {
    while (auto event = relay_.Poll(end_.moment(), entropy_)) See(*event);
  }

  SideSeen& seen(RelaySide side) { return seen_[static_cast<size_t>(side)]; }
  SideSeen& client() { return seen(RelaySide::kClient); }
  SideSeen& remote() { return seen(RelaySide::kRemote); }
  // What was said and not taken.
  Bytes& waiting(RelaySide side) { return waiting_[static_cast<size_t>(side)]; }
  Relay& relay() { return relay_; }
  ShadowEnd& end() { return end_; }
  TestEntropy& entropy() { return entropy_; }

  bool automatic = true;  // Looks up and connects at once, whatever it is.
  Target bound = Target::Ipv4({192, 0, 2, 1}, 1080);
  std::vector<std::string> resolved;
  std::vector<std::optional<Target>> dialed;
  std::vector<Target> associated;
  Bytes first;  // Of the last dial.
  bool ended = false;
  std::optional<Error> why;
  size_t memory_max = 0;

 private:
  void Offer(RelaySide side) {
    Bytes bytes = std::exchange(waiting(side), {});
    const size_t taken = relay_.Receive(end_.moment(), side, bytes);
    bytes.erase(bytes.begin(), bytes.begin() + static_cast<ptrdiff_t>(taken));
    waiting(side) = std::move(bytes);
    memory_max = std::max(memory_max, relay_.MemoryBytes());
  }

  void See(const RelayEvent& event) {
    if (const auto* write = std::get_if<relay_event::Write>(&event)) Append(seen(write->side).written, write->bytes);
    if (const auto* resolve = std::get_if<relay_event::Resolve>(&event)) {
      resolved.emplace_back(resolve->name);
      if (automatic) relay_.Resolved(end_.now);
    }
    if (const auto* connect = std::get_if<relay_event::Connect>(&event)) {
      dialed.push_back(connect->to);
      first = ToBytes(connect->first);
      if (automatic) relay_.Connected(end_.now, 0, bound);
    }
    if (const auto* associate = std::get_if<relay_event::Associate>(&event)) associated.push_back(associate->from);
    if (const auto* more = std::get_if<relay_event::ReadMore>(&event)) Offer(more->side);
    if (const auto* half = std::get_if<relay_event::HalfClose>(&event)) seen(half->side).half_closed = true;
    if (const auto* close = std::get_if<relay_event::Close>(&event)) {
      seen(close->side).closed = close->reset;
      seen(close->side).closed_at = end_.now;
    }
    if (const auto* over = std::get_if<relay_event::Ended>(&event)) {
      ended = true;
      why = over->why;
    }
  }

  ShadowEnd end_;
  TestEntropy entropy_;
  Relay relay_;
  std::array<SideSeen, 2> seen_;
  std::array<Bytes, 2> waiting_;
};

inline RelayConfig LocalConfig(RelayProtocol back = RelayProtocol::kPlain) {
  RelayConfig config;
  config.back = back;
  return config;
}

inline RelayConfig ShadowServerConfig(const ShadowKey& key) {
  RelayConfig config;
  config.front = RelayProtocol::kShadowsocks;
  config.front_key = key;
  return config;
}

inline Bytes SocksHello(const Target& target, SocksCommand command = SocksCommand::kConnect) {
  Bytes bytes = {5, 1, 0};
  Append(bytes, EncodeSocksRequest(command, target));
  return bytes;
}

// What a shadowsocks client says at the moment of `end`.
inline Bytes ShadowHello(const ShadowKey& key, ShadowEnd& end, Entropy& entropy, std::string_view first = "GET /",
                         std::string_view more = "", const Target& target = ExampleTarget()) {
  ShadowClient client(key);
  Bytes bytes;
  SaltSet salts;  // Of its own.
  const ShadowMoment moment = {end.now, end.moment().wall, salts};
  if (client.Begin(moment, target, AsBytes(first), entropy, bytes)) client.Seal(AsBytes(more), bytes);
  return bytes;
}

}  // namespace holdfast
