#pragma once

// Trace: the append-only log of one run. Always a rolling hash of everything; the rows themselves only if asked for.
// Every export is made from the rows, so none of them can disagree with the run.

#include <cstdint>
#include <string>
#include <vector>

#include "core/base/bytes.h"
#include "core/base/time.h"
#include "sim/trace_events.h"

namespace holdfast::sim {

inline constexpr size_t kTraceFieldsMax = 12;

// An id or an enumerator as events carry it.
constexpr uint64_t Number(auto value) { return static_cast<uint64_t>(value); }

struct TraceRow {
  Time time = {};
  Actor actor;
  TraceKind kind = TraceKind::kStart;
  std::array<uint64_t, kTraceFieldsMax> values = {};  // As many as the kind has fields.
  size_t bytes_begin = 0;                             // In Trace::bytes(): what was written.
  size_t bytes_size = 0;
};

class Trace {
 public:
  // Forgets everything, but keeps the memory.
  void Reset(bool keep_rows) {
    rows_.clear();
    bytes_.clear();
    keep_rows_ = keep_rows;
    count_ = 0;
    hash_ = 0x243f6a8885a308d3;
  }

  template <typename Event>
  void Add(Time time, Actor actor, const Event& event, ByteSpan bytes = {}) {
    const auto values = event.Values();
    static_assert(values.size() <= kTraceFieldsMax);
    ++count_;
    Mix(static_cast<uint64_t>(time.time_since_epoch().count()),
        static_cast<uint64_t>(Event::kKind) << 32 | actor.index);
    size_t i = 0;
    for (; i + 2 <= values.size(); i += 2) Mix(values[i], values[i + 1]);
    if (i < values.size()) Mix(values[i], i);
    if (!bytes.empty()) MixBytes(bytes);
    if (keep_rows_) Keep(time, actor, Event::kKind, values, bytes);
  }

  // Forgets kept rows but for at least the last `rows`: so a long run is watched in little memory.
  void ForgetBut(size_t rows);

  uint64_t hash() const { return hash_; }
  uint64_t count() const { return count_; }
  bool keeps_rows() const { return keep_rows_; }
  const std::vector<TraceRow>& rows() const { return rows_; }
  const Bytes& bytes() const { return bytes_; }

 private:
  // One 64 x 64 -> 128 multiplication for two values (the step of wyhash), the same on every machine.
  void Mix(uint64_t a, uint64_t b) {
    __extension__ using Wide = unsigned __int128;
    Wide product = static_cast<Wide>(hash_ ^ a) * (b ^ 0x9e3779b97f4a7c15);
    hash_ = (static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64)) + a + (b << 1);
  }
  void MixBytes(ByteSpan bytes);
  void Keep(Time time, Actor actor, TraceKind kind, std::span<const uint64_t> values, ByteSpan bytes);

  bool keep_rows_ = false;
  uint64_t count_ = 0;
  uint64_t hash_ = 0x243f6a8885a308d3;
  std::vector<TraceRow> rows_;
  Bytes bytes_;
};

// One line, without its end: time, actor, kind, fields by name.
//   "      12.345678901 client0  Write         client=0 transport=1 dir=c>s offset=0 size=97 taken=97"
std::string TraceLine(const TraceRow& row);

// All rows from the `first`, one a line.
std::string TraceText(const Trace& trace, size_t first = 0);

std::string NameOf(Actor actor);

}  // namespace holdfast::sim
