#include "sim/relayed_endpoint.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "core/base/digest.h"
#include "core/relay/relay.h"
#include "core/relay/socks5.h"
#include "sim/loopback.h"
#include "sim/stage.h"

namespace holdfast::sim {
namespace {

using std::chrono::milliseconds;

constexpr SessionId kTheClients{1};
constexpr uint64_t kAppCode = 1;  // Of a session whose relay lost the other side.
constexpr uint64_t kLookupMillisecondsMax = 2'000;
constexpr uint64_t kDialMillisecondsMax = 2'000;
// The session's buffers and those of the relay, which are bounded each by itself, and what is between them.
constexpr uint64_t kMemoryMax = uint64_t{1} << 22;

// Time alone ends no session and no connection here: the network may be down for long.
constexpr Duration kHeld = std::chrono::hours(24);
std::shared_ptr<const RelayConfig> ConfigOf(Side side) {
  RelayConfig config;
  config.front = side == Side::kClient ? RelayProtocol::kSocks5 : RelayProtocol::kSession;
  config.back = side == Side::kClient ? RelayProtocol::kSession : RelayProtocol::kPlain;
  config.greeting_time = config.connect_time = config.idle_time = kHeld;
  return std::make_shared<const RelayConfig>(std::move(config));
}

Target TargetOf(uint64_t seed) {
  NamedStream chance(seed, "relay/target");
  const auto port = static_cast<uint16_t>(1 + chance.Below(65535));
  std::array<uint8_t, 16> ip = {};
  chance.Fill(ip);
  switch (chance.Below(3)) {
    case 0:
      return Target::Ipv4({ip[0], ip[1], ip[2], ip[3]}, port);
    case 1:
      return Target::Ipv6(ip, port);
    default:
      return Target::Named(std::string(1 + static_cast<size_t>(chance.Below(255)), 'n'), port).value();
  }
}

void DropFront(Bytes& bytes, size_t count) {
  bytes.erase(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(count));
}

// All that is copied when a world is forked.
struct RelayedState {
  RelayedState(Side side, uint64_t seed)
      : side_(side),
        target_(TargetOf(seed)),
        chance_(seed, side == Side::kClient ? "relay/client" : "relay/server"),
        to_relay_(seed, side == Side::kClient ? "relay/client/up" : "relay/server/down"),
        from_relay_(seed, side == Side::kClient ? "relay/client/down" : "relay/server/up"),
        preface_(EncodedSize(target_) + (side == Side::kClient ? 1 : 0)) {}

  Side side_;
  Target target_;
  NamedStream chance_;
  SaltSet salts_;  // No protocol here has any.

  // Application and relay. The application at the client waits for SOCKS5 to say that it is connected, the one at the
  // server to be dialed.
  SocksClient socks_;
  Loopback to_relay_;
  Loopback from_relay_;
  bool connected_ = false;
  bool finish_wanted_ = false;
  bool wants_space_ = false;
  bool peer_finished_ = false;
  uint64_t sent_ = 0;
  uint64_t delivered_ = 0;
  Bytes shown_;

  // Relay and session. Before the peer's stream comes the target, or the result and the target again. What follows is
  // consumed when the application has it: the session's end then says that both applications have everything.
  uint64_t preface_;
  uint64_t taken_ = 0;  // By the relay.
  uint64_t consumed_ = 0;
  SessionId session_ = SessionId::kNone;
  bool session_wanted_ = false;        // The relay has asked for it.
  Bytes to_session_ = {};              // What it does not take yet,
  bool session_finishes_ = false;      // and then its end.
  bool session_finished_ = false;      // It was told.
  Bytes from_session_ = {};            // What the relay does not take yet.
  bool session_told_end_ = false;      // The other end's stream is complete,
  std::optional<Event> last_ = {};     // and the session over.
  std::array<bool, 2> blocked_ = {};   // By side: the relay took less than it was given.
  std::array<bool, 2> told_end_ = {};  // It was told that nothing more comes.
  std::array<bool, 2> halted_ = {};    // It was told that nothing can be written.

  // Relay and target.
  Bytes first_ = {};
  Time lookup_due_ = kNever;
  Time dial_due_ = kNever;

  std::optional<std::string> complaint_ = {};
};

class RelayedEndpoint final : public Endpoint, private RelayedState {
 public:
  RelayedEndpoint(std::unique_ptr<Endpoint> inner, const RelayedState& state)
      : RelayedState(state), inner_(std::move(inner)) {}
  RelayedEndpoint(std::unique_ptr<Endpoint> inner, Side side, uint64_t seed)
      : RelayedEndpoint(std::move(inner), RelayedState(side, seed)) {
    if (!IsClient()) return;
    session_ = kTheClients;
    relay_.emplace(ConfigOf(side_), kStart);
    to_relay_.Push(kStart, SocksClient::Greeting(nullptr));
  }

  // --- Transports: they are the session's ---

  TransportId TransportOpened(Time now, const Arrival& arrival) override {
    return inner_->TransportOpened(now, arrival);
  }
  void TransportClosed(Time now, TransportId t) override { inner_->TransportClosed(now, t); }
  void DialFailed(Time now) override { inner_->DialFailed(now); }
  void Receive(Time now, TransportId t, ByteSpan bytes) override { inner_->Receive(now, t, bytes); }
  void SetWritable(Time now, TransportId t, bool writable) override { inner_->SetWritable(now, t, writable); }
  void Judge(Time now, SessionId s, const PublicKey& key, bool accept) override { inner_->Judge(now, s, key, accept); }
  void SetClock(Time now, WallTime wall) override { inner_->SetClock(now, wall); }

  // --- The application: it is beyond the relay ---

  size_t Send(Time now, SessionId, ByteSpan bytes, bool) override {
    const bool may = connected_ && !finish_wanted_;
    const ByteSpan taken = bytes.first(may ? std::min(bytes.size(), to_relay_.room()) : 0);
    to_relay_.Push(now, taken);
    sent_ += taken.size();
    wants_space_ = !finish_wanted_ && taken.size() < bytes.size();
    return taken.size();
  }
  void Consumed(Time, SessionId, uint64_t) override {}
  void Finish(Time, SessionId) override {
    finish_wanted_ = true;
    if (connected_) to_relay_.End();
  }
  void Abort(Time now, SessionId session, uint64_t code) override { inner_->Abort(now, session, code); }

  std::optional<Event> Poll(Time now, Entropy& entropy) override {
    while (true) {
      if (IsAwake()) {
        if (std::optional<Event> event = inner_->Poll(now, entropy)) {
          if (TakeOfSession(now, *event)) continue;
          return event;
        }
      }
      if (relay_) {
        if (std::optional<RelayEvent> event = relay_->Poll(Moment(now), entropy)) {
          std::visit([&](const auto& what) { Do(now, what); }, *event);
          continue;
        }
        if (Move(now)) continue;
      }
      return NextOfApplication(now);
    }
  }

  Time Deadline() const override {
    Time due = std::min({from_relay_.Due(), lookup_due_, dial_due_});
    if (IsAwake()) due = std::min(due, inner_->Deadline());
    if (!relay_) return due;
    due = std::min(due, relay_->Deadline());
    return blocked_[Index(Near())] ? due : std::min(due, to_relay_.Due());
  }
  void Tick(Time now) override {
    if (IsAwake()) inner_->Tick(now);
    if (relay_) relay_->Tick(now);
  }

  // --- For oracles ---

  std::optional<SessionView> View(SessionId session) const override {
    std::optional<SessionView> view = inner_->View(session);
    if (!view || session != session_) return view;
    view->written = view->sent = sent_;
    view->acked = 0;
    view->received = view->consumed = delivered_;
    view->memory_bytes += to_session_.capacity() + from_session_.capacity() + first_.capacity() + shown_.capacity();
    view->memory_bytes += to_relay_.MemoryBytes() + from_relay_.MemoryBytes();
    if (relay_) view->memory_bytes += relay_->MemoryBytes();
    return view;
  }
  std::optional<std::string> Complaint() const override { return complaint_; }
  uint64_t StateDigest() const override {
    Digest digest;
    digest.Add(inner_->StateDigest()).Add(relay_ ? relay_->StateDigest() : 0);
    digest.Add(connected_).Add(finish_wanted_).Add(wants_space_).Add(peer_finished_).Add(sent_).Add(delivered_);
    digest.Add(taken_).Add(consumed_);
    socks_.DigestInto(digest);
    to_relay_.DigestInto(digest);
    from_relay_.DigestInto(digest);
    digest.Add(session_).Add(session_wanted_).Add(session_finishes_).Add(session_finished_).Add(session_told_end_);
    digest.Add(ByteSpan(to_session_)).Add(ByteSpan(from_session_)).Add(ByteSpan(first_)).Add(last_.has_value());
    for (size_t side : {0U, 1U}) digest.Add(blocked_[side]).Add(told_end_[side]).Add(halted_[side]);
    digest.Add(lookup_due_).Add(dial_due_);
    return digest.value();
  }
  std::unique_ptr<Endpoint> Fork(const ForkKey& key) const override {
    auto copy = std::make_unique<RelayedEndpoint>(inner_->Fork(key), static_cast<const RelayedState&>(*this));
    if (relay_) copy->relay_.emplace(relay_->ForkForSimulation(key));
    return copy;
  }

 private:
  bool IsClient() const { return side_ == Side::kClient; }
  bool IsAwake() const { return session_wanted_ || !IsClient(); }
  // Of the relay: where the application is, and where the session is.
  RelaySide Near() const { return IsClient() ? RelaySide::kClient : RelaySide::kRemote; }
  RelaySide Far() const { return Other(Near()); }
  static size_t Index(RelaySide side) { return static_cast<size_t>(side); }
  ShadowMoment Moment(Time now) { return {now, std::nullopt, salts_}; }

  // Whether it is the relay's; what it is not, it is the world's.
  bool TakeOfSession(Time now, const Event& event) {
    if (std::holds_alternative<event::Opened>(event.what) && session_ == SessionId::kNone) {
      session_ = event.session;
      relay_.emplace(ConfigOf(side_), now);
      return false;
    }
    if (event.session != session_) return false;
    if (const auto* deliver = std::get_if<event::Deliver>(&event.what)) {
      Append(from_session_, deliver->bytes);
    } else if (std::holds_alternative<event::PeerFinished>(event.what)) {
      session_told_end_ = true;
    } else if (std::holds_alternative<event::SpaceAvailable>(event.what)) {
      WriteToSession(now);
    } else if (const auto* ended = std::get_if<event::Ended>(&event.what)) {
      last_ = event;
      if (ended->ending.cause != Cause::kFinished) relay_->Closed(now, Far());
    } else {
      return false;
    }
    return true;
  }

  // --- What the relay wants ---

  void Do(Time now, const relay_event::Resolve&) { lookup_due_ = now + Milliseconds(kLookupMillisecondsMax); }
  void Do(Time now, const relay_event::Connect& connect) {
    if (IsClient()) {
      session_wanted_ = true;
      const size_t sent = inner_->Send(now, session_, connect.first, false);
      relay_->Connected(now, sent);
    } else {
      first_ = ToBytes(connect.first);
      dial_due_ = now + Milliseconds(kDialMillisecondsMax);
    }
  }
  void Do(Time, const relay_event::Associate&) { complaint_ = "was asked for an association by nobody"; }
  void Do(Time now, const relay_event::Write& write) {
    if (write.side == Near()) {
      from_relay_.Push(now, write.bytes);
      Halt(now, Near(), from_relay_.room() == 0);
    } else {
      Append(to_session_, write.bytes);
      WriteToSession(now);
    }
  }
  void Do(Time, const relay_event::ReadMore& more) { blocked_[Index(more.side)] = false; }
  void Do(Time now, const relay_event::HalfClose& half) {
    if (half.side == Near()) return from_relay_.End();
    session_finishes_ = true;
    WriteToSession(now);
  }
  void Do(Time now, const relay_event::Close& close) {
    if (close.side == Near()) {
      if (!close.reset) from_relay_.End();
    } else if (close.reset) {
      inner_->Abort(now, session_, kAppCode);
    } else {
      session_finishes_ = true;
      WriteToSession(now);
    }
  }
  void Do(Time, const relay_event::Ended&) {}

  void Halt(Time now, RelaySide side, bool halted) {
    if (std::exchange(halted_[Index(side)], halted) != halted) relay_->SetWritable(now, side, !halted);
  }

  void WriteToSession(Time now) {
    if (!to_session_.empty()) DropFront(to_session_, inner_->Send(now, session_, to_session_, false));
    Halt(now, Far(), !to_session_.empty());
    if (!session_finishes_ || !to_session_.empty() || std::exchange(session_finished_, true)) return;
    inner_->Finish(now, session_);
  }

  // --- What the relay is told ---

  // One thing that has come about; false if nothing has.
  bool Move(Time now) {
    if (lookup_due_ <= now) {
      lookup_due_ = kNever;
      relay_->Resolved(now);
    } else if (dial_due_ <= now) {
      Dialed(now);
    } else if (!from_session_.empty() && !blocked_[Index(Far())]) {
      const size_t taken = Offer(now, Far(), from_session_);
      taken_ += taken;
      Consume(now);
      DropFront(from_session_, taken);
    } else if (session_told_end_ && from_session_.empty() && !std::exchange(told_end_[Index(Far())], true)) {
      relay_->Finished(now, Far());
    } else if (!to_relay_.Front(now).empty() && !blocked_[Index(Near())]) {
      to_relay_.Take(Offer(now, Near(), to_relay_.Front(now)));
    } else if (to_relay_.AtEnd() && !std::exchange(told_end_[Index(Near())], true)) {
      relay_->Finished(now, Near());
    } else {
      return false;
    }
    return true;
  }

  size_t Offer(Time now, RelaySide side, ByteSpan bytes) {
    const size_t taken = relay_->Receive(Moment(now), side, bytes);
    blocked_[Index(side)] = taken < bytes.size();
    return taken;
  }

  void Consume(Time now) {
    const uint64_t consumed = std::min(taken_, preface_) + delivered_;
    inner_->Consumed(now, session_, consumed - std::exchange(consumed_, consumed));
  }

  // The target takes some of the first bytes with the dial.
  void Dialed(Time now) {
    dial_due_ = kNever;
    const ByteSpan sent = ByteSpan(first_).first(static_cast<size_t>(chance_.Below(first_.size() + 1)));
    from_relay_.Push(now, sent);
    relay_->Connected(now, sent.size(), target_);
    first_ = {};
    BeConnected();
  }

  void BeConnected() {
    connected_ = true;
    if (finish_wanted_) to_relay_.End();
  }

  // --- What the application is told ---

  std::optional<Event> NextOfApplication(Time now) {
    for (ByteSpan front; !(front = from_relay_.Front(now)).empty();) {
      if (connected_) {
        shown_ = ToBytes(front);
        from_relay_.Take(front.size());
        Halt(now, Near(), from_relay_.room() == 0);
        const uint64_t offset = std::exchange(delivered_, delivered_ + shown_.size());
        Consume(now);
        return About(event::Deliver{offset, shown_});
      }
      ReadAnswer(now, front);
    }
    if (connected_ && wants_space_ && to_relay_.room() > 0) {
      wants_space_ = false;
      return About(event::SpaceAvailable{});
    }
    if (connected_ && from_relay_.AtEnd() && !std::exchange(peer_finished_, true)) return About(event::PeerFinished{});
    const bool is_last =
        last_ && (peer_finished_ || std::get<event::Ended>(last_->what).ending.cause != Cause::kFinished);
    if (is_last) return std::exchange(last_, std::nullopt);
    return std::nullopt;
  }

  void ReadAnswer(Time now, ByteSpan front) {
    ByteSpan rest = front;
    const std::optional<SocksEvent> event = socks_.Next(rest, nullptr, SocksCommand::kConnect, target_);
    from_relay_.Take(front.size() - rest.size());
    if (!event) return;
    if (const auto* answer = std::get_if<socks::Answer>(&*event)) to_relay_.Push(now, answer->bytes);
    if (std::holds_alternative<socks::Connected>(*event)) BeConnected();
    if (std::holds_alternative<socks::Refused>(*event)) complaint_ = "was refused by its relay";
  }

  template <typename What>
  Event About(What what) const {
    return {.session = session_, .what = std::move(what)};
  }

  Duration Milliseconds(uint64_t max) { return milliseconds(chance_.Below(max + 1)); }

  std::unique_ptr<Endpoint> inner_;
  std::optional<Relay> relay_;  // At a server: once there is a session.
};

class RelayedProtocol final : public Protocol {
 public:
  const ProtocolTraits& traits() const override { return kTraits; }
  std::unique_ptr<Endpoint> MakeClient(const Plan& plan, uint32_t client) const override {
    Plan mine = plan;
    ClientSettings& settings = mine.clients[client].settings;
    settings.session.explicit_consume = true;
    settings.hold = kHeld;
    return std::make_unique<RelayedEndpoint>(Holdfast().MakeClient(mine, client), Side::kClient, plan.seed);
  }
  std::unique_ptr<Endpoint> MakeServer(const Plan& plan) const override {
    Plan mine = plan;
    mine.server.session.explicit_consume = true;
    mine.server.embryo_time = kHeld;
    return std::make_unique<RelayedEndpoint>(Holdfast().MakeServer(mine), Side::kServer, plan.seed);
  }

 private:
  static constexpr ProtocolTraits kTraits = {.name = "relayed holdfast", .memory_max = kMemoryMax};
};

constexpr RelayedProtocol kRelayed;

}  // namespace

const Protocol& RelayedHoldfast() { return kRelayed; }

}  // namespace holdfast::sim
