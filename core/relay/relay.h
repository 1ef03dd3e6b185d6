#pragma once

// Relay: one client's connection through the edge, from its first byte to its last. A front, which is what the client
// speaks, and a back, which is what the relay speaks on the other side. Verbs state facts, Poll yields every
// consequence and is the only verb that draws entropy; after each verb, call Poll until it yields nothing. Nothing here
// resolves, connects or knows the time.
//
// What strangers see: a front of shadowsocks shows one behaviour to whatever is not a fresh, authentic request. It
// reads on, says nothing, and closes when the client does or at one deadline after accept, whatever was wrong and
// wherever.
//
// Each direction may end by itself, and the end is carried on (HF-RLY-6); buffers are bounded in every stage
// (core/relay/limits.h, HF-RLY-7): Receive takes less when one is full.

#include <array>
#include <cstddef>
#include <memory>
#include <optional>
#include <string_view>
#include <variant>
#include <vector>

#include "core/base/bytes.h"
#include "core/base/digest.h"
#include "core/base/error.h"
#include "core/base/ring.h"
#include "core/base/time.h"
#include "core/crypto/crypto.h"
#include "core/relay/limits.h"
#include "core/relay/relay_event.h"
#include "core/relay/session_connect.h"
#include "core/relay/shadow_moment.h"
#include "core/relay/shadowsocks.h"
#include "core/relay/socks5.h"
#include "core/relay/target.h"

namespace holdfast {

class ForkKey;
enum class RelayInput : uint8_t;

// What is spoken on one side. kSession: inside a Holdfast session (docs/protocol.md, section 17). kPlain: what the
// target speaks, and on the remote side only.
enum class RelayProtocol : uint8_t { kPlain, kSocks5, kShadowsocks, kSession };

struct RelayConfig {
  RelayProtocol front = RelayProtocol::kSocks5;
  RelayProtocol back = RelayProtocol::kPlain;
  std::optional<ShadowKey> front_key = std::nullopt;  // Of a front of shadowsocks,
  std::optional<ShadowKey> back_key = std::nullopt;   // and of a back.
  // Where the remote side is, unless it is the target itself (kPlain); nothing if the caller knows.
  std::optional<Target> upstream = std::nullopt;
  std::vector<SocksLogin> logins = {};                      // Front of SOCKS5: who may come in; if none, everybody.
  std::optional<SocksLogin> upstream_login = std::nullopt;  // Back of SOCKS5: who the relay is.
  bool udp = true;                                          // Front of SOCKS5: whether it associates.
  Duration greeting_time = limits::kRelayGreetingTime;      // From the beginning to the request; and of a refusal.
  Duration resolve_time = limits::kRelayResolveTime;
  Duration connect_time = limits::kRelayConnectTime;  // To the target being connected.
  Duration idle_time = limits::kRelayIdleTime;        // Without a byte in either direction.
  Duration reply_time = limits::kRelayReplyTime;      // For the last word to be written.
};

// The tables are in relay_states.h.
enum class RelayStage : uint8_t {
  kInit,
  kAddress,
  kUdpAssociation,
  kDns,
  kConnecting,
  kStreaming,
  kClosing,
  kDestroyed,
};
std::string_view NameOf(RelayStage stage);

// Move-only, for it holds cipher state; a simulator forks it.
class Relay {
 public:
  // The client's transport is open and writable. `config` is shared by all relays of one listener, and must hold the
  // keys that its protocols need.
  Relay(std::shared_ptr<const RelayConfig> config, Time now);

  // The next bytes from that side: how many of them were taken. Give the others again after ReadMore; until then they
  // are the caller's. Any split of what is taken gives the same events but for where Writes are cut.
  size_t Receive(const ShadowMoment& moment, RelaySide side, ByteSpan bytes);
  // That side will send nothing more; all that came before was taken.
  void Finished(Time now, RelaySide side);
  // The transport is gone, and what it had not delivered is lost.
  void Closed(Time now, RelaySide side);
  // While not writable, no Write is yielded for it: so a caller holds one Write of each side at most.
  void SetWritable(Time now, RelaySide side, bool writable);

  // Answers to events; ignored when nobody waits for them.
  void Resolved(Time now);
  void ResolveFailed(Time now);
  // The transport to the remote side is open and writable. `sent`: of `first`, how many bytes are already on their way.
  // `bound`: the address of this end, if the caller wants it told.
  void Connected(Time now, size_t sent, const Target& bound = {});
  void ConnectFailed(Time now, ConnectResult why);
  void Associated(Time now, const Target& bound);
  // A datagram of the association passed.
  void Touch(Time now);

  std::optional<RelayEvent> Poll(const ShadowMoment& moment, Entropy& entropy);

  // Call Tick at this time at the latest (then Poll).
  Time Deadline() const { return deadline_; }
  void Tick(Time now);

  RelayStage stage() const { return stage_; }
  // Once the request is read.
  const std::optional<Target>& target() const { return target_; }

  size_t MemoryBytes() const;
  uint64_t StateDigest() const;
  Relay ForkForSimulation(const ForkKey& key) const;

 private:
  // What goes from one side to the other.
  struct Flow {
    Flow();
    Ring bytes;           // Plaintext.
    bool ended = false;   // The source sends nothing more,
    bool told = false;    // and the sink was told.
    bool wanted = false;  // The source has bytes that were not taken.
  };
  struct End {
    bool open = false;
    bool writable = false;
    Bytes answers = {};                        // To be written as they are, before the flow.
    std::optional<bool> close = std::nullopt;  // To be closed once all is written; whether by a reset.
  };
  using Front = std::variant<SocksServer, ShadowServer, TargetReader>;
  using Back = std::variant<std::monostate, SocksClient, ShadowClient, ConnectReader>;

  static Front FrontOf(const RelayConfig& config);
  static Back BackOf(const RelayConfig& config);

  Flow& FlowFrom(RelaySide side) { return flows_[static_cast<size_t>(side)]; }
  Flow& FlowTo(RelaySide side) { return flows_[static_cast<size_t>(Other(side))]; }
  End& EndOf(RelaySide side) { return ends_[static_cast<size_t>(side)]; }

  bool IsLocal() const { return config_->front == RelayProtocol::kSocks5; }
  void Move(RelayInput input);
  bool HasRoom(const Flow& flow) const { return flow.bytes.size() < limits::kRelayBufferBytes; }
  // Moves plaintext on, if there is memory for it.
  void Push(Time now, RelaySide from, ByteSpan plaintext);

  // One step with the front or the back; whether it may be asked again.
  bool ReadRequest(const ShadowMoment& moment, ByteSpan& input);
  bool ReadAnswer(const ShadowMoment& moment, ByteSpan& input);
  void ReadStream(const ShadowMoment& moment, RelaySide side, ByteSpan& input);

  void Asked(Time now, SocksCommand command, const Target& target);
  void StartConnecting(Time now);
  void Ready(Time now, const Target& bound);
  // The client cannot have what it asks for, and is told so if its protocol has a word for it.
  void Fail(Time now, ConnectResult result, Error why);
  // The client's stream is none of its protocol's.
  void Refuse(Time now, Error why, ByteSpan answer);
  // A stream broke in the middle: what had come is still delivered to the other side, which then sees a failure.
  void Break(Time now, RelaySide side, Error why);
  // All is closed, and nothing of the streams is written any more.
  void Leave(Time now, Error why, bool reset);
  void StartClosing(Time now, Error why);
  void DropFlows();
  void TakeActivity(Time now);

  bool MakeFirst(const ShadowMoment& moment, Entropy& entropy);
  std::optional<RelayEvent> PollWrite(const ShadowMoment& moment, RelaySide side, Entropy& entropy);
  bool Seal(const ShadowMoment& moment, RelaySide side, ByteSpan plaintext, Entropy& entropy);
  std::optional<RelayEvent> PollEnds();

  std::shared_ptr<const RelayConfig> config_;
  Front front_;
  Back back_;
  RelayStage stage_ = RelayStage::kInit;
  std::array<Flow, 2> flows_;  // By their source.
  std::array<End, 2> ends_;
  std::optional<Target> target_;
  Time opened_{};
  Time deadline_ = kNever;
  bool want_resolve_ = false;
  bool want_connect_ = false;
  bool dialing_ = false;  // Connect was yielded, and not answered.
  bool want_associate_ = false;
  bool associating_ = false;
  bool silent_ = false;  // kClosing: a stranger is read to the end.
  std::optional<Error> why_;
  Bytes out_;  // The Write or the first bytes that were yielded last.
};

}  // namespace holdfast
