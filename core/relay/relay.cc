// What the verbs of a relay do. What Poll makes of it: relay_poll.cc.

#include "core/relay/relay.h"

#include <algorithm>
#include <utility>

#include "core/base/check.h"
#include "core/relay/relay_states.h"

namespace holdfast {
namespace {

constexpr size_t kFlowBytesMax = limits::kRelayBufferBytes + limits::kShadow2022ChunkBytesMax;

bool BeforeRequest(RelayStage stage) { return stage == RelayStage::kInit || stage == RelayStage::kAddress; }

bool AfterRequest(RelayStage stage) {
  return stage == RelayStage::kDns || stage == RelayStage::kConnecting || stage == RelayStage::kStreaming;
}

}  // namespace

std::string_view NameOf(RelayStage stage) { return kRelayStageNames[static_cast<size_t>(stage)]; }

Relay::Flow::Flow() : bytes(kFlowBytesMax) {}

Relay::Relay(std::shared_ptr<const RelayConfig> config, Time now)
    : config_(std::move(config)),
      front_(FrontOf(*config_)),
      back_(BackOf(*config_)),
      opened_(now),
      deadline_(After(now, config_->greeting_time)) {
  EndOf(RelaySide::kClient) = {.open = true, .writable = true};
}

Relay::Front Relay::FrontOf(const RelayConfig& config) {
  HOLDFAST_CHECK(config.front != RelayProtocol::kPlain);
  if (config.front == RelayProtocol::kShadowsocks) return ShadowServer(config.front_key.value());
  if (config.front == RelayProtocol::kSession) return TargetReader();
  return SocksServer();
}

Relay::Back Relay::BackOf(const RelayConfig& config) {
  if (config.back == RelayProtocol::kShadowsocks) return ShadowClient(config.back_key.value());
  if (config.back == RelayProtocol::kSession) return ConnectReader();
  if (config.back == RelayProtocol::kSocks5) return SocksClient();
  return std::monostate();
}

void Relay::Move(RelayInput input) {
  if (IsLocal()) {
    holdfast::Move(kRelayLocalTransitions, stage_, input);
  } else {
    holdfast::Move(kRelayServerTransitions, stage_, input);
  }
}

// --- Bytes -------------------------------------------------------------------------------------------------------

size_t Relay::Receive(const ShadowMoment& moment, RelaySide side, ByteSpan bytes) {
  Flow& flow = FlowFrom(side);
  const bool of_use = EndOf(side).open && !flow.ended && (BeforeRequest(stage_) || AfterRequest(stage_));
  if (!of_use) return bytes.size();
  ByteSpan input = bytes;
  TakeActivity(moment.now);
  if (side == RelaySide::kClient) {
    while (!input.empty() && BeforeRequest(stage_) && ReadRequest(moment, input)) {
    }
    if (AfterRequest(stage_)) ReadStream(moment, side, input);
  } else {
    while (!input.empty() && stage_ == RelayStage::kConnecting && ReadAnswer(moment, input)) {
    }
    if (stage_ == RelayStage::kStreaming) ReadStream(moment, side, input);
  }
  if (!AfterRequest(stage_)) input = {};
  flow.wanted = !input.empty();
  return bytes.size() - input.size();
}

bool Relay::ReadRequest(const ShadowMoment& moment, ByteSpan& input) {
  if (auto* socks = std::get_if<SocksServer>(&front_)) {
    std::optional<SocksEvent> event = socks->Next(input, config_->logins);
    if (!event) return false;
    if (auto* answer = std::get_if<socks::Answer>(&*event)) {
      Append(EndOf(RelaySide::kClient).answers, answer->bytes);
      if (stage_ == RelayStage::kInit) Move(RelayInput::kGreeted);
    } else if (auto* request = std::get_if<socks::Request>(&*event)) {
      Asked(moment.now, request->command, request->target);
    } else if (auto* refused = std::get_if<socks::Refused>(&*event)) {
      Refuse(moment.now, refused->why, refused->answer);
    }
    return true;
  }
  if (stage_ == RelayStage::kInit) Move(RelayInput::kGreeted);
  if (auto* shadow = std::get_if<ShadowServer>(&front_)) {
    Bytes plaintext;
    const Status opened = shadow->Open(moment, input, plaintext, limits::kRelayBufferBytes);
    if (shadow->target()) {
      Asked(moment.now, SocksCommand::kConnect, *shadow->target());
      Push(moment.now, RelaySide::kClient, plaintext);
    }
    if (!opened) Refuse(moment.now, opened.error(), {});
    return false;
  }
  auto target = std::get<TargetReader>(front_).Next(input);
  if (!target) {
    Refuse(moment.now, target.error(), EncodeConnectAnswer({ConnectResult::kBadTarget, {}}));
  } else if (*target) {
    Asked(moment.now, SocksCommand::kConnect, **target);
  }
  return false;
}

bool Relay::ReadAnswer(const ShadowMoment& moment, ByteSpan& input) {
  if (auto* socks = std::get_if<SocksClient>(&back_)) {
    const SocksLogin* login = config_->upstream_login ? &*config_->upstream_login : nullptr;
    std::optional<SocksEvent> event = socks->Next(input, login, SocksCommand::kConnect, *target_);
    if (!event) return false;
    if (auto* answer = std::get_if<socks::Answer>(&*event)) {
      Append(EndOf(RelaySide::kRemote).answers, answer->bytes);
    } else if (auto* connected = std::get_if<socks::Connected>(&*event)) {
      Ready(moment.now, connected->bound);
    } else if (auto* refused = std::get_if<socks::Refused>(&*event)) {
      Fail(moment.now, ResultOf(refused->reply), refused->why);
    }
    return true;
  }
  auto* reader = std::get_if<ConnectReader>(&back_);
  if (reader == nullptr) return false;
  const auto answer = reader->Next(input);
  if (!answer) {
    Fail(moment.now, ConnectResult::kFailed, answer.error());
  } else if (*answer && (*answer)->result != ConnectResult::kConnected) {
    Fail(moment.now, (*answer)->result, Error::kTransportClosed);
  } else if (*answer) {
    Ready(moment.now, (*answer)->bound);
  }
  return false;
}

void Relay::ReadStream(const ShadowMoment& moment, RelaySide side, ByteSpan& input) {
  Flow& flow = FlowFrom(side);
  auto* server = side == RelaySide::kClient ? std::get_if<ShadowServer>(&front_) : nullptr;
  auto* client = side == RelaySide::kRemote ? std::get_if<ShadowClient>(&back_) : nullptr;
  while (!input.empty() && HasRoom(flow)) {
    const size_t room = limits::kRelayBufferBytes - flow.bytes.size();
    if (server == nullptr && client == nullptr) {
      const ByteSpan taken = input.first(std::min(input.size(), room));
      input = input.subspan(taken.size());
      Push(moment.now, side, taken);
    } else {
      Bytes plaintext;
      const Status opened = server != nullptr ? server->Open(moment, input, plaintext, room)
                                              : client->Open(moment, input, plaintext, room);
      Push(moment.now, side, plaintext);
      if (!opened && side == RelaySide::kClient) return Refuse(moment.now, opened.error(), {});
      if (!opened) return Break(moment.now, side, opened.error());
    }
    if (!AfterRequest(stage_)) return;
  }
}

void Relay::Push(Time now, RelaySide from, ByteSpan plaintext) {
  if (FlowFrom(from).bytes.Push(plaintext) != plaintext.size()) Break(now, from, Error::kMemoryFull);
}

// --- Stages ------------------------------------------------------------------------------------------------------

void Relay::Asked(Time now, SocksCommand command, const Target& target) {
  target_ = target;
  if (command == SocksCommand::kUdpAssociate) {
    if (!config_->udp) return Fail(now, ConnectResult::kNotAllowed, Error::kUnknownValue);
    Move(RelayInput::kAskedUdp);
    want_associate_ = true;
    deadline_ = After(now, config_->connect_time);
    return;
  }
  const Target* to = config_->back == RelayProtocol::kPlain ? &*target_
                     : config_->upstream                    ? &*config_->upstream
                                                            : nullptr;
  if (to != nullptr && to->type == AddressType::kName) {
    Move(RelayInput::kAskedName);
    want_resolve_ = true;
    deadline_ = After(now, config_->resolve_time);
  } else {
    Move(RelayInput::kAsked);
    StartConnecting(now);
  }
}

void Relay::StartConnecting(Time now) {
  want_connect_ = true;
  deadline_ = After(now, config_->connect_time);
}

void Relay::Resolved(Time now) {
  if (stage_ != RelayStage::kDns || want_resolve_) return;
  Move(RelayInput::kResolved);
  StartConnecting(now);
}

void Relay::ResolveFailed(Time now) {
  if (stage_ != RelayStage::kDns || want_resolve_) return;
  Fail(now, ConnectResult::kNameUnknown, Error::kTransportClosed);
}

void Relay::Connected(Time now, size_t sent, const Target& bound) {
  if (!dialing_) return;
  dialing_ = false;
  End& remote = EndOf(RelaySide::kRemote);
  HOLDFAST_CHECK(sent <= remote.answers.size());
  remote.open = true;
  remote.writable = true;
  remote.answers.erase(remote.answers.begin(), remote.answers.begin() + static_cast<ptrdiff_t>(sent));
  // Of a shadowsocks server nothing more can be known; the others have a word for it.
  if (config_->back == RelayProtocol::kPlain || config_->back == RelayProtocol::kShadowsocks) Ready(now, bound);
}

void Relay::ConnectFailed(Time now, ConnectResult why) {
  if (!dialing_ && !associating_) return;
  Fail(now, why, Error::kTransportClosed);
}

void Relay::Associated(Time now, const Target& bound) {
  if (!associating_) return;
  associating_ = false;
  Append(EndOf(RelaySide::kClient).answers, EncodeSocksReply(SocksReply::kSucceeded, bound));
  deadline_ = After(now, config_->idle_time);
}

void Relay::Touch(Time now) {
  if (stage_ == RelayStage::kUdpAssociation && !want_associate_ && !associating_) {
    deadline_ = After(now, config_->idle_time);
  }
}

void Relay::TakeActivity(Time now) {
  if (stage_ == RelayStage::kStreaming) deadline_ = After(now, config_->idle_time);
}

// HF-RLY-2.
void Relay::Ready(Time now, const Target& bound) {
  Move(RelayInput::kConnected);
  deadline_ = After(now, config_->idle_time);
  Bytes& answers = EndOf(RelaySide::kClient).answers;
  if (config_->front == RelayProtocol::kSocks5) Append(answers, EncodeSocksReply(SocksReply::kSucceeded, bound));
  if (config_->front == RelayProtocol::kSession) {
    Append(answers, EncodeConnectAnswer({ConnectResult::kConnected, bound}));
  }
}

// --- Ends --------------------------------------------------------------------------------------------------------

void Relay::Finished(Time now, RelaySide side) {
  if (!EndOf(side).open || FlowFrom(side).ended) return;
  if (stage_ == RelayStage::kClosing) {
    // A stranger has no more to say; others are closed as soon as all is written.
    if (silent_ && side == RelaySide::kClient) EndOf(side).close = false;
    return;
  }
  if (!AfterRequest(stage_)) return Leave(now, Error::kTransportClosed, false);
  const auto* server = std::get_if<ShadowServer>(&front_);
  const auto* client = std::get_if<ShadowClient>(&back_);
  const bool may_end =
      side == RelaySide::kClient ? server == nullptr || server->may_end() : client == nullptr || client->may_end();
  if (side == RelaySide::kRemote && stage_ == RelayStage::kConnecting) {
    Fail(now, ConnectResult::kFailed, Error::kTransportClosed);
  } else if (may_end) {
    FlowFrom(side).ended = true;
  } else {
    Break(now, side, Error::kTruncated);
  }
}

void Relay::Closed(Time now, RelaySide side) {
  if (!EndOf(side).open) return;
  EndOf(side) = {};
  FlowTo(side).bytes.TrimTo(FlowTo(side).bytes.end());
  if (stage_ == RelayStage::kClosing) return;
  if (stage_ == RelayStage::kStreaming) {
    Break(now, side, Error::kTransportClosed);
  } else if (side == RelaySide::kRemote) {
    Fail(now, ConnectResult::kFailed, Error::kTransportClosed);
  } else {
    Leave(now, Error::kTransportClosed, true);
  }
}

void Relay::SetWritable(Time now, RelaySide side, bool writable) {
  if (writable && !EndOf(side).writable) TakeActivity(now);
  EndOf(side).writable = writable && EndOf(side).open;
}

void Relay::Tick(Time now) {
  if (now < deadline_) return;
  if (stage_ == RelayStage::kDns || stage_ == RelayStage::kConnecting || associating_) {
    return Fail(now, ConnectResult::kTimedOut, Error::kTimedOut);
  }
  if (stage_ != RelayStage::kClosing) return Leave(now, Error::kTimedOut, false);
  // Closing has taken its time: what is not written by now never is.
  deadline_ = kNever;
  DropFlows();
  for (End& end : ends_) {
    end.answers = {};
    if (!end.close) end.close = false;
  }
}

void Relay::StartClosing(Time now, Error why) {
  if (stage_ != RelayStage::kClosing) {
    Move(RelayInput::kRefused);
    why_ = why;
  }
  want_resolve_ = want_connect_ = dialing_ = want_associate_ = associating_ = false;
  deadline_ = After(now, config_->reply_time);
  if (!EndOf(RelaySide::kRemote).open) EndOf(RelaySide::kRemote).answers = {};  // First bytes of a dial.
}

void Relay::DropFlows() {
  for (Flow& flow : flows_) flow.bytes.TrimTo(flow.bytes.end());
}

void Relay::Leave(Time now, Error why, bool reset) {
  StartClosing(now, why);
  DropFlows();
  for (End& end : ends_) end.close = reset;
}

void Relay::Fail(Time now, ConnectResult result, Error why) {
  Leave(now, why, false);
  EndOf(RelaySide::kRemote).answers = {};
  EndOf(RelaySide::kRemote).close = true;
  Bytes& answers = EndOf(RelaySide::kClient).answers;
  if (config_->front == RelayProtocol::kSocks5) Append(answers, EncodeSocksReply(ReplyOf(result)));
  if (config_->front == RelayProtocol::kSession) Append(answers, EncodeConnectAnswer({result, {}}));  // HF-RLY-5.
}

void Relay::Refuse(Time now, Error why, ByteSpan answer) {
  Leave(now, why, false);
  EndOf(RelaySide::kRemote).answers = {};
  EndOf(RelaySide::kRemote).close = true;
  Append(EndOf(RelaySide::kClient).answers, answer);
  if (config_->front != RelayProtocol::kShadowsocks) return;
  silent_ = true;
  EndOf(RelaySide::kClient).close = std::nullopt;
  const Time greeted = After(opened_, config_->greeting_time);
  deadline_ = now < greeted ? greeted : After(now, config_->greeting_time);
}

void Relay::Break(Time now, RelaySide side, Error why) {
  const bool streaming = stage_ == RelayStage::kStreaming;
  StartClosing(now, why);
  FlowTo(side).bytes.TrimTo(FlowTo(side).bytes.end());
  if (!streaming) DropFlows();
  EndOf(side).answers = {};
  EndOf(side).close = true;
  EndOf(Other(side)).close = !FlowFrom(side).ended;  // What had ended before is delivered in full.
}

// --- Views -------------------------------------------------------------------------------------------------------

namespace {

template <typename Variant>
size_t AllocatedBy(const Variant& variant) {
  return std::visit(
      [](const auto& one) -> size_t {
        if constexpr (std::is_same_v<std::remove_cvref_t<decltype(one)>, std::monostate>) {
          return 0;
        } else {
          return one.allocated();
        }
      },
      variant);
}

template <typename Variant>
void DigestOf(const Variant& variant, Digest& digest) {
  digest.Add(variant.index());
  std::visit(
      [&digest](const auto& one) {
        if constexpr (!std::is_same_v<std::remove_cvref_t<decltype(one)>, std::monostate>) one.DigestInto(digest);
      },
      variant);
}

// Values are copied; what holds cipher state says how.
template <typename Variant>
Variant Forked(const Variant& variant, const ForkKey& key) {
  return std::visit(
      [&key](const auto& one) -> Variant {
        if constexpr (requires { one.ForkForSimulation(key); }) {
          return one.ForkForSimulation(key);
        } else {
          return one;
        }
      },
      variant);
}

}  // namespace

size_t Relay::MemoryBytes() const {
  size_t bytes = sizeof(Relay) + out_.capacity() + AllocatedBy(front_) + AllocatedBy(back_);
  for (const Flow& flow : flows_) bytes += flow.bytes.allocated();
  for (const End& end : ends_) bytes += end.answers.capacity();
  return bytes;
}

uint64_t Relay::StateDigest() const {
  Digest digest;
  DigestOf(front_, digest);
  DigestOf(back_, digest);
  digest.Add(stage_).Add(opened_).Add(deadline_);
  for (const Flow& flow : flows_) {
    flow.bytes.DigestInto(digest);
    digest.Add(flow.ended).Add(flow.told).Add(flow.wanted);
  }
  for (const End& end : ends_) {
    digest.Add(end.open).Add(end.writable).Add(end.answers).Add(end.close.has_value()).Add(end.close.value_or(false));
  }
  digest.Add(target_.has_value());
  if (target_) target_->DigestInto(digest);
  digest.Add(want_resolve_).Add(want_connect_).Add(dialing_).Add(want_associate_).Add(associating_).Add(silent_);
  digest.Add(why_.has_value()).Add(why_.value_or(Error::kDone));
  return digest.value();
}

Relay Relay::ForkForSimulation(const ForkKey& key) const {
  Relay fork(config_, opened_);
  fork.front_ = Forked(front_, key);
  fork.back_ = Forked(back_, key);
  fork.stage_ = stage_;
  for (size_t i = 0; i < flows_.size(); ++i) {
    fork.flows_[i].bytes = flows_[i].bytes.Clone();
    fork.flows_[i].ended = flows_[i].ended;
    fork.flows_[i].told = flows_[i].told;
    fork.flows_[i].wanted = flows_[i].wanted;
  }
  fork.ends_ = ends_;
  fork.target_ = target_;
  fork.deadline_ = deadline_;
  fork.want_resolve_ = want_resolve_;
  fork.want_connect_ = want_connect_;
  fork.dialing_ = dialing_;
  fork.want_associate_ = want_associate_;
  fork.associating_ = associating_;
  fork.silent_ = silent_;
  fork.why_ = why_;
  return fork;
}

}  // namespace holdfast
