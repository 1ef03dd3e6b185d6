#include "core/session/early.h"

#include <algorithm>
#include <variant>

#include "core/base/check.h"
#include "core/wire/frames.h"

namespace holdfast {

void EarlyRuns::Add(uint64_t begin, uint64_t end) {
  if (begin == end) return;
  if (!runs_.empty() && runs_.back().end == begin) {
    runs_.back().end = end;
  } else if (runs_.size() < limits::kEarlyRunsMax) {
    HOLDFAST_CHECK(runs_.empty() || runs_.back().end < begin);
    runs_.push_back({begin, end});
  }
}

void EarlyRuns::ForgetBefore(uint64_t offset) {
  std::erase_if(runs_, [offset](const Run& run) { return run.end <= offset; });
}

void EarlyRuns::DigestInto(Digest& digest) const {
  digest.Add(runs_.size());
  for (const Run& run : runs_) digest.Add(run.begin).Add(run.end);
}

Bytes TakeEarly(SendStream& out, const EarlyRuns& runs, size_t bytes_max) {
  Bytes frames;
  for (const EarlyRuns::Run& run : runs.runs()) {
    const uint64_t begin = std::max(run.begin, out.acked());
    const uint64_t end = std::min(run.end, out.credit_limit());
    if (begin >= end) continue;
    const size_t room = kEarlyBytesMax - frames.size();
    if (begin > out.sent() || bytes_max == 0 || room <= kDataHeaderBytesMax) break;
    const size_t size = std::min({static_cast<size_t>(end - begin), bytes_max, room - kDataHeaderBytesMax});
    std::array<uint8_t, kDataHeaderBytesMax> head;
    Writer writer(head);
    Append(frames, ByteSpan(head).first(WriteDataHeader(writer, begin, size)));
    for (ByteSpan piece : out.TakeEarly(begin, size).pieces) Append(frames, piece);
    bytes_max -= size;
  }
  return frames;
}

Status CheckEarly(ByteSpan early) {
  Reader reader(early);
  while (reader.remaining() > 0) {
    const uint8_t type = early[early.size() - reader.remaining()];
    if (type != static_cast<uint8_t>(FrameType::kData)) return std::unexpected(Error::kUnknownFrame);
    auto frame = NextFrame(reader);
    if (!frame) return std::unexpected(frame.error());
  }
  return {};
}

EarlyGain GainOf(const ReceiveStream& in, ByteSpan early) {
  EarlyGain gain = {.in = in, .offset = in.received(), .bytes = {}};
  Reader reader(early);
  for (;;) {
    auto frame = NextFrame(reader);
    HOLDFAST_CHECK(frame.has_value());
    if (!*frame) return gain;
    const auto& data = std::get<DataFrame>(**frame);
    auto fresh = gain.in.OnData(data.offset.value, data.bytes.bytes);
    if (fresh) Append(gain.bytes, *fresh);
  }
}

}  // namespace holdfast
