#include "sim/pipe.h"

#include <algorithm>

#include "core/base/random.h"

namespace holdfast::sim {
namespace {

// The front of a queue is given back when it is as large as what is left, so that this costs a byte a byte.
template <typename T>
void DropFront(std::vector<T>& queue, size_t& head) {
  if (head == queue.size()) {
    queue.clear();
    head = 0;
  } else if (head >= 256 && head >= queue.size() - head) {
    queue.erase(queue.begin(), queue.begin() + static_cast<std::ptrdiff_t>(head));
    head = 0;
  }
}

Time RoundUp(Time time, Duration window) {
  auto ns = time.time_since_epoch().count();
  auto w = window.count();
  return Time(Duration((ns + w - 1) / w * w));
}

}  // namespace

void Pipe::Reset(const Path& path, uint64_t salt) {
  Bytes bytes = std::move(bytes_);
  std::vector<Segment> segments = std::move(segments_);
  bytes.clear();
  segments.clear();
  *this = Pipe();
  bytes_ = std::move(bytes);
  segments_ = std::move(segments);
  path_ = path;
  salt_ = salt;
}

uint64_t Pipe::room() const {
  uint64_t used = under_way() + swallowed_;
  return used < path_.capacity ? path_.capacity - used : 0;
}

size_t Pipe::Write(Time now, ByteSpan bytes) {
  size_t taken = static_cast<size_t>(std::min<uint64_t>(bytes.size(), room()));
  if (dead_) {
    swallowed_ += taken;
    offset_in_ += taken;
    return taken;
  }
  Insert(now, bytes.first(taken));
  return taken;
}

void Pipe::Insert(Time now, ByteSpan bytes) {
  DropFront(bytes_, bytes_head_);
  DropFront(segments_, segments_head_);
  Append(bytes_, bytes);
  for (uint64_t left = bytes.size(); left > 0;) {
    uint64_t size = SizeOfNextSegment(left);
    Time arrival = ArrivalOfNextSegment(now, size);
    offset_in_ += size;
    left -= size;
    bool joins = path_.segments == Segments::kCoalesced && segments_head_ < segments_.size() &&
                 segments_.back().arrival == arrival;
    if (joins) {
      segments_.back().end = offset_in_;
    } else {
      segments_.push_back({offset_in_, arrival});
    }
  }
}

uint64_t Pipe::SizeOfNextSegment(uint64_t remaining) const {
  switch (path_.segments) {
    case Segments::kRandom:
      return std::min(remaining, 1 + Mix64(salt_ ^ Mix64(offset_in_)) % path_.segment_bytes);
    case Segments::kOneByte:
      return offset_in_ < kOneByteSegmentsMax ? 1 : remaining;
    case Segments::kWhole:
    case Segments::kCoalesced:
      break;
  }
  return remaining;
}

Time Pipe::ArrivalOfNextSegment(Time now, uint64_t size) {
  sending_until_ = std::max(sending_until_, now);
  if (path_.bandwidth != 0) {
    __extension__ using Wide = unsigned __int128;
    auto ns = static_cast<int64_t>(static_cast<Wide>(size) * 1'000'000'000 / path_.bandwidth);
    sending_until_ = After(sending_until_, Duration(ns));
  }
  Time arrival = After(sending_until_, path_.latency);
  if (path_.jitter > Duration{}) {
    uint64_t draw = Mix64(salt_ + Mix64(~offset_in_));
    auto span = static_cast<uint64_t>(path_.jitter.count()) + 1;
    arrival = After(arrival, Duration(static_cast<int64_t>(draw % span)));
  }
  if (path_.segments == Segments::kCoalesced && path_.window > Duration{}) {
    arrival = RoundUp(arrival, path_.window);
  }
  return arrival_last_ = std::max(arrival_last_, arrival);
}

void Pipe::End(Time now) {
  if (dead_ || end_arrival_ != kNever) return;
  end_arrival_ = ArrivalOfNextSegment(now, 0);
}

Time Pipe::NextArrival() const {
  Time next = segments_head_ < segments_.size() ? segments_[segments_head_].arrival : end_arrival_;
  return next == kNever ? kNever : std::max(next, stalled_until_);
}

ByteSpan Pipe::Take() {
  if (segments_head_ == segments_.size()) return {};
  const uint64_t end = segments_[segments_head_++].end;
  const ByteSpan bytes = ByteSpan(bytes_).subspan(bytes_head_, static_cast<size_t>(end - offset_out_));
  bytes_head_ += bytes.size();
  offset_out_ = end;
  return bytes;
}

bool Pipe::EndArrived(Time now) const {
  return segments_head_ == segments_.size() && end_arrival_ <= now && stalled_until_ <= now;
}

void Pipe::Kill(uint64_t keep, Duration late) {
  if (dead_) keep = std::min<uint64_t>(keep, under_way());
  if (!dead_) died_at_ = offset_in_;
  dead_ = true;
  if (keep < under_way()) {
    swallowed_ += under_way() - keep;
    bytes_.resize(bytes_head_ + static_cast<size_t>(keep));
    uint64_t end = offset_out_ + keep;
    while (segments_head_ < segments_.size()) {
      Segment& last = segments_.back();
      uint64_t begin = segments_.size() - 1 > segments_head_ ? segments_[segments_.size() - 2].end : offset_out_;
      if (begin < end) {
        last.end = std::min(last.end, end);
        break;
      }
      segments_.pop_back();
    }
    end_arrival_ = kNever;
  }
  for (size_t i = segments_head_; i < segments_.size(); ++i) {
    segments_[i].arrival = After(segments_[i].arrival, late);
  }
  if (end_arrival_ != kNever) end_arrival_ = After(end_arrival_, late);
}

void Pipe::Heal(Time now, const Path& path) {
  stalled_until_ = std::min(stalled_until_, now);
  path_ = path;
  Time soon = After(now, path.latency);
  for (size_t i = segments_head_; i < segments_.size(); ++i) {
    segments_[i].arrival = std::min(segments_[i].arrival, soon);
  }
  arrival_last_ = std::min(arrival_last_, soon);
  sending_until_ = std::min(sending_until_, now);
  if (end_arrival_ != kNever) end_arrival_ = std::min(end_arrival_, soon);
}

}  // namespace holdfast::sim
