#pragma once

// DialingParty, AcceptingParty: the two ends of the legacy profile as parties of a world (sim/plug/party.h), whoever
// implements its wire. A core is that implementation:
//
//   dialing    Opened(now), Closed(now), Receive(now, bytes), Send(now, bytes) -> taken, Tick(now), Deadline(),
//              Poll() -> optional<Act>, MemoryBytes(), StateDigest()
//   accepting  Closed(now, socket), Receive(now, socket, bytes), Send(now, bytes) -> taken, Tick(now), Deadline(),
//              Poll() -> optional<Act>, MemoryBytes(), StateDigest(); Send is to the session that opened last
//
// The wire has no signs of life, so the client dials again when nothing was heard for a while.

#include <algorithm>
#include <cstdint>
#include <deque>
#include <optional>
#include <set>
#include <utility>

#include "core/base/bytes.h"
#include "core/base/random.h"
#include "core/base/time.h"
#include "core/legacy/act.h"
#include "sim/legacy/conversation.h"
#include "sim/plug/party.h"

namespace holdfast::sim {

using legacy::Act;

inline constexpr Duration kLegacyPause = std::chrono::milliseconds(200);   // Before it dials again.
inline constexpr Duration kLegacyPatience = std::chrono::seconds(20);      // With a dial, or with silence.
inline constexpr Duration kLegacyDetachedTime = std::chrono::hours(1000);  // Time alone ends no session here.

template <typename Core>
class DialingParty {
 public:
  DialingParty(Core core, bool careful) : core_(std::move(core)), conversation_(Side::kClient, careful) {
    DialAgain(Time{}, {});
  }

  void TransportOpened(Time now, TransportId transport) {
    if (attached_ != TransportId::kNone) wanted_.push_back(output::Close{attached_});
    attached_ = transport;
    patient_until_ = now + kLegacyPatience;
    core_.Opened(now);
  }
  void TransportClosed(Time now, TransportId transport) {
    if (transport != attached_) return;
    attached_ = TransportId::kNone;
    core_.Closed(now);
    DialAgain(now, kLegacyPause);
  }
  void DialFailed(Time now) { DialAgain(now, kLegacyPause); }
  void Receive(Time now, TransportId transport, ByteSpan bytes) {
    if (transport != attached_) return;
    patient_until_ = now + kLegacyPatience;
    core_.Receive(now, bytes);
  }
  size_t Send(Time, ByteSpan bytes) { return conversation_.Send(bytes); }
  void Finish(Time) { conversation_.Finish(); }
  Time Deadline() const { return over_ ? kNever : std::min(patient_until_, core_.Deadline()); }
  void Tick(Time now) {
    core_.Tick(now);
    if (now < patient_until_) return;
    if (attached_ != TransportId::kNone) {
      wanted_.push_back(output::Close{std::exchange(attached_, TransportId::kNone)});
      core_.Closed(now);
    }
    DialAgain(now, kLegacyPause);
  }

  std::optional<Output> Poll(Time now) {
    while (!over_) {
      if (!wanted_.empty()) {
        Output next = wanted_.front();
        wanted_.pop_front();
        return next;
      }
      if (std::optional<Act> act = core_.Poll()) {
        if (std::optional<Output> output = OutputOf(now, *act)) return output;
        continue;
      }
      if (std::optional<Output> told = conversation_.Poll()) {
        over_ = std::holds_alternative<output::Ended>(*told);
        return told;
      }
      const ByteSpan unsent = conversation_.Unsent();
      const size_t taken = unsent.empty() ? 0 : core_.Send(now, unsent);
      if (taken == 0) return std::nullopt;
      conversation_.Taken(taken);
    }
    return std::nullopt;
  }

  size_t MemoryBytes() const { return core_.MemoryBytes() + conversation_.MemoryBytes(); }
  uint64_t StateDigest() const { return Mix64(core_.StateDigest()) ^ conversation_.StateDigest(); }

 private:
  std::optional<Output> OutputOf(Time now, const Act& act) {
    switch (act.kind) {
      case Act::Kind::kWrite:
        if (attached_ == TransportId::kNone) return std::nullopt;
        return output::Write{attached_, act.bytes};
      case Act::Kind::kHangUp:
        if (attached_ == TransportId::kNone) return std::nullopt;
        DialAgain(now, kLegacyPause);
        return output::Close{std::exchange(attached_, TransportId::kNone)};
      case Act::Kind::kOpened:
        conversation_.SessionOpened();
        return std::nullopt;
      case Act::Kind::kDeliver:
        conversation_.Receive(act.bytes);
        return std::nullopt;
      case Act::Kind::kOver:
        over_ = true;
        return output::Ended{.finished = false};
    }
    return std::nullopt;
  }

  void DialAgain(Time now, Duration after) {
    if (over_) return;
    wanted_.push_back(output::Dial{after});
    patient_until_ = now + after + kLegacyPatience;
  }

  Core core_;
  Conversation conversation_;
  TransportId attached_ = TransportId::kNone;
  Time patient_until_ = kNever;
  bool over_ = false;
  std::deque<Output> wanted_;  // None with a view.
};

template <typename Core>
class AcceptingParty {
 public:
  AcceptingParty(Core core, bool careful) : core_(std::move(core)), conversation_(Side::kServer, careful) {}

  void TransportOpened(Time, TransportId transport) { open_.insert(Socket(transport)); }
  void TransportClosed(Time now, TransportId transport) {
    open_.erase(Socket(transport));
    core_.Closed(now, Socket(transport));
  }
  void Receive(Time now, TransportId transport, ByteSpan bytes) { core_.Receive(now, Socket(transport), bytes); }
  size_t Send(Time, ByteSpan bytes) { return conversation_.Send(bytes); }
  void Finish(Time) { conversation_.Finish(); }
  Time Deadline() const { return core_.Deadline(); }
  void Tick(Time now) { core_.Tick(now); }

  std::optional<Output> Poll(Time now) {
    while (true) {
      if (std::optional<Act> act = core_.Poll()) {
        if (std::optional<Output> output = OutputOf(*act)) return output;
        continue;
      }
      if (std::optional<Output> told = conversation_.Poll()) return told;
      const ByteSpan unsent = conversation_.Unsent();
      const size_t taken = unsent.empty() ? 0 : core_.Send(now, unsent);
      if (taken == 0) return std::nullopt;
      conversation_.Taken(taken);
    }
  }

  size_t MemoryBytes() const { return core_.MemoryBytes() + conversation_.MemoryBytes(); }
  uint64_t StateDigest() const { return Mix64(core_.StateDigest()) ^ conversation_.StateDigest(); }

 private:
  static int Socket(TransportId transport) { return static_cast<int>(transport); }

  std::optional<Output> OutputOf(const Act& act) {
    const auto transport = static_cast<TransportId>(act.socket);
    switch (act.kind) {
      case Act::Kind::kWrite:
        if (!open_.contains(act.socket)) return std::nullopt;
        return output::Write{transport, act.bytes};
      case Act::Kind::kHangUp:
        if (open_.erase(act.socket) == 0) return std::nullopt;
        return output::Close{transport};
      case Act::Kind::kOpened:
        conversation_.SessionOpened();
        return std::nullopt;
      case Act::Kind::kDeliver:
        conversation_.Receive(act.bytes);
        return std::nullopt;
      case Act::Kind::kOver:
        if (conversation_.ended()) return std::nullopt;
        return output::Ended{.finished = false};
    }
    return std::nullopt;
  }

  Core core_;
  Conversation conversation_;
  std::set<int> open_;
};

}  // namespace holdfast::sim
