#include "core/session/link.h"

#include <algorithm>
#include <utility>

#include "core/base/check.h"
#include "core/wire/cursor.h"

namespace holdfast {
namespace {

// HF-LIV-12.
Duration ByteTime(Duration hold) {
  constexpr int64_t kBytes = limits::kRecordCiphertextBytesMax + 1;
  return std::min<Duration>(limits::kRecordTime, hold / 8) / kBytes;
}

}  // namespace

Link::Link(Time now, const SessionOptions& options, Duration hold, Suite suite, NoiseSplit& split, bool initiator)
    : sealer_(suite, initiator ? split.first : split.second, options.rekey_interval),
      opener_(suite, initiator ? split.second : split.first, options.rekey_interval),
      ping_idle_(options.ping_idle),
      dead_transport_(options.dead_transport),
      byte_time_(ByteTime(hold)),
      ack_delay_(options.ack_delay),
      last_life_(now),
      last_sent_(now),
      last_data_(now),
      data_bytes_(options.data_bytes_first),
      data_bytes_ceiling_(options.data_bytes_max) {
  split.first.Clear();  // HF-KEY-11.
  split.second.Clear();
}

Link::Link(Time now, const SessionOptions& options, Duration hold, Suite suite, Position position)
    : sealer_(suite, position.seal_key, options.rekey_interval, position.seal_index),
      opener_(suite, position.open_key, options.rekey_interval, position.open_index),
      ping_idle_(options.ping_idle),
      dead_transport_(std::max(options.dead_transport, position.dead_transport)),
      byte_time_(ByteTime(hold)),
      ack_delay_(options.ack_delay),
      last_life_(now - position.since_life),
      last_sent_(now - position.since_sent),
      last_data_(now),
      ack_deadline_(position.ack_in ? After(now, *position.ack_in) : kNever),
      acked_(position.acked),
      pings_(position.pings),
      data_bytes_(static_cast<size_t>(std::clamp<uint64_t>(position.data_bytes, 1, options.data_bytes_max))),
      data_bytes_ceiling_(options.data_bytes_max),
      ping_sent_(position.ping_sent),
      ack_now_(position.ack_now),
      pong_(position.pong) {}

Link::Position Link::TakePosition(Time now) && {
  Position position;
  position.seal_index = sealer_.next_index();
  position.seal_key = std::move(sealer_).TakeKey();
  position.open_index = opener_.next_index();
  position.open_key = std::move(opener_).TakeKey();
  position.dead_transport = dead_transport_;
  position.since_life = now - last_life_;
  position.since_sent = now - last_sent_;
  if (ack_deadline_ != kNever) position.ack_in = std::max(Duration(0), ack_deadline_ - now);
  position.acked = acked_;
  position.pings = pings_;
  position.data_bytes = data_bytes_;
  position.ping_sent = ping_sent_;
  position.ack_now = ack_now_;
  position.pong = pong_;
  return position;
}

void Link::OnLife(Time now) {
  last_life_ = now;
  ping_sent_ = false;
}

void Link::OnBytes(Time now, size_t size, bool in_record) {
  if (!in_record) return OnLife(now);
  const auto counted = static_cast<int64_t>(std::min(size, limits::kRecordCiphertextBytesMax));  // More is no record.
  last_life_ = std::min(now, After(last_life_, counted * byte_time_));
}

void Link::OnWritable(Time now, bool in_record) {
  if (!in_record) OnLife(now);
}

void Link::AllowRoundTrip(Duration round_trip) {
  dead_transport_ = std::max(dead_transport_, ping_idle_ + 2 * round_trip);
}

PingFrame Link::TakePing() {
  ping_sent_ = true;
  PingFrame ping;
  Writer(ping.token).PutInteger(++pings_, ping.token.size());
  return ping;
}

std::optional<PongFrame> Link::TakePong() {
  std::optional<PongFrame> pong = pong_;
  pong_.reset();
  return pong;
}

void Link::OnConsumed(Time now, uint64_t consumed, size_t bytes_max) {
  if (consumed - acked_ >= bytes_max) ack_now_ = true;
  if (consumed > acked_ && ack_deadline_ == kNever) ack_deadline_ = After(now, ack_delay_);
}

void Link::AckSent(uint64_t consumed) {
  acked_ = consumed;
  ack_now_ = false;
  ack_deadline_ = kNever;
}

void Link::DataSent(size_t size) {
  if (size >= data_bytes_) data_bytes_ = std::min(2 * data_bytes_, data_bytes_ceiling_);
}

void Link::Rest() {
  sealer_.Rest();
  opener_.Rest();
  resting_ = true;
}

Time Link::Deadline(bool writable) const {
  if (!writable) return After(last_life_, dead_transport_);
  Time ping = ping_sent_ ? kNever : After(last_life_, ping_idle_);
  return std::min({ping, After(last_sent_, ping_idle_), After(last_life_, dead_transport_), ack_deadline_});
}

Link Link::ForkForSimulation(const ForkKey& key) const { return Link(*this, key); }

Link::Link(const Link& other, const ForkKey& key)
    : sealer_(other.sealer_.ForkForSimulation(key)),
      opener_(other.opener_.ForkForSimulation(key)),
      ping_idle_(other.ping_idle_),
      dead_transport_(other.dead_transport_),
      byte_time_(other.byte_time_),
      ack_delay_(other.ack_delay_),
      last_life_(other.last_life_),
      last_sent_(other.last_sent_),
      last_data_(other.last_data_),
      ack_deadline_(other.ack_deadline_),
      acked_(other.acked_),
      pings_(other.pings_),
      data_bytes_(other.data_bytes_),
      data_bytes_ceiling_(other.data_bytes_ceiling_),
      ping_sent_(other.ping_sent_),
      resting_(other.resting_),
      ack_now_(other.ack_now_),
      pong_(other.pong_) {}

void Link::DigestInto(Digest& digest) const {
  sealer_.DigestInto(digest);
  opener_.DigestInto(digest);
  digest.Add(ping_idle_)
      .Add(dead_transport_)
      .Add(byte_time_)
      .Add(ack_delay_)
      .Add(last_life_)
      .Add(last_sent_)
      .Add(ack_deadline_)
      .Add(acked_);
  digest.Add(pings_).Add(data_bytes_).Add(data_bytes_ceiling_).Add(ping_sent_).Add(ack_now_);
  digest.Add(pong_.has_value());
  if (pong_) digest.Add(pong_->token);
}

}  // namespace holdfast
