#pragma once

// Courier: carries a stream each way between one client and one server, over transports that may die. Nothing is
// acknowledged: each end keeps all that it ever sent, and says at the beginning of each transport how much it has.
//
//   greeting = received, u64 big-endian; the client's comes first
//   parcel   = size, u16 big-endian, then so many bytes; of size 0: the stream ends here;
//              of size 65535, without bytes: all of the other's stream is here

#include <algorithm>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <utility>

#include "sim/plug/party.h"

namespace courier {

using holdfast::Bytes;
using holdfast::ByteSpan;
using holdfast::Duration;
using holdfast::kNever;
using holdfast::Time;
using holdfast::TransportId;
namespace output = holdfast::sim::output;

class End {
 public:
  void TransportOpened(Time now, TransportId transport) {
    unread_[transport] = {};
    if (!is_client_) return;
    Attach(transport);
    deadline_ = now + kPatience;
    Greet();
  }

  void TransportClosed(Time now, TransportId transport) {
    unread_.erase(transport);
    if (transport == attached_) Detach(now);
  }

  void Receive(Time now, TransportId transport, ByteSpan bytes) {
    if (transport < newest_) return;  // Another one took its place.
    Append(unread_[transport], bytes);
    if (is_client_ && !ended_) deadline_ = now + kPatience;
    while (!(is_client_ && ended_) && ReadOne(transport)) continue;
  }

  size_t Send(Time, ByteSpan bytes) {
    if (finished_) return 0;
    Append(sent_, bytes);
    Load();
    return bytes.size();
  }

  void Finish(Time) {
    finished_ = true;
    Load();
  }

  void Tick(Time now) {
    if (now < deadline_) return;
    if (attached_ != TransportId::kNone) Want(output::Close{attached_});
    unread_.erase(attached_);
    Detach(now);
  }

  std::optional<holdfast::sim::Output> Poll(Time) {
    while (!wanted_.empty()) {
      std::pair<holdfast::sim::Output, Bytes> next = std::move(wanted_.front());
      wanted_.pop_front();
      shown_ = std::move(next.second);
      if (auto* write = std::get_if<output::Write>(&next.first)) {
        if (!unread_.contains(write->transport)) continue;  // It is gone.
        write->bytes = shown_;
      } else if (auto* deliver = std::get_if<output::Deliver>(&next.first)) {
        deliver->bytes = shown_;
      }
      return next.first;
    }
    return std::nullopt;
  }

  Time Deadline() const { return deadline_; }

 protected:
  explicit End(bool is_client) : is_client_(is_client) {}

  void DialAgain(Time now, Duration after) {
    if (ended_) return;
    Want(output::Dial{after});
    deadline_ = now + after + kPatience;
  }

  static constexpr Duration kPause = std::chrono::milliseconds(100);

 private:
  static constexpr Duration kPatience = std::chrono::seconds(20);
  static constexpr size_t kGreetingBytes = 8;
  static constexpr size_t kHeadBytes = 2;
  static constexpr size_t kParcelBytesMax = 1000;
  static constexpr uint64_t kEnd = 0;
  static constexpr uint64_t kReceipt = 65535;

  void Attach(TransportId transport) {
    attached_ = newest_ = transport;
    greeted_ = false;
  }

  void Detach(Time now) {
    attached_ = TransportId::kNone;
    if (is_client_) DialAgain(now, kPause);
  }

  void Greet() { Write(received_, kGreetingBytes, {}); }

  // The next greeting or parcel, if it is there whole.
  bool ReadOne(TransportId transport) {
    Bytes& unread = unread_[transport];
    const bool greeting = transport != attached_ || !greeted_;
    const size_t head = greeting ? kGreetingBytes : kHeadBytes;
    if (unread.size() < head) return false;
    const uint64_t number = NumberIn(ByteSpan(unread).first(head));
    const size_t size = head + (greeting || number == kReceipt ? 0 : static_cast<size_t>(number));
    if (unread.size() < size) return false;
    const Bytes body(unread.begin() + static_cast<std::ptrdiff_t>(head),
                     unread.begin() + static_cast<std::ptrdiff_t>(size));
    unread.erase(unread.begin(), unread.begin() + static_cast<std::ptrdiff_t>(size));
    if (greeting) {
      OnGreeting(transport, number);
    } else {
      OnParcel(number, body);
    }
    return true;
  }

  void OnGreeting(TransportId transport, uint64_t peer_has) {
    if (!is_client_) {
      Attach(transport);
      Greet();
    }
    greeted_ = true;
    end_said_ = false;
    loaded_ = std::min<uint64_t>(peer_has, sent_.size());
    if (is_client_ && peer_ended_) Write(kReceipt, kHeadBytes, {});
    if (!is_client_ && ended_) Write(kReceipt, kHeadBytes, {});
    Load();
  }

  void OnParcel(uint64_t number, const Bytes& body) {
    if (number == kReceipt) return OnReceipt();
    if (number != kEnd) {
      received_ += body.size();
      return Want(output::Deliver{}, body);
    }
    if (!std::exchange(peer_ended_, true)) Want(output::PeerFinished{});
    if (is_client_) Write(kReceipt, kHeadBytes, {});
  }

  // The server's comes last: it has all, and knows that the client has all.
  void OnReceipt() {
    if (!is_client_ && (!peer_ended_ || ended_)) return;
    if (!is_client_) Write(kReceipt, kHeadBytes, {});
    ended_ = true;
    deadline_ = kNever;
    Want(output::Ended{});
  }

  // Whatever was not said on this transport.
  void Load() {
    if (attached_ == TransportId::kNone || !greeted_) return;
    while (loaded_ < sent_.size()) {
      const ByteSpan rest = ByteSpan(sent_).subspan(static_cast<size_t>(loaded_));
      const ByteSpan parcel = rest.first(std::min(rest.size(), kParcelBytesMax));
      Write(parcel.size(), kHeadBytes, parcel);
      loaded_ += parcel.size();
    }
    if (finished_ && !std::exchange(end_said_, true)) Write(kEnd, kHeadBytes, {});
  }

  void Write(uint64_t number, size_t digits, ByteSpan body) {
    Bytes bytes(digits);
    for (size_t i = 0; i < digits; ++i) bytes[digits - 1 - i] = static_cast<uint8_t>(number >> (8 * i));
    Append(bytes, body);
    Want(output::Write{.transport = attached_, .bytes = {}}, std::move(bytes));
  }

  void Want(holdfast::sim::Output output, Bytes bytes = {}) {
    wanted_.emplace_back(std::move(output), std::move(bytes));
  }

  static uint64_t NumberIn(ByteSpan bytes) {
    uint64_t number = 0;
    for (const uint8_t byte : bytes) number = number << 8 | byte;
    return number;
  }
  static void Append(Bytes& to, ByteSpan bytes) { to.insert(to.end(), bytes.begin(), bytes.end()); }

  bool is_client_;
  TransportId attached_ = TransportId::kNone;
  TransportId newest_ = TransportId::kNone;  // That was ever attached.
  bool greeted_ = false;  // By the peer, on that transport.
  std::map<TransportId, Bytes> unread_;
  Bytes sent_;
  uint64_t loaded_ = 0;  // Of them, on this transport.
  bool finished_ = false;
  bool end_said_ = false;  // On this transport.
  uint64_t received_ = 0;
  bool peer_ended_ = false;
  bool ended_ = false;
  std::deque<std::pair<holdfast::sim::Output, Bytes>> wanted_;
  Bytes shown_;  // What the last output shows.
  Time deadline_ = kNever;
};

class Client : public End {
 public:
  Client() : End(true) { DialAgain(Time{}, {}); }
  void DialFailed(Time now) { DialAgain(now, kPause); }
};

class Server : public End {
 public:
  Server() : End(false) {}
};

}  // namespace courier
