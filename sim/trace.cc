#include "sim/trace.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace holdfast::sim {

// Four lanes, so that megabytes of payload cost little.
void Trace::MixBytes(ByteSpan bytes) {
  std::array<uint64_t, 4> lanes = {1, 2, 3, 4};
  size_t i = 0;
  for (; i + 32 <= bytes.size(); i += 32) {
    std::array<uint64_t, 4> words;
    std::memcpy(words.data(), bytes.data() + i, 32);  // Little-endian, as core/base/digest.h asserts.
    for (size_t lane = 0; lane < 4; ++lane) {
      lanes[lane] = (lanes[lane] ^ words[lane]) * 0x9e3779b97f4a7c15;
      lanes[lane] = std::rotl(lanes[lane], 29);
    }
  }
  for (; i < bytes.size(); i += 8) {
    uint64_t word = 0;
    std::memcpy(&word, bytes.data() + i, std::min<size_t>(8, bytes.size() - i));
    lanes[0] = (lanes[0] ^ word) * 0x9e3779b97f4a7c15;
    lanes[0] = std::rotl(lanes[0], 29);
  }
  Mix(lanes[0], lanes[1]);
  Mix(lanes[2], lanes[3]);
  Mix(bytes.size(), 0);
}

void Trace::Keep(Time time, Actor actor, TraceKind kind, std::span<const uint64_t> values, ByteSpan bytes) {
  TraceRow row = {.time = time,
                  .actor = actor,
                  .kind = kind,
                  .values = {},
                  .bytes_begin = bytes_.size(),
                  .bytes_size = bytes.size()};
  std::copy(values.begin(), values.end(), row.values.begin());
  rows_.push_back(row);
  Append(bytes_, bytes);
}

// Not at each call, so that it costs next to nothing.
void Trace::ForgetBut(size_t rows) {
  if (rows_.size() < 2 * rows + 256) return;
  const size_t gone = rows_.size() - rows;
  const size_t bytes_gone = gone < rows_.size() ? rows_[gone].bytes_begin : bytes_.size();
  rows_.erase(rows_.begin(), rows_.begin() + static_cast<ptrdiff_t>(gone));
  bytes_.erase(bytes_.begin(), bytes_.begin() + static_cast<ptrdiff_t>(bytes_gone));
  for (TraceRow& row : rows_) row.bytes_begin -= bytes_gone;
}

}  // namespace holdfast::sim
