// What a relay wants done: first what the client waits for, then the other side, then bytes, then ends.

#include <algorithm>
#include <utility>

#include "core/relay/relay.h"
#include "core/relay/relay_states.h"

namespace holdfast {
namespace {

constexpr std::array<RelaySide, 2> kSides = {RelaySide::kClient, RelaySide::kRemote};

// The next bytes of a flow, as one view that may go around the end of the ring's memory; `joined` holds it then.
ByteSpan NextOf(const Ring& ring, size_t size_max, Bytes& joined) {
  const std::array<ByteSpan, 2> pieces = ring.View(ring.begin(), std::min(ring.size(), size_max));
  if (pieces[1].empty()) return pieces[0];
  Append(joined, pieces[0]);
  Append(joined, pieces[1]);
  return joined;
}

}  // namespace

std::optional<RelayEvent> Relay::Poll(const ShadowMoment& moment, Entropy& entropy) {
  if (want_resolve_) {
    want_resolve_ = false;
    const Target& to = config_->back == RelayProtocol::kPlain ? *target_ : *config_->upstream;
    return relay_event::Resolve{to.name};
  }
  if (want_associate_) {
    want_associate_ = false;
    associating_ = true;
    return relay_event::Associate{*target_};
  }
  if (want_connect_ && MakeFirst(moment, entropy)) {
    want_connect_ = false;
    dialing_ = true;
    const std::optional<Target>& to = config_->back == RelayProtocol::kPlain ? target_ : config_->upstream;
    const bool by_name = to && to->type == AddressType::kName;
    return relay_event::Connect{by_name ? std::nullopt : to, EndOf(RelaySide::kRemote).answers};
  }
  for (RelaySide side : kSides) {
    if (auto write = PollWrite(moment, side, entropy)) return write;
  }
  for (RelaySide side : kSides) {
    Flow& flow = FlowFrom(side);
    if (!flow.wanted || !EndOf(side).open || flow.bytes.size() > limits::kRelayBufferBytes / 2) continue;
    flow.wanted = false;
    return relay_event::ReadMore{side};
  }
  return PollEnds();
}

// The first bytes for the remote side, with so much of the client's stream as goes along. False: it has come to
// nothing.
bool Relay::MakeFirst(const ShadowMoment& moment, Entropy& entropy) {
  Bytes& first = EndOf(RelaySide::kRemote).answers;
  if (config_->back == RelayProtocol::kSocks5) {
    first = SocksClient::Greeting(config_->upstream_login ? &*config_->upstream_login : nullptr);
    return true;
  }
  Ring& ring = FlowFrom(RelaySide::kClient).bytes;
  Bytes joined;
  const ByteSpan payload = NextOf(ring, limits::kRelayWriteBytesMax, joined);
  if (auto* shadow = std::get_if<ShadowClient>(&back_)) {
    const Status begun = shadow->Begin(moment, *target_, payload, entropy, first);
    if (!begun) {
      Fail(moment.now, ConnectResult::kFailed, begun.error());
      return false;
    }
  } else {
    if (config_->back == RelayProtocol::kSession) first = EncodeTarget(*target_);
    Append(first, payload);
  }
  ring.TrimTo(ring.begin() + payload.size());
  return true;
}

std::optional<RelayEvent> Relay::PollWrite(const ShadowMoment& moment, RelaySide side, Entropy& entropy) {
  End& end = EndOf(side);
  if (!end.open || !end.writable) return std::nullopt;
  if (!end.answers.empty()) {
    out_ = std::exchange(end.answers, {});
    return relay_event::Write{side, out_};
  }
  Ring& ring = FlowTo(side).bytes;
  const bool flows = stage_ == RelayStage::kStreaming || stage_ == RelayStage::kClosing;
  if (!flows || ring.size() == 0) return std::nullopt;
  Bytes joined;
  const ByteSpan plaintext = NextOf(ring, limits::kRelayWriteBytesMax, joined);
  out_.clear();
  if (!Seal(moment, side, plaintext, entropy)) return std::nullopt;
  ring.TrimTo(ring.begin() + plaintext.size());
  ring.ReleaseIfEmpty();
  TakeActivity(moment.now);
  return relay_event::Write{side, out_};
}

// False: it cannot be sealed, and all is over.
bool Relay::Seal(const ShadowMoment& moment, RelaySide side, ByteSpan plaintext, Entropy& entropy) {
  if (auto* server = side == RelaySide::kClient ? std::get_if<ShadowServer>(&front_) : nullptr) {
    const Status sealed = server->Seal(moment, plaintext, entropy, out_);
    if (sealed) return true;
    if (stage_ == RelayStage::kStreaming) Leave(moment.now, sealed.error(), true);
    DropFlows();
    return false;
  }
  if (auto* client = side == RelaySide::kRemote ? std::get_if<ShadowClient>(&back_) : nullptr) {
    client->Seal(plaintext, out_);
  } else {
    Append(out_, plaintext);
  }
  return true;
}

std::optional<RelayEvent> Relay::PollEnds() {
  const auto is_written = [this](RelaySide side) {
    return EndOf(side).answers.empty() && FlowTo(side).bytes.size() == 0;
  };
  if (stage_ == RelayStage::kStreaming) {
    for (RelaySide side : kSides) {
      Flow& flow = FlowTo(side);
      if (!flow.ended || flow.told || !is_written(side)) continue;
      flow.told = true;
      return relay_event::HalfClose{side};
    }
    if (flows_[0].told && flows_[1].told) {
      for (End& end : ends_) end.close = false;
    }
  }
  for (RelaySide side : kSides) {
    End& end = EndOf(side);
    if (!end.open || !end.close || !is_written(side)) continue;
    const bool reset = *end.close;
    end = {};
    return relay_event::Close{side, reset};
  }
  if (stage_ == RelayStage::kDestroyed || ends_[0].open || ends_[1].open) return std::nullopt;
  Move(RelayInput::kEnd);
  deadline_ = kNever;
  out_ = {};
  return relay_event::Ended{why_};
}

}  // namespace holdfast
