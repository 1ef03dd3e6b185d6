#include "sim/plug/any_party.h"

#include <algorithm>
#include <deque>
#include <utility>
#include <vector>

#include "core/base/check.h"

namespace holdfast::sim {
namespace {

constexpr SessionId kTheSession{1};

class PartyEndpoint final : public Endpoint {
 public:
  PartyEndpoint(std::unique_ptr<AnyParty> party, Side side) : party_(std::move(party)), side_(side) {}

  TransportId TransportOpened(Time now, const Arrival&) override {
    const TransportId id{++transports_opened_};
    const bool too_late = IsClient() && ended_;  // What was dialed before is not needed any more.
    transports_.push_back({.id = id, .closing = too_late});
    if (too_late) return id;
    if (!std::exchange(opened_, true)) Tell(event::Opened{}, id);
    OfferSpace();
    party_->TransportOpened(now, id);
    return id;
  }
  void TransportClosed(Time now, TransportId id) override {
    const Transport* transport = Find(id);
    if (transport == nullptr) return;
    const bool forgotten = transport->closing;
    std::erase_if(transports_, [id](const Transport& t) { return t.id == id; });
    if (!forgotten) party_->TransportClosed(now, id);
  }
  void DialFailed(Time now) override {
    if (!ended_) party_->DialFailed(now);
  }
  void Receive(Time now, TransportId id, ByteSpan bytes) override {
    const Transport* transport = Find(id);
    if (transport == nullptr || transport->closing) return;  // What it closed is of no interest to it.
    if (!IsClient() && id > newest_heard_) {
      if (newest_heard_ != TransportId::kNone && !ended_) Tell(event::Resumed{}, id);
      newest_heard_ = id;
    }
    OfferSpace();
    party_->Receive(now, id, bytes);
  }
  void SetWritable(Time, TransportId id, bool writable) override {
    if (Transport* transport = Find(id)) transport->writable = writable;
    OfferSpace();
  }
  void Judge(Time, SessionId, const PublicKey&, bool) override {}
  void SetClock(Time, WallTime) override {}
  size_t Send(Time now, SessionId, ByteSpan bytes, bool) override {
    const size_t taken = std::min(party_->Send(now, bytes), bytes.size());
    sent_ += taken;
    wants_space_ = taken < bytes.size();
    return taken;
  }
  void Consumed(Time, SessionId, uint64_t) override {}
  void Finish(Time now, SessionId) override { party_->Finish(now); }
  void Abort(Time, SessionId, uint64_t) override {}

  std::optional<Event> Poll(Time now, Entropy&) override {
    while (true) {
      if (!own_.empty()) {
        Event event = std::move(own_.front());
        own_.pop_front();
        return event;
      }
      if (std::optional<Event> event = NextOfTransports()) return event;
      std::optional<Output> output = party_->Poll(now);
      if (!output) return std::nullopt;
      if (std::optional<Event> event = std::visit([this](const auto& what) { return EventOf(what); }, *output)) {
        return event;
      }
    }
  }
  Time Deadline() const override { return ended_ && transports_.empty() ? kNever : party_->Deadline(); }
  void Tick(Time now) override {
    OfferSpace();
    party_->Tick(now);
  }

  std::optional<SessionView> View(SessionId session) const override {
    if (session != kTheSession || (!IsClient() && !opened_)) return std::nullopt;
    SessionView view;
    view.written = view.sent = sent_;
    view.received = view.consumed = delivered_;
    view.memory_bytes = party_->MemoryBytes();
    for (const Transport& transport : transports_) view.memory_bytes += transport.waiting.size();
    return view;
  }
  std::optional<std::string> Complaint() const override { return complaint_ ? complaint_ : party_->Complaint(); }
  uint64_t StateDigest() const override { return party_->StateDigest(); }
  std::unique_ptr<Endpoint> Fork(const ForkKey&) const override {
    std::unique_ptr<AnyParty> party = party_->Clone();
    HOLDFAST_CHECK(party != nullptr);  // Protocol::CanFork says so.
    auto copy = std::make_unique<PartyEndpoint>(std::move(party), side_);
    copy->transports_ = transports_;
    copy->transports_opened_ = transports_opened_;
    copy->newest_heard_ = newest_heard_;
    copy->own_ = own_;
    copy->complaint_ = complaint_;
    copy->sent_ = sent_;
    copy->delivered_ = delivered_;
    copy->opened_ = opened_;
    copy->ended_ = ended_;
    copy->wants_space_ = wants_space_;
    return copy;
  }

 private:
  struct Transport {
    TransportId id = TransportId::kNone;
    bool writable = true;
    bool closing = false;  // The party has closed it.
    Bytes waiting = {};    // Written by the party while it was not writable.
  };

  bool IsClient() const { return side_ == Side::kClient; }
  Transport* Find(TransportId id) {
    auto found = std::ranges::find(transports_, id, &Transport::id);
    return found != transports_.end() ? &*found : nullptr;
  }
  template <typename What>
  static Event EventOn(What what, TransportId transport = TransportId::kNone) {
    return {.session = kTheSession, .transport = transport, .what = std::move(what)};
  }
  template <typename What>
  void Tell(What what, TransportId transport = TransportId::kNone) {
    own_.push_back(EventOn(std::move(what), transport));
  }
  // Something has happened: who could not send all may try again.
  void OfferSpace() {
    if (std::exchange(wants_space_, false)) Tell(event::SpaceAvailable{});
  }

  // What had to wait goes out first, and then the transport may be closed.
  std::optional<Event> NextOfTransports() {
    for (Transport& transport : transports_) {
      if (!transport.writable) continue;
      if (!transport.waiting.empty()) {
        writing_ = std::exchange(transport.waiting, {});
        return EventOn(event::Write{writing_}, transport.id);
      }
      if (!transport.closing) continue;
      const TransportId id = transport.id;
      std::erase_if(transports_, [id](const Transport& t) { return t.id == id; });
      return EventOn(event::CloseTransport{Error::kDone}, id);
    }
    return std::nullopt;
  }

  std::optional<Event> EventOf(const output::Dial& dial) {
    if (!IsClient()) complaint_ = "dials, but is a server's";
    if (!IsClient() || ended_) return std::nullopt;
    return EventOn(event::Dial{dial.after});
  }
  std::optional<Event> EventOf(const output::Write& write) {
    Transport* transport = Find(write.transport);
    const bool waits = transport != nullptr && (!transport->writable || !transport->waiting.empty());
    if (!waits) return EventOn(event::Write{write.bytes}, write.transport);
    Append(transport->waiting, write.bytes);
    return std::nullopt;
  }
  std::optional<Event> EventOf(const output::Close& close) {
    Transport* transport = Find(close.transport);
    if (transport == nullptr) return EventOn(event::CloseTransport{Error::kDone}, close.transport);
    transport->closing = true;
    return std::nullopt;
  }
  std::optional<Event> EventOf(const output::Deliver& deliver) {
    const uint64_t offset = std::exchange(delivered_, delivered_ + deliver.bytes.size());
    return EventOn(event::Deliver{offset, deliver.bytes});
  }
  std::optional<Event> EventOf(const output::PeerFinished&) const { return EventOn(event::PeerFinished{}); }
  std::optional<Event> EventOf(const output::Ended& ended) {
    if (std::exchange(ended_, true)) return std::nullopt;
    if (IsClient()) {
      for (Transport& transport : transports_) transport.closing = true;
    }
    return EventOn(event::Ended{{.cause = ended.finished ? Cause::kFinished : Cause::kExpired}});
  }

  std::unique_ptr<AnyParty> party_;
  Side side_;
  std::vector<Transport> transports_;
  uint64_t transports_opened_ = 0;
  TransportId newest_heard_ = TransportId::kNone;  // Of a server: the newest on which something came.
  std::deque<Event> own_;                          // That no output stands for.
  Bytes writing_;                                  // What the last event shows.
  std::optional<std::string> complaint_;
  uint64_t sent_ = 0;
  uint64_t delivered_ = 0;
  bool opened_ = false;
  bool ended_ = false;
  bool wants_space_ = false;
};

}  // namespace

std::unique_ptr<Endpoint> MakePartyEndpoint(std::unique_ptr<AnyParty> party, Side side) {
  return std::make_unique<PartyEndpoint>(std::move(party), side);
}

}  // namespace holdfast::sim
